"""Signals at every moment of a run: the account is restored, and the reports have the reason."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from contract_tests.client.safety.journal import Journal
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from mutants.suite import WITHOUT_SCHEMATHESIS
from tests.contract_tests.faulty_proxy import running_proxy
from tests.contract_tests.suite_process import COMMAND, environment, list_body, run_suite, running_mock
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.contract_tests.faulty_proxy import ProxiedRequest, ProxiedResponse

pytestmark = pytest.mark.slow

TOKENS = {name: DEFAULT_WORLD_VARIABLES[name] for name in ("CANVAS_TOKEN", "CANVAS_ADMIN_TOKEN")}
OPTIONS = ("-k", "second_delete", *WITHOUT_SCHEMATHESIS)
GOES_ON = "a third signal ends it."
"""The end of the line on a signal that does not end a part of the run."""


@dataclass
class Sender:
    """A fault of the proxy that sends one of the signals to the run at each request, from its first creation on.

    The request at which it sends a third signal receives no response.
    """

    names: list[str]
    """The names of the signals that are not sent yet."""
    target: str
    """The URL of the mock."""
    process: subprocess.Popen[str] | None = None
    has_process: threading.Event = field(default_factory=threading.Event)
    """Set when `process` is known; its first requests can arrive before."""
    requests_after: int = 0
    """The number of requests after the last signal."""
    _has_created: bool = False

    def __post_init__(self) -> None:
        self._has_third_signal = len(self.names) == 3

    def __call__(self, request: ProxiedRequest) -> ProxiedResponse | None:
        if len(self.names) == 1 and self._has_third_signal:  # the mock does not receive this request of the clean-up
            self._send_signal()
            return None
        response = request.send()
        self._has_created = self._has_created or (request.method == "POST" and response.status == 200)
        if self._has_created and self.names:
            self._send_signal()
        elif self._has_created:
            self.requests_after += 1
        return response

    def _send_signal(self) -> None:
        assert self.has_process.wait(HANG_SECONDS)
        assert self.process is not None
        self.process.send_signal(getattr(signal, self.names.pop(0)))

    def run(self, command: list[str], folder: Path) -> tuple[int, str]:
        """Run the command against the proxy, and return its exit status and its output."""
        with running_proxy(self.target, self) as proxy:
            variables = environment(folder, **TOKENS, CANVAS_URL=proxy, PROFILE="smoke")
            with subprocess.Popen(  # noqa: S603  # our own command
                command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            ) as self.process:
                self.has_process.set()
                output, _ = self.process.communicate(timeout=HANG_SECONDS)
                return self.process.returncode, output


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with running_mock() as url:
        yield url


COMPARE = [sys.executable, "-m", "contract_tests.comparison"]


@pytest.mark.parametrize("names", [["SIGINT"] * 2, ["SIGTERM", "SIGHUP"]])
def test_second_signal_lets_the_clean_up_go_on(mock: str, tmp_path: Path, names: list[str]) -> None:
    before = list_body(mock)
    sender = Sender(names.copy(), mock)

    status, output = sender.run([*COMMAND, *OPTIONS], tmp_path)

    assert status == 2, output
    assert list_body(mock) == before
    assert not list(tmp_path.glob("journal-*"))
    assert sender.requests_after > 0
    lines = [line for line in output.splitlines() if GOES_ON in line]
    assert len(lines) == 1, output
    assert re.fullmatch(
        rf"{names[1]}: The run cleans up the accounts on http://\S+, .*, which takes \d+ minutes at most; {GOES_ON}",
        lines[0],
    )
    assert_inconclusive(tmp_path, output, f"The run was interrupted by {names[0]}")


def test_third_signal_ends_the_clean_up_and_keeps_the_journal(mock: str, tmp_path: Path) -> None:
    before = list_body(mock)
    sender = Sender(["SIGINT", "SIGTERM", "SIGHUP"], mock)

    status, output = sender.run([*COMMAND, *OPTIONS], tmp_path)

    assert status == 2, output
    assert sender.requests_after == 0
    assert list(tmp_path.glob("journal-*"))
    assert list_body(mock) != before
    assert_inconclusive(tmp_path, output, "A third signal ended the clean-up. The journal in")

    next(tmp_path.glob("journal-*")).rename(Journal(tmp_path, mock).path)  # the proxy has another port
    run = run_suite(tmp_path, *OPTIONS, **TOKENS, CANVAS_URL=mock, PROFILE="smoke")

    assert run.returncode == 0, run.stdout
    assert list_body(mock) == before


@pytest.mark.parametrize("options", [[], ["--random", "200"]])
def test_second_signal_lets_the_clean_up_of_a_comparison_go_on(mock: str, tmp_path: Path, options: list[str]) -> None:
    before = list_body(mock)

    status, output = Sender(["SIGINT", "SIGTERM"], mock).run([*COMPARE, *options], tmp_path)

    assert status == 2
    assert list_body(mock) == before
    assert not list(tmp_path.glob("journal-*"))
    assert re.fullmatch(
        r"SIGTERM: The comparison cleans up the account of user 1 on http://\S+, which takes \d+ minutes at most; "
        r"a third signal ends it\.\ncompare: Interrupted; run again for a result\.\n",
        output,
    )


def test_third_signal_ends_the_clean_up_of_a_comparison(tmp_path: Path) -> None:
    with running_mock() as url:
        status, output = Sender(["SIGINT"] * 3, url).run(COMPARE, tmp_path)

    assert status == 2
    assert list(tmp_path.glob("journal-*"))
    assert output.splitlines()[-1] == (
        f"compare: A third signal ended the clean-up; the journal in {tmp_path} lists the leftover channels, "
        "and the next run deletes them."
    )
    assert "Traceback" not in output


SEND = """\
import os, signal
from contract_tests.{module} import {owner} as owner

