"""State of the test account after complete, interrupted and repeated runs."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from contract_tests.client.safety.journal import Journal
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from tests.contract_tests.faulty_proxy import ProxiedRequest, ProxiedResponse, running_proxy
from tests.contract_tests.suite_process import (
    QUICK,
    has_recorded_creation,
    interrupt,
    list_body,
    position_of_new_channel,
    run_suite,
    running_mock,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow

JSON = [("Content-Type", "application/json")]
LAST_OF_PREFLIGHT = 50
"""The number of the last request of the preflight check, which deletes a channel of the suite."""


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
    # 89 of 101 rows
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
            positions.append(position_of_new_channel(url, number))

    first, second = positions
    assert second == first + 1, "each `position_of_new_channel` adds one row, and the second run adds none"


def turns_to_404(request: ProxiedRequest) -> ProxiedResponse:
    return request.send() if request.number < LAST_OF_PREFLIGHT else ProxiedResponse(404, JSON, b"{}")


def deletes_nothing_and_confirms_it(request: ProxiedRequest) -> ProxiedResponse:
    is_delete_by_id = request.method == "DELETE" and request.target.rpartition("/")[2].isdigit()
    if not is_delete_by_id or request.number <= LAST_OF_PREFLIGHT:
        return request.send()
    return ProxiedResponse(200, JSON, b'{"id": 1, "user_id": 1, "workflow_state": "retired"}')


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (turns_to_404, "The channels of user 1 cannot be listed (the response is 404)"),
        (deletes_nothing_and_confirms_it, "User 1 still has "),
    ],
    ids=["404", "delete"],
)
def test_run_names_what_remains_and_the_next_run_removes_it(
    tmp_path: Path, fault: Callable[[ProxiedRequest], ProxiedResponse], sentence: str
) -> None:
    with running_mock() as url:
        before = list_body(url)
        tests = ("-k", "create_returns_the_new_channel")
        with running_proxy(url, fault) as proxy:
            run = run_suite(tmp_path, *tests, CANVAS_URL=proxy, **DEFAULT_WORLD_VARIABLES)
        assert list_body(url) != before
        assert run.returncode in {1, 2}
        assert sentence in " ".join(run.stdout.split())
        assert "canvas-contract clean-up" in " ".join(run.stdout.split())
        (journal,) = tmp_path.glob("journal-*")
        journal.rename(Journal(tmp_path, url).path)  # the journal of the proxy's origin becomes that of the mock's

        clean = run_suite(tmp_path, *tests, CANVAS_URL=url, **DEFAULT_WORLD_VARIABLES)

        assert clean.returncode == 0, clean.stdout
        assert list_body(url) == before
    assert not list(tmp_path.glob("journal-*"))
