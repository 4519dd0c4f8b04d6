"""How the suite speaks to a target: slowly, within limits, to one origin, repeating nothing that it hears of people."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from contract_tests import pool
from contract_tests.call import Call
from contract_tests.caller import ADDRESS, TYPE
from contract_tests.journal import Journal
from contract_tests.mask import Mask
from contract_tests.script import shell_script
from contract_tests.server import WORLD, running_mock
from contract_tests.settings import NotJudged, Settings, read_settings
from contract_tests.wire import Clock, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TOKEN = "a-token-that-nobody-may-see"
STRANGER = "sheldon@caltech.example.edu"
SETTINGS = Settings("https://canvas.example.edu", {"CANVAS_TOKEN": TOKEN})
LIST = Call("GET", "self", token=TOKEN, token_name="CANVAS_TOKEN", operation="list_communication_channels")
CREATE = Call("POST", "self", body=((ADDRESS, pool.FIRST.address), (TYPE, "email")), owner=1)
LIMITED = httpx2.Response(403, text="403 Forbidden (Rate Limit Exceeded)\n", headers={"Content-Type": "text/plain"})


class Hands:
    """A clock that stands still but for what is waited."""

    def __init__(self) -> None:
        self.time = 0.0
        self.waits: list[float] = []

    def clock(self) -> Clock:
        return Clock(lambda: self.time, self.wait, lambda: datetime(2026, 3, 2, tzinfo=UTC))

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def connect(tmp_path: Path, hands: Hands) -> Callable[..., Wire]:
    """A wire to a server that says these things in turn, the last for ever; an exception is a lost connection."""

    def wire(*answers: httpx2.Response | Exception, **settings: Any) -> Wire:
        turns: Iterator[httpx2.Response | Exception] = itertools.chain(answers, itertools.repeat(answers[-1]))

        def handler(request: httpx2.Request) -> httpx2.Response:
            answer = next(turns)
            if isinstance(answer, Exception):
                raise answer
            return httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content, request=request)

        transport = httpx2.MockTransport(handler)
        return Wire(replace(SETTINGS, **settings), Journal(tmp_path, "origin"), hands.clock(), transport)

    return wire


def listed(*channels: dict[str, Any], **headers: str) -> httpx2.Response:
    return httpx2.Response(200, json=list(channels), headers=headers)


@pytest.mark.parametrize("status", [403, 429])
def test_a_throttled_call_is_sent_again_later(connect: Callable[..., Wire], hands: Hands, status: int) -> None:
    limited = httpx2.Response(status, text=LIMITED.text)
    wire = connect(limited, limited, listed())

    answer = wire.send(LIST)

    assert answer.status_code == 200
    assert hands.waits == [0.5, 1.0]


def test_a_target_that_only_throttles_cannot_be_judged(connect: Callable[..., Wire], hands: Hands) -> None:
    wire = connect(LIMITED)

    with pytest.raises(NotJudged, match="keeps answering Rate Limit Exceeded"):
        wire.send(LIST)

    assert sum(hands.waits) > 60


def test_an_ordinary_refusal_is_not_sent_again(connect: Callable[..., Wire]) -> None:
    wire = connect(httpx2.Response(403, json={"status": "unauthorized", "errors": [{"message": "no"}]}))

    assert wire.send(LIST).status_code == 403
    assert wire.sent == 1


def test_a_lost_connection_is_tried_again_for_what_is_safe(connect: Callable[..., Wire]) -> None:
    wire = connect(httpx2.ReadError("lost"), listed())

    assert wire.send(LIST).status_code == 200


def test_a_lost_connection_is_not_tried_again_for_a_create(connect: Callable[..., Wire]) -> None:
    wire = connect(httpx2.ReadError("lost"), httpx2.Response(200, json={}))

    with pytest.raises(NotJudged, match="does not answer"):
        wire.send(CREATE)


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateway_s_failure_ends_the_run_and_blames_nobody(connect: Callable[..., Wire], status: int) -> None:
    """What became of the create behind it is unknown."""
    wire = connect(httpx2.Response(status, text="<html>"), httpx2.Response(200, json={}))

    with pytest.raises(NotJudged, match=f"gateway answers {status}"):
        wire.send(CREATE)


def test_no_cookie_is_sent_back_or_kept(tmp_path: Path, hands: Hands) -> None:
    """A session would be one and the same for all tokens, and is as good as a token."""
    seen: list[str | None] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.headers.get("cookie"))
        return httpx2.Response(200, json=[], headers={"Set-Cookie": "canvas_session=a-session; path=/"})

    wire = Wire(SETTINGS, Journal(tmp_path, "origin"), hands.clock(), httpx2.MockTransport(answer))

    wire.send(LIST)
    wire.send(LIST)

    assert seen == [None, None]
    assert "a-session" not in repr(wire.exchanges)


def test_a_redirect_ends_the_run(connect: Callable[..., Wire]) -> None:
    wire = connect(httpx2.Response(302, headers={"Location": "https://elsewhere.example/"}))

    with pytest.raises(NotJudged, match="redirects elsewhere"):
        wire.send(LIST)


def test_an_answer_without_an_end_ends_the_run(connect: Callable[..., Wire]) -> None:
    wire = connect(httpx2.Response(200, content=b" " * 5_000_000))

    with pytest.raises(NotJudged, match="does not end"):
        wire.send(LIST)


def test_requests_keep_their_distance(connect: Callable[..., Wire], hands: Hands) -> None:
    wire = connect(listed(), rate=10.0)

    for _ in range(5):
        wire.send(LIST)

    assert sum(hands.waits) == pytest.approx(0.4)


def test_a_low_budget_slows_the_run_down_and_not_for_ever(connect: Callable[..., Wire], hands: Hands) -> None:
    wire = connect(listed(**{"X-Rate-Limit-Remaining": "50.0"}))

    wire.send(LIST)
    assert hands.waits == [0.25]
    for _ in range(2_000):
        wire.send(LIST)

    assert 300 <= sum(hands.waits) < 301


def test_the_budget_of_requests_ends_the_run_and_not_the_cleaning(connect: Callable[..., Wire]) -> None:
    wire = connect(listed(), profile="quick")
    wire.sent = wire.settings.limits.budget

    with pytest.raises(NotJudged, match="budget of 4000 requests is spent"):
        wire.send(LIST)

    wire.is_closing = True
    assert wire.send(LIST).status_code == 200


def test_the_run_has_an_end_in_time(connect: Callable[..., Wire], hands: Hands) -> None:
    wire = connect(listed(), profile="quick")
    hands.time = 30 * 60 + 1

    with pytest.raises(NotJudged, match="30 minutes are over"):
        wire.send(LIST)


def test_strangers_have_pseudonyms_everywhere(connect: Callable[..., Wire]) -> None:
    summary = f"550 no such user {STRANGER}"
    stranger = {"id": 1, "user_id": 1, "address": STRANGER, "type": "email", "last_bounce_summary": summary}
    ours = {"id": 2, "user_id": 1, "address": pool.PLUS.address, "type": "email"}
    wire = connect(listed(stranger, ours), httpx2.Response(404, text=f"what is {STRANGER}?"))

    first, second = wire.send(LIST).json()
    text = wire.send(LIST).text

    assert first["address"].startswith("masked-")
    assert text == f"what is {first['address']}?"
    assert second == ours
    assert STRANGER not in repr(wire.exchanges) + repr(wire.steps)


def test_a_pseudonym_is_the_same_in_every_run_and_another_with_another_token() -> None:
    answer = listed({"id": 1, "user_id": 1, "address": STRANGER, "type": "email"})
    answer.request = httpx2.Request("GET", "https://canvas.example.edu")
    masks = [Mask({"CANVAS_TOKEN": token}, ()) for token in ("one", "one", "two")]

    first, again, other = (mask.answer(answer).json()[0]["address"] for mask in masks)

    assert first == again != other


def test_no_token_is_in_what_is_kept(connect: Callable[..., Wire]) -> None:
    wire = connect(httpx2.Response(401, json={"errors": [{"message": f"{TOKEN} is unknown"}]}))

    wire.send(LIST)
    wire.send(replace(LIST, query=(("access_token", TOKEN),)))

    kept = repr(wire.exchanges) + repr(wire.steps) + shell_script(wire.steps, wire.mask) + repr(wire.settings)
    assert TOKEN not in wire.mask.text(kept)
    assert TOKEN not in repr(wire.exchanges) + repr(wire.settings)
    assert "Bearer $CANVAS_TOKEN" in kept


def test_a_script_runs_as_printed(tmp_path: Path) -> None:
    """The ids in it are the target's own: the fresh mock gives the same rows other numbers."""
    if shutil.which("curl") is None:
        pytest.skip("there is no curl on this machine to run the script with")
    with running_mock() as url:
        wire = _told(tmp_path, url)
        steps = wire.steps
        script = shell_script(steps, wire.mask)
    with running_mock("--world", str(_world(tmp_path))) as url:
        environment = {"CANVAS_URL": url, "CANVAS_TOKEN": WORLD["CANVAS_TOKEN"], "PATH": "/usr/bin:/bin"}
        run = subprocess.run(  # noqa: S603  # the script is what is tested
            ["/bin/bash", "-c", script], env=environment, capture_output=True, text=True, check=True
        )

    assert WORLD["CANVAS_TOKEN"] not in script
    assert str(steps[0].made) not in script
    assert run.stdout.count("The specified resource does not exist.") == 1, (
        "the token of a body is the shell's to put in"
    )
    assert run.stdout.count("user authorization required") == 1
    assert run.stdout.count('"workflow_state":"retired"') == 1
    assert run.stderr.count('"workflow_state":"unconfirmed"') == 1
    assert pool.PLUS.address.replace("&", "\\u0026") in run.stderr


