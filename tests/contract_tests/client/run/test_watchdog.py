"""The watchdog: limits of a run that does not end by itself."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
from typing import TYPE_CHECKING

import httpx2
import pytest

from contract_tests.client.run.pacing import CLEAN_UP_MINUTES, Clock, Pacing
from contract_tests.client.run.watchdog import LAST_RESORT, Watchdog, interrupting_main_thread
from contract_tests.client.settings import Inconclusive, Settings
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from tests.contract_tests.suite_process import run_suite, running_mock
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MINUTE = 60.0
GRACE = 10.0
"""The seconds after a limit until the watchdog interrupts: the transport may end the run by itself."""


class Watched:
    """A watchdog of a run of 10 minutes with a clock that the test sets, and what the watchdog has done."""

    def __init__(self) -> None:
        self.time = 0.0
        self.done: list[str] = []
        self.watchdog = Watchdog(10, self.done.append, lambda: self.done.append("stop"), Clock(lambda: self.time))

    def wait(self, seconds: float) -> list[str]:
        """Let the time pass, and return what the watchdog does."""
        self.done.clear()
        self.time += seconds
        self.watchdog.check()
        self.watchdog.check()  # has no effect at the same time
        return [*self.done]


@pytest.fixture
def run() -> Watched:
    return Watched()


def test_run_is_interrupted_after_its_limit(run: Watched) -> None:
    assert run.wait(10 * MINUTE) == []
    assert len(done := run.wait(GRACE)) == 1
    assert done[0].startswith("The run has reached its limit of 10 minutes in a test or a request that does not end;")


def test_clean_up_has_a_limit_of_its_own(run: Watched) -> None:
    run.wait(9 * MINUTE)
    run.watchdog.start_clean_up()

    assert run.wait(CLEAN_UP_MINUTES * MINUTE) == []
    run.watchdog.start_clean_up()
    assert len(done := run.wait(GRACE)) == 1
    assert done[0].startswith("The clean-up has reached its limit of 5 minutes;")


def test_clean_up_after_the_limit_of_the_run_has_its_whole_time(run: Watched) -> None:
    run.wait(10 * MINUTE + GRACE)
    assert run.wait(MINUTE) == []
    run.watchdog.start_clean_up()

    assert run.wait(CLEAN_UP_MINUTES * MINUTE) == []
    assert len(run.wait(GRACE)) == 1


def test_process_that_ignores_all_limits_is_stopped(run: Watched) -> None:
    assert len(run.wait(10 * MINUTE + GRACE)) == 1
    assert len(run.wait(CLEAN_UP_MINUTES * MINUTE + GRACE)) == 1
    assert run.wait(2 * MINUTE) == ["stop"]
    assert run.wait(60 * MINUTE) == []


def test_writing_of_reports_is_stopped_after_two_minutes(run: Watched) -> None:
    run.watchdog.start_clean_up()
    run.watchdog.start_reports()
    run.watchdog.start_clean_up()  # has no effect any more

    assert run.wait(2 * MINUTE - 1) == []
    assert run.wait(1) == ["stop"]


def test_run_that_has_ended_is_not_stopped(run: Watched) -> None:
    with run.watchdog:
        pass

    assert run.wait(60 * MINUTE) == []


def test_main_thread_is_interrupted_while_it_waits() -> None:
    with interrupting_main_thread() as interrupt:
        thread = threading.Thread(target=interrupt, args=("The run hangs; run again.",))

        def hang() -> None:
            thread.start()
            threading.Event().wait()

        with pytest.raises(Inconclusive, match="The run hangs; run again"):
            hang()
        thread.join()


def test_main_thread_is_interrupted_though_the_first_signal_has_no_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    send, sent = signal.pthread_kill, []

    def send_all_but_the_first(thread: int, number: int) -> None:
        sent.append(number)
        if len(sent) > 1:
            send(thread, number)

    monkeypatch.setattr(signal, "pthread_kill", send_all_but_the_first)
    monkeypatch.setattr("contract_tests.client.run.watchdog._INTERVAL", 0.02)
    with interrupting_main_thread() as interrupt:
        thread = threading.Thread(target=interrupt, args=("The run hangs; run again.",))

        def hang() -> None:
            thread.start()
            threading.Event().wait(HANG_SECONDS)

        with pytest.raises(Inconclusive, match="The run hangs; run again"):
            hang()
        thread.join()


def test_request_after_the_limit_of_the_clean_up_is_inconclusive() -> None:
    time = 0.0
    pacing = Pacing(Settings("https://canvas.example.edu", {}, profile="smoke"), Clock(lambda: time))
    time = 11 * MINUTE
    with pytest.raises(Inconclusive, match="The run has reached its limit of 10 minutes"):
        pacing.check_limits(0)

    pacing.start_clean_up()
    pacing.check_limits(100_000)  # the clean-up has no limit of requests
    time += CLEAN_UP_MINUTES * MINUTE + 1
    with pytest.raises(Inconclusive, match="The clean-up has reached its limit of 5 minutes"):
        pacing.check_limits(0)


PLUGIN = """
import threading
import time
import pytest

