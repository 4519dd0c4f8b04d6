"""The report of `make bench-contract` from the reports of a run; the measurement needs a real run."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from benchmarks import contract, suite_timing

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.suite_timing import SuiteTiming

STARTED_AT = datetime(2026, 1, 5, 8, 0, 0, tzinfo=UTC)
JUNIT = """<testsuites><testsuite tests="3" time="70.0" timestamp="2026-01-05T08:00:02+00:00">
<testcase classname="test_listing" name="test_quick" time="0.5"/>
<testcase classname="test_listing" name="test_slow[a]" time="30.0"/>
<testcase classname="test_listing" name="test_slow[b]" time="20.0"/>
</testsuite></testsuites>"""


def har_entry(second: int, milliseconds: float, test: str) -> dict[str, object]:
    return {"startedDateTime": f"2026-01-05T08:00:{second:02}.000+00:00", "time": milliseconds, "comment": test}


@pytest.fixture
def timing(tmp_path: Path) -> SuiteTiming:
    """A run of 80 seconds: 5 before the first request, 4 for three of six requests, and 8 after the last test."""
    entries = [har_entry(5, 1000, ""), har_entry(7, 1500, "test_slow[a]"), har_entry(9, 1500, "test_slow[b]")]
    (tmp_path / "traffic.har").write_text(json.dumps({"log": {"entries": entries}}), "utf-8")
    (tmp_path / "junit.xml").write_text(JUNIT, "utf-8")
    return suite_timing.read_timing("default", tmp_path, STARTED_AT, total=80.0, requests=6)


def test_parts_of_a_run_add_up_to_the_total(timing: SuiteTiming) -> None:
    parts = [timing.startup, timing.waiting, timing.checks, timing.reporting]

    assert parts == [5, 8, 59, 8]
    assert sum(parts) == timing.total


def test_requests_absent_from_the_har_file_count_with_the_average_time(timing: SuiteTiming) -> None:
    assert (timing.requests, timing.waiting) == (6, 2 * 4)


def test_slowest_functions_include_all_their_parameters(timing: SuiteTiming) -> None:
    slow = suite_timing.FunctionTiming("test_slow", tests=2, requests=2, seconds=50.0)
    quick = suite_timing.FunctionTiming("test_quick", tests=1, requests=0, seconds=0.5)
    assert timing.slowest == [slow, quick]


def test_report_shows_rates_shares_and_target_results(timing: SuiteTiming) -> None:
    report = contract.render_report([timing]).splitlines()

    assert "| default | 80.0 | 3 | 6 | 0 |" in report
    assert "| default | 6% (5.0 s) | 10% (8.0 s) | 74% (59.0 s) | 10% (8.0 s) |" in report
    assert "| default: under 60 s on 2 processors | 80.0 s | not met |" in report
    assert "| quick: under 15 s on 2 processors | - | not measured |" in report
    assert "| `test_slow` | 2 | 2 | 50.0 |" in report


def test_failed_run_of_the_suite_exits_with_2_and_a_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(profile: str) -> SuiteTiming:
        raise contract.SuiteRunError(f"the suite exited with 1 in profile {profile}.")

    monkeypatch.setattr(contract, "_measure_profile", fail)
    monkeypatch.setattr(contract, "_run_suite", lambda *_: None)

    status = contract.main(["--profiles", "quick"])

    assert status == 2
    assert capsys.readouterr().err == "make bench-contract: the suite exited with 1 in profile quick.\n"
