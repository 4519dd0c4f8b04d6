"""Runs of the suite that are killed at a moment, the responses that a proxy loses, and the report about them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from random import Random
from typing import TYPE_CHECKING

import pytest

from benchmarks.reliability import killed_runs, suite_runs
from benchmarks.reliability.killed_runs_report import KilledRun, NextRun, render_section
from benchmarks.reliability.suite_runs import Kill, LossyConnection, Moment, RunLength
from benchmarks.servers.process import BenchmarkError
from tests.contract_tests.faulty_proxy import ProxiedRequest, ProxiedResponse
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PUSH = b"communication_channel[type]=push&communication_channel[token]=x"


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311  # reproducible, not secret


class Mock:
    """The mock behind the proxy: it counts what it has executed."""

    def __init__(self) -> None:
        self.executed = 0

    def send(self) -> ProxiedResponse:
        self.executed += 1
        return ProxiedResponse(200)

    def request(self, method: str = "GET", body: bytes = b"") -> ProxiedRequest:
        return ProxiedRequest(1, method, "/api/v1/users/self/communication_channels", {}, body, self.send)


@pytest.fixture
def mock() -> Mock:
    return Mock()


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    """A process that waits until it is killed."""
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process:  # noqa: S603  # constant command
        yield process
        process.kill()


class TestConnection:
    @pytest.mark.parametrize(
        ("moment", "executed"), [(Moment.BEFORE, 1), (Moment.EXECUTED, 2)], ids=["before", "executed"]
    )
    def test_process_is_killed_at_its_request_without_a_response(
        self, mock: Mock, process: subprocess.Popen[str], moment: Moment, executed: int
    ) -> None:
        connection = LossyConnection()
        connection.start_run(process, Kill(moment, 2), 0.0, seeded(1))

        assert connection(mock.request()) is not None
        assert process.poll() is None
        assert connection(mock.request()) is None
        assert process.poll() == -signal.SIGKILL
        assert mock.executed == executed

    def test_process_is_killed_inside_the_creation_of_a_push_channel(
        self, mock: Mock, process: subprocess.Popen[str]
    ) -> None:
        connection = LossyConnection()
        connection.start_run(process, Kill(Moment.PUSH, 1), 0.0, seeded(1))

        others = [connection(mock.request()), connection(mock.request("DELETE", b"push_token=x"))]
        assert None not in others
        assert process.poll() is None
        assert connection(mock.request("POST", PUSH)) is None
        assert process.poll() == -signal.SIGKILL
        assert mock.executed == 3

    def test_process_is_killed_after_a_response(self, mock: Mock, process: subprocess.Popen[str]) -> None:
        connection = LossyConnection()
        connection.start_run(process, Kill(Moment.LATER, 1, delay=0.001), 0.0, seeded(1))

        assert connection(mock.request()) is not None
        assert process.wait(HANG_SECONDS) == -signal.SIGKILL

    def test_run_that_a_lost_response_ends_is_killed_in_its_clean_up(
        self, mock: Mock, process: subprocess.Popen[str]
    ) -> None:
        connection = LossyConnection()
        connection.start_run(process, Kill(Moment.EXECUTED, 100), 1.0, seeded(1))

        connection(mock.request("POST"))

        assert connection.kill is not None
        assert 2 <= connection.kill.number <= 11  # one of the ten requests after the lost response
        while process.poll() is None:
            assert connection(mock.request()) is None
        assert mock.executed == connection.kill.number

    def test_share_of_the_responses_is_lost_after_the_execution(self, mock: Mock) -> None:
        connection = LossyConnection()
        connection.start_run(None, None, 0.02, seeded(1))

        lost = [connection(mock.request()) for _ in range(5000)].count(None)

        assert 60 < lost < 150  # 2 % of 5,000 are 100
        assert mock.executed == 5000

    def test_requests_of_each_run_are_counted_from_zero(self, mock: Mock) -> None:
        connection = LossyConnection()
        for _ in range(2):
            connection.start_run(None, None, 0.0, seeded(1))
            connection(mock.request("POST", PUSH))
            connection(mock.request())

        assert (connection.requests, connection.push_creations) == (2, 1)


def test_run_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch, process: subprocess.Popen[str]) -> None:
    monkeypatch.setattr(suite_runs, "_TIMEOUT", 0.01)

    with pytest.raises(BenchmarkError, match="a run of the suite has not ended"):
        suite_runs.finish(process)

    assert process.wait(HANG_SECONDS) == -signal.SIGKILL


class TestRandomKill:
    def test_is_one_of_the_requests_of_a_run(self) -> None:
        random = seeded(1)

        kills = [RunLength(100, 10).random_kill(random, Moment.EXECUTED) for _ in range(2000)]

        assert {kill.number for kill in kills} == set(range(1, 101))

    def test_inside_push_is_one_of_the_creations_of_push_channels(self) -> None:
        random = seeded(1)

        kills = [RunLength(100, 10).random_kill(random, Moment.PUSH) for _ in range(500)]

        assert {kill.number for kill in kills} == set(range(1, 11))

    def test_same_seed_kills_at_the_same_moments(self) -> None:
        first, second = (RunLength(100, 10).random_kill(random, Moment.LATER) for random in (seeded(3), seeded(3)))

        assert first == second


class TestCommand:
    def run(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *runs: KilledRun) -> tuple[int, str]:
        """Run the command with these results; return its exit status and the page."""
        monkeypatch.setattr(killed_runs, "kill_runs", lambda *_: list(runs))
        page = tmp_path / "page.md"
        page.write_text("<!-- killed runs -->\n<!-- end of killed runs -->\n")
        return killed_runs.main(["--page", str(page)]), page.read_text()

    def test_restored_accounts_exit_with_0(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        status, page = self.run(monkeypatch, tmp_path, killed_run(), killed_run(Moment.PUSH, leftovers=2))

        assert status == 0
        assert "the account was byte for byte as before in 2 of 2." in page

    def test_account_that_is_not_restored_exits_with_1(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status, page = self.run(monkeypatch, tmp_path, killed_run(), killed_run(remaining=1))

        assert status == 1
        assert "the account was byte for byte as before in 1 of 2." in page
        assert "The account was as before in 1 of 2; wrote page.md." in capsys.readouterr().out

    def test_page_without_the_section_exits_with_2_before_the_first_run(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert killed_runs.main(["--page", str(tmp_path / "page.md")]) == 2

        output = capsys.readouterr()
        assert output.out == ""
        assert output.err.endswith("page.md cannot be read (No such file or directory).\n")

    def test_suite_that_fails_on_the_mock_exits_with_2(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def fail(*_: int) -> list[KilledRun]:
            raise BenchmarkError("the suite exits with 1 on an unchanged mock")

        monkeypatch.setattr(killed_runs, "kill_runs", fail)

        assert killed_runs.main([]) == 2
        assert capsys.readouterr().err == "make killed-runs: the suite exits with 1 on an unchanged mock.\n"

    def test_interruption_exits_with_2_and_reports_an_unchanged_page(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def interrupt(*_: int) -> list[KilledRun]:
            raise KeyboardInterrupt

        monkeypatch.setattr(killed_runs, "kill_runs", interrupt)

        assert killed_runs.main([]) == 2
        assert capsys.readouterr().err == "make killed-runs: interrupted; reliability.md is unchanged.\n"

    @pytest.mark.parametrize("number", ["0", "-1", "x", "10001"])
    def test_invalid_number_is_rejected(self, number: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit, match="2"):
            killed_runs.main([f"--runs={number}"])

        assert "is not a number from 1 to 10000" in capsys.readouterr().err


def killed_run(
    moment: Moment = Moment.EXECUTED, *, leftovers: int = 0, remaining: int = 0, status: int = 0, next_status: int = 0
) -> KilledRun:
    next_run, complete_run = NextRun(next_status, remaining, "output"), NextRun(status, remaining, "output")
    return KilledRun(Kill(moment, 1), 1, leftovers, next_run, complete_run)


@pytest.mark.parametrize(
    ("run", "is_restored"),
    [
        (killed_run(leftovers=3), True),
        (killed_run(next_status=2), True),
        (killed_run(remaining=1), False),
        (killed_run(status=2), False),
        (killed_run(next_status=1), False),
    ],
    ids=["leftovers", "next run ended early", "remaining", "incomplete", "next run failed"],
)
def test_account_is_restored_if_it_is_as_before_and_no_run_failed(run: KilledRun, is_restored: bool) -> None:
    assert run.is_restored == is_restored


def test_report_counts_the_runs_of_each_moment() -> None:
    runs = [killed_run(), killed_run(Moment.PUSH, leftovers=1), killed_run(Moment.PUSH, leftovers=2, remaining=1)]

    lines = render_section(runs, 7, 0.02)

    assert "2 runs were killed inside the creation of a push channel." in lines
    assert "2 runs left channels right after the kill." in lines
    assert "The seed was 7." in lines
    assert f"| {Moment.PUSH} | 2 | 2 | 3 | 1 |" in lines


@pytest.mark.slow
@pytest.mark.skipif(
    "KILLED_RUNS" not in os.environ, reason="takes a minute: KILLED_RUNS=1 runs it, and make killed-runs"
)
def test_killed_run_is_followed_by_one_that_restores_the_account(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(killed_runs, "LONG", suite_runs.SHORT)
    page = tmp_path / "page.md"
    page.write_text("<!-- killed runs -->\n<!-- end of killed runs -->\n")

    status = killed_runs.main(["--runs", "1", "--page", str(page)])

    assert (status, capsys.readouterr().err) == (0, "")
    assert "byte for byte as before in 1 of 1." in page.read_text()
