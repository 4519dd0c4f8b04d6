"""The suite's own safety: what it refuses to send, and how it ends when a target cannot be judged."""

from __future__ import annotations

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import httpx2
import pytest

from contract_tests import pool
from contract_tests.account import tidy
from contract_tests.call import Call
from contract_tests.caller import Caller
from contract_tests.contract import Contract
from contract_tests.fence import Fence, RefusedError
from contract_tests.journal import Journal
from contract_tests.reporter import Reporter
from contract_tests.server import WORLD, running_mock
from contract_tests.settings import Settings
from contract_tests.stock import open_account
from contract_tests.wire import Wire
from mutants.catalogue import FAULTS
from mutants.verdict import served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = [sys.executable, "-m", "contract_tests"]
DISORDER = next(fault for fault in FAULTS if fault.name == "newest-come-first")
STRANGERS = ("student@school.example", "5550100@sms", "student.home@example.org")
SECRET = "a-token-that-nobody-may-see"
NEW = "communication_channel"


def asked(method: str, **parts: Any) -> Call:
    """A call about the first user."""
    return Call(method, "self", owner=1, **parts)


FORBIDDEN = [
    asked("DELETE", tail=("3",)),
    asked("DELETE", tail=("+3",)),
    asked("DELETE", tail=("3.0",)),
    asked("DELETE", tail=("email", "student@school.example")),
    asked("DELETE", tail=("abc",), query=(("type", "email"), ("address", "student@school.example"))),
    asked("DELETE", tail=("push",), body=(("push_token", "somebody-s"),)),
    asked("POST", body=((f"{NEW}[address]", "a@b"), (f"{NEW}[type]", "email"))),
    asked("POST", body=((f"{NEW}[address]", "anything"), (f"{NEW}[type]", "fax"))),
    asked("POST", body=((f"{NEW}[type]", "push"), (f"{NEW}[token]", "somebody-s"))),
    asked("POST", body=((f"{NEW}[address]", pool.FIRST.address), (f"{NEW}[type]", "fax"))),
    asked("POST", document={NEW: {"address": "a@b", "type": "email"}}),
    asked("POST", query=((f"{NEW}[address]", "a@b"),), body=((f"{NEW}[type]", "email"),)),
    asked("POST", tail=("3",)),
    asked("POST", body=(("_method", "delete"), (f"{NEW}[type]", "email"))),
    asked("POST", headers=(("X-HTTP-Method-Override", "DELETE"),)),
    asked("PUT", body=(("a", "b"),)),
    asked("PATCH", tail=("3",)),
    asked("TRACE"),
]


@pytest.mark.parametrize("call", FORBIDDEN, ids=lambda call: call.curl({}, " "))
def test_the_fence_refuses_what_is_not_the_suite_s(call: Call, tmp_path: Path) -> None:
    wire = Wire(Settings("http://127.0.0.1:9", {"CANVAS_TOKEN": SECRET}), Journal(tmp_path, "origin"))

    with pytest.raises(RefusedError):
        wire.send(call)

    assert wire.sent == 0


def test_the_fence_refuses_a_channel_that_was_there_before(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "origin")
    fence = Fence(journal)
    journal.create(1, 40)
    delete = asked("DELETE", tail=("40",))
    fence.check(delete)
    fence.foreign.add(40)

    with pytest.raises(RefusedError):
        fence.check(delete)


@pytest.mark.parametrize(
    "call",
    [
        asked("POST", body=((f"{NEW}[type]", "push"), (f"{NEW}[token]", pool.DEVICE))),
        asked("DELETE", tail=("push", "push")),
        asked("DELETE", tail=("push",)),
    ],
    ids=lambda call: call.curl({}, " "),
)
def test_the_fence_leaves_a_user_s_own_push_channel_alone(call: Call, tmp_path: Path) -> None:
    fence = Fence(Journal(tmp_path, "origin"))
    fence.check(call)
    fence.foreign_push.add(1)

    with pytest.raises(RefusedError):
        fence.check(call)


def test_an_account_is_tidied_only_once_its_own_channels_are_known(tmp_path: Path) -> None:
    """A run that ends while it looks at the account removes nothing of it."""
    own = {"id": 5, "user_id": 1, "type": "push", "address": "For All Devices"}

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.method)
        if len(seen) > 3:
            raise KeyboardInterrupt
        return httpx2.Response(200, json=[own], request=request)

    seen: list[str] = []
    settings = Settings("http://127.0.0.1:9", {"CANVAS_TOKEN": SECRET})
    wire = Wire(settings, Journal(tmp_path, "origin"), transport=httpx2.MockTransport(answer))
    caller = Caller(wire, Contract(), SECRET, "CANVAS_TOKEN")

    with pytest.raises(KeyboardInterrupt):
        open_account(caller)

    assert seen == ["GET"] * 4
    assert wire.accounts == []


