"""The mock in a separate process, as the target of a run without CANVAS_URL."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_WORLD_VARIABLES = {
    "CANVAS_TOKEN": "student-token",
    "CANVAS_ADMIN_TOKEN": "admin-token",
    "CANVAS_SITE_ADMIN_TOKEN": "site-admin-token",
    "CANVAS_PUSH_TOKEN": "push-token",
    "CANVAS_SCOPED_TOKEN": "delete-only-token",
    "CANVAS_EXPIRED_TOKEN": "expired-token",
    "CANVAS_REVOKED_TOKEN": "revoked-token",
    "CANVAS_OTHER_USER_ID": "2",
}
"""The variables of a run against the mock's default world, with its public tokens and the id of the second user."""


@contextlib.contextmanager
def running_mock(*options: str) -> Iterator[str]:
    """Run the mock with these command-line options until the context ends, and yield its URL."""
    port = _find_free_port()
    command = [sys.executable, "-m", "mockserver", "--port", str(port), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - constant
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], timeout: float = 30.0) -> None:
    """Wait until the mock responds. Raises Inconclusive if its process ends or `timeout` seconds pass."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            opener.open(f"{url}/_mock/health", timeout=5).close()
            return
        time.sleep(0.05)
    raise Inconclusive("The mock does not start; run `make mock` to see the error, or set CANVAS_URL.")
