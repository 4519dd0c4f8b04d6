"""Breakdown of the time of one run of the contract suite, from the reports of the run."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class FunctionTiming(NamedTuple):
    """Totals of one test function over all its parameters."""

    name: str
    tests: int
    requests: int
    seconds: float


@dataclass(frozen=True)
class SuiteTiming:
    """The time of one run in seconds: `startup`, `waiting`, `checks` and `reporting` add up to `total`."""

    profile: str
    total: float
    tests: int
    requests: int
    startup: float
    """Until the first request: imports, collection, the start of the mock."""
    waiting: float
    """From sending each request until its response is redacted and any change is in the journal on disk."""
    reporting: float
    """After the last test: the reports and the exit of the process."""
    slowest: list[FunctionTiming]
    """All test functions, the slowest first."""

    @property
    def checks(self) -> float:
        """The remaining time: generating examples, building requests, validating responses, pytest."""
        return self.total - self.startup - self.waiting - self.reporting

    def format_share(self, seconds: float) -> str:
        """Return a part of the run as a percentage of the total, with the seconds in brackets."""
        return f"{seconds / self.total:.0%} ({seconds:.1f} s)"


def read_timing(profile: str, folder: Path, started_at: datetime, total: float, requests: int) -> SuiteTiming:
    """Return the timing of a run of `total` seconds, read from the reports in its folder.

    traffic.har may contain only some of the requests; the others are assumed to take the same time on average.
    """
    entries = json.loads((folder / "traffic.har").read_text("utf-8"))["log"]["entries"]
    suite = next(ET.parse(folder / "junit.xml").iter("testsuite"))  # noqa: S314  # written by the measured run itself
    tests_ended_at = _parse_time(suite.get("timestamp", "")) + timedelta(seconds=float(suite.get("time", 0)))
    return SuiteTiming(
        profile=profile,
        total=total,
        tests=int(suite.get("tests", 0)),
        requests=requests,
        startup=(_parse_time(entries[0]["startedDateTime"]) - started_at).total_seconds(),
        waiting=sum(entry["time"] for entry in entries) / 1000 * requests / len(entries),
        reporting=(started_at + timedelta(seconds=total) - tests_ended_at).total_seconds(),
        slowest=_sorted_functions(
            suite.iter("testcase"), Counter(_function_name(entry["comment"]) for entry in entries)
        ),
    )


def _sorted_functions(cases: Iterable[ET.Element], requests: Counter[str]) -> list[FunctionTiming]:
    times: dict[str, list[float]] = defaultdict(list)
    for case in cases:
        times[_function_name(case.get("name", ""))].append(float(case.get("time", 0)))
    functions = [FunctionTiming(name, len(each), requests[name], sum(each)) for name, each in times.items()]
    return sorted(functions, key=lambda function: -function.seconds)


def _function_name(test: str) -> str:
    return test.partition("[")[0]


def _parse_time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
