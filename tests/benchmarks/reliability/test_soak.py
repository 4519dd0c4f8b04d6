"""A short soak of a mock in a process of its own, and the problems that a soak reports."""

from __future__ import annotations

import re
import socket
import sys
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import httpx2
import pytest

from benchmarks.reliability import garbage, soak, workers
from benchmarks.reliability.garbage import GARBAGE, GarbageKind, run_garbage
from benchmarks.reliability.measurements import Percentiles, Sample, Tally
from benchmarks.reliability.requests import BAD_REQUESTS, SoakRequest, random_bad_request, random_operation
from benchmarks.reliability.soak_report import SoakResult, render_section
from contract_tests.oracle.contract import Contract
from tests.contract_tests.local_servers import respond, socket_server

if TYPE_CHECKING:
    from pathlib import Path

SLOW_GARBAGE = {"half a head, then silence", "no bytes at all", "a body of 8 MiB"}
"""Kinds that last until a timeout of the mock, as all kinds with a pause do."""
FAST_GARBAGE = {name: kind for name, kind in GARBAGE.items() if not kind.pause and name not in SLOW_GARBAGE}


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311  # reproducible, not secret


@pytest.fixture
def page(tmp_path: Path) -> Path:
    page = tmp_path / "reliability.md"
    page.write_text("<!-- soak -->\n<!-- end of soak -->\n")
    return page


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the soak reads /proc")
def test_mock_survives_a_short_soak(
    monkeypatch: pytest.MonkeyPatch, page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(workers, "GARBAGE", FAST_GARBAGE)

    status = soak.main(["--minutes", "0.03", "--seed", "7", "--page", str(page)])

    output = capsys.readouterr()
    assert (status, output.err) == (0, "")
    assert "Seed 7, 8 clients, 0.03 minutes." in output.out
    assert "The soak passed: " in page.read_text()
    assert "| list_communication_channels | " in page.read_text()
    assert (page.parent / "images" / "soak-memory.svg").read_text().startswith("<svg ")


@pytest.mark.skipif(sys.platform != "linux", reason="the soak reads /proc")
@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", "status 500"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", "require|not of type"),
        (b"HTTP/1.1 418 X\r\nContent-Length: 0\r\n\r\n", "status 418 is not documented"),
        (b"", "RemoteProtocolError"),
    ],
    ids=["500", "violation", "undocumented", "no response"],
)
def test_wrong_responses_are_failures(monkeypatch: pytest.MonkeyPatch, response: bytes, reason: str) -> None:
    monkeypatch.setattr(workers, "GARBAGE_CONNECTIONS", 0)
    with socket_server(respond(response)) as port:
        clients = workers.Workers(("127.0.0.1", port), 1, 0.0)
        with clients.running():
            while not re.search(reason, str(clients.tally.sentences)):
                assert clients.tally.total(tuple(clients.tally.outcomes)) < 2000, "enough requests for each reason"

    assert clients.tally.failures > 0


@pytest.mark.parametrize(
    ("kind", "status", "violations"),
    [
        ("malformed JSON", 500, ["status 500"]),
        ("malformed JSON", 400, []),
        ("malformed JSON", 200, []),
        ("reset of the mock", 403, ["status 403"]),
        ("reset of the mock", 204, []),
    ],
)
def test_statuses_below_500_are_failures_for_control_requests_only(
    kind: str, status: int, violations: list[str]
) -> None:
    clients = workers.Workers(("127.0.0.1", 9), 1, 0.0)

    assert clients._violations(SoakRequest(kind, "GET", "/"), httpx2.Response(status)) == violations


class TestRequests:
    def test_every_operation_and_every_kind_of_bad_request_is_sent(self) -> None:
        random = seeded(1)

        operations = {random_operation(random).kind for _ in range(200)}
        bad = {random_bad_request(random).kind for _ in range(500)}

        assert operations == Contract().operations().keys(), (
            "add the operation to random_operation in benchmarks/reliability/requests.py"
        )
        assert bad == BAD_REQUESTS.keys()

    def test_same_seed_sends_the_same_requests(self) -> None:
        first, second = ([random_operation(random) for _ in range(50)] for random in (seeded(2), seeded(2)))

        assert first == second


