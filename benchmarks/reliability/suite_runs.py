"""Runs of the suite in processes of their own, through a proxy that loses responses and kills the process."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from benchmarks.contract import REMOVED_VARIABLES
from benchmarks.servers.catalogue import environment
from benchmarks.servers.process import BenchmarkError
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from mutants.suite import WITHOUT_SCHEMATHESIS

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from tests.contract_tests.faulty_proxy import ProxiedRequest, ProxiedResponse

LONG, SHORT = "push or creation or deletion", "all_devices_share_one_push_channel"
"""The tests of the runs that are killed, and of those that follow."""

_TIMEOUT = 300.0
_MAX_DELAY = 0.05
"""The seconds from a response within which a run is killed between requests."""
_CLEAN_UP_REQUESTS = 10
"""About the number of requests of the clean-up of a run."""


class Moment(StrEnum):
    """When a run is killed, seen from one of its requests."""

    BEFORE = "before the mock receives a request"
    EXECUTED = "after the mock has executed a request, before the response"
    LATER = "between requests"
    PUSH = "inside the creation of a push channel, after the mock has executed it"


@dataclass(frozen=True)
class Kill:
    """The moment at which a run is killed."""

    moment: Moment
    number: int
    """The number of the request in the run, or of the creation of a push channel, from 1."""
    delay: float = 0.0
    """The seconds from the response, for `LATER`."""


@dataclass(frozen=True)
class RunLength:
    """The number of requests of a complete run."""

    requests: int
    push_creations: int

    def random_kill(self, random: Random, moment: Moment) -> Kill:
        """Return a random kill at this kind of moment."""
        last = self.push_creations if moment == Moment.PUSH else self.requests
        return Kill(moment, random.randint(1, last), random.uniform(0, _MAX_DELAY))


class LossyConnection:
    """The fault of a proxy: loses a share of the responses after their execution, and kills a run at its moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self.kill: Kill | None = None
        """The kill that the run has suffered, or will suffer."""
        self._loss = 0.0
        self._random: Random | None = None
        self.requests = 0
        self.push_creations = 0

    def start_run(self, process: subprocess.Popen[str] | None, kill: Kill | None, loss: float, random: Random) -> None:
        """Count from zero for a run that loses this share of the responses, and that `kill` ends."""
        with self._lock:
            self._process, self.kill, self._loss, self._random = process, kill, loss, random
            self.requests = self.push_creations = 0

    def __call__(self, request: ProxiedRequest) -> ProxiedResponse | None:
        """Return the response of the mock, or None to lose it."""
        with self._lock:
            return self._process_request(request)

    def _process_request(self, request: ProxiedRequest) -> ProxiedResponse | None:
        is_push = _is_push_creation(request)
        self.requests += 1
        self.push_creations += is_push
        moment = self._due_moment(is_push=is_push)
        if moment == Moment.BEFORE:
            self._end_process()
            return None
        response = request.send()
        if moment in {Moment.EXECUTED, Moment.PUSH}:
            self._end_process()
            return None
        if moment == Moment.LATER and self.kill is not None:
            threading.Timer(self.kill.delay, self._end_process).start()
        if self._random is None or self._random.random() >= self._loss:
            return response
        if request.method not in {"GET", "HEAD"}:
            self._hasten_kill(self._random)
        return None

    def _hasten_kill(self, random: Random) -> None:
        """Move the kill into the clean-up, unless it is one for push: a lost response to a write ends the tests."""
        if self.kill is not None and self.kill.moment != Moment.PUSH and self.requests < self.kill.number:
            last = min(self.kill.number, self.requests + _CLEAN_UP_REQUESTS)
            self.kill = replace(self.kill, number=random.randint(self.requests + 1, last))

    def _due_moment(self, *, is_push: bool) -> Moment | None:
        """Return the moment of the kill if the run is to be killed at this request, else None."""
        if self.kill is None:
            return None
        is_counted = is_push or self.kill.moment != Moment.PUSH
        count = self.push_creations if self.kill.moment == Moment.PUSH else self.requests
        return self.kill.moment if is_counted and count == self.kill.number else None

    def _end_process(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _is_push_creation(request: ProxiedRequest) -> bool:
    """Return whether the request creates a push channel or registers a device, as a form, JSON or a query."""
    text = request.body.decode("latin-1") + request.target
    return request.method == "POST" and "push" in text


def start_suite(url: str, folder: Path, seed: int, selection: str) -> subprocess.Popen[str]:
    """Start a run of these tests of the suite on this target, with its reports and its journal in this folder."""
    variables = {name: value for name, value in environment().items() if name not in REMOVED_VARIABLES}
    settings = {"CANVAS_URL": url, "PROFILE": "smoke", "REPORTS": str(folder), "CANVAS_JOURNAL": str(folder)}
    return subprocess.Popen(
        [sys.executable, "-m", "contract_tests", "-k", selection, *WITHOUT_SCHEMATHESIS],
        env=variables | DEFAULT_WORLD_VARIABLES | settings | {"SEED": str(seed)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Return the exit status of a run, and its output. Raises BenchmarkError if it does not end."""
    try:
        output, _ = process.communicate(timeout=_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        raise BenchmarkError(f"a run of the suite has not ended after {_TIMEOUT:.0f} s") from None
    return process.returncode, output
