"""The mock as a process of its own, which its command starts."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class StartedMock(NamedTuple):
    """The process of a mock that serves requests."""

    process: subprocess.Popen[str]
    banner: str
    """The output up to the line that names Ctrl-C; `process.stderr` has what follows."""

    @property
    def url(self) -> str:
        """The URL of the mock, which serves a port."""
        found = re.search(r"https?://\S+:\d+", self.banner)
        assert found, self.banner
        return found[0]

    @property
    def port(self) -> str:
        """The port of the mock."""
        return self.url.rpartition(":")[2]


class MockStarter(Protocol):
    """Starts the mock with these options, on a free port unless they name a socket, and returns it."""

    def __call__(self, *options: object) -> StartedMock: ...


@contextmanager
def mock_starter() -> Iterator[MockStarter]:
    """Yield a function that starts mocks, which are killed when the context ends."""
    processes = []

    def start(*options: object) -> StartedMock:
        address = () if "--uds" in options else ("--port", "0")
        command = [sys.executable, "-m", "mockserver", *address, *map(str, options)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: S603  # our own command
        processes.append(process)
        assert process.stderr is not None
        banner = ""
        while "Ctrl-C" not in banner:
            line = process.stderr.readline()
            assert line, banner
            banner += line
        return StartedMock(process, banner)

    try:
        yield start
    finally:
        for process in processes:
            process.kill()
            process.communicate()
