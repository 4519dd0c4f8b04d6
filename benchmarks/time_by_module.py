"""CPU time of a request inside the application, by module: `python -m benchmarks.time_by_module`.

The requests of the workloads are passed to the application without a server and without sockets.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import signal
import sys
import time
from collections import Counter
from itertools import count, islice
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.report import markdown_table
from benchmarks.servers import baseline
from benchmarks.servers.catalogue import BASELINE, MOCK
from benchmarks.servers.large_world import large_world
from benchmarks.workload_users import CREATE_USERS, LIST_USER, MIXED_USERS, TOKEN, token_of
from mockserver import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    from starlette.types import ASGIApp, Message, Scope

_REQUESTS = 2_000
"""The requests of one run."""

_RUNS, _SAMPLED_RUNS = 7, 50
"""The fastest of `_RUNS` is the time of the whole application; samples of `_SAMPLED_RUNS` divide it among its parts."""

_INTERVAL = 0.001
"""The seconds of CPU time between two samples, if the system's clock is that fine."""


class _Request(NamedTuple):
    method: str
    user_id: int
    path: str = ""
    """The path after that of the user's channels."""
    query: str = ""
    address: str = ""
    """The address in the form of a creation."""


def list_requests() -> Iterator[_Request]:
    """Yield the requests of the workload `list`."""
    return (_Request("GET", LIST_USER) for _ in count())


def create_requests() -> Iterator[_Request]:
    """Yield the requests of the workload `create`."""
    users = CREATE_USERS.ids
    return (_Request("POST", users[n % len(users)], address=f"made{n}@school.example") for n in count())


def mixed_requests() -> Iterator[_Request]:
    """Yield the requests of the workload `mixed`; workloads.lua has the reasons for their order."""
    sizes = (5, 10, 20, 40)
    pages = [f"page={page}&per_page={size}" for size in sizes for page in range(1, MIXED_USERS.channels // size + 1)]

    def own_channel(number: int) -> tuple[int, str]:
        user_id = MIXED_USERS.ids[(number + number // MIXED_USERS.users) % MIXED_USERS.users]
        return user_id, f"own{number}@school.example"

    for number in count():
        user_id, address = own_channel(number)
        if number % 40 == 0:
            yield _Request("POST", user_id, address=address)
        elif number % 40 == 20 and number >= 1020:
            user_id, address = own_channel(number - 1020)
            yield _Request("DELETE", user_id, path=f"/email/{address}")
        else:
            yield _Request("GET", user_id, query=pages[(user_id + number // MIXED_USERS.users) % len(pages)])


_WORKLOADS: dict[str, Callable[[], Iterator[_Request]]] = {
    "list": list_requests,
    "create": create_requests,
    "mixed": mixed_requests,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.time_by_module", description=__doc__)
    parser.add_argument("--functions", action="store_true", help="show functions in place of modules")
    by_function = parser.parse_args(arguments).functions
    import uvloop  # noqa: PLC0415  # it does not support Windows, where the tests import this module

    columns = {}
    for workload, requests in _WORKLOADS.items():
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            columns[workload] = runner.run(_measure(requests, by_function=by_function))
    parts = sorted({part for column in columns.values() for part in column}, key=lambda p: -columns["list"].get(p, 0))
    rows = [[part, *(f"{column.get(part, 0):.1f}" for column in columns.values())] for part in parts]
    print("\n".join(markdown_table(["us per request", *columns], [row for row in rows if set(row[1:]) != {"0.0"}])))
    return 0


async def _measure(workload: Callable[[], Iterator[_Request]], *, by_function: bool) -> dict[str, float]:
    """Return the microseconds per request of the mock, of each of its parts, and of bare Starlette."""
    apps: dict[str, ASGIApp] = {MOCK: create_app(large_world(), hosts={"127.0.0.1"}), BASELINE: baseline.application()}
    requests = {name: workload() for name in apps}
    gc.collect()
    gc.freeze()
    seconds: dict[str, list[float]] = {name: [] for name in apps}
    for _ in range(_RUNS):
        for name, app in apps.items():
            seconds[name].append(await _seconds(app, requests[name]))
    times = {name: min(each) / _REQUESTS * 1e6 for name, each in seconds.items()}
    samples: Counter[str] = Counter()
    signal.signal(signal.SIGPROF, lambda _signal, frame: samples.update([_part(frame, by_function=by_function)]))
    for _ in range(_SAMPLED_RUNS):
        await _seconds(apps[MOCK], requests[MOCK], interval=_INTERVAL)
    return times | {part: times[MOCK] * number / samples.total() for part, number in samples.items()}


async def _seconds(app: ASGIApp, requests: Iterator[_Request], interval: float = 0) -> float:
    """Return the CPU time of one run, in which the signal SIGPROF is sent after each interval."""
    exchanges = [_Exchange(request) for request in islice(requests, _REQUESTS)]
    signal.setitimer(signal.ITIMER_PROF, interval, interval)
    start = time.process_time()
    for exchange in exchanges:
        await app(exchange.scope, exchange.receive, exchange.send)
    seconds = time.process_time() - start
    signal.setitimer(signal.ITIMER_PROF, 0)
    if failed := [exchange.status for exchange in exchanges if exchange.status != 200]:
        raise RuntimeError(f"the responses to {len(failed)} of {_REQUESTS} requests are errors, such as {failed[0]}")
    return seconds


class _Exchange:
    """A request as uvicorn passes it to an application, and the status of its response."""

    def __init__(self, request: _Request) -> None:
        path = f"/api/v1/users/{request.user_id}/communication_channels{request.path}"
        address = request.address.replace("@", "%40")
        form = f"communication_channel%5Baddress%5D={address}&communication_channel%5Btype%5D=email"
        self._body = form.encode() if address else b""
        self.status = 0
        self.scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 50000),
            "root_path": "",
            "path": path,
            "raw_path": path.replace("@", "%40").encode(),
            "query_string": request.query.encode(),
            "headers": [
                (b"host", b"127.0.0.1:8000"),
                (b"authorization", f"Bearer {token_of(request.user_id) or TOKEN}".encode()),
                *([(b"content-type", b"application/x-www-form-urlencoded")] if address else []),
                *([(b"content-length", b"%d" % len(self._body))] if address else []),
            ],
            "state": {},
            "extensions": {},
        }

    async def receive(self) -> Message:
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def send(self, message: Message) -> None:
        self.status = message.get("status", self.status)


def _part(frame: FrameType | None, *, by_function: bool) -> str:
    """Return the innermost module of the mock (with its function, if `by_function`) or package on the stack."""
    while frame is not None:
        name = str(frame.f_globals["__name__"])
        package = name.partition(".")[0]
        if package == "mockserver":
            return f"{name}: {frame.f_code.co_qualname}" if by_function else name
        if package in {"connexion", "starlette"}:
            return package
        frame = frame.f_back
    return "the benchmark"


if __name__ == "__main__":
    sys.exit(main())