def _told(folder: Path, url: str) -> Wire:
    settings = Settings(url, {"CANVAS_TOKEN": WORLD["CANVAS_TOKEN"]})
    wire = Wire(settings, Journal(folder, url))
    who = {"user": "self", "owner": 1, "token": settings.tokens["CANVAS_TOKEN"], "token_name": "CANVAS_TOKEN"}
    fields = ((ADDRESS, pool.PLUS.address), (TYPE, "email"))
    number = wire.send(Call("POST", body=fields, encoding="multipart", **who)).json()["id"]  # type: ignore[arg-type]  # of mixed types
    wire.send(Call("DELETE", tail=(str(number),), **who))  # type: ignore[arg-type]  # of mixed types
    wire.send(Call("GET", query=(("page", "1"),), **who))  # type: ignore[arg-type]  # of mixed types
    nobody = {**who, "token": None, "token_name": ""}
    token = (("access_token", WORLD["CANVAS_TOKEN"]),)
    wire.send(Call("DELETE", tail=(str(number),), body=token, **nobody))  # type: ignore[arg-type]  # of mixed types
    wire.send(Call("GET", headers=(("Authorization", f"bearer {token[0][1]}"),), **nobody))  # type: ignore[arg-type]  # of mixed types
    wire.close()
    return wire


