"""The mock in a process of its own, for a run without CANVAS_URL."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from contract_tests.settings import NotJudged

if TYPE_CHECKING:
    from collections.abc import Iterator

WORLD = {
    "CANVAS_TOKEN": "student-token",
    "CANVAS_ADMIN_TOKEN": "admin-token",
    "CANVAS_SITE_ADMIN_TOKEN": "site-admin-token",
    "CANVAS_PUSH_TOKEN": "push-token",
    "CANVAS_SCOPED_TOKEN": "delete-only-token",
    "CANVAS_EXPIRED_TOKEN": "expired-token",
    "CANVAS_REVOKED_TOKEN": "revoked-token",
    "CANVAS_OTHER_USER_ID": "2",
}
"""The public tokens of the mock's default world, by the variable that each stands for."""


@contextlib.contextmanager
def running_mock(*options: str) -> Iterator[str]:
    """The URL of a mock, with these options of its command line, that lives as long as the context."""
    port = _free_port()
    command = [sys.executable, "-m", "mockserver", "--port", str(port), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own
    try:
        url = f"http://127.0.0.1:{port}"
        _await(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(url: str, process: subprocess.Popen[bytes], patience: float = 30.0) -> None:
    end = time.monotonic() + patience
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"{url}/_mock/health", timeout=5).close()  # noqa: S310 - loopback
            return
        time.sleep(0.05)
    raise NotJudged("The mock does not start; try `make mock` to see why, or set CANVAS_URL.")
