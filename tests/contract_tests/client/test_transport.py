"""Rate, limits, retries and records of the transport."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx2
import hypothesis
import pytest
from hypothesis import strategies as st

from contract_tests.client.api_client import ADDRESS, TYPE
from contract_tests.client.request import Request
from contract_tests.client.run.pacing import Clock
from contract_tests.client.safety import addresses
from contract_tests.client.safety.journal import Journal
from contract_tests.client.safety.leaks import LeakError
from contract_tests.client.settings import PROFILES, Inconclusive, Settings
from contract_tests.client.transport import Transport
from contract_tests.report.record.script import shell_script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TOKEN = "a-token-that-nobody-may-see"
PERSONAL_ADDRESS = "sheldon@caltech.example.edu"
SETTINGS = Settings("https://canvas.example.edu", {"CANVAS_TOKEN": TOKEN})
LIST = Request("GET", "self", token=TOKEN, token_name="CANVAS_TOKEN", operation="list_communication_channels")
CREATE = Request("POST", "self", body=((ADDRESS, addresses.FIRST.address), (TYPE, "email")), owner=1)
RATE_LIMITED = httpx2.Response(
    403, text="403 Forbidden (Rate Limit Exceeded)\n", headers={"Content-Type": "text/plain"}
)


class FakeClock:
    """A clock that only advances when the transport waits."""

    def __init__(self) -> None:
        self.time = 0.0
        self.waits: list[float] = []

    def clock(self) -> Clock:
        return Clock(lambda: self.time, self.wait, lambda: datetime(2026, 3, 2, tzinfo=UTC))

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def connect(tmp_path: Path, clock: FakeClock) -> Callable[..., Transport]:
    """Return a function that makes a transport to a server with these responses.

    The server repeats the last response; an exception in place of a response is a lost connection.
    """

    def transport(*responses: httpx2.Response | Exception, **settings: Any) -> Transport:
        queue: Iterator[httpx2.Response | Exception] = itertools.chain(responses, itertools.repeat(responses[-1]))

        def handler(request: httpx2.Request) -> httpx2.Response:
            response = next(queue)
            if isinstance(response, Exception):
                raise response
            return httpx2.Response(
                response.status_code, headers=response.headers, content=response.content, request=request
            )

        http_transport = httpx2.MockTransport(handler)
        return Transport(replace(SETTINGS, **settings), Journal(tmp_path, "origin"), clock.clock(), http_transport)

    return transport


def list_response(*channels: dict[str, Any], **headers: str) -> httpx2.Response:
    return httpx2.Response(200, json=list(channels), headers=headers)


@pytest.mark.parametrize("status", [403, 429])
def test_rate_limited_request_is_repeated(connect: Callable[..., Transport], clock: FakeClock, status: int) -> None:
    rate_limited = httpx2.Response(status, text=RATE_LIMITED.text)
    transport = connect(rate_limited, rate_limited, list_response())

    response = transport.send(LIST)

    assert response.status_code == 200
    assert clock.waits == [0.5, 1.0]  # the first of throttling.WAITS


def test_permanent_rate_limit_is_inconclusive(connect: Callable[..., Transport], clock: FakeClock) -> None:
    transport = connect(RATE_LIMITED)

    with pytest.raises(Inconclusive, match="keeps returning Rate Limit Exceeded"):
        transport.send(LIST)

    assert sum(clock.waits) > 60


def test_denied_request_is_not_repeated(connect: Callable[..., Transport]) -> None:
    transport = connect(httpx2.Response(403, json={"status": "unauthorized", "errors": [{"message": "no"}]}))

    assert transport.send(LIST).status_code == 403
    assert transport.sent == 1


def test_list_is_repeated_after_a_lost_connection(connect: Callable[..., Transport]) -> None:
    transport = connect(httpx2.ReadError("lost"), list_response())

    assert transport.send(LIST).status_code == 200


def test_creation_is_not_repeated_after_a_lost_connection(connect: Callable[..., Transport]) -> None:
    """A repetition would receive the second response."""
    transport = connect(httpx2.ReadError("lost"), httpx2.Response(200, json={}))

    with pytest.raises(Inconclusive, match="sends no response"):
        transport.send(CREATE)


@pytest.mark.parametrize("status", [502, 503, 504])
def test_gateway_error_on_a_creation_is_inconclusive(connect: Callable[..., Transport], status: int) -> None:
    """Whether Canvas created the channel is unknown."""
    transport = connect(httpx2.Response(status, text="<html>"), httpx2.Response(200, json={}))

    with pytest.raises(Inconclusive, match=f"gateway returns {status}"):
        transport.send(CREATE)


def test_cookies_are_neither_sent_nor_recorded(tmp_path: Path, clock: FakeClock) -> None:
    """A session cookie would apply to all tokens, and gives the same access as a token."""
    sent_cookies: list[str | None] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        sent_cookies.append(request.headers.get("cookie"))
        return httpx2.Response(200, json=[], headers={"Set-Cookie": "canvas_session=a-session; path=/"})

    transport = Transport(SETTINGS, Journal(tmp_path, "origin"), clock.clock(), httpx2.MockTransport(handler))

    transport.send(LIST)
    transport.send(LIST)

    assert sent_cookies == [None, None]
    assert "a-session" not in repr(transport.exchanges)


def test_redirect_to_another_origin_is_inconclusive(connect: Callable[..., Transport]) -> None:
    transport = connect(httpx2.Response(302, headers={"Location": "https://elsewhere.example/"}))

    with pytest.raises(Inconclusive, match="redirects to another origin"):
        transport.send(LIST)


def test_too_large_response_is_inconclusive(connect: Callable[..., Transport]) -> None:
    transport = connect(httpx2.Response(200, content=b" " * 5_000_000))

    with pytest.raises(Inconclusive, match="larger than 4 MiB"):
        transport.send(LIST)


def test_requests_are_sent_at_the_rate_of_the_settings(connect: Callable[..., Transport], clock: FakeClock) -> None:
    transport = connect(list_response(), rate=10.0)

    for _ in range(5):
        transport.send(LIST)

    assert sum(clock.waits) == pytest.approx(0.4)


def test_low_rate_limit_slows_the_run_down_by_five_minutes_at_most(
    connect: Callable[..., Transport], clock: FakeClock
) -> None:
    transport = connect(list_response(**{"X-Rate-Limit-Remaining": "50.0"}))

    transport.send(LIST)
    assert clock.waits == [0.25]  # half of the longest pause, since 50 is half of the limit of 100
    for _ in range(2_000):
        transport.send(LIST)

    assert 300 <= sum(clock.waits) < 301


def test_limit_of_requests_ends_the_run_but_not_the_clean_up(connect: Callable[..., Transport]) -> None:
    transport = connect(list_response(), profile="quick")
    transport.sent = transport.settings.limits.budget

    with pytest.raises(Inconclusive, match=f"limit of {transport.settings.limits.budget} requests"):
        transport.send(LIST)

    transport.is_cleaning_up = True
    assert transport.send(LIST).status_code == 200


def test_limit_of_minutes_ends_the_run(connect: Callable[..., Transport], clock: FakeClock) -> None:
    transport = connect(list_response(), profile="quick")
    clock.time = transport.settings.limits.minutes * 60 + 1

    with pytest.raises(Inconclusive, match=f"limit of {transport.settings.limits.minutes} minutes"):
        transport.send(LIST)


def test_personal_addresses_are_redacted_in_responses_and_records(connect: Callable[..., Transport]) -> None:
    summary = f"550 no such user {PERSONAL_ADDRESS}"
    personal = {"id": 1, "user_id": 1, "address": PERSONAL_ADDRESS, "type": "email", "last_bounce_summary": summary}
    created_by_suite = {"id": 2, "user_id": 1, "address": addresses.PLUS.address, "type": "email"}
    transport = connect(
        list_response(personal, created_by_suite), httpx2.Response(404, text=f"what is {PERSONAL_ADDRESS}?")
    )

    first, second = transport.send(LIST).json()
    text = transport.send(LIST).text

    assert first["address"].startswith("redacted-")
    assert text == f"what is {first['address']}?"
    assert second == created_by_suite
    assert PERSONAL_ADDRESS not in repr(transport.exchanges) + repr(transport.steps)


def test_tokens_are_redacted_in_records_and_scripts(connect: Callable[..., Transport]) -> None:
    transport = connect(httpx2.Response(401, json={"errors": [{"message": f"{TOKEN} is unknown"}]}))

    for request in (LIST, replace(LIST, query=(("access_token", TOKEN),))):
        with pytest.raises(LeakError, match=r"contains \$CANVAS_TOKEN in its body"):
            transport.send(request)

    records = (
        repr(transport.exchanges)
        + repr(transport.steps)
        + shell_script(transport.steps, transport.redactor)
        + repr(transport.settings)
    )
    assert TOKEN not in transport.redactor.redact_text(records)
    assert TOKEN not in repr(transport.exchanges) + repr(transport.settings)
    assert "Bearer $CANVAS_TOKEN" in records


def test_shrinking_does_not_count_towards_the_limit_of_the_run(connect: Callable[..., Transport]) -> None:
    transport = connect(list_response())
    limit = PROFILES["default"].budget
    transport.sent = limit - 1
    transport.observation.record(AssertionError("expected 200, got 201"), [])  # further examples only shrink

    @hypothesis.settings(max_examples=20, database=None)
    @hypothesis.given(st.booleans())
    def send(_: Any) -> None:
        transport.send(LIST)

    send()
    transport.observation.start_test()

    # one request is left
    assert transport.send(LIST).status_code == 200
    with pytest.raises(Inconclusive, match="limit"):
        transport.send(LIST)


def test_steps_of_a_test_with_requests_begin_with_earlier_creates(connect: Callable[..., Transport]) -> None:
    transport = connect(httpx2.Response(200, json={"id": 7, "user_id": 1, "address": addresses.FIRST.address}))
    transport.send(CREATE)
    transport.start_test("test_tokens::test_first")

    assert [step.created_id for step in transport.steps] == [7]
    assert transport.steps_of_test() == ()

    transport.send(LIST)
    assert [step.request.method for step in transport.steps_of_test()] == ["POST", "GET"]