def test_the_pool_is_small_and_reserved() -> None:
    emails = [pair.address for pair in (*pool.ACCEPTED, pool.ABSENT) if pair.type == "email"]

    assert len(pool.KEYS) <= 20
    assert {address.lower().rpartition("@")[2] for address in emails} == {"example.com", "invalid"}
    assert all(pool.is_ours(pair.address) for pair in (*pool.ACCEPTED, pool.UNCHECKED, *pool.REFUSED))


def test_the_journal_remembers_across_runs(tmp_path: Path) -> None:
    first = Journal(tmp_path, "origin")
    first.intend(1, pool.FIRST.key)
    first.create(1, 40)
    first.create(1, 41)
    first.delete(40)
    with first.path.open("a", encoding="utf-8") as file:
        file.write('{"made": [1, 4')

    again = Journal(tmp_path, "origin")
    again.create(1, 43)

    assert again.live == {41: 1, 43: 1}
    assert Journal(tmp_path, "origin").live == again.live
    assert again.intents == {(1, *pool.FIRST.key)}


def test_an_unreachable_target_is_one_sentence_and_2(tmp_path: Path) -> None:
    run = _run(tmp_path, CANVAS_URL="http://127.0.0.1:9", CANVAS_TOKEN=SECRET)

    assert run.returncode == 2
    assert "does not answer" in run.stdout
    assert SECRET not in run.stdout + run.stderr


@pytest.mark.parametrize(("status", "said"), [(200, "does not answer JSON"), (302, "redirects")])
def test_what_is_no_canvas_is_one_sentence_and_2(tmp_path: Path, status: int, said: str) -> None:
    with _page(status) as url:
        run = _run(tmp_path, CANVAS_URL=url, CANVAS_TOKEN=SECRET)

    assert run.returncode == 2
    assert said in run.stdout
    assert SECRET not in run.stdout + run.stderr


def test_a_wrong_token_is_one_sentence_and_2(tmp_path: Path) -> None:
    with running_mock() as url:
        run = _run(tmp_path, CANVAS_URL=url, CANVAS_TOKEN=SECRET)

    assert run.returncode == 2
    assert "refuses $CANVAS_TOKEN with 401" in run.stdout
    assert SECRET not in run.stdout + run.stderr


def test_without_more_tokens_the_run_says_what_was_not_checked(tmp_path: Path) -> None:
    with running_mock() as url:
        run = _run(tmp_path, "-k", "actors or push", CANVAS_URL=url, CANVAS_TOKEN=WORLD["CANVAS_TOKEN"])

    assert run.returncode == 0
    assert "Not checked: needs CANVAS_ADMIN_TOKEN and CANVAS_OTHER_USER_ID" in run.stdout
    assert "kept as far as it was checked" in run.stdout


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path) -> None:
    with running_mock() as url:
        before = _channels(url)
        _interrupt(tmp_path, url, signal.SIGKILL)
        assert _channels(url) != before
        assert _journalled(tmp_path)

        run = _run(tmp_path, "-k", "head", CANVAS_URL=url, **WORLD)

        assert run.returncode == 0
        assert _channels(url) == before
        assert not list(tmp_path.glob("journal-*"))


def test_without_its_journal_the_next_run_deletes_nothing(tmp_path: Path) -> None:
    with running_mock() as url:
        _interrupt(tmp_path, url, signal.SIGKILL)
        left = _channels(url)

        run = _run(tmp_path / "elsewhere", "-k", "head", CANVAS_URL=url, **WORLD)

        assert run.returncode == 2
        assert "no journal here says that it was made by it" in run.stdout
        assert _channels(url) == left


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_polite_signal_leaves_nothing(tmp_path: Path, name: str) -> None:
    with running_mock() as url:
        before = _channels(url)

        status = _interrupt(tmp_path, url, getattr(signal, name))

        assert status == 2
        assert _channels(url) == before
        assert not list(tmp_path.glob("journal-*"))


