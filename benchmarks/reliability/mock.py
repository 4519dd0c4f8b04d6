"""A mock in a process of its own, whose log is read."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from benchmarks.servers.catalogue import environment
from benchmarks.servers.process import BenchmarkError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LAST_LINE_OF_BANNER = "Press Ctrl-C to stop."


@dataclass
class Log:
    """The numbers of lines and of tracebacks that the mock wrote to its log."""

    lines: int = 0
    tracebacks: int = 0

    def read(self, stream: IO[str]) -> None:
        """Read to the end of the log."""
        for line in stream:
            self.lines += 1
            self.tracebacks += line.lstrip().startswith("Traceback ")


@dataclass(frozen=True)
class MockProcess:
    """A mock that accepts requests."""

    pid: int
    url: str
    log: Log = field(default_factory=Log)

    @property
    def address(self) -> tuple[str, int]:
        """The host and the port."""
        parts = urlsplit(self.url)
        return str(parts.hostname), int(parts.port or 0)


@contextmanager
def running_mock(*options: str) -> Iterator[MockProcess]:
    """Run `canvas-mock` with these options on a free port until the context ends. Raises BenchmarkError."""
    command = [sys.executable, "-m", "mockserver", "--port", "0", *options]
    with subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True, errors="replace") as process:
        assert process.stderr is not None  # noqa: S101  # it is a pipe
        # the first line: "Canvas Communication Channels mock on http://127.0.0.1:8000"
        url = process.stderr.readline().strip().rpartition(" on ")[2].partition(" ")[0]
        if not any(line.strip() == _LAST_LINE_OF_BANNER for line in process.stderr):
            raise BenchmarkError("the mock does not start; run `make mock` to see the error")
        mock = MockProcess(process.pid, url)
        reader = threading.Thread(target=mock.log.read, args=(process.stderr,), daemon=True)
        reader.start()
        try:
            yield mock
        finally:
            process.terminate()
            reader.join(30)