class TestGarbage:
    @staticmethod
    def outcome(port: int, kind: GarbageKind) -> str:
        """Return the outcome of garbage that is sent to this port, without the pauses of its kind."""
        return run_garbage(("127.0.0.1", port), kind, seeded(1), lambda _: False)

    def test_statuses_of_the_responses_are_the_outcome(self) -> None:
        with socket_server(respond(b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 431 X\r\n\r\n")) as port:
            assert self.outcome(port, GarbageKind(lambda _: [b"x"])) == "200, 431"

    def test_end_without_a_response_is_an_outcome(self) -> None:
        with socket_server(respond(b"")) as port:
            assert self.outcome(port, GarbageKind(lambda _: [b"x"])) == "closed by the mock"

    def test_response_ends_what_is_sent_slowly(self) -> None:
        parts = iter([b"x"] * 10_000)

        def respond_and_read_on(connection: socket.socket) -> None:
            connection.recv(1)
            connection.sendall(b"HTTP/1.1 408 X\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass

        with socket_server(respond_and_read_on) as port:
            assert self.outcome(port, GarbageKind(lambda _: parts, pause=1.0)) == "408"
        assert next(parts, None) is not None

    def test_connection_that_is_not_closed_is_a_timeout(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(garbage, "PATIENCE", 0.05)
        with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TimeoutError):
            self.outcome(silent.getsockname()[1], GarbageKind(lambda _: []))


class TestProblems:
    @staticmethod
    def result(memory: list[float], descriptors: list[int], tally: Tally | None = None) -> SoakResult:
        """Return the result of a soak of 100 seconds, with a sample of these values every ten seconds."""
        samples = [
            Sample(10.0 * number, mib, files, 1)
            for number, (mib, files) in enumerate(zip(memory, descriptors, strict=True))
        ]
        return SoakResult(1, 100.0, tally or Tally(), samples)

    def test_steady_mock_has_none(self) -> None:
        result = self.result([60, *[75] * 10], [14, *[38] * 9, 14])

        assert result.problems() == []

    def test_growing_memory_is_a_problem(self) -> None:
        result = self.result([60, 70, 72, 74, 76, 78, 80, 82, 84, 86, 86], [14] * 11)

        assert result.problems() == ["The memory grew from 70 MiB to 86 MiB."]  # in the second tenth, and in the last

    def test_descriptor_that_is_not_closed_is_a_problem(self) -> None:
        result = self.result([60] * 11, [14, *[38] * 9, 15])

        assert result.problems() == ["1 file descriptors were not closed."]

    def test_traceback_in_the_log_is_a_problem(self) -> None:
        result = self.result([60], [14])
        result.tracebacks = 2

        assert result.problems() == ["The log has 2 tracebacks."]

    def test_only_the_first_20_failures_are_shown(self) -> None:
        tally = Tally()
        for number in range(25):
            tally.fail("list", f"status {500 + number}")

        problems = self.result([60], [14], tally).problems()

        assert problems[0] == "list: status 500."
        assert problems[-1] == "5 more failures."

    def test_report_shows_problems_outcomes_and_latencies(self) -> None:
        tally = Tally()
        tally.outcomes["reset of the mock"] = Counter({"204": 1200, "500": 1})
        tally.outcomes["no bytes at all"] = Counter({"closed by the mock": 2})
        tally.fail("reset of the mock", "status 500")
        for number in range(10):
            tally.add_latency(95.0, number / 1000)

        lines = render_section(self.result([60, 75, 70], [14, 38, 14], tally))

        assert "reset of the mock: status 500." in lines
        assert lines[0].startswith("The soak failed: 1,201 requests")
        assert "| memory (RSS), MiB | 60 | 75 | 70 |" in lines
        assert "| last tenth | 4.0 | 9.0 | 9.0 |" in lines
        assert "| reset of the mock | 1,201 | 204: 1,200; 500: 1 |" in lines
        assert "| no bytes at all | 2 | closed by the mock: 2 |" in lines


def test_percentiles_are_in_milliseconds() -> None:
    durations = [number / 1000 for number in range(1, 102)]

    assert Percentiles.of(durations) == Percentiles(51.0, 100.0, 101.0)
    assert Percentiles.of([]) == Percentiles(0.0, 0.0, 0.0)


@pytest.mark.skipif(sys.platform != "linux", reason="the soak reads /proc")
def test_page_without_the_section_exits_with_2_before_the_soak(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Reliability\n")

    assert soak.main(["--page", str(page)]) == 2
    assert capsys.readouterr().err == f"make soak: {page} has no comments <!-- soak --> and <!-- end of soak -->.\n"


@pytest.mark.parametrize("minutes", ["0", "-1", "x", "nan", "1441"])
def test_invalid_duration_is_rejected(minutes: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        soak.main([f"--minutes={minutes}"])

    assert "is not a number of minutes" in capsys.readouterr().err
