"""What `make bench-contract` makes of a run's reports; what it measures is its own run."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from benchmarks import contract, timing

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.timing import Timing

BEGUN = datetime(2026, 1, 5, 8, 0, 0, tzinfo=UTC)
JUNIT = """<testsuites><testsuite tests="3" time="70.0" timestamp="2026-01-05T08:00:02+00:00">
<testcase classname="test_listing" name="test_quick" time="0.5"/>
<testcase classname="test_listing" name="test_slow[a]" time="30.0"/>
<testcase classname="test_listing" name="test_slow[b]" time="20.0"/>
</testsuite></testsuites>"""


def exchange(second: int, milliseconds: float, test: str) -> dict[str, object]:
    return {"startedDateTime": f"2026-01-05T08:00:{second:02}.000+00:00", "time": milliseconds, "comment": test}


@pytest.fixture
def run(tmp_path: Path) -> Timing:
    """80 seconds, of which 5 pass before the first request and 8 after the last test."""
    entries = [exchange(5, 1000, ""), exchange(7, 1500, "test_slow[a]"), exchange(9, 1500, "test_slow[b]")]
    (tmp_path / "traffic.har").write_text(json.dumps({"log": {"entries": entries}}), "utf-8")
    (tmp_path / "junit.xml").write_text(JUNIT, "utf-8")
    return timing.read("default", tmp_path, BEGUN, wall=80.0, requests=6)


def test_the_parts_of_a_run_are_its_whole(run: Timing) -> None:
    parts = [run.starting, run.waiting, run.checking, run.reporting]

    assert parts == [5, 8, 59, 8]
    assert sum(parts) == run.wall


def test_requests_that_are_not_in_the_traffic_are_waited_for_as_the_others(run: Timing) -> None:
    assert (run.requests, run.waiting) == (6, 2 * 4)


def test_a_property_is_a_test_with_all_its_parameters(run: Timing) -> None:
    assert run.slowest == [("test_slow", 2, 2, 50.0), ("test_quick", 1, 0, 0.5)]


def test_the_page_says_rates_shares_and_what_is_not_met(run: Timing) -> None:
    page = contract.page([run]).splitlines()

    assert "| default | 80.0 | 3 | 6 | 0 |" in page
    assert "| default | 6% (5.0 s) | 10% (8.0 s) | 74% (59.0 s) | 10% (8.0 s) |" in page
    assert "| default: under 60 s on 2 processors | 80.0 s | not met |" in page
    assert "| quick: under 15 s on 2 processors | - | not measured |" in page
    assert "| `test_slow` | 2 | 2 | 50.0 |" in page


def test_a_run_that_breaks_is_one_sentence_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(profile: str) -> Timing:
        raise contract.CannotMeasureError(f"the run of {profile} ended with 1.")

    monkeypatch.setattr(contract, "_measured", broken)
    monkeypatch.setattr(contract, "_suite", lambda *_: None)

    status = contract.main(["--profiles", "quick"])

    assert status == 2
    assert capsys.readouterr().err == "make bench-contract: the run of quick ended with 1.\n"
