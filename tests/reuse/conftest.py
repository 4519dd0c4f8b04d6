"""A virtual environment that contains only the wheel of `make dist` and its dependencies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheel_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a new virtual environment with the packages of requirements/contract.lock and the wheel."""
    (wheel,) = (ROOT / "dist").glob("*.whl")
    folder = tmp_path_factory.mktemp("wheel")
    environment = folder / "environment"
    pip = [str(environment / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    install = [*pip, "install", "--quiet"]
    for command in (
        [sys.executable, "-m", "venv", str(environment)],
        # Python 3.11 installs setuptools with pip; the wheel must work without it.
        [*pip, "uninstall", "--quiet", "--yes", "setuptools"],
        [*install, "--require-hashes", "--requirement", str(ROOT / "requirements" / "contract.lock")],
        # Without an index, this fails when the lock file lacks a dependency of the wheel.
        [*install, "--no-index", f"canvas-channels-contract[contract] @ {wheel.as_uri()}"],
        [*pip, "check"],
    ):
        subprocess.run(command, check=True, cwd=folder)  # noqa: S603  # our own commands
    return environment / "bin"
