"""Reports of failures in the terminal, report.html and JUnit, and their redaction."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from tests.contract_tests.suite_process import (
    QUICK,
    position_of_new_channel,
    run_suite,
    run_with_event,
    running_mock,
    running_patched_mock,
)

if TYPE_CHECKING:
    from pathlib import Path

WRONG_ORDER = "newest-come-first"
ID_LIKE_A_TOKEN = "delete-push-token-required"
"""The id of a documented difference, which contains a token of the default world."""
PERSONAL_DATA = ("student@school.example", "5550100@sms", "student.home@example.org")


@pytest.mark.slow
def test_reports_of_a_failure_contain_no_token_and_no_personal_data(tmp_path: Path) -> None:
    """This includes the local variables and long tracebacks of pytest."""
    with running_patched_mock(WRONG_ORDER) as url:
        run = run_suite(tmp_path, "-k", "listing", "--showlocals", "--tb=long", CANVAS_URL=url, **QUICK)

    files = {file.name: file.read_text("utf-8") for file in tmp_path.iterdir()}
    text = (run.stdout + run.stderr + "".join(files.values())).replace(ID_LIKE_A_TOKEN, "")
    assert run.returncode == 1
    assert {"report.html", "junit.xml", "traffic.har"} <= files.keys()
    assert "list_communication_channels: the pages are not in order of position" in run.stdout
    assert [secret for secret in (*_tokens(), *PERSONAL_DATA) if secret in text] == []


@pytest.mark.slow
def test_reports_contain_no_altered_token(tmp_path: Path) -> None:
    """A token in another letter case, without its last character or in another header is redacted, too."""
    run = run_suite(tmp_path, "-k", "test_tokens", **QUICK)

    text = "".join(file.read_text("utf-8") for file in tmp_path.iterdir()).replace(ID_LIKE_A_TOKEN, "")
    assert run.returncode == 0
    assert [secret for secret in _tokens() if secret[:-1].lower() in text.lower()] == []


@pytest.mark.slow
def test_failure_is_reported_with_its_rule_and_a_script(tmp_path: Path) -> None:
    with running_patched_mock(WRONG_ORDER) as url:
        run = run_suite(tmp_path, "-k", "list_is_ordered_by_position", CANVAS_URL=url, **DEFAULT_WORLD_VARIABLES)

    junit = (tmp_path / "junit.xml").read_text("utf-8")
    for text in (run.stdout, junit):
        assert "behaviour 4" in text
        assert 'curl -sS -X GET "$CANVAS_URL"' in text
        assert "Bearer $CANVAS_TOKEN" in text
    assert "Expected: The list has each channel" in junit


@pytest.mark.slow
def test_changed_account_is_a_failure_in_every_report(tmp_path: Path) -> None:
    with running_mock() as url:
        run = run_with_event(tmp_path, url, lambda _: position_of_new_channel(url, 0))

    junit = (tmp_path / "junit.xml").read_text("utf-8")
    cases = {case.get("name"): case for case in ET.fromstring(junit).iter("testcase")}  # noqa: S314  # the run wrote it
    assert run.returncode == 1
    assert "probe-0@example.org" not in run.stdout + junit
    failure = cases["the account is unchanged after the run, user 1"].find("failure")
    assert failure is not None
    assert "the channels of user 1 differ from those before the run: " in str(failure.text)
    assert "the account is unchanged after the run" in (tmp_path / "report.html").read_text("utf-8")


def _tokens() -> list[str]:
    return [value for name, value in DEFAULT_WORLD_VARIABLES.items() if name.endswith("_TOKEN")]
