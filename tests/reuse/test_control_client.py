"""Clients of the control API that generators make from its contract."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import ServerFactory

pytestmark = pytest.mark.reuse

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / "readers" / ".venv" / "bin"


def test_generated_python_client_fails_the_api_and_waits_for_a_message(tmp_path: Path, serve: ServerFactory) -> None:
    contract = ROOT / "mockserver" / "control" / "openapi.yaml"
    command = [str(PYTHON / "openapi-python-client"), "generate", "--path", str(contract), "--meta", "none"]
    subprocess.run(  # noqa: S603  # constant command
        [*command, "--output-path", str(tmp_path / "control_client")], check=True, capture_output=True
    )

    program = ROOT / "examples" / "python-client" / "fail_and_confirm.py"
    output = subprocess.run(  # noqa: S603  # constant command
        [PYTHON / "python", program, serve()],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(tmp_path)},
    ).stdout

    assert output.splitlines() == [
        "create: 503",
        "create: 200",
        "message: confirmation to new@example.org",
        "confirmation: 200",
        "requests: 2 as expected",
    ]