@pytest.hookimpl(trylast=True)
def pytest_configure():
    from contract_tests.client import transport
    from contract_tests.client.run import watchdog

    passed = 0.0
    has_hung = False
    clock = watchdog.Clock(now=lambda: time.monotonic() + passed)
    watchdog.Clock = lambda: clock
    watchdog._INTERVAL = 0.02
    send = transport.Transport.send

    def hang(self, request):
        nonlocal has_hung, passed
        while {condition} and ({is_deaf} or not has_hung):
            has_hung = True
            passed += 11 * 60
            try:
                threading.Event().wait()
            except BaseException:
                if not {is_deaf}:
                    raise
        return send(self, request)

    transport.Transport.send = hang
"""
"""A plugin of pytest that lets a request hang until it is interrupted, and lets eleven minutes pass for the watchdog.

A request that is deaf ignores the interruption.
"""


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with running_mock() as url:
        yield url


def run_hanging(folder: Path, url: str, condition: str, *, is_deaf: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a test of the suite, with a request that hangs under the condition; without a URL, on a mock of its own."""
    plugin = PLUGIN.format(condition=condition, is_deaf=is_deaf)
    (folder / "hanging.py").write_text(plugin, "utf-8")
    variables = {**DEFAULT_WORLD_VARIABLES, "CANVAS_URL": url, "PYTHONPATH": str(folder)}
    return run_suite(folder, "-k", "second_delete", "-p", "hanging", **variables)


@pytest.mark.slow
def test_request_that_hangs_ends_with_reports_and_a_clean_account(tmp_path: Path, mock: str) -> None:
    run = run_hanging(tmp_path, mock, "self.journal.live and not self.is_cleaning_up")

    assert run.returncode == 2, run.stdout
    assert "reached its limit of 10 minutes in a test or a request that does not end" in " ".join(run.stdout.split())
    assert "reached its limit of 10 minutes" in (tmp_path / "junit.xml").read_text("utf-8")
    assert run.stderr == ""
    assert not list(tmp_path.glob("journal-*"))


@pytest.mark.slow
def test_clean_up_that_hangs_ends_with_reports_and_the_journal(tmp_path: Path) -> None:
    with running_mock() as url:
        run = run_hanging(tmp_path, url, "self.is_cleaning_up")

    words = " ".join(run.stdout.split())
    assert run.returncode == 2, run.stdout
    assert "The clean-up has reached its limit of 5 minutes" in words
    assert "lists the leftover channels; the next run deletes them" in words
    assert list(tmp_path.glob("journal-*"))


@pytest.mark.slow
def test_process_that_cannot_be_interrupted_is_stopped_with_reports(tmp_path: Path) -> None:
    run = run_hanging(tmp_path, "", "self.journal.live", is_deaf=True)

    assert run.returncode == 2, run.stdout
    [url] = re.findall(r"Testing (http://127.0.0.1:\d+) ", run.stdout)
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url)
    assert LAST_RESORT in " ".join(run.stdout.split())
    assert json.loads((tmp_path / "traffic.har").read_text("utf-8"))["log"]["entries"]
    assert LAST_RESORT in (tmp_path / "junit.xml").read_text("utf-8")
    assert list(tmp_path.glob("journal-*"))
