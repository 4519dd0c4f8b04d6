"""`make clients`: generates clients from openapi.yaml, runs each through one story, writes docs/clients.md."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from readers.catalogue import CLIENTS, HERE, STEPS
from readers.page import page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from readers.catalogue import Client, Command

    Answers = Mapping[str, str]

ROOT = HERE.parent
PAGE = ROOT / "docs" / "clients.md"
GENERATED = HERE / "generated"
BASE = re.compile(r"http://127\.0\.0\.1:\d+")
PATIENCE = 120


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when each client does what is said of it, 1 when one does not, 2 with one sentence where a tool is missing."""
    chosen = _chosen(arguments)
    if missing := next((tool for client in chosen for tool in client.tools if not _found(tool)), None):
        print(
            f"{missing} is missing; make clients installs what comes from PyPI and npm, not Node and Java",
            file=sys.stderr,
        )
        return 2
    answers = {client.name: told(client) for client in chosen}
    if len(chosen) == len(CLIENTS):
        PAGE.write_text(page(answers))
    surprising = [surprise for client in chosen for surprise in surprises(client, answers[client.name])]
    print("\n".join(surprising) or f"{len(chosen)} clients did what readers/catalogue.py says of them.")
    return 1 if surprising else 0


def _chosen(arguments: Sequence[str] | None) -> list[Client]:
    parser = argparse.ArgumentParser(prog="make clients", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="CLIENT", help="only these, and leave the page as it is")
    names = parser.parse_args(arguments).names
    known = {client.name: client for client in CLIENTS}
    if unknown := [name for name in names if name not in known]:
        parser.error(f"there is no client {unknown[0]}; there are {', '.join(known)}")
    return [known[name] for name in names] or list(CLIENTS)


def _found(tool: str) -> bool:
    return shutil.which(HERE / tool if "/" in tool else tool) is not None


def told(client: Client) -> Answers:
    """What became of each step: yes, or no and why."""
    print(client.title, flush=True)
    GENERATED.mkdir(exist_ok=True)
    shutil.rmtree(GENERATED / client.name, ignore_errors=True)
    commands = {"generate": client.generate, "types": client.types}
    answers = {step: _ran(client, command)[0] for step, command in commands.items() if command}
    with fresh_mock() as origin:
        _, story = _ran(client, (*client.tell, origin))
    lines = (line.partition(": ") for line in story.splitlines())
    return answers | {step: answer for step, _, answer in lines if step in STEPS}


def _ran(client: Client, command: Command) -> tuple[str, str]:
    search = f"{HERE}/.venv/bin{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": search, "PYTHONPATH": client.path, "MYPYPATH": client.path}
    try:
        run = subprocess.run(
            command, cwd=HERE, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no, it took more than {PATIENCE} s", ""
    if run.returncode == 0:
        return "yes", run.stdout
    print(run.stdout, run.stderr, file=sys.stderr)
    return f"no, exit status {run.returncode}", run.stdout


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


def surprises(client: Client, answers: Answers) -> Iterator[str]:
    """Where the answers are not what the catalogue says: a new failure, another failure, or one that has gone."""
    known = {shortcoming.step: shortcoming for shortcoming in client.shortcomings}
    for step in client.steps:
        answer = answers.get(step, "no, it was not told")
        if step not in known and answer != "yes":
            yield f"{client.name}, {step}: {answer}"
        elif step in known and answer == "yes":
            yield f"{client.name}, {step}: it goes well now; take the shortcoming out of readers/catalogue.py"
        elif step in known and known[step].symptom not in answer:
            yield f"{client.name}, {step}: it fails in another way than readers/catalogue.py says: {answer}"


if __name__ == "__main__":
    sys.exit(main())
