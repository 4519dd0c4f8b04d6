"""State of the test account after complete, interrupted and repeated runs."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from tests.contract_tests.suite_process import (
    QUICK,
    has_recorded_creation,
    interrupt,
    list_body,
    next_position,
    run_suite,
    running_mock,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_next_run_deletes_the_channels_of_a_killed_run(tmp_path: Path) -> None:
    with running_mock() as url:
        before = list_body(url)
        interrupt(tmp_path, url, signal.SIGKILL)
        assert list_body(url) != before
        assert has_recorded_creation(tmp_path)

        run = run_suite(tmp_path, "-k", "head", CANVAS_URL=url, **DEFAULT_WORLD_VARIABLES)

        assert run.returncode == 0
        assert list_body(url) == before
        assert not list(tmp_path.glob("journal-*"))


def test_next_run_without_the_journal_deletes_nothing(tmp_path: Path) -> None:
    with running_mock() as url:
        interrupt(tmp_path, url, signal.SIGKILL)
        before = list_body(url)

        run = run_suite(tmp_path / "elsewhere", "-k", "head", CANVAS_URL=url, **DEFAULT_WORLD_VARIABLES)

        assert run.returncode == 2
        assert "the journal in the reports folder has no record of" in " ".join(run.stdout.split())
        assert list_body(url) == before


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_interrupted_run_restores_the_account(tmp_path: Path, name: str) -> None:
    with running_mock() as url:
        before = list_body(url)

        status = interrupt(tmp_path, url, getattr(signal, name))

        assert status == 2
        assert list_body(url) == before
        assert not list(tmp_path.glob("journal-*"))


def test_run_without_free_rows_is_inconclusive_and_leaves_no_channel(tmp_path: Path) -> None:
    """Canvas counts deleted rows too, and no response shows how many there are."""
    channels = "".join(f"{{id: {n}, type: sms, address: '{n}'}}, " for n in range(1, 90))
    world = tmp_path / "full.world.yaml"
    world.write_text(f"users: [{{id: 1, name: Ann, tokens: [student-token], channels: [{channels}]}}]")
    with running_mock("--world", str(world)) as url:
        before = list_body(url)

        token = DEFAULT_WORLD_VARIABLES["CANVAS_TOKEN"]
        run = run_suite(tmp_path, "-k", "head", CANVAS_URL=url, CANVAS_TOKEN=token, PROFILE="quick")

        assert run.returncode == 2
        output = " ".join(run.stdout.split())
        assert "User 1 has too few free rows" in output, run.stdout
        assert "15 needed, 12 available" in output
        assert list_body(url) == before


def test_repeated_runs_add_no_rows(tmp_path: Path) -> None:
    with running_mock() as url:
        positions = []
        for number in range(2):
            run = run_suite(tmp_path, "-k", "create_returns or push", CANVAS_URL=url, **QUICK)
            assert run.returncode == 0
            positions.append(next_position(url, number))

    first, second = positions
    assert second == first + 1, "each `next_position` adds one row, and the second run adds none"
