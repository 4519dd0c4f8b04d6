"""Runs with `--read-only`."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest

from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from tests.contract_tests.suite_process import (
    QUICK,
    has_recorded_creation,
    interrupt,
    list_body,
    position_of_new_channel,
    run_suite,
    running_mock,
    running_patched_mock,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

LIMIT = (
    "The run was read-only and did not test create_communication_channel, delete_push_token, "
    "delete_communication_channel and delete_communication_channel_by_address."
)


@pytest.mark.parametrize("token", ["student-token", "read-only-token"])
def test_read_only_run_sends_get_and_head_only(tmp_path: Path, token: str) -> None:
    """A token whose only scope is the list of channels is sufficient."""
    with running_mock() as url:
        before = list_body(url)

        run = run_suite(tmp_path, "--read-only", CANVAS_URL=url, **(QUICK | {"CANVAS_TOKEN": token}))

        assert run.returncode == 0, run.stdout
        assert list_body(url) == before
        assert position_of_new_channel(url, 0) == 4, "the run has created a channel"
    traffic = json.loads((tmp_path / "traffic.har").read_text("utf-8"))["log"]["entries"]
    assert {entry["request"]["method"] for entry in traffic} == {"GET", "HEAD"}
    assert {entry["response"]["status"] for entry in traffic} >= {200, 304, 401, 403, 404}
    assert not list(tmp_path.glob("journal-*"))


def test_read_only_run_names_the_operations_that_it_did_not_test(tmp_path: Path) -> None:
    run = run_suite(tmp_path, "-k", "listing or deletion", "--verbose", READ_ONLY="1", **QUICK)

    texts = [run.stdout, *((tmp_path / name).read_text("utf-8") for name in ("junit.xml", "report.html"))]
    output, junit, page = (" ".join(text.split()) for text in texts)
    assert run.returncode == 0, run.stdout
    assert "Skipped: not sent in a read-only run create of a new row" not in output
    assert "Skipped: not sent in a read-only run delete retires only that channel (2 tests)" in output
    assert f"were skipped or tested in part (profile quick). {LIMIT}" in output
    assert "not sent in a read-only run" in junit
    assert LIMIT in junit
    assert LIMIT in page
    assert ": passed," in page


@pytest.mark.parametrize(
    ("fault", "test"),
    [
        ("newest-come-first", "list_is_ordered_by_position"),
        ("unknown-user-is-forbidden", "unknown_user_is_404"),
        ("any-if-none-match-matches", "unchanged_list_is_304"),
        ("list-is-allowed-to-all", "permission_matrix"),
    ],
)
def test_read_only_run_detects_faults_of_reads(tmp_path: Path, fault: str, test: str) -> None:
    with running_patched_mock(fault) as url:
        run = run_suite(tmp_path, "--read-only", "-k", test, CANVAS_URL=url, **DEFAULT_WORLD_VARIABLES)

    assert run.returncode == 1, run.stdout
    assert LIMIT in " ".join(run.stdout.split())


def test_read_only_run_leaves_the_channels_and_the_journal_of_a_killed_run(tmp_path: Path) -> None:
    with running_mock() as url:
        interrupt(tmp_path, url, signal.SIGKILL)
        assert has_recorded_creation(tmp_path)
        [journal] = tmp_path.glob("journal-*")
        before, records = list_body(url), journal.read_bytes()

        run = run_suite(tmp_path, "--read-only", "-k", "listing", CANVAS_URL=url, **DEFAULT_WORLD_VARIABLES)

        assert run.returncode == 0, run.stdout
        assert list_body(url) == before
        assert journal.read_bytes() == records
    assert f"{journal.name} of an earlier run lists leftover channels: " in " ".join(run.stdout.split())
