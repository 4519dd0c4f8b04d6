"""Where the time of one run of the suite went, read from its reports."""

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


class Property(NamedTuple):
    """A test with all its parameters."""

    name: str
    tests: int
    requests: int
    seconds: float


@dataclass(frozen=True)
class Timing:
    """One run; its parts are seconds of `wall`, and `checking` is what the others leave."""

    profile: str
    wall: float
    tests: int
    requests: int
    starting: float
    """Until the first request: imports, collection, the start of the mock."""
    waiting: float
    """From a request's sending until its answer is masked and, if it changed something, in the journal on disk."""
    reporting: float
    """After the last test: the reports and the end of the process."""
    slowest: list[Property]

    @property
    def checking(self) -> float:
        """Drawing examples, building requests, judging answers, and pytest's own work."""
        return self.wall - self.starting - self.waiting - self.reporting

    def share(self, seconds: float) -> str:
        """A part, as a share of the whole and in seconds."""
        return f"{seconds / self.wall:.0%} ({seconds:.1f} s)"


def read(profile: str, folder: Path, begun: datetime, wall: float, requests: int) -> Timing:
    """The timing of a run that began at `begun` and took `wall` seconds, from the reports in its folder.

    traffic.har may hold fewer requests than were sent; the time spent waiting for the others is taken as the same.
    """
    entries = json.loads((folder / "traffic.har").read_text("utf-8"))["log"]["entries"]
    suite = next(ET.parse(folder / "junit.xml").iter("testsuite"))  # noqa: S314  # the run that was started here wrote it
    tested = _time(suite.get("timestamp", "")) + timedelta(seconds=float(suite.get("time", 0)))
    return Timing(
        profile=profile,
        wall=wall,
        tests=int(suite.get("tests", 0)),
        requests=requests,
        starting=(_time(entries[0]["startedDateTime"]) - begun).total_seconds(),
        waiting=sum(entry["time"] for entry in entries) / 1000 * requests / len(entries),
        reporting=(begun + timedelta(seconds=wall) - tested).total_seconds(),
        slowest=_slowest(suite.iter("testcase"), Counter(_function(entry["comment"]) for entry in entries)),
    )


def _slowest(cases: Iterable[ET.Element], requests: Counter[str]) -> list[Property]:
    found: dict[str, list[float]] = defaultdict(list)
    for case in cases:
        found[_function(case.get("name", ""))].append(float(case.get("time", 0)))
    properties = [Property(name, len(times), requests[name], sum(times)) for name, times in found.items()]
    return sorted(properties, key=lambda each: -each.seconds)


def _function(test: str) -> str:
    return test.partition("[")[0]


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
