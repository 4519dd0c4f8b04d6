"""The age of a Canvas: the years in which Canvas responded as the target did (behaviour 0.1, 5.2, 9, 15)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract_tests.client.exchange import Exchange

TODAY = 2026
"""The year of the Canvas that the contract describes."""
OLDEST = 0
"""The first year of a behaviour that Canvas always had."""

_REJECTED_TOKENS = frozenset({"CANVAS_EXPIRED_TOKEN", "CANVAS_REVOKED_TOKEN"})
_OWN_TOKEN_ERRORS = ("Expired access token", "Revoked access token")
_UNKNOWN_TOKEN_ERROR = "Invalid access token"  # noqa: S105 - a message, not a token
_BUILT_IN_TYPES = frozenset({"blank", "invalid", "taken"})
"""The error types of Rails, whose messages differ between old and new Canvas; Canvas's own messages are their types."""
_CANVAS_HEADERS = ("x-canvas-", "x-rate-limit-", "x-request-")


class Sign(NamedTuple):
    """A behaviour that dates a Canvas, and the first and the last year in which Canvas had it."""

    description: str
    earliest: int
    latest: int
    is_weak: bool = False
    """Whether a proxy, a setting or a permission may cause the behaviour, too."""


TOKENS_DISTINGUISHED = Sign("expired and revoked tokens have their own messages", TODAY, TODAY)
TOKENS_NOT_DISTINGUISHED = Sign("expired and revoked tokens have the message of an unknown token", OLDEST, TODAY - 1)
MESSAGES_AS_TEXT = Sign("the messages of validation errors are sentences", 2024, TODAY)
MESSAGES_AS_TYPES = Sign("the messages of validation errors are error types", OLDEST, 2023)
NULL_MESSAGE = Sign("the message for a blank push token is null", OLDEST, 2023)
DENIED_AS_403 = Sign("denied requests have status 403", 2022, TODAY)
DENIED_AS_401 = Sign("denied requests have status 401", OLDEST, 2023)
BOUNCES_SHOWN = Sign("site admins receive bounce fields", 2024, TODAY, is_weak=True)
NAMES_IN_LOWER_CASE = Sign("header names are in lower case", 2024, TODAY, is_weak=True)
NAMES_IN_CAPITALS = Sign("header names have capital letters", OLDEST, 2024, is_weak=True)
BOUNCES_NOT_SHOWN = Sign("site admins receive no bounce fields", OLDEST, 2023, is_weak=True)

SIGNS = (
    TOKENS_DISTINGUISHED,
    TOKENS_NOT_DISTINGUISHED,
    MESSAGES_AS_TEXT,
    MESSAGES_AS_TYPES,
    NULL_MESSAGE,
    DENIED_AS_403,
    DENIED_AS_401,
    BOUNCES_SHOWN,
    NAMES_IN_LOWER_CASE,
    NAMES_IN_CAPITALS,
    BOUNCES_NOT_SHOWN,
)
"""All signs, the most reliable first."""


class CanvasAge(NamedTuple):
    """The years in which Canvas had all the observed behaviours.

    If some belong to an old Canvas and others to a new one, `earliest` is after `latest`.
    """

    earliest: int
    latest: int
    signs: tuple[Sign, ...]
    """The observed signs."""

    @property
    def sentence(self) -> str:
        """The age in one sentence."""
        return f"The target responds like a Canvas {_period(self.earliest, self.latest)}."

    @property
    def evidence(self) -> str:
        """The observed signs in one sentence."""
        return f"Observed: {'; '.join(sign.description for sign in self.signs)}."


