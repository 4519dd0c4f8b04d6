"""The files that make has made, and an environment with nothing in it but the wheel."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheel_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a new virtual environment with the wheel, and what it asks for as requirements.lock has it."""
    (wheel,) = (ROOT / "dist").glob("*.whl")
    folder = tmp_path_factory.mktemp("wheel")
    wanted = folder / "wanted.txt"
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    wanted.write_text(f"canvas-channels-contract[contract] @ {wheel.as_uri()} --hash=sha256:{digest}\npip\n")
    environment = folder / "environment"
    pip = [sys.executable, "-m", "pip", "--python", str(environment), "--disable-pip-version-check"]
    locked = ["--require-hashes", "--constraint", str(ROOT / "requirements.lock"), "--requirement", str(wanted)]
    for command in (
        [sys.executable, "-m", "venv", "--without-pip", str(environment)],
        [*pip, "install", "--quiet", *locked],
        [*pip, "check"],
    ):
        subprocess.run(command, check=True, cwd=folder)  # noqa: S603  # our own commands
    return environment / "bin"
