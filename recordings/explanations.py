"""The known reasons why the mock's response differs from the recorded one; every other difference is a mistake."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from recordings.exchanges import Exchange, Response

_INVALID_TOKEN = {"errors": [{"message": "Invalid access token."}]}
_BOUNCE_RESET = re.compile(r"/communication_channels/[^/?]+/?(\?|$)")
_SHARD_AND_USER = re.compile(r"/users/\d+(~|%7E)\d+/")


class Explanation(NamedTuple):
    """One reason for a difference, and whether it applies to an exchange and the mock's response."""

    name: str
    reason: str
    applies: Callable[[Exchange, Response], bool]


def _is_crash(recorded: Exchange, mock: Response) -> bool:
    return recorded.response.status == 500 and 400 <= mock.status < 500


def _mentions(word: str) -> Callable[[Exchange, Response], bool]:
    """Return a function that decides whether Canvas crashed and the mock's error message contains the word."""
    return lambda recorded, mock: _is_crash(recorded, mock) and word in mock.body


def _creates_push(recorded: Exchange) -> bool:
    return recorded.method == "POST" and "push" in f"{recorded.path} {recorded.body}"


AGE = (
    Explanation(
        "revoked and expired tokens",
        "The recorded Canvas has one message for unknown, revoked and expired tokens; Canvas of today has three.",
        lambda recorded, mock: (
            recorded.response.status == mock.status == 401 and _without_report_id(recorded.response) == _INVALID_TOKEN
        ),
    ),
    Explanation(
        "permission for push channels",
        "The recorded Canvas checks the permission to create a push channel; Canvas of today does not.",
        lambda recorded, mock: (
            recorded.response.status == 403 and mock.status in {200, 400, 422} and _creates_push(recorded)
        ),
    ),
    Explanation(
        "imported channels",
        "In the recorded Canvas not even an admin can delete an imported channel; in Canvas of today an admin can.",
        lambda recorded, mock: (recorded.response.status, mock.status) == (403, 200) and recorded.method == "DELETE",
    ),
    Explanation(
        "address of a twitter channel",
        "The recorded Canvas shows a label as the address of a twitter channel; Canvas of today shows the address.",
        lambda recorded, mock: (
            recorded.response.status == mock.status == 200 and "Twitter Handle" in recorded.response.body
        ),
    ),
    Explanation(
        "reset of a bounce count without a token",
        "The recorded Canvas looks up the channel first; Canvas of today requires a token first.",
        lambda recorded, mock: (
            recorded.method == "POST"
            and mock.status == 401
            and recorded.response.status in {401, 404}
            and _BOUNCE_RESET.search(recorded.path) is not None
        ),
    ),
)
HOSTED = (
    Explanation(
        "user ids such as 1~2",
        "Hosted Canvas accepts them, and the recorded Canvas does not. `tilde_user_ids: false` in a world file "
        "selects the recorded behaviour.",
        lambda recorded, mock: (
            recorded.response.status == 404 != mock.status and _SHARD_AND_USER.search(recorded.path) is not None
        ),
    ),
)
CRASHES = (
    Explanation(
        "no communication_channel",
        "Canvas responds 500; the mock responds 400.",
        _mentions("communication_channel is missing"),
    ),
    Explanation(
        "an address or a push token over 255 characters",
        "Canvas's database rejects the value, and Canvas responds 500; the mock responds 400.",
        _mentions("is longer than 255 characters"),
    ),
    Explanation(
        "a type or an address that is not text",
        "Canvas responds 500; the mock responds 400.",
        _mentions("must be text"),
    ),
    Explanation(
        "an unknown type with an address that exists as e-mail",
        "The row violates a unique index of Canvas's database, and Canvas responds 500; the mock responds 400.",
        _mentions("is stored as email"),
    ),
)


def explain(recorded: Exchange, mock: Response) -> Explanation | None:
    """Return the first explanation that applies, or None."""
    return next((each for each in (*AGE, *HOSTED, *CRASHES) if each.applies(recorded, mock)), None)


def _without_report_id(response: Response) -> object:
    value = response.json()
    return {"errors": value["errors"]} if isinstance(value, dict) and "errors" in value else value
