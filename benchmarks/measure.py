"""One server at a time: started, loaded, weighed, stopped."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import resource
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.crowd import CALLER, COLLECTOR, TOKEN
from benchmarks.servers import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.servers import Server

CONNECTIONS = 16

_LOAD = Path(__file__).parent / "load.lua"
_LONGEST_START = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PROCESSORS = os.cpu_count() or 1
_ANY_TOKEN = "student-token"  # noqa: S105  # of the default world


@dataclass(frozen=True)
class Figures:
    """What one load gave."""

    rate: float
    """Requests a second."""
    p50: float
    """Milliseconds, as `p99`."""
    p99: float
    cpu: float
    """Microseconds of the server's processor time for one request."""
    others: float = 0.0
    """The share of all processors' time that went to neither the server nor wrk."""


class Broken(Exception):
    """A load that met refusals, broken connections or pages of another size: its figures mean nothing."""


@dataclass(frozen=True)
class Running:
    """A server that has given its first good answer."""

    server: Server
    port: int
    pid: int
    seconds: float
    """From its exec to that answer."""

    def load(self, name: str, seconds: float) -> Figures:
        """Run one load of load.lua. Raises Broken."""
        self._see_full_pages()
        url = f"http://127.0.0.1:{self.port}"
        wrk = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(_LOAD), url]
        before, start, rest = _cpu(self.pid), time.monotonic(), self._rest()
        done = subprocess.run(
            [*wrk, "--", name, self.server.prefix, TOKEN, self.server.third_page],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Broken(f"{self.server.name}, {name}: wrk ended with {done.returncode}")
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        if said["refused"] or said["broken"] or not said["requests"]:
            met = f"{said['refused']:,} refusals and {said['broken']:,} broken connections"
            raise Broken(f"{self.server.name}, {name}: {met} among {said['requests']:,} requests")
        cpu = (_cpu(self.pid) - before) / said["requests"] * 1e6
        others = max(0.0, (self._rest() - rest) / (time.monotonic() - start) / _PROCESSORS)  # it is counted in ticks
        return Figures(said["requests"] / said["seconds"], said["p50"], said["p99"], cpu, others)

    def _rest(self) -> float:
        """Seconds of processor time that everything but the server and wrk has used."""
        wrk = resource.getrusage(resource.RUSAGE_CHILDREN)
        busy = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
        idle = sum(map(int, busy[3:5]))
        return (sum(map(int, busy)) - idle) / _TICKS - _cpu(self.pid) - wrk.ru_utime - wrk.ru_stime

    def _see_full_pages(self) -> None:
        for person, query, rows in ((CALLER, "", 10), (COLLECTOR, self.server.third_page, 25)):
            status, body = _get(self.port, self.server.prefix.format(person) + query, TOKEN)
            if status != 200 or len(json.loads(body)) != rows:
                raise Broken(f"{self.server.name} has no {rows} channels in {query or 'a list'}")

    def memory(self) -> float:
        """MiB that the server has to itself, shared pages by their share."""
        lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


@contextlib.contextmanager
def running(server: Server, token: str = TOKEN) -> Iterator[Running]:
    """The server, from its first good answer until the block ends."""
    port = _free_port()
    start = time.monotonic()
    process = subprocess.Popen(server.on(port), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(server, process, port, token)
        yield Running(server, port, process.pid, time.monotonic() - start)
    finally:
        process.kill()
        process.wait()


def cold_start(server: Server) -> tuple[float, float]:
    """Seconds from exec to the first good answer, and MiB then."""
    with running(server, _ANY_TOKEN) as run:
        return run.seconds, run.memory()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def _wait(server: Server, process: subprocess.Popen[bytes], port: int, token: str) -> None:
    until = time.monotonic() + _LONGEST_START
    while not _answers(port, server.prefix.format(CALLER), token):
        if process.poll() is not None:
            raise Broken(f"{server.name} ended with {process.returncode} before its first good answer")
        if time.monotonic() > until:
            raise Broken(f"{server.name} gave no good answer within {_LONGEST_START:.0f} s")
        time.sleep(0.005)


def _answers(port: int, path: str, token: str) -> bool:
    try:
        return _get(port, path, token)[0] == 200
    except OSError:
        return False


def _get(port: int, path: str, token: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _cpu(pid: int) -> float:
    """Seconds of processor time that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
