"""The age of a Canvas, from single responses, from the recordings of a running Canvas, and from the mock."""

from __future__ import annotations

import asyncio
import logging
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.oracle import canvas_age
from contract_tests.oracle.canvas_age import SIGNS, CanvasAge, Sign, estimate_age
from mockserver import World, create_app, read_world
from recordings.exchanges import read_sequences, world_file
from recordings.replay import _send
from tests.contract_tests.samples import CREATE, LIST, exchange

if TYPE_CHECKING:
    from contract_tests.client.exchange import Exchange
    from recordings.exchanges import Exchange as RecordedExchange
    from recordings.exchanges import Response

_ACTORS = {
    "expired-token": "CANVAS_EXPIRED_TOKEN",
    "revoked-token": "CANVAS_REVOKED_TOKEN",
    "site-admin-token": "CANVAS_SITE_ADMIN_TOKEN",
}
_SEQUENCES = 60
"""The number of recorded sequences, which contain responses of every kind."""


def _validation_error(message: str | None, type_: str = "blank") -> Exchange:
    return exchange(CREATE, 400, {"errors": {"path": [{"attribute": "path", "message": message, "type": type_}]}})


def _token_error(message: str, actor: str = "CANVAS_REVOKED_TOKEN") -> Exchange:
    headers = (("WWW-Authenticate", "Bearer"),)
    return exchange(LIST, 401, {"errors": [{"message": message}]}, actor=actor, response_headers=headers)


def _denied(status: int, *headers: tuple[str, str]) -> Exchange:
    body = {"status": "unauthorized", "errors": [{"message": "user not authorized"}]}
    return exchange(LIST, status, body, response_headers=headers)


def _list(*, with_bounces: bool) -> Exchange:
    channel = {"id": 1, "workflow_state": "active", **({"bounce_count": 0} if with_bounces else {})}
    return exchange(LIST, 200, [channel], actor="CANVAS_SITE_ADMIN_TOKEN")


def _headers(*names: str) -> Exchange:
    return exchange(LIST, 200, [], response_headers=tuple((name, "x") for name in names))


BLANK_TOKEN = exchange(CREATE, 422, {"errors": [{"field": "token", "message": None, "error_code": "blank"}]})
WORDS, SENTENCES = _validation_error("blank"), _validation_error("muss ausgefüllt werden")
REVOKED, INVALID = _token_error("Revoked access token."), _token_error("Invalid access token.")


@pytest.mark.parametrize(
    ("sample", "sign"),
    [
        (REVOKED, canvas_age.TOKENS_DISTINGUISHED),
        (_token_error("Expired access token.", "CANVAS_EXPIRED_TOKEN"), canvas_age.TOKENS_DISTINGUISHED),
        (INVALID, canvas_age.TOKENS_NOT_DISTINGUISHED),
        (WORDS, canvas_age.MESSAGES_AS_TYPES),
        (SENTENCES, canvas_age.MESSAGES_AS_TEXT),
        (BLANK_TOKEN, canvas_age.NULL_MESSAGE),
        (_denied(403), canvas_age.DENIED_AS_403),
        (_denied(401), canvas_age.DENIED_AS_401),
        (_list(with_bounces=True), canvas_age.BOUNCES_SHOWN),
        (_list(with_bounces=False), canvas_age.BOUNCES_NOT_SHOWN),
        (_headers("x-request-cost", "Server"), canvas_age.NAMES_IN_LOWER_CASE),
        (_headers("X-Canvas-Meta", "date"), canvas_age.NAMES_IN_CAPITALS),
    ],
)
def test_response_is_a_sign_of_age(sample: Exchange, sign: Sign) -> None:
    age = estimate_age([sample])

    assert age is not None
    assert age.signs == (sign,)
    assert (age.earliest, age.latest) == (sign.earliest, sign.latest)


@pytest.mark.parametrize(
    "sample",
    [
        _token_error("Invalid access token.", "CANVAS_TOKEN"),
        _denied(401, ("www-authenticate", "Bearer")),
        _validation_error("unique!", "unique!"),
        exchange(LIST, 401, {"errors": "Invalid as_user_id"}),
        exchange(LIST, 403, "403 Forbidden (Rate Limit Exceeded)\n", "text/plain"),
        exchange(LIST, 400, "{"),
        exchange(LIST, 400, {"errors": {"type": "SNS is not configured"}}),
        _headers("Server", "Date"),
    ],
)
def test_response_without_a_sign_has_no_age(sample: Exchange) -> None:
    assert estimate_age([sample]) is None


@pytest.mark.parametrize(
    ("samples", "period"),
    [
        ([REVOKED], "of today (2026)"),
        ([WORDS], "of 2023 or older"),
        ([WORDS, _denied(403)], "of about 2023"),
        ([SENTENCES, INVALID], "of about 2025"),
        ([_denied(403), INVALID], "of 2022 to 2025"),
        ([SENTENCES], "of 2024 or later"),
        ([REVOKED, WORDS], "of about 2023 in some responses, and like one of today (2026) in others"),
    ],
)
def test_age_is_a_sentence(samples: list[Exchange], period: str) -> None:
    age = estimate_age(samples)

    assert age is not None
    assert age.sentence == f"The target responds like a Canvas {period}."


def test_weak_sign_narrows_the_age_and_does_not_contradict_it() -> None:
    capitals, bounces = _headers("X-Request-Cost"), _list(with_bounces=True)

    narrowed, unchanged = estimate_age([capitals, SENTENCES]), estimate_age([bounces, capitals, WORDS, _denied(403)])

    assert narrowed is not None
    assert unchanged is not None
    assert (narrowed.earliest, narrowed.latest) == (2024, 2024)
    assert (unchanged.earliest, unchanged.latest) == (2022, 2023)


def test_every_sign_is_listed_once() -> None:
    declared = [value for value in vars(canvas_age).values() if isinstance(value, Sign)]

    assert set(declared) == set(SIGNS)
    assert len(set(SIGNS)) == len(SIGNS)


def test_recorded_canvas_is_of_2023() -> None:
    recorded = [step for sequence in read_sequences("default") for step in sequence]

    age = estimate_age([_exchange(step, step.response) for step in recorded])

    assert age is not None
    assert age.sentence == "The target responds like a Canvas of about 2023."
    assert {canvas_age.TOKENS_NOT_DISTINGUISHED, canvas_age.MESSAGES_AS_TYPES, canvas_age.DENIED_AS_403} <= {*age.signs}


def test_mock_is_of_today(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "mockserver")

    age = asyncio.run(_age_of_mock())

    assert age is not None
    assert age.sentence == "The target responds like a Canvas of today (2026)."
    assert {canvas_age.TOKENS_DISTINGUISHED, canvas_age.MESSAGES_AS_TEXT, canvas_age.BOUNCES_SHOWN} <= {*age.signs}


async def _age_of_mock() -> CanvasAge | None:
    """Return the age of the mock, from its responses to recorded requests."""
    world = World(read_world(world_file("default")))
    app, exchanges = create_app(world), []
    for sequence in islice(read_sequences("default"), _SEQUENCES):
        world.reset()
        exchanges += [_exchange(step, await _send(app, step)) for step in sequence]
    return estimate_age(exchanges)


def _exchange(recorded: RecordedExchange, response: Response) -> Exchange:
    """Return a recorded request with a response as an exchange of the suite."""
    token = recorded.headers.get("Authorization", "").removeprefix("Bearer ")
    changes: dict[str, Any] = {"actor": _ACTORS.get(token, token), "response_headers": tuple(response.headers.items())}
    return exchange("", response.status, response.body, **changes)
