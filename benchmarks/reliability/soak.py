"""`make soak`: send requests and garbage to the mock for ten minutes, and write the result to docs/reliability.md."""

from __future__ import annotations

import argparse
import platform
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.reliability.measurements import take_sample
from benchmarks.reliability.mock import MockProcess, running_mock
from benchmarks.reliability.page import PAGE, PageError, line_chart, read_surroundings, write_section
from benchmarks.reliability.soak_report import SoakResult, render_section
from benchmarks.reliability.workers import CLIENTS, Workers
from benchmarks.servers.process import BenchmarkError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PROGRESS_INTERVAL = 30.0
_SAMPLE_INTERVAL = 1.0
_SETTLING_TIME = 45.0
"""The seconds within which the mock must have closed every connection after the last request."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the soak; return 0 if it passed, 1 if it failed, 2 if it could not be measured."""
    options = _parser().parse_args(arguments)
    if platform.system() != "Linux":
        print("make soak requires Linux: it reads memory and descriptors from /proc.", file=sys.stderr)
        return 2
    try:
        read_surroundings(options.page, "soak")
        print(f"Seed {options.seed}, {CLIENTS} clients, {options.minutes:g} minutes.", flush=True)
        with running_mock() as mock:
            result = soak(mock, options.minutes * 60, options.seed)
    except (BenchmarkError, PageError) as error:
        print(f"make soak: {error}.", file=sys.stderr)
        return 2
    return _report(result, options.page)


def _report(result: SoakResult, page: Path) -> int:
    """Write the section and the chart, print the problems, and return 1 if there are any, else 0."""
    chart = page.parent / "images" / "soak-memory.svg"
    chart.parent.mkdir(exist_ok=True)
    points = [(sample.seconds / 60, sample.memory_mib) for sample in result.samples]
    chart.write_text(line_chart(points, "Memory of the mock during the soak, MiB"), "utf-8")
    write_section(page, "soak", render_section(result))
    problems = result.problems()
    for problem in problems:
        print(f"Failed: {problem}", file=sys.stderr)
    print(f"{'Failed' if problems else 'Passed'}; wrote {page.name} and {chart.name}.")
    return 1 if problems else 0


def soak(mock: MockProcess, seconds: float, seed: int) -> SoakResult:
    """Run all workers on the mock for this time, and return the result."""
    start = time.monotonic()
    workers = Workers(mock.address, seed, start)
    result = SoakResult(seed, seconds, workers.tally, [take_sample(mock.pid, 0.0)])
    with workers.running(), _ending_early(result):
        next_progress = _PROGRESS_INTERVAL
        while (elapsed := time.monotonic() - start) < seconds:
            workers.stop.wait(min(_SAMPLE_INTERVAL, seconds - elapsed))
            result.samples.append(take_sample(mock.pid, time.monotonic() - start))
            if elapsed >= next_progress:
                next_progress += _PROGRESS_INTERVAL
                print(result.progress(), flush=True)
    _settle(mock, result, start)
    result.log_lines, result.tracebacks = mock.log.lines, mock.log.tracebacks
    return result


@contextmanager
def _ending_early(result: SoakResult) -> Iterator[None]:
    """End the soak when the process of the mock has ended, or at Ctrl-C; the report says so."""
    try:
        yield
    except (FileNotFoundError, ProcessLookupError):
        result.tally.fail("process", "the mock has ended")
    except KeyboardInterrupt:
        result.tally.fail("soak", "it was interrupted")


def _settle(mock: MockProcess, result: SoakResult, start: float) -> None:
    """Wait until the mock has closed its connections, and take the last sample."""
    deadline = time.monotonic() + _SETTLING_TIME
    with _ending_early(result):
        while True:
            sample = take_sample(mock.pid, time.monotonic() - start)
            if sample.descriptors <= result.samples[0].descriptors or time.monotonic() > deadline:
                result.samples.append(sample)
                return
            time.sleep(0.1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=_minutes, default=10.0, help="duration (default: 10)")
    parser.add_argument("--seed", type=int, default=1, help="seed of all random requests (default: 1)")
    parser.add_argument("--page", type=Path, default=PAGE, help="page whose section is replaced (default: %(default)s)")
    return parser


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0  # out of range
    if not 0 < minutes <= 24 * 60:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of minutes, above 0 and up to 1440")
    return minutes


if __name__ == "__main__":
    sys.exit(main())