def test_a_target_that_goes_away_is_one_sentence_and_2(tmp_path: Path) -> None:
    """Not one of the requests that clean up is answered; the journal keeps what they were to remove."""
    command = [*COMMAND, "-k", "creation"]
    with running_mock() as url:
        environment = _environment(tmp_path, CANVAS_URL=url, **WORLD)
        process = subprocess.Popen(  # noqa: S603  # our own command
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        while process.poll() is None and not _journalled(tmp_path):
            pass
    with process:
        told, complaints = process.communicate(timeout=60)

    assert process.returncode == 2
    assert "NotJudged: The target does not answer" in told
    assert "the next run from here removes it" in told
    assert "Traceback" not in told + complaints
    assert _journalled(tmp_path)


def test_a_user_without_room_for_the_suite_loses_one_row_and_no_more(tmp_path: Path) -> None:
    """Canvas counts deleted rows for ever, so the position of the first shows whether the others fit."""
    channels = "".join(f"{{id: {n}, type: sms, address: '{n}'}}, " for n in range(1, 90))
    world = tmp_path / "full.world.yaml"
    world.write_text(f"users: [{{id: 1, name: Ann, tokens: [student-token], channels: [{channels}]}}]")
    with running_mock("--world", str(world)) as url:
        run = _run(tmp_path, CANVAS_URL=url, CANVAS_TOKEN=WORLD["CANVAS_TOKEN"])

        assert run.returncode == 2
        assert "User 1 has no room for the suite's 13 channels" in run.stdout
        assert _next_position(url, 0) == 91


def test_a_push_channel_is_the_suite_s_by_its_id_alone(tmp_path: Path) -> None:
    """A user who signs in on a telephone after a run was killed keeps the channel that this makes."""
    settings = Settings("http://127.0.0.1:9", {"CANVAS_TOKEN": SECRET})
    journal = Journal(tmp_path, "origin")
    journal.intend(1, pool.PUSH.key)
    sent: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request.method)
        page = [] if "page=2" in str(request.url) else [{"id": 5, "user_id": 1, "type": "push", "address": "x"}]
        return httpx2.Response(200, json=page, request=request)

    wire = Wire(settings, journal, transport=httpx2.MockTransport(answer))
    caller = Caller(wire, Contract(), SECRET, "CANVAS_TOKEN", 1)

    open_account(caller)
    wire.fence.foreign.clear()  # as if the channel had come while the run went on
    tidy(caller)

    assert "DELETE" not in sent


def test_a_signal_is_told_wherever_it_was_taken(pytestconfig: pytest.Config) -> None:
    """CPython has instructions that stand at no line, and pytest cannot show a traceback through one."""

    with pytest.raises(KeyboardInterrupt) as raised:
        signal.raise_signal(signal.SIGINT)
    frame = sys._getframe()
    nowhere = next(start for start, _, line in frame.f_code.co_lines() if line is None)
    taken = raised.value.with_traceback(TracebackType(raised.tb, frame, nowhere, -1))
    excinfo = pytest.ExceptionInfo.from_exception(taken)

    Reporter(pytestconfig).pytest_keyboard_interrupt(excinfo)

    assert str(excinfo.getrepr(funcargs=True).reprcrash).endswith("KeyboardInterrupt")


