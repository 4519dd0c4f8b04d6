"""Options of pytest whose outputs the suite does not redact: they are refused before the first request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests.report.names import NAMES
from tests.contract_tests.suite_process import run_suite

if TYPE_CHECKING:
    from pathlib import Path

NOWHERE = {"CANVAS_URL": "http://127.0.0.1:9", "CANVAS_TOKEN": "a-token-of-nobody"}


@pytest.mark.parametrize("option", ["--debug", "--pastebin"])
def test_option_whose_output_is_not_redacted_is_refused(tmp_path: Path, option: str) -> None:
    value = f"={tmp_path / 'trace'}" if option == "--debug" else "=failed"

    run = run_suite(tmp_path, "-k", "head", f"{option}{value}", **NOWHERE)

    assert run.returncode == 2, run.stdout
    assert f"{option} would show responses as received; leave it out." in " ".join(run.stdout.split())
    assert "Traceback" not in run.stdout + run.stderr
    assert [name for name in NAMES if not (tmp_path / name).exists()] == []
