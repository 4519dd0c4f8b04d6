"""Runs of the suite in a separate process, and the mocks that they test."""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import TYPE_CHECKING

import httpx2
import uvicorn

from contract_tests.__main__ import main as run_tests
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from mockserver.__main__ import main as serve
from mutants.catalogue import find_mutant
from mutants.patching import PatchedMock
from mutants.suite import WITHOUT_SCHEMATHESIS
from tests.contract_tests.forked_process import start_process
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUICK = {**DEFAULT_WORLD_VARIABLES, "PROFILE": "quick"}
"""The variables of a run that has cases of every test; without them, a run is a smoke run."""
COMMAND = [sys.executable, "-m", "contract_tests"]
_POLL_INTERVAL = 0.01
FORKED_RUN_OPTIONS = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
"""The options of a run in a process that has imported plugins of pytest already, whose asserts it cannot rewrite."""


@contextmanager
def running_mock(*options: str) -> Iterator[str]:
    """Run the mock with these command-line options until the context ends, and yield its URL."""
    with NamedTemporaryFile("r", encoding="utf-8") as messages:
        process = start_process(_serve_mock, ["--port", "0", *options], messages.name)
        try:
            while not (url := re.search(r"(http://\S+:\d+)\s", Path(messages.name).read_text("utf-8"))):
                assert process.is_alive(), "the mock does not start"
                process.join(_POLL_INTERVAL)
            yield url[1]
        finally:
            process.terminate()
            process.join()


@contextmanager
def running_patched_mock(*faults: str, **account: object) -> Iterator[str]:
    """Serve a mock with these faults and these settings of the account until the context ends, and yield its URL."""
    assert [name for name in faults if find_mutant(name) is None] == []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        process = start_process(_serve_patched_mock, listener, faults, account)
    try:
        yield url
    finally:
        process.terminate()
        process.join()


def list_body(url: str) -> bytes:
    """Return the body of the list of the student's channels."""
    return httpx2.get(f"{url}/api/v1/users/self/communication_channels?access_token=student-token").content


def position_of_new_channel(url: str, number: int) -> int:
    """Create a channel of the student, with an address that contains `number`, and return its position."""
    data = {"communication_channel[address]": f"probe-{number}@example.org", "communication_channel[type]": "email"}
    path = "/api/v1/users/self/communication_channels?access_token=student-token"
    position: int = httpx2.post(url + path, data=data).json()["position"]
    return position


def has_recorded_creation(folder: Path) -> bool:
    """Return whether a journal in this folder records the creation of a channel."""
    return any('"created"' in file.read_text("utf-8") for file in folder.glob("journal-*"))


def interrupt(folder: Path, url: str, name: signal.Signals) -> int:
    """Start a run, send it this signal while it has a channel, and return its exit status."""
    return run_and_interrupt(folder, url, name).returncode


def run_and_interrupt(folder: Path, url: str, name: signal.Signals) -> subprocess.CompletedProcess[str]:
    """Start a run, send it this signal while it has a channel, and return the run."""
    return run_with_event(folder, url, lambda pid: os.kill(pid, name))


def run_with_event(folder: Path, url: str, event: Callable[[int], object]) -> subprocess.CompletedProcess[str]:
    """Start a run, call `event` with its process id while it has a channel, and return the run.

    The process is stopped during the event, so that the channel, which its test soon deletes, is there.
    """
    before = list_body(url)

    def try_event(process: int) -> bool:
        """Cause the event if the run has a channel; return whether it had."""
        if not has_recorded_creation(folder):
            return False
        os.kill(process, signal.SIGSTOP)
        try:
            if list_body(url) == before:
                return False
            event(process)
            return True
        finally:
            os.kill(process, signal.SIGCONT)

    variables = environment(folder, CANVAS_URL=url, **DEFAULT_WORLD_VARIABLES)
    return _run(_with_defaults(("-k", "creation")), variables, try_event)


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Return the environment of a smoke run with its reports in this folder, without the variables of coverage.

    Coverage is measured for the mock only, and would double the time of a run.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CANVAS_", "COVERAGE_"))}
    return inherited | {"PROFILE": "smoke", "REPORTS": str(folder), **variables}


def run_suite(folder: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the suite with these command-line options and environment variables; with `-k`, without Schemathesis.

    The run is a copy of a process that has imported the suite; the folders of PYTHONPATH come first in its path.
    """
    return _run(_with_defaults(options), environment(folder, **variables))


def run_command(folder: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command `python -m contract_tests` in a new process, which takes a second more than `run_suite`."""
    return subprocess.run(  # noqa: S603  # constant command
        [*COMMAND, *_with_defaults(options)],
        env=environment(folder, **variables),
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )


def _with_defaults(options: tuple[str, ...]) -> tuple[str, ...]:
    return (*options, *(WITHOUT_SCHEMATHESIS if "-k" in options else ()))


def _run(
    options: tuple[str, ...],
    variables: dict[str, str],
    poll: Callable[[int], bool] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the suite; call `poll` with its process id again and again until it returns True."""
    with TemporaryDirectory() as outputs:
        stdout, stderr = Path(outputs, "stdout"), Path(outputs, "stderr")
        process = start_process(_run_suite, options, variables, stdout, stderr)
        try:
            while poll and process.pid and process.is_alive() and not poll(process.pid):
                process.join(_POLL_INTERVAL)
            process.join(HANG_SECONDS)
            assert process.exitcode is not None, "the run does not end"
            return subprocess.CompletedProcess(
                options, process.exitcode, stdout.read_text("utf-8"), stderr.read_text("utf-8")
            )
        finally:
            process.kill()


def _run_suite(options: tuple[str, ...], variables: dict[str, str], stdout: Path, stderr: Path) -> None:
    """Run the suite in this process, as `python -m contract_tests` does, and exit with its status."""
    os.environ.clear()
    os.environ.update(variables)
    for number, file in ((1, stdout), (2, stderr)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
    sys.path[:0] = filter(None, variables.get("PYTHONPATH", "").split(os.pathsep))
    sys.exit(run_tests([*FORKED_RUN_OPTIONS, *options]))


def _serve_mock(options: list[str], messages: str) -> None:
    """Serve the mock in this process, as `python -m mockserver` does, with its messages in a file."""
    os.dup2(os.open(messages, os.O_WRONLY), 2)
    sys.exit(serve(options))


def _serve_patched_mock(listener: socket.socket, faults: tuple[str, ...], account: dict[str, object]) -> None:
    """Serve a mock with these faults and these settings of the account in this process."""
    logging.disable()
    with PatchedMock() as patched:
        patched.world_document.setdefault("account", {}).update(account)
        for fault in faults:
            mutant = find_mutant(fault)
            assert mutant is not None, fault
            mutant.apply(patched)
        config = uvicorn.Config(patched.build_app(), log_level="critical", timeout_graceful_shutdown=1)
        uvicorn.Server(config).run(sockets=[listener])
