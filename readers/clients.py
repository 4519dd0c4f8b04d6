"""Generate clients from openapi.yaml, run each through one story against a fresh mock, write docs/clients.md.

Run from the root of the repository by `make clients`; exit status 1 when a step fails or a type check does.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
TABLE = ROOT / "docs" / "clients.md"
PYTHON = str(HERE / ".venv" / "bin" / "python")
MYPY = (sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--python-executable", PYTHON)
GENERATED = HERE / "generated"
BASE = re.compile(r"http://127\.0\.0\.1:\d+")
PREFACE = """\
# Generated clients against the mock

`make clients` made this page.
It generates each client from `openapi.yaml`, checks the types of a program that uses it, and runs that program against a fresh mock.
The address in the program is `a+b%é@example.com`; an error must arrive in the shape that the contract names for it.
The pages are counted while `Link` names a next one: no client here follows the header by itself.
"""


@dataclass(frozen=True)
class Client:
    """A generator and its story; commands run in the folder of this file."""

    name: str
    build: tuple[tuple[str, ...], ...]
    story: tuple[str, ...]


def node(tool: str) -> str:
    """The path of an installed Node tool."""
    return str(HERE / "node_modules" / ".bin" / tool)


def version(package: str) -> str:
    """The version of a Python or Node package, read from what pins it."""
    pinned = re.search(rf"^{package}==(\S+)", (HERE / "requirements.in").read_text(), re.MULTILINE)
    return pinned[1] if pinned else json.loads((HERE / "package.json").read_text())["dependencies"][package]


def clients() -> list[Client]:
    """Every client of the table."""
    contract = str(ROOT / "openapi.yaml")
    python = str(GENERATED / "openapi_python_client")
    generate = (
        f"{HERE}/.venv/bin/openapi-python-client",
        "generate",
        "--path",
        contract,
        "--meta",
        "none",
        "--overwrite",
    )
    return [
        Client(
            f"openapi-python-client {version('openapi-python-client')}",
            ((*generate, "--output-path", python), (*MYPY, "openapi_python_client_story.py")),
            (PYTHON, "openapi_python_client_story.py"),
        ),
        Client(
            f"openapi-typescript {version('openapi-typescript')}, openapi-fetch {version('openapi-fetch')}",
            ((node("openapi-typescript"), contract, "-o", str(GENERATED / "openapi-typescript.d.ts")), (node("tsc"),)),
            ("node", "generated/javascript/openapi_fetch_story.js"),
        ),
    ]


@contextmanager
def fresh_mock() -> Iterator[str]:
    """The origin of a mock in its default world, on a free port."""
    command = [sys.executable, "-u", "-m", "mockserver", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as mock:
        assert mock.stdout
        try:
            yield next(found[0] for line in mock.stdout if (found := BASE.search(line)))
        finally:
            mock.terminate()


def told(client: Client) -> dict[str, str]:
    """What became of each step of the client's story."""
    environment = {**os.environ, "PATH": f"{HERE}/.venv/bin:{os.environ['PATH']}"}
    GENERATED.mkdir(exist_ok=True)
    for command in client.build:
        subprocess.run(command, cwd=HERE, env=environment, check=True)
    with fresh_mock() as origin:
        story = subprocess.run([*client.story, origin], cwd=HERE, check=True, stdout=subprocess.PIPE, text=True)
    return dict(line.split(": ", 1) for line in story.stdout.splitlines())


def table(stories: dict[str, dict[str, str]]) -> str:
    """The page: a row for each step, a column for each client."""
    heading = f"| step | {' | '.join(stories)} |\n|---|{'---|' * len(stories)}\n"
    steps = next(iter(stories.values()))
    return f"{PREFACE}\n{heading}{''.join(row(step, stories) for step in steps)}"


def row(step: str, stories: dict[str, dict[str, str]]) -> str:
    """One step, and what became of it in each story."""
    return f"| {step.replace('_', ' ')} | {' | '.join(story[step] for story in stories.values())} |\n"


def main() -> int:
    """Make the table; 0 when every step of every client went well."""
    stories = {client.name: told(client) for client in clients()}
    TABLE.write_text(table(stories))
    print(table(stories))
    return any(answer != "yes" for story in stories.values() for answer in story.values())


if __name__ == "__main__":
    sys.exit(main())
