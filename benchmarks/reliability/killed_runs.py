"""`make killed-runs`: kill runs of the suite at random moments, and check that the next run restores the account.

The suite reaches the mock through a proxy that loses 2 % of the responses after the mock has executed the requests.
"""

from __future__ import annotations

import argparse
import http.client
import shutil
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.reliability.killed_runs_report import KilledRun, NextRun, render_section
from benchmarks.reliability.mock import MockProcess, running_mock
from benchmarks.reliability.page import PAGE, PageError, read_surroundings, write_section
from benchmarks.reliability.suite_runs import LONG, SHORT, Kill, LossyConnection, Moment, RunLength, finish, start_suite
from benchmarks.servers.process import BenchmarkError
from mockserver import read_world
from tests.contract_tests.faulty_proxy import running_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LOSS = 0.02
"""The share of responses that are lost."""

_MOMENTS = (Moment.BEFORE, Moment.PUSH, Moment.EXECUTED, Moment.LATER, Moment.EXECUTED, Moment.BEFORE, Moment.EXECUTED)
"""The moments of the runs in turn; the runs are killed more often at a moment that is repeated."""
_MAX_ATTEMPTS = 30
"""The runs that may end before the moment of their kill, because a lost response has ended them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill the runs; return 0 if each account was restored, 1 if not, 2 if it could not be measured."""
    options = _parser().parse_args(arguments)
    try:
        read_surroundings(options.page, "killed runs")
        print(f"Seed {options.seed}, {options.runs} runs.", flush=True)
        runs = kill_runs(options.runs, options.seed, options.jobs)
    except (BenchmarkError, PageError) as error:
        print(f"make killed-runs: {error}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"make killed-runs: interrupted; {options.page.name} is unchanged.", file=sys.stderr)
        return 2
    write_section(options.page, "killed runs", render_section(runs, options.seed, LOSS))
    restored = sum(run.is_restored for run in runs)
    print(f"The account was as before in {restored} of {len(runs)}; wrote {options.page.name}.")
    return 0 if restored == len(runs) else 1


def kill_runs(number: int, seed: int, jobs: int) -> list[KilledRun]:
    """Kill this number of runs, each followed by complete ones; `jobs` mocks share them. Raises BenchmarkError."""
    with Experiment.running(seed) as experiment:
        length = experiment.measure_run()
    print(f"A complete run sends {length.requests} requests, {length.push_creations} of them for push.", flush=True)
    numbers, stop = range(1, number + 1), threading.Event()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            shares = list(pool.map(lambda job: _kill_share(numbers[job::jobs], seed, length, stop), range(jobs)))
        except BaseException:
            stop.set()  # the pool waits for its threads
            raise
    return [run for _, run in sorted(chain.from_iterable(shares), key=itemgetter(0))]


def _kill_share(
    numbers: Sequence[int], seed: int, length: RunLength, stop: threading.Event
) -> list[tuple[int, KilledRun]]:
    """Kill the runs with these numbers on one mock until `stop` is set, and return each with its number."""
    runs = []
    with Experiment.running(seed) as experiment:
        for number in numbers:
            if stop.is_set():
                break
            run = experiment.kill_one(number, length)
            runs.append((number, run))
            print(f"Run {number}: {run.description()}", flush=True)
    return runs


@dataclass(frozen=True)
class Experiment:
    """A mock, the proxy in front of it, and the folder of the suite's reports and journal."""

    mock: MockProcess
    connection: LossyConnection
    url: str
    folder: Path
    seed: int

    @classmethod
    @contextmanager
    def running(cls, seed: int) -> Iterator[Experiment]:
        """Run the mock and the proxy until the context ends."""
        connection = LossyConnection()
        with (
            running_mock() as mock,
            TemporaryDirectory() as folder,
            running_proxy(mock.url, connection) as url,
        ):
            yield cls(mock, connection, url, Path(folder), seed)

    def measure_run(self) -> RunLength:
        """Return the number of requests of a run that loses no response. Raises BenchmarkError if it does not pass."""
        status, output = self._finish_run(LONG, 0.0, self._random(0))
        if status:
            raise BenchmarkError(f"the suite exits with {status} on an unchanged mock: {output[-500:]}")
        return RunLength(self.connection.requests, self.connection.push_creations)

    def kill_one(self, number: int, length: RunLength) -> KilledRun:
        """Kill a run, and let a lossy run follow, and one without loss if that ended early. Raises BenchmarkError.

        `number` and the seed determine the moment of the kill.
        """
        random, moment = self._random(number), _MOMENTS[number % len(_MOMENTS)]
        before = self._lists()
        kill, seed = self._run_until_killed(length, moment, random)
        leftovers = _differences(before, self._lists())
        next_run = self._run_after(before, LOSS, random)
        complete_run = next_run if next_run.status == 0 else self._run_after(before, 0.0, random)
        run = KilledRun(kill, seed, leftovers, next_run, complete_run)
        if not run.is_restored:
            self._start_again()
        return run

    def _run_until_killed(self, length: RunLength, moment: Moment, random: Random) -> tuple[Kill, int]:
        """Start runs until one is killed at this moment; return its kill and its seed. Raises BenchmarkError."""
        for _ in range(_MAX_ATTEMPTS):
            seed = random.randrange(1, 1_000_000)
            process = start_suite(self.url, self.folder, seed, LONG)
            self.connection.start_run(process, length.random_kill(random, moment), LOSS, random)
            status, _ = finish(process)
            kill = self.connection.kill
            if status < 0 and kill is not None:  # negative: a signal ended the process
                return kill, seed
        raise BenchmarkError(f"no run lasted until the moment of its kill, {moment}")

    def _random(self, number: int) -> Random:
        return Random(f"{self.seed} {number}")  # noqa: S311  # reproducible, not secret

    def _start_again(self) -> None:
        """Reset the mock and remove the journal, so that a failure does not affect the runs that follow."""
        _send(self.mock, "POST", "/_mock/reset")
        shutil.rmtree(self.folder)
        self.folder.mkdir()

    def _run_after(self, before: dict[int, bytes], loss: float, random: Random) -> NextRun:
        """Return the result of a run after a kill, which loses this share of the responses."""
        status, output = self._finish_run(SHORT, loss, random)
        return NextRun(status, _differences(before, self._lists()), output)

    def _finish_run(self, selection: str, loss: float, random: Random) -> tuple[int, str]:
        """Return the exit status and the output of a run of these tests that is not killed."""
        process = start_suite(self.url, self.folder, random.randrange(1, 1_000_000), selection)
        self.connection.start_run(process, None, loss, random)
        return finish(process)

    def _lists(self) -> dict[int, bytes]:
        """Return the body of the list of each user of the world, as the mock sends it without the proxy."""
        path = "/api/v1/users/{}/communication_channels?per_page=100"
        return {user.id: _send(self.mock, "GET", path.format(user.id)) for user in read_world().users()}


def _send(mock: MockProcess, method: str, path: str) -> bytes:
    """Send a request to the mock without the proxy, and return the body. Raises BenchmarkError."""
    connection = http.client.HTTPConnection(*mock.address, timeout=30)
    try:
        connection.request(method, path, headers={"Authorization": "Bearer site-admin-token"})
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status not in {200, 204}:
        raise BenchmarkError(f"the mock responds {response.status} to {method} {path}")
    return body


def _differences(before: dict[int, bytes], after: dict[int, bytes]) -> int:
    """Return the number of channels by which the lists differ; at least one for each list that is not the same."""
    numbers = (abs(after[user].count(b'"id":') - before[user].count(b'"id":')) for user in before)
    return sum(max(1, number) for user, number in zip(before, numbers, strict=True) if after[user] != before[user])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make killed-runs", description=__doc__)
    parser.add_argument("--runs", type=_number, default=50, help="number of runs that are killed (default: 50)")
    parser.add_argument("--jobs", type=_number, default=2, help="runs at the same time, each on a mock (default: 2)")
    parser.add_argument("--seed", type=int, default=1, help="seed of all random choices (default: 1)")
    parser.add_argument("--page", type=Path, default=PAGE, help="page whose section is replaced (default: %(default)s)")
    return parser


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= 10_000):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 10000")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
