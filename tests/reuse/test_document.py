"""docs/reuse.md does what it says: its commands run as they are written, and print what is written below them."""

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
    """A reader's project: the contract, the overlays, what make dist made, and the pinned tools of Node."""
    shutil.copy(ROOT / "openapi.yaml", tmp_path)
    for source in (ROOT / "overlays", ROOT / "dist", READERS / "node_modules", READERS / "package.json"):
        (tmp_path / source.name).symlink_to(source)
    return tmp_path


@pytest.fixture
def tools(request: pytest.FixtureRequest) -> Path:
    """The bin folder of the section's Python: the wheel's, the mock's own, or the readers'."""
    section = request.getfixturevalue("section")
    if section == "The wheel":
        wheel: Path = request.getfixturevalue("wheel_environment")
        return wheel
    return ROOT / ".venv" / "bin" if section.startswith("Connexion") else READERS / ".venv" / "bin"


@contextmanager
def told(script: str, folder: Path, tools: Path) -> Iterator[str]:
    """What a script prints; nothing is downloaded for it, and what it leaves running ends with the block."""
    environment = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PIP_NO_INDEX": "1",
        "npm_config_offline": "true",
    }
    output = folder / "output.txt"
    with output.open("w") as file:
        command = ["bash", "-euo", "pipefail", "-c", script]
        shell = subprocess.Popen(command, cwd=folder, env=environment, stdout=file, start_new_session=True)  # noqa: S603  # the page's own
    try:
        assert shell.wait(timeout=240) == 0
        yield output.read_text("utf-8")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


@pytest.mark.parametrize("section", [title for title, body in SECTIONS.items() if "```sh" in body])
def test_the_commands_of_a_section_do_what_it_says(section: str, folder: Path, tools: Path, served: str) -> None:
    body = SECTIONS[section].replace("http://127.0.0.1:8000", served).replace("8001", free_port())
    blocks: dict[str, str] = dict(BLOCK.findall(body))
    for language in blocks.keys() - {"sh", "text"}:
        named = FILE_NAME.match(blocks[language])
        assert named, "a program's first line names its file"
        (folder / named[1]).write_text(blocks[language], "utf-8")

    with told(blocks["sh"], folder, tools) as output:
        assert blocks.get("text", "").strip() in output


def test_a_section_has_at_most_one_block_of_each_language() -> None:
    for title, body in SECTIONS.items():
        languages = [language for language, _ in BLOCK.findall(body)]
        assert len(languages) == len(set(languages)), title
        assert set(languages) <= {"sh", "python", "ts", "text"}, title


def test_every_version_of_a_node_package_is_the_pinned_one() -> None:
    pinned = json.loads((READERS / "package.json").read_text("utf-8"))["dependencies"]

    named = dict(re.findall(r"([@\w/-]+)@(\d+\.\d+\.\d+)", PAGE))

    assert named == {package: pinned[package] for package in named}