def test_a_reader_who_leaves_early_sees_no_traceback(tmp_path: Path) -> None:
    """As `| head` does, which closes the pipe in the middle of the summary."""
    with running_mock() as url:
        environment = _environment(tmp_path, CANVAS_URL=url, **WORLD)
        with subprocess.Popen(  # noqa: S603  # our own command
            [*COMMAND, "-k", "head"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            process.stdout.close()
            _, complaints = process.communicate(timeout=60)
        assert not list(tmp_path.glob("journal-*"))

    assert first.startswith(b"Judging ")
    assert process.returncode == 2
    assert complaints == b""


def test_an_older_canvas_keeps_the_contract(tmp_path: Path) -> None:
    with running_mock("--unauthorized-status", "401", "--error-report-ids") as url:
        run = _run(tmp_path, CANVAS_URL=url, **WORLD)

    assert run.returncode == 0, run.stdout


def test_a_throttled_target_keeps_the_contract(tmp_path: Path) -> None:
    """It refuses every tenth call or so: what is left of the budget refills while the suite waits."""
    with running_mock("--rate-limit", "403", "--rate-limit-cost", "9") as url:
        run = _run(tmp_path, "-k", "deleted_channel or nearly", CANVAS_URL=url, **WORLD)

    traffic = json.loads((tmp_path / "traffic.har").read_text("utf-8"))["log"]["entries"]
    assert run.returncode == 0, run.stdout
    assert any("Rate Limit Exceeded" in entry["response"]["content"]["text"] for entry in traffic)


def test_another_run_makes_no_more_rows(tmp_path: Path) -> None:
    with running_mock() as url:
        places = []
        for number in range(3):
            assert _run(tmp_path, "-k", "creation or push", CANVAS_URL=url, **WORLD).returncode == 0
            places.append(_next_position(url, number))

    assert places == [places[0], places[0] + 1, places[0] + 2], "each probe takes one row, and the suite none"


def test_no_report_names_a_stranger_or_a_token(tmp_path: Path) -> None:
    """Not even of a failure, with everything shown that pytest can show."""
    with served(DISORDER) as url:
        run = _run(tmp_path, "-k", "listing", "--showlocals", "--tb=long", CANVAS_URL=url, **WORLD)

    files = {file.name: file.read_text("utf-8") for file in tmp_path.iterdir()}
    told = run.stdout + run.stderr + "".join(files.values())
    assert run.returncode == 1
    assert {"report.html", "junit.xml", "traffic.har"} <= files.keys()
    assert "BROKEN: the list is in order" in run.stdout
    assert [secret for secret in (*_tokens(), *STRANGERS) if secret in told] == []


def test_no_report_holds_a_token_that_was_nearly_one(tmp_path: Path) -> None:
    """In other letter case, cut, or in another header, it tells as much as the token."""
    run = _run(tmp_path, "-k", "test_tokens", **WORLD)

    told = "".join(file.read_text("utf-8") for file in tmp_path.iterdir())
    assert run.returncode == 0
    assert [secret for secret in _tokens() if secret[:-1].lower() in told.lower()] == []


def test_a_failure_is_told_with_its_promise_and_a_script(tmp_path: Path) -> None:
    with served(DISORDER) as url:
        run = _run(tmp_path, "-k", "the_list_is_in_order", CANVAS_URL=url, **WORLD)

    junit = (tmp_path / "junit.xml").read_text("utf-8")
    for text in (run.stdout, junit):
        assert "Channels are listed by position" in text
        assert 'curl -sS -X GET "$CANVAS_URL"' in text
        assert "Bearer $CANVAS_TOKEN" in text


def test_an_account_that_somebody_else_changes_is_told_in_every_report(tmp_path: Path) -> None:
    with running_mock() as url:
        command = [*COMMAND, "-k", "creation"]
        environment = _environment(tmp_path, CANVAS_URL=url, **WORLD)
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own command
            while process.poll() is None and not _journalled(tmp_path):
                pass
            _next_position(url, 0)
            told, _ = process.communicate(timeout=120)

    junit = (tmp_path / "junit.xml").read_text("utf-8")
    cases = {case.get("name"): case for case in ET.fromstring(junit).iter("testcase")}  # noqa: S314  # the run wrote it
    assert process.returncode == 1
    assert "probe-0@example.org" not in told + junit
    assert "BROKEN: the account is as it was found" in told
    assert cases["the account is as it was found, user 1"].find("failure") is not None
    assert "the account is as it was found" in (tmp_path / "report.html").read_text("utf-8")


def _tokens() -> list[str]:
    return [value for name, value in WORLD.items() if name.endswith("_TOKEN")]


def _channels(url: str) -> bytes:
    return httpx2.get(f"{url}/api/v1/users/self/communication_channels?access_token=student-token").content


def _next_position(url: str, number: int) -> int:
    data = {"communication_channel[address]": f"probe-{number}@example.org", "communication_channel[type]": "email"}
    path = "/api/v1/users/self/communication_channels?access_token=student-token"
    position: int = httpx2.post(url + path, data=data).json()["position"]
    return position


def _journalled(folder: Path) -> bool:
    return any("made" in file.read_text("utf-8") for file in folder.glob("journal-*"))


def _interrupt(folder: Path, url: str, name: signal.Signals) -> int:
    """End a run by this signal as soon as it has made something; its exit status."""
    command = [*COMMAND, "-k", "creation"]
    environment = _environment(folder, CANVAS_URL=url, **WORLD)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:  # noqa: S603  # our own command
        while process.poll() is None and not _journalled(folder):
            pass
        process.send_signal(name)
        process.communicate(timeout=60)
    return process.returncode


def _environment(folder: Path, **variables: str) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CANVAS_")}
    return environment | {"PROFILE": "quick", "REPORTS": str(folder), **variables}


def _run(folder: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # our own command
        [*COMMAND, *options],
        env=_environment(folder, **variables),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@contextmanager
def _page(status: int) -> Iterator[str]:
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Location", "http://elsewhere.example/")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
