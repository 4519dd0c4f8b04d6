"""The packages of `make packages`, the tools of deploy/requirements.lock, and processes of the mock."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.pages.conftest import browser  # noqa: F401  # a fixture
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
TOOLS = Path(os.environ.get("DEPLOY_TOOLS", ROOT / "deploy" / ".venv" / "bin"))
UV = Path(sys.executable).parent / "uv"


def run(*command: object, cwd: Path = ROOT, status: int | None = 0, **environment: Any) -> str:
    """Run a command, and return its output with the errors; fail unless it ends with this status."""
    arguments = [str(argument) for argument in command]
    # the variables of an outer make or pytest would be options of an inner one
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTEST"))}
    process = subprocess.run(  # noqa: S603  # our own commands
        arguments,
        cwd=cwd,
        env=inherited | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )
    assert status is None or process.returncode == status, process.stdout
    return process.stdout


@contextmanager
def served(
    *command: object, cwd: Path = ROOT, environment: dict[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the mock with this command, and yield its process and its URL."""
    process = subprocess.Popen(  # noqa: S603  # our own commands
        [str(argument) for argument in command], cwd=cwd, env=environment, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr
    reader = threading.Thread(target=process.stderr.read, daemon=True)  # a full pipe would stop the mock
    try:
        output = ""
        while "Ctrl-C" not in output:  # in the last line of the banner
            line = process.stderr.readline()
            assert line, output
            output += line
        reader.start()
        found = re.search(r"https?://[\d.]+:\d+", output)
        assert found, output
        yield process, found[0]
    finally:
        process.kill()
        process.wait()
        if reader.ident:  # the thread was started
            reader.join(timeout=HANG_SECONDS)
        process.stderr.close()


def copy_of_the_checkout(target: Path) -> Path:
    """Copy the files that a clean clone has, with the changes of the working tree."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)
    return target


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with wheel and sdist, built from a copy of the checkout."""
    copy = copy_of_the_checkout(tmp_path_factory.mktemp("first-copy"))
    return build(copy, tmp_path_factory.mktemp("first-build"))


def build(copy: Path, target: Path) -> Path:
    """Build wheel and sdist, as `make packages` does in a folder without git."""
    command = (sys.executable, "-m", "build", "--no-isolation", "--outdir", target, copy)
    output = run(*command, SOURCE_DATE_EPOCH="1767225600")
    assert "Successfully built" in output
    return target