def estimate_age(exchanges: Iterable[Exchange]) -> CanvasAge | None:
    """Return the age of the Canvas with these responses; None if they show no sign of it.

    A weak sign counts only if it does not contradict the signs before it.
    """
    observed = {sign for exchange in exchanges for sign in _signs(exchange)}
    signs = tuple(sign for sign in SIGNS if sign in observed)
    earliest, latest = OLDEST, TODAY
    for sign in signs:
        if not (sign.is_weak and (sign.earliest > latest or sign.latest < earliest)):
            earliest, latest = max(earliest, sign.earliest), min(latest, sign.latest)
    return CanvasAge(earliest, latest, signs) if (earliest, latest) != (OLDEST, TODAY) else None


def _period(earliest: int, latest: int) -> str:
    if earliest > latest:
        return f"of about {latest} in some responses, and like one {_period(earliest, TODAY)} in others"
    if earliest == TODAY:
        return f"of today ({TODAY})"
    if earliest == OLDEST:
        return f"of {latest} or older"
    if latest == TODAY:
        return f"of {earliest} or later"
    return f"of about {latest}" if latest - earliest <= 1 else f"of {earliest} to {latest}"


def _signs(exchange: Exchange) -> Iterator[Sign]:
    yield from _signs_of_headers(exchange)
    match exchange.status:
        case 200:
            yield from _signs_of_channels(exchange)
        case 400 | 422:
            yield from _signs_of_validation_errors(_json_object(exchange))
        case 401:
            yield from _signs_of_rejected_tokens(exchange)
        case 403 if "status" in _json_object(exchange):  # a 403 of the rate limit or of a proxy has none
            yield DENIED_AS_403


def _signs_of_headers(exchange: Exchange) -> Iterator[Sign]:
    names = [name for name, _ in exchange.response_headers if name.lower().startswith(_CANVAS_HEADERS)]
    if names:
        yield NAMES_IN_LOWER_CASE if all(map(str.islower, names)) else NAMES_IN_CAPITALS


def _signs_of_channels(exchange: Exchange) -> Iterator[Sign]:
    if '"bounce_count"' in exchange.body:
        yield BOUNCES_SHOWN
    elif exchange.actor == "CANVAS_SITE_ADMIN_TOKEN" and '"workflow_state"' in exchange.body:
        yield BOUNCES_NOT_SHOWN


def _signs_of_validation_errors(body: dict[str, Any]) -> Iterator[Sign]:
    """Yield the signs of errors by attribute (400), and of a list of errors with their fields (422)."""
    errors = body.get("errors")
    lists = errors.values() if isinstance(errors, dict) else [errors]
    entries = [entry for entries in lists if isinstance(entries, list) for entry in entries]
    for error in (entry for entry in entries if isinstance(entry, dict)):
        message = error.get("message", "")
        if message is None:
            yield NULL_MESSAGE
        elif error.get("type") in _BUILT_IN_TYPES:
            yield MESSAGES_AS_TYPES if message == error["type"] else MESSAGES_AS_TEXT


def _signs_of_rejected_tokens(exchange: Exchange) -> Iterator[Sign]:
    """Yield the signs of a 401: for a token that is not accepted, or for a denied request of an older Canvas."""
    body = _json_object(exchange)
    message = _first_message(body)
    if message.startswith(_OWN_TOKEN_ERRORS):
        yield TOKENS_DISTINGUISHED
    elif exchange.actor in _REJECTED_TOKENS and message.startswith(_UNKNOWN_TOKEN_ERROR):
        yield TOKENS_NOT_DISTINGUISHED
    elif body.get("status", "unauthenticated") != "unauthenticated" and not _has_challenge(exchange):
        yield DENIED_AS_401


def _has_challenge(exchange: Exchange) -> bool:
    return any(name.lower() == "www-authenticate" for name, _ in exchange.response_headers)


def _first_message(body: dict[str, Any]) -> str:
    match body.get("errors"):
        case [{"message": str(message)}, *_]:
            return message
    return ""


def _json_object(exchange: Exchange) -> dict[str, Any]:
    """Return the JSON object in the response; an empty one for any other body."""
    try:
        body = json.loads(exchange.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