def _world(folder: Path) -> Path:
    file = folder / "other.world.yaml"
    file.write_text(
        "users: [{id: 4, name: Ann, tokens: [student-token], channels: [{id: 900, type: sms, address: a}]}]"
    )
    return file


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CANVAS_TOKEN", "", "CANVAS_TOKEN is not set"),
        ("CANVAS_TOKEN", "two words", "CANVAS_TOKEN holds what no token holds"),
        ("CANVAS_OTHER_USER_ID", "sis:1", "CANVAS_OTHER_USER_ID is 'sis:1'"),
        ("SEED", "x", "SEED is 'x'"),
        ("RATE", "fast", "RATE is 'fast'"),
        ("PROFILE", "slow", "PROFILE is 'slow'"),
    ],
)
def test_a_setting_that_is_wrong_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    for variable in (*WORLD, "SEED", "RATE", "PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("CANVAS_TOKEN", TOKEN)
    monkeypatch.setenv(name, value)

    with pytest.raises(NotJudged, match=said) as raised:
        read_settings("https://canvas.example.edu", {})

    assert TOKEN not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "canvas.example.edu",
        "ftp://a.example",
        "https://a.example/api",
        "https://me@a.example",
        "http://a.example",
        "https://[::1",
        "https://a:b",
    ],
)
def test_a_url_that_is_no_safe_origin_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("CANVAS_TOKEN", TOKEN)

    with pytest.raises(NotJudged, match="CANVAS_URL"):
        read_settings(url, {})


def test_a_port_that_goes_without_saying_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANVAS_TOKEN", TOKEN)

    urls = [read_settings(f"https://A.example{port}", {}).url for port in ("", ":443", ":8443")]

    assert urls == ["https://a.example", "https://a.example", "https://a.example:8443"]


def test_plain_http_is_taken_from_who_insists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANVAS_TOKEN", TOKEN)
    monkeypatch.setenv("ALLOW_HTTP", "1")

    settings = read_settings("http://a.example:81", {})

    assert (settings.url, settings.rate) == ("http://a.example:81", 10.0)
