"""`make bench-contract`: runs the suite once in each profile, writes docs/performance-contract.md."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks import servers, timing
from benchmarks.report import machine, table
from benchmarks.targets import Target
from contract_tests.settings import PROFILES, TOKENS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.timing import Timing

_PAGE = servers.ROOT / "docs" / "performance-contract.md"
_BOUNDS = {"quick": 15, "default": 60}
"""Seconds on two processors."""
_REQUESTS = re.compile(r"([\d,]+) of [\d,]+\s+requests")
_UNWANTED = {
    *TOKENS,
    *("CANVAS_URL", "CANVAS_OTHER_USER_ID", "PROFILE", "SEED", "RATE", "REPORTS", "ALLOW_HTTP"),
    "PYTHONDONTWRITEBYTECODE",  # compiling is not the suite's work
}

_PREFACE = """\
# Performance of the suite

Written by `make bench-contract`.
Each profile is run once, as `make contract PROFILE=` runs it, against a fresh mock on the same machine.
The tests were collected once before, so that Python has compiled them.
Start-up lasts until the first request: imports, collection, the start of the mock.
Waiting lasts from sending a request until its answer is there and masked.
It includes a write to the journal on disk, where the answer tells of a channel made or removed.
Checks are all that is left: drawing examples, building requests, judging answers, pytest.
Reports are what follows the last test, with the end of the process.
"""


class CannotMeasureError(Exception):
    """A run that is no measure; the text is a sentence for people."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 2 with one sentence where a run does not hold."""
    profiles = _parser().parse_args(arguments).profiles
    with TemporaryDirectory() as folder:
        _suite(folder, "--collect-only")
    try:
        timings = [_measured(profile) for profile in profiles]
    except CannotMeasureError as error:
        print(f"make bench-contract: {error}", file=sys.stderr)
        return 2
    text = page(timings)
    _PAGE.write_text(text, "utf-8")
    print(f"{text}\n{_PAGE.relative_to(servers.ROOT)} is written.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench-contract", description=__doc__)
    parser.add_argument(
        "--profiles", nargs="+", choices=tuple(PROFILES), default=tuple(PROFILES), help="which to run (default: all)"
    )
    return parser


def _measured(profile: str) -> Timing:
    print(f"Running {profile}.", flush=True)
    with TemporaryDirectory() as folder:
        begun, clock = datetime.now(UTC), time.perf_counter()
        run = _suite(folder, "--profile", profile)
        wall = time.perf_counter() - clock
        sent = _REQUESTS.search(run.stdout)
        if run.returncode or sent is None:
            raise CannotMeasureError(
                f"the run ended with {run.returncode}; `make contract PROFILE={profile}` says why."
            )
        return timing.read(profile, Path(folder), begun, wall, int(sent[1].replace(",", "")))


def _suite(folder: str, *options: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in servers.environment().items() if name not in _UNWANTED}
    command = [sys.executable, "-m", "contract_tests", "--reports", folder, *options]
    return subprocess.run(command, env={**kept, "CANVAS_JOURNAL": folder}, capture_output=True, text=True, check=False)


def page(timings: Sequence[Timing]) -> str:
    """The page."""
    return "\n".join(
        [
            _PREFACE,
            *(f"- {line}" for line in machine("pytest", "hypothesis", "schemathesis", "httpx2")),
            f"- load of the machine over the last minute, when the page was written: {os.getloadavg()[0]:.1f}",
            "",
            *table(["target", "measured", ""], [_target(profile, timings).row() for profile in _BOUNDS]),
            "",
            *table(["profile", "seconds", "tests", "requests", "requests/s"], map(_row, timings)),
            "",
            *table(["profile", "start-up", "waiting for answers", "checks", "reports"], map(_parts, timings)),
            "",
            *(line for each in timings if each.profile == "default" for line in _slowest(each)),
        ]
    )


def _target(profile: str, timings: Sequence[Timing]) -> Target:
    walls = [each.wall for each in timings if each.profile == profile]
    bound = _BOUNDS[profile]
    return Target(f"{profile}: under {bound} s on 2 processors", walls, bound, form="{:.1f} s")


def _row(run: Timing) -> list[str]:
    return [run.profile, f"{run.wall:.1f}", f"{run.tests:,}", f"{run.requests:,}", f"{run.requests / run.wall:,.0f}"]


def _parts(run: Timing) -> list[str]:
    return [run.profile, *map(run.share, (run.starting, run.waiting, run.checking, run.reporting))]


def _slowest(run: Timing) -> list[str]:
    rows = [[f"`{each.name}`", str(each.tests), f"{each.requests:,}", f"{each.seconds:.1f}"] for each in run.slowest]
    head = ["what takes longest in the default profile", "tests", "requests", "seconds"]
    return [*table(head, rows[:10]), ""]


if __name__ == "__main__":
    sys.exit(main())
