"""The files and commands of docs/front-end.md, used as they are written."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.reuse.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.front_end

PAGE = (ROOT / "docs" / "front-end.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.+?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
FILE = re.compile(r"^```(?:html|ts|yaml)\n(?:#|//|<!--) (\S+)(?: -->)?\n(.+?)^```$", re.MULTILINE | re.DOTALL)
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
EXAMPLES = ROOT / "examples"


def block(language: str, text: str) -> str:
    """Return the content of the first block in a language."""
    found = re.search(rf"^```{language}\n(.+?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no block in {language}"
    return found[1]


def with_ports(text: str, ports: dict[str, str]) -> str:
    """Return the text with each port of `ports` replaced by its value."""
    return re.sub("|".join(ports), lambda match: ports[match[0]], text)


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


def run(script: str, folder: Path, output: Path) -> str:
    """Run a script, stop the processes that it left running, and return its output."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    environment = inherited | {"CHROMIUM": CHROMIUM or "", "CI": "1"}
    command = ["bash", "-euo", "pipefail", "-c", script]
    with output.open("w") as file:
        shell = subprocess.Popen(  # noqa: S603  # the commands of our own page
            command, cwd=folder, env=environment, stdout=file, start_new_session=True
        )
    try:
        status = shell.wait(timeout=400)  # npm may download packages, so longer than HANG_SECONDS
    finally:
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
    text = output.read_text("utf-8")
    assert status == 0, text
    return text


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium, which opens the page, was not found")
def test_every_browser_test_of_the_page_passes(served: str, tmp_path: Path) -> None:
    folder, output = tmp_path / "project", tmp_path / "output.txt"
    folder.mkdir()
    ports = {"8000": served.rpartition(":")[2], "3000": free_port()}
    first, typed = (with_ports(SECTIONS[title], ports) for title in ("A first test", "Use typed methods"))
    for name, text in FILE.findall(first):
        (folder / name).write_text(text, "utf-8")

    shown = run(block("sh", first), folder, output)

    assert block("text", first).strip() in shown

    # the files of all sections, the first among them
    for name, text in FILE.findall(with_ports(PAGE, ports)):
        (folder / name).write_text(text, "utf-8")
    shutil.copy(EXAMPLES / "canvas-mock" / "canvas-mock.ts", folder)
    shown = run(block("sh", typed) + "npx playwright test\n", folder, output)

    number_of_tests = len(re.findall(r"^test\(", PAGE, re.MULTILINE))
    assert f"{number_of_tests} passed" in shown


@pytest.mark.parametrize("title", ["Pages on other hosts", "In containers and CI"])
def test_commands_of_a_section_print_its_output(title: str, tmp_path: Path) -> None:
    section = with_ports(SECTIONS[title], {"8001": free_port(), "8002": free_port()})

    shown = run(block("sh", section), ROOT, tmp_path / "output.txt")

    assert block("text", section) == shown


def test_every_other_command_is_run_by_the_workflow() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    commands = re.findall(r"^ +- run: (.*)$", workflow, re.MULTILINE)

    examples = re.findall(r"^make example-.*$", PAGE, re.MULTILINE)

    assert len(examples) == 3
    assert set(examples) <= set(commands)


def test_mock_of_the_containers_has_the_options_of_the_command() -> None:
    section = SECTIONS["In containers and CI"]
    services = yaml.safe_load(block("yaml", section))["services"]

    command = block("sh", section).splitlines()[0]

    assert f"{services['canvas']['command']} &" == command


def test_page_has_the_node_package_versions_of_the_example() -> None:
    pinned = json.loads((EXAMPLES / "playwright" / "package.json").read_text("utf-8"))["dependencies"]

    named = dict(re.findall(r"([@\w/-]+)@(\d+\.\d+\.\d+)", PAGE))
    image = re.search(r"playwright:v(\S+)", PAGE)

    assert named == {package: pinned[package] for package in named}
    assert image
    assert image[1] == pinned["@playwright/test"]
