"""Processes of the servers under measurement: start, cold start, CPU time, memory, stop."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.results import Startup
from benchmarks.servers.catalogue import environment
from benchmarks.workload_users import LIST_USER, TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.servers.catalogue import Server

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
"""Clock ticks per second, the unit of the CPU times in /proc."""

_STARTUP_TIMEOUT = 60.0
_POLL_INTERVAL = 0.005
_DEFAULT_WORLD_TOKEN = "student-token"  # noqa: S105  # of the default world


class BenchmarkError(Exception):
    """A failure of a server or of a workload that makes the measurement invalid."""


@dataclass(frozen=True)
class ServerProcess:
    """A process of a server that has sent its first successful response."""

    server: Server
    port: int
    pid: int
    startup_seconds: float
    """From the start of the process to the first successful response."""

    def startup(self) -> Startup:
        """Return the start-up time with the memory in use now."""
        return Startup(self.startup_seconds, self.memory_mib())

    def get(self, path: str, token: str) -> tuple[int, bytes]:
        """Send a GET request; return the status and the body."""
        return _get(self.port, path, token)

    def cpu_seconds(self) -> float:
        """Return the CPU time that the process has used."""
        fields_after_name = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        user, system = map(int, fields_after_name[11:13])  # utime and stime
        return (user + system) / CLOCK_TICKS

    def memory_mib(self) -> float:
        """Return the resident set size (RSS) of the process, which does not depend on that of other processes."""
        lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Rss:")) / 1024


@contextlib.contextmanager
def run_server(server: Server, token: str = TOKEN) -> Iterator[ServerProcess]:
    """Start the server, wait for its first successful response, and kill it when the block ends.

    Raises BenchmarkError.
    """
    port = _free_port()
    start = time.monotonic()
    process = subprocess.Popen(
        server.command_on(port), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_until_ready(server, process, port, token)
        yield ServerProcess(server, port, process.pid, time.monotonic() - start)
    finally:
        process.kill()
        process.wait()


def measure_cold_start(server: Server) -> Startup:
    """Start and stop the server; return its start-up time and its memory after the first successful response."""
    with run_server(server, _DEFAULT_WORLD_TOKEN) as process:
        return process.startup()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _wait_until_ready(server: Server, process: subprocess.Popen[bytes], port: int, token: str) -> None:
    deadline = time.monotonic() + _STARTUP_TIMEOUT
    while not _is_ready(port, server.channels_path.format(LIST_USER), token):
        if process.poll() is not None:
            raise BenchmarkError(f"{server.name} exited with {process.returncode} before its first successful response")
        if time.monotonic() > deadline:
            raise BenchmarkError(f"{server.name} sent no successful response within {_STARTUP_TIMEOUT:.0f} s")
        time.sleep(_POLL_INTERVAL)


def _is_ready(port: int, path: str, token: str) -> bool:
    try:
        return _get(port, path, token)[0] == 200
    except OSError:
        return False


def _get(port: int, path: str, token: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
