"""Runs of the suite in a separate process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx2
import uvicorn

from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from mutants.catalogue import find_mutant
from mutants.patching import PatchedMock
from mutants.suite import WITHOUT_SCHEMATHESIS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = [sys.executable, "-m", "contract_tests"]


@contextmanager
def running_patched_mock(*faults: str, **account: object) -> Iterator[str]:
    """Serve a mock with these faults and these settings of the account until the context ends, and yield its URL."""
    with PatchedMock() as mock:
        mock.world_document.setdefault("account", {}).update(account)
        for name in faults:
            mutant = find_mutant(name)
            assert mutant is not None, name
            mutant.apply(mock)
        server = uvicorn.Server(uvicorn.Config(mock.build_app(), port=0, log_level="critical"))
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def list_body(url: str) -> bytes:
    """Return the body of the list of the student's channels."""
    return httpx2.get(f"{url}/api/v1/users/self/communication_channels?access_token=student-token").content


def next_position(url: str, number: int) -> int:
    """Create a channel of the student, with an address that contains `number`, and return its position."""
    data = {"communication_channel[address]": f"probe-{number}@example.org", "communication_channel[type]": "email"}
    path = "/api/v1/users/self/communication_channels?access_token=student-token"
    position: int = httpx2.post(url + path, data=data).json()["position"]
    return position


def has_recorded_creation(folder: Path) -> bool:
    """Return whether a journal in this folder records the creation of a channel."""
    return any('"created"' in file.read_text("utf-8") for file in folder.glob("journal-*"))


def interrupt(folder: Path, url: str, name: signal.Signals) -> int:
    """Start a run, send it this signal when it has created a channel, and return its exit status."""
    command = [*COMMAND, "-k", "creation"]
    variables = environment(folder, CANVAS_URL=url, **DEFAULT_WORLD_VARIABLES)
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE) as process:  # noqa: S603  # constant command
        while process.poll() is None and not has_recorded_creation(folder):
            pass
        process.send_signal(name)
        process.communicate(timeout=60)
    return process.returncode


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Return the environment of a quick run with its reports in this folder, without the measurement of coverage.

    Coverage is measured for the mock only, and would double the time of a run.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CANVAS_", "COVERAGE_"))}
    return inherited | {"PROFILE": "quick", "REPORTS": str(folder), **variables}


def run_suite(folder: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the suite with these command-line options and environment variables; with `-k`, without Schemathesis."""
    return subprocess.run(  # noqa: S603  # constant command
        [*COMMAND, *options, *(WITHOUT_SCHEMATHESIS if "-k" in options else ())],
        env=environment(folder, **variables),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
