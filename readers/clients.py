"""Generate clients from openapi.yaml, run a scenario with each one against the mock, and write docs/clients.md."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from readers.catalogue import CLIENTS, READERS, STEPS
from readers.page import render_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from readers.catalogue import Client, Command

    Results = Mapping[str, str]

ROOT = READERS.parent
PAGE = ROOT / "docs" / "clients.md"
GENERATED = READERS / "generated"
ORIGIN = re.compile(r"http://127\.0\.0\.1:\d+")
TIMEOUT_SECONDS = 120


def main(arguments: Sequence[str] | None = None) -> int:
    """Test the clients. Return 0 without an unexpected result, 1 with one, and 2 if a program is not installed."""
    clients = _selected_clients(arguments)
    programs = (program for client in clients for program in client.programs)
    if not_installed := next((program for program in programs if not _is_installed(program)), None):
        print(
            f"{not_installed} was not found. Install Node 22 or 24 (20 still works) and Java 11 or newer; "
            "make clients installs only the packages from PyPI and npm.",
            file=sys.stderr,
        )
        return 2
    results = {client.name: run_client(client) for client in clients}
    if len(clients) == len(CLIENTS):
        PAGE.write_text(render_page(results))
    unexpected = [line for client in clients for line in unexpected_results(client, results[client.name])]
    print("\n".join(unexpected) or f"Clients tested: {len(clients)}. Unexpected results: none.")
    return 1 if unexpected else 0


def _selected_clients(arguments: Sequence[str] | None) -> list[Client]:
    parser = argparse.ArgumentParser(prog="make clients", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="CLIENT", help="run only these, and leave docs/clients.md unchanged"
    )
    names = parser.parse_args(arguments).names
    known = {client.name: client for client in CLIENTS}
    if unknown := [name for name in names if name not in known]:
        parser.error(f"unknown client {unknown[0]}; the clients are {', '.join(known)}")
    return [known[name] for name in names] or list(CLIENTS)


def _is_installed(program: str) -> bool:
    return shutil.which(READERS / program if "/" in program else program) is not None


def run_client(client: Client) -> Results:
    """Generate, type-check and run one client; return "passed", or "failed" with the cause, for each step."""
    print(client.title, flush=True)
    GENERATED.mkdir(exist_ok=True)
    shutil.rmtree(GENERATED / client.name, ignore_errors=True)
    results = {step: _run(client, command)[0] for step, command in client.preparation.items()}
    with running_mock() as origin:
        _, output = _run(client, (*client.scenario, origin))
    # A scenario prints one line for each step: `list_channels: passed`.
    lines = (line.partition(": ") for line in output.splitlines())
    return results | {step: result for step, _, result in lines if step in STEPS}


def _run(client: Client, command: Command) -> tuple[str, str]:
    """Run a command; return its result and its output."""
    search_path = f"{READERS}/.venv/bin{os.pathsep}{os.environ['PATH']}"
    import_path = {"PYTHONPATH": client.import_path, "MYPYPATH": client.import_path}
    environment = {**os.environ, "PATH": search_path, **import_path}
    try:
        process = subprocess.run(
            command, cwd=READERS, env=environment, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"failed, timed out after {TIMEOUT_SECONDS} s", ""
    if process.returncode == 0:
        return "passed", process.stdout
    print(process.stdout, process.stderr, file=sys.stderr)
    return f"failed, exit status {process.returncode}", process.stdout


@contextmanager
def running_mock() -> Iterator[str]:
    """Run a mock with the default world on a free port, and yield its origin."""
    command = [sys.executable, "-u", "-m", "mockserver", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as mock:
        assert mock.stdout
        try:
            yield next(found[0] for line in mock.stdout if (found := ORIGIN.search(line)))
        finally:
            mock.terminate()


def unexpected_results(client: Client, results: Results) -> Iterator[str]:
    """Yield one line for each new failure, known failure with another message, and known failure that passed."""
    known_failures = {failure.step: failure for failure in client.known_failures}
    for step in client.steps:
        result = results.get(step, "failed, the scenario reported no result")
        if step not in known_failures and result != "passed":
            yield f"{client.name}, {step}: {result}"
        elif step in known_failures and result == "passed":
            yield f"{client.name}, {step}: passed; remove the known failure from readers/catalogue.py"
        elif step in known_failures and known_failures[step].message not in result:
            yield f"{client.name}, {step}: the message differs from the known failure in readers/catalogue.py: {result}"


if __name__ == "__main__":
    sys.exit(main())
