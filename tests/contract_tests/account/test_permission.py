"""Runs against a Canvas whose users may not edit their own channels."""

from __future__ import annotations

import json
import signal
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from tests.contract_tests.suite_process import (
    QUICK,
    has_recorded_creation,
    interrupt,
    list_body,
    run_suite,
    running_patched_mock,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

WITHOUT_ADMIN = {**DEFAULT_WORLD_VARIABLES, "CANVAS_ADMIN_TOKEN": ""}
NOT_EDITABLE = {"users_can_edit_communication_channels": False}


def test_admin_creates_and_deletes_if_users_may_not(tmp_path: Path) -> None:
    with running_patched_mock(**NOT_EDITABLE) as url:
        before = list_body(url)

        run = run_suite(tmp_path, "--verbose", CANVAS_URL=url, **QUICK)

        assert run.returncode == 0, run.stdout
        assert list_body(url) == before
    assert "may not edit their channels: the tests use CANVAS_ADMIN_TOKEN for this" in run.stdout
    assert "Skipped: needs users who may edit their own channels\n  skip confirmation is ignored" in run.stdout
    assert "set CANVAS_ADMIN_TOKEN" not in run.stdout
    edits = _successful_edits(tmp_path)
    assert edits["Bearer $CANVAS_TOKEN"] == 0
    # about 370, of which the tests of an admin's edits send fewer than 100
    assert edits["Bearer $CANVAS_ADMIN_TOKEN"] > 200


def test_permission_matrix_reports_the_denied_edits(tmp_path: Path) -> None:
    """The default profile sends the requests of every cell."""
    variables = {**DEFAULT_WORLD_VARIABLES, "PROFILE": "default"}
    with running_patched_mock(**NOT_EDITABLE) as url:
        run = run_suite(
            tmp_path, "--verbose", "-k", "creates_own or deletes_own or permission_matrix", CANVAS_URL=url, **variables
        )

    assert run.returncode == 0, run.stdout
    assert "test user      test user    allowed      denied       denied        denied       404" in run.stdout


def test_denied_creation_is_tested_without_an_admin(tmp_path: Path) -> None:
    with running_patched_mock(**NOT_EDITABLE) as url:
        before = list_body(url)

        run = run_suite(tmp_path, CANVAS_URL=url, **(QUICK | WITHOUT_ADMIN))

        assert run.returncode == 0, run.stdout
        assert list_body(url) == before
    junit, page = (" ".join((tmp_path / name).read_text("utf-8").split()) for name in ("junit.xml", "report.html"))
    output = " ".join(run.stdout.split())
    limit = "The run did not test the creation and deletion of channels: users of this Canvas may not edit"
    assert (
        "Skipped: users of this Canvas may not edit their channels; set CANVAS_ADMIN_TOKEN to test creation" in output
    )
    assert "Passed, with skipped tests: " in output
    assert limit in output
    assert limit in junit
    assert limit in page
    assert not _successful_edits(tmp_path)


@pytest.mark.parametrize("variables", [DEFAULT_WORLD_VARIABLES, WITHOUT_ADMIN], ids=["with admin", "without admin"])
@pytest.mark.parametrize(
    ("fault", "test"),
    [
        ("newest-come-first", "list_is_ordered_by_position"),
        ("denied-create-is-executed", "creates_own_channels"),
        ("forbidden-body-has-no-status", "creates_own_channels"),
        ("list-by-padded-id-is-allowed-to-all", "list_of_another_user_is_denied"),
    ],
)
def test_faults_are_detected_if_users_may_not_edit(
    tmp_path: Path, variables: dict[str, str], fault: str, test: str
) -> None:
    with running_patched_mock(fault, **NOT_EDITABLE) as url:
        run = run_suite(tmp_path, "-k", test, CANVAS_URL=url, **variables)

    assert run.returncode == 1, run.stdout


def test_executed_denied_delete_is_detected_with_an_admin(tmp_path: Path) -> None:
    with running_patched_mock("denied-delete-is-executed", **NOT_EDITABLE) as url:
        run = run_suite(tmp_path, "-k", "deletes_own_channels", CANVAS_URL=url, **DEFAULT_WORLD_VARIABLES)

    assert run.returncode == 1, run.stdout


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"CANVAS_ADMIN_TOKEN": "student2-token"}, "CANVAS_ADMIN_TOKEN may not list user 1's channels"),
        ({"CANVAS_TOKEN": "read-only-token"}, "The scopes of CANVAS_TOKEN do not allow deletes"),
    ],
    ids=["admin of nobody", "scoped token"],
)
def test_denial_for_another_reason_is_inconclusive(tmp_path: Path, variables: dict[str, str], message: str) -> None:
    with running_patched_mock(**NOT_EDITABLE) as url:
        before = list_body(url)

        run = run_suite(tmp_path, CANVAS_URL=url, **(DEFAULT_WORLD_VARIABLES | variables))

        assert list_body(url) == before
    assert run.returncode == 2
    assert message in " ".join(run.stdout.split())


def test_next_run_deletes_leftover_channels_that_the_user_may_not_delete(tmp_path: Path) -> None:
    with running_patched_mock(**NOT_EDITABLE) as url:
        before = list_body(url)
        interrupt(tmp_path, url, signal.SIGKILL)
        assert has_recorded_creation(tmp_path)

        run = run_suite(tmp_path, "-k", "head", CANVAS_URL=url, **DEFAULT_WORLD_VARIABLES)

        assert run.returncode == 0, run.stdout
        assert list_body(url) == before
    assert not list(tmp_path.glob("journal-*"))


def _successful_edits(folder: Path) -> Counter[str]:
    """Return the number of successful creates and deletes of the run for each `Authorization` header."""
    traffic = json.loads((folder / "traffic.har").read_text("utf-8"))["log"]["entries"]
    return Counter(
        header["value"]
        for entry in traffic
        if entry["request"]["method"] in {"POST", "DELETE"} and entry["response"]["status"] == 200
        for header in entry["request"]["headers"]
        if header["name"].lower() == "authorization"
    )
