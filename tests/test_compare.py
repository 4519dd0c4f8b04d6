"""`make compare`: the same steps against the mock and a target, and where their answers differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests.compare import differences, main
from contract_tests.server import WORLD, running_mock

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in WORLD.items():
        monkeypatch.setenv(name, value)


def test_the_mock_answers_like_itself(tmp_path: Path) -> None:
    with running_mock() as url:
        steps, found = differences(url, tmp_path)

    assert steps > 100
    assert found == []
    assert not list(tmp_path.iterdir()), "nothing is left to clean up"


def test_an_older_canvas_differs_in_its_refusals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running_mock("--unauthorized-status", "401", "--error-report-ids") as url:
        status = main(["--url", url, "--reports", str(tmp_path)])

    lines = capsys.readouterr().out.splitlines()
    assert status == 1
    assert [line.split()[:3] for line in lines if line.startswith("/status")] == [["/status", "403", "401"]]
    assert any(line.startswith("/body/error_report_id  absent") for line in lines)
    assert not [line for line in lines if WORLD["CANVAS_TOKEN"] in line]


def test_without_a_target_it_is_one_sentence_and_2(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--url", ""])

    assert status == 2
    assert capsys.readouterr().err.startswith("compare: CANVAS_URL is not set;")
