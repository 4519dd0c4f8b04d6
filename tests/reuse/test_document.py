"""The commands of docs/reuse.md, run as they are written and compared with the output that the page shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from tests.reuse.conftest import ROOT
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.reuse

READERS = ROOT / "readers"
PAGE = (ROOT / "docs" / "reuse.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.+?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
BLOCK = re.compile(r"^```(\w+)\n(.+?)^```$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"(?:#|//) (\S+)\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project folder with the contract, the overlays, the files of `make dist`, and the pinned Node tools."""
    shutil.copy(ROOT / "openapi.yaml", tmp_path)
    for source in (ROOT / "overlays", ROOT / "dist", READERS / "node_modules", READERS / "package.json"):
        (tmp_path / source.name).symlink_to(source)
    return tmp_path


@pytest.fixture
def tools(request: pytest.FixtureRequest) -> Path:
    """The bin folder of the Python environment of the section: the wheel's, the mock's or the generators'."""
    section = request.getfixturevalue("section")
    if section == "Python wheel":
        wheel: Path = request.getfixturevalue("wheel_environment")
        return wheel
    return ROOT / ".venv" / "bin" if section.endswith("Connexion") else READERS / ".venv" / "bin"


@contextmanager
def run_script(script: str, folder: Path, tools: Path) -> Iterator[str]:
    """Run a script without downloads, yield its output, and stop the processes that it left running."""
    environment = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PIP_NO_INDEX": "1",
        "npm_config_offline": "true",
    }
    output = folder / "output.txt"
    with output.open("w") as file:
        command = ["bash", "-euo", "pipefail", "-c", script]
        shell = subprocess.Popen(command, cwd=folder, env=environment, stdout=file, start_new_session=True)  # noqa: S603  # the commands of our own page
    try:
        assert shell.wait(timeout=HANG_SECONDS) == 0
        yield output.read_text("utf-8")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


@pytest.mark.parametrize("section", [title for title, body in SECTIONS.items() if "```sh" in body])
def test_commands_of_a_section_print_its_output(section: str, folder: Path, tools: Path, served: str) -> None:
    body = SECTIONS[section].replace("http://127.0.0.1:8000", served).replace("8001", free_port())
    blocks: dict[str, str] = dict(BLOCK.findall(body))
    for language in blocks.keys() - {"sh", "text"}:
        file_name = FILE_NAME.match(blocks[language])
        assert file_name, "the first line of a program must be a comment with its file name"
        (folder / file_name[1]).write_text(blocks[language], "utf-8")

    with run_script(blocks["sh"], folder, tools) as output:
        assert blocks.get("text", "").strip() in output


def test_a_section_has_at_most_one_block_of_each_language() -> None:
    for title, body in SECTIONS.items():
        languages = [language for language, _ in BLOCK.findall(body)]
        assert len(languages) == len(set(languages)), title
        assert set(languages) <= {"sh", "python", "ts", "text"}, title


def test_node_packages_have_the_pinned_versions() -> None:
    pinned = json.loads((READERS / "package.json").read_text("utf-8"))["dependencies"]

    named = dict(re.findall(r"([@\w/-]+)@(\d+\.\d+\.\d+)", PAGE))

    assert named == {package: pinned[package] for package in named}