def send(original):
    def sending(*args, **options):
        for name in {names} if "{phase}" in os.environ.get("PYTEST_CURRENT_TEST", "{phase}") else ():
            os.kill(os.getpid(), getattr(signal, name))
        return original(*args, **options)
    return sending

owner.{function} = send(owner.{function})
"""
"""A plugin of pytest that sends signals to its process before each call of a function of the suite.

PYTEST_CURRENT_TEST contains the phase of a test, such as `(call)`; without a phase, every call is preceded by signals.
"""

SEND_AT_ONCE = """\
import os, signal
os.kill(os.getpid(), signal.{name})
"""
"""A plugin that sends a signal when pytest imports it, before it collects tests."""


def sending_plugin(names: list[str], target: str, phase: str = "") -> str:
    """Return SEND with these signals for the function `target`, given as MODULE:OWNER:FUNCTION."""
    module, owner, function = target.split(":")
    return SEND.format(module=module, owner=owner, function=function, names=names, phase=phase)


def run_with_plugin(folder: Path, url: str, source: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the suite on this mock, with this plugin."""
    (folder / "signal_sender.py").write_text(source, "utf-8")
    variables = {**DEFAULT_WORLD_VARIABLES, "CANVAS_URL": url, "PYTHONPATH": str(folder)}
    return run_suite(folder / "reports", "-p", "signal_sender", *(options or OPTIONS), **variables)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signal_before_collection_is_one_sentence(mock: str, tmp_path: Path, name: str) -> None:
    run = run_with_plugin(tmp_path, mock, SEND_AT_ONCE.format(name=name))

    assert run.returncode == 2
    assert run.stdout.count("\n") == 2
    assert_inconclusive(tmp_path / "reports", run.stdout + run.stderr, f"The run was interrupted by {name}")


def test_signal_while_tests_are_collected_is_inconclusive(mock: str, tmp_path: Path) -> None:
    source = sending_plugin(["SIGTERM"], "report:plugin:ReportPlugin.pytest_deselected")

    run = run_with_plugin(tmp_path, mock, source)

    assert run.returncode == 2
    assert_inconclusive(tmp_path / "reports", run.stdout + run.stderr, "The run was interrupted by SIGTERM")


def test_signals_in_an_example_of_hypothesis_end_in_a_clean_up(mock: str, tmp_path: Path) -> None:
    source = sending_plugin(["SIGINT", "SIGTERM"], "client.api_client:ApiClient:list_page", "(call)")

    run = run_with_plugin(tmp_path, mock, source, "-k", "pages_contain_every_channel_once", *WITHOUT_SCHEMATHESIS)

    assert run.returncode == 2
    assert_inconclusive(tmp_path / "reports", run.stdout + run.stderr, "The run was interrupted by SIGINT")
    assert not list((tmp_path / "reports").glob("journal-*"))


def test_signals_in_the_last_clean_up_let_it_go_on(mock: str, tmp_path: Path) -> None:
    """The tests have passed, but an interrupted run is inconclusive."""
    source = sending_plugin(["SIGTERM", "SIGINT"], "account.opened:OpenedAccounts:clean_up")

    run = run_with_plugin(tmp_path, mock, source)

    assert run.returncode == 2
    assert run.stdout.count(GOES_ON) == 2
    assert "Leftover channels: none" in run.stdout
    assert not list((tmp_path / "reports").glob("journal-*"))
    assert_inconclusive(tmp_path / "reports", run.stdout + run.stderr, "The run was interrupted by SIGTERM")


def test_two_signals_in_the_writing_of_reports_let_it_go_on(mock: str, tmp_path: Path) -> None:
    """The verdict is known by then, and the same everywhere."""
    source = sending_plugin(["SIGTERM", "SIGINT"], "report:files:write_reports")

    run = run_with_plugin(tmp_path, mock, source)

    assert run.returncode == 0, run.stdout
    assert run.stdout.count("The run writes its reports, which takes a few seconds; a third signal ends it.") == 2
    assert "Passed" in run.stdout
    assert junit_verdict(tmp_path / "reports") == "passed"


def test_third_signal_in_the_writing_of_reports_ends_it(mock: str, tmp_path: Path) -> None:
    source = sending_plugin(["SIGTERM"] * 3, "report:files:write_reports")

    run = run_with_plugin(tmp_path, mock, source)

    assert run.returncode == 2
    assert "A third signal ended the writing of the reports" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr


def assert_inconclusive(folder: Path, output: str, sentence: str) -> None:
    """Assert that the output and the reports have this sentence, and that the output has no traceback."""
    page = (folder / "report.html").read_text("utf-8")
    assert sentence in " ".join(output.split())
    assert sentence in " ".join(page.split())
    assert junit_verdict(folder) == "inconclusive"
    assert "Traceback" not in output
    assert "KeyboardInterrupt" not in output


def junit_verdict(folder: Path) -> str | None:
    properties = ET.parse(folder / "junit.xml").iter("property")  # noqa: S314  # written by the run itself
    return {each.get("name"): each.get("value") for each in properties}["verdict"]
