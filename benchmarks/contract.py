"""`make bench-contract`: run the contract suite once in each profile, write docs/performance-contract.md."""

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

from benchmarks import suite_timing
from benchmarks.report import machine_lines, markdown_table
from benchmarks.servers.catalogue import ROOT, environment
from benchmarks.targets import Target
from contract_tests.client.settings import PROFILES, TOKENS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.suite_timing import SuiteTiming

_PAGE = ROOT / "docs" / "performance-contract.md"
_TARGET_SECONDS = {"quick": 15, "default": 60}
"""Time limits by profile, on two processors."""
_SENT_REQUESTS = re.compile(r"([\d,]+) of [\d,]+\s+requests")
"""The number of sent requests, in the output of the suite."""
REMOVED_VARIABLES = {
    *TOKENS,
    *("CANVAS_URL", "CANVAS_OTHER_USER_ID", "PROFILE", "SEED", "RATE", "READ_ONLY", "REPORTS", "ALLOW_HTTP"),
    "PYTHONDONTWRITEBYTECODE",  # without bytecode files, every run would include compilation
}
"""The variables that a run of the suite must not inherit."""

_PREFACE = """\
# Performance of the suite

`make bench-contract` writes this page.
Each profile runs once, as `make contract PROFILE=` runs it, against a new mock on the same machine.
The tests are collected once before the first run, so that no run includes the compilation of Python files.
Start-up lasts until the first request: imports, collection, the start of the mock.
Waiting for responses lasts from sending each request until its response is received and redacted.
It includes writing the journal to disk if the response reports a created or deleted channel.
Checks are the remaining time: generating examples, building requests, validating responses, pytest.
Reports are the time after the last test, including the exit of the process.
"""


class SuiteRunError(Exception):
    """A run of the suite that cannot be measured; the text is the message to the user."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status, 2 if a run of the suite fails."""
    profiles = _parser().parse_args(arguments).profiles
    with TemporaryDirectory() as folder:
        _run_suite(folder, "--collect-only")  # compiles the Python files
    try:
        timings = [_measure_profile(profile) for profile in profiles]
    except SuiteRunError as error:
        print(f"make bench-contract: {error}", file=sys.stderr)
        return 2
    text = render_report(timings)
    _PAGE.write_text(text, "utf-8")
    print(f"{text}\nWrote {_PAGE.relative_to(ROOT)}.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench-contract", description=__doc__)
    parser.add_argument(
        "--profiles",
        nargs="+",
        choices=tuple(PROFILES),
        default=tuple(PROFILES),
        help="profiles to run (default: all)",
    )
    return parser


def _measure_profile(profile: str) -> SuiteTiming:
    print(f"Running profile {profile}.", flush=True)
    with TemporaryDirectory() as folder:
        started_at, start = datetime.now(UTC), time.perf_counter()
        run = _run_suite(folder, "--profile", profile)
        total = time.perf_counter() - start
        sent = _SENT_REQUESTS.search(run.stdout)
        if run.returncode or sent is None:
            raise SuiteRunError(
                f"the suite exited with {run.returncode}; run `make contract PROFILE={profile}` to see the reason."
            )
        return suite_timing.read_timing(profile, Path(folder), started_at, total, int(sent[1].replace(",", "")))


def _run_suite(folder: str, *options: str) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in environment().items() if name not in REMOVED_VARIABLES}
    command = [sys.executable, "-m", "contract_tests", "--reports", folder, *options]
    variables["CANVAS_JOURNAL"] = folder
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def render_report(timings: Sequence[SuiteTiming]) -> str:
    """Return the page in Markdown."""
    return "\n".join(
        [
            _PREFACE,
            *(f"- {line}" for line in machine_lines("pytest", "hypothesis", "schemathesis", "httpx2")),
            f"- load average of the last minute, at the end of the runs: {os.getloadavg()[0]:.1f}",
            "",
            *markdown_table(
                ["target", "measured", "result"], [_target(profile, timings).row() for profile in _TARGET_SECONDS]
            ),
            "",
            *markdown_table(["profile", "seconds", "tests", "requests", "requests/s"], map(_rate_row, timings)),
            "",
            *markdown_table(
                ["profile", "start-up", "waiting for responses", "checks", "reports"], map(_share_row, timings)
            ),
            "",
            *(line for timing in timings if timing.profile == "default" for line in _slowest_table(timing)),
        ]
    )


def _target(profile: str, timings: Sequence[SuiteTiming]) -> Target:
    totals = [timing.total for timing in timings if timing.profile == profile]
    limit = _TARGET_SECONDS[profile]
    return Target(f"{profile}: under {limit} s on 2 processors", totals, limit, number_format="{:.1f} s")


def _rate_row(timing: SuiteTiming) -> list[str]:
    rate = timing.requests / timing.total
    return [timing.profile, f"{timing.total:.1f}", f"{timing.tests:,}", f"{timing.requests:,}", f"{rate:,.0f}"]


def _share_row(timing: SuiteTiming) -> list[str]:
    parts = (timing.startup, timing.waiting, timing.checks, timing.reporting)
    return [timing.profile, *map(timing.format_share, parts)]


def _slowest_table(timing: SuiteTiming) -> list[str]:
    rows = [
        [f"`{function.name}`", str(function.tests), f"{function.requests:,}", f"{function.seconds:.1f}"]
        for function in timing.slowest
    ]
    head = ["slowest test functions of the default profile", "tests", "requests", "seconds"]
    return [*markdown_table(head, rows[:10]), ""]


if __name__ == "__main__":
    sys.exit(main())
