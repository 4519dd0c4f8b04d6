"""`make compare`: differences between the responses of the mock and a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests.client.settings import read_settings
from contract_tests.comparison.compare import main
from contract_tests.comparison.scenario_comparison import find_differences
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from tests.contract_tests.suite_process import running_mock

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in DEFAULT_WORLD_VARIABLES.items():
        monkeypatch.setenv(name, value)


@pytest.mark.slow
def test_mock_has_no_differences_from_itself(tmp_path: Path) -> None:
    with running_mock() as url:
        steps, differences = find_differences(read_settings(url, {}), tmp_path)

    assert steps > 100
    assert differences == []
    assert not list(tmp_path.iterdir()), "the comparison cleans up, and removes the journal"


@pytest.mark.slow
def test_older_canvas_differs_in_denied_requests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running_mock("--unauthorized-status", "401", "--error-report-ids") as url:
        status = main(["--url", url, "--reports", str(tmp_path)])

    lines = capsys.readouterr().out.splitlines()
    assert status == 1
    assert [line.split()[:3] for line in lines if line.startswith("/status")] == [["/status", "403", "401"]]
    assert any(line.startswith("/body/error_report_id  absent") for line in lines)
    assert not [line for line in lines if DEFAULT_WORLD_VARIABLES["CANVAS_TOKEN"] in line]


def test_compare_without_canvas_url_is_inconclusive(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--url", ""])

    assert status == 2
    assert capsys.readouterr().err.startswith("compare: CANVAS_URL is not set;")
