"""The threads of the soak: clients that send requests, and connections that send garbage."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING

import httpx2

from benchmarks.reliability.garbage import GARBAGE, run_garbage
from benchmarks.reliability.measurements import Tally
from benchmarks.reliability.requests import SoakRequest, random_bad_request, random_operation
from contract_tests.oracle.contract import Contract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLIENTS, GARBAGE_CONNECTIONS = 8, 16

_MEAN_PAUSE = 0.02
"""The average seconds between two requests of a client, which leave time for the other workers."""

_TIMEOUT = 30.0
_BAD_SHARE, _RESET_SHARE, _HEALTH_SHARE = 0.2, 0.0002, 0.01
_RESET, _HEALTH = "reset of the mock", "health of the mock"
"""The kinds of requests to the control API."""


class Workers:
    """All threads, with the seed of their random choices and the tally of outcomes."""

    def __init__(self, address: tuple[str, int], seed: int, start: float) -> None:
        """Prepare the workers; latencies are recorded in seconds after `start`, a value of time.monotonic()."""
        self.tally = Tally()
        self.stop = threading.Event()
        self._address = address
        self._http = httpx2.Client(base_url="http://{}:{}".format(*address), timeout=_TIMEOUT, trust_env=False)
        self._seed = seed
        self._start = start
        self._contract = Contract()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run all threads until the context ends."""
        loops: list[tuple[Callable[[Random], None], int]] = [
            (self._client, CLIENTS),
            (self._garbage, GARBAGE_CONNECTIONS),
        ]
        threads = [
            threading.Thread(target=loop, args=(Random(f"{self._seed} {loop.__name__} {number}"),))  # noqa: S311
            for loop, count in loops
            for number in range(count)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stop.set()
            for thread in threads:
                thread.join()
            self._http.close()

    def _client(self, random: Random) -> None:
        """Send requests, one after the other."""
        while not self.stop.wait(random.expovariate(1 / _MEAN_PAUSE)):
            self._request(_choose(random))

    def _request(self, request: SoakRequest) -> None:
        start = time.monotonic()
        try:
            response = self._http.request(request.method, request.target, headers=request.headers, content=request.body)
        except httpx2.HTTPError as error:
            self.tally.count(request.kind, "no response")
            self.tally.fail(request.kind, f"{type(error).__name__}: {error}")
            return
        self.tally.add_latency(start - self._start, time.monotonic() - start)
        self.tally.count(request.kind, str(response.status_code))
        for reason in self._violations(request, response):
            self.tally.fail(request.kind, reason)

    def _violations(self, request: SoakRequest, response: httpx2.Response) -> list[str]:
        """Return the ways in which the response is not as promised, whatever the state of the mock."""
        if response.status_code >= 500:
            return [f"status {response.status_code}"]
        if request.kind in self._contract.operations():
            return self._contract.violations(request.kind, response)
        if request.kind in {_RESET, _HEALTH} and response.status_code not in {200, 204}:
            return [f"status {response.status_code}"]
        return []

    def _garbage(self, random: Random) -> None:
        """Open one connection of garbage after the other."""
        while not self.stop.is_set():
            kind = random.choice(tuple(GARBAGE))
            try:
                outcome = run_garbage(self._address, GARBAGE[kind], random, self.stop.wait)
            except TimeoutError:
                outcome = "not closed"
                self.tally.fail(kind, "the mock does not close the connection")
            except ConnectionError as error:
                outcome = "refused"
                self.tally.fail(kind, f"the mock accepts no connection: {error}")
            self.tally.count(kind, outcome)
            if any(status.startswith("5") for status in outcome.split(", ")):
                self.tally.fail(kind, f"status {outcome}")


def _choose(random: Random) -> SoakRequest:
    """Return a random request: to the control API, a bad one, or one for an operation of the contract."""
    share = random.random()
    if share < _RESET_SHARE:
        return SoakRequest(_RESET, "POST", "/_mock/reset")
    if share < _RESET_SHARE + _HEALTH_SHARE:
        return SoakRequest(_HEALTH, "GET", "/_mock/health")
    return random_bad_request(random) if share < _BAD_SHARE else random_operation(random)
