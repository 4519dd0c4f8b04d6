"""Responses with which Canvas rejects an access token (behaviour 2), or a channel because of its account's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract_tests.client.body import json_object

if TYPE_CHECKING:
    import httpx2

    from contract_tests.client.request import Request

_ROW_LIMIT = "limit exceeded"
_ACCOUNT_LIMIT = "maximum number"
_FORBIDDEN = "forbidden"


def is_token_rejected(response: httpx2.Response) -> bool:
    """Return whether the response rejects the token itself, and not what the token is used for.

    Other 401 responses do not reject the token: a denied request has the status `unauthorized`, which older Canvas
    translates; a denied masquerade has text as `errors`; a request outside the token's scopes has its own message.
    """
    if response.status_code != 401 or is_outside_scopes(response):
        return False
    body = json_object(response)
    return body.get("status") in {None, "unauthenticated"} and not isinstance(body.get("errors"), str)


def is_outside_scopes(response: httpx2.Response) -> bool:
    """Return whether the token is valid, and its scopes do not allow the request."""
    return response.status_code == 401 and "insufficient scopes" in response.text.lower()


def account_sentence(request: Request, response: httpx2.Response, required: int, available: int) -> str | None:
    """Return one sentence if a limit or a banned domain of the account rejects the creation; None otherwise.

    `required` is the number of the user's rows that the run needs, `available` the number of those that it could
    create.
    """
    errors = json_object(response).get("errors") if request.method == "POST" and response.status_code == 400 else None
    if not isinstance(errors, dict):
        return None
    needed = max(required, available + 1)  # at least one more than available: that of the rejected creation
    numbers = f"{needed} needed, {available} available"
    if _has_text(errors.get("user_id"), _ROW_LIMIT):
        return (
            f"User {request.owner} has too few free rows for the channels of the suite: {numbers}; "
            "use a new test user, because Canvas also counts deleted channels."
        )
    if _is_account_limit(request, errors.get("type")) and request.user != "self":
        return (
            f"The account allows the user of {request.token_name or 'the token'} no further channel: its limit counts "
            "the channels of that user, even in a creation for another one; raise the account's limit, or use the "
            "token of a user with fewer channels."
        )
    if _is_account_limit(request, errors.get("type")):
        return (
            f"The account allows the user of {request.token_name or 'the token'} too few channels for those of the "
            f"suite, free rows: {numbers}; raise the account's limit, use a test user with fewer channels, or wait an "
            "hour if the user has deleted channels, which count for so long."
        )
    if _has_text(errors.get("email"), _FORBIDDEN):
        domain = str((request.values("communication_channel[address]") or [""])[-1]).rpartition("@")[2].lower()
        return (
            f"The account bans e-mail addresses of the domain {domain}, which is reserved for tests and which the "
            "suite needs; remove it from the account's banned domains, or use a test user of another account."
        )
    return None


def _is_account_limit(request: Request, text: object) -> bool:
    """Return whether the text is the error of the account's limit, which Canvas translates (behaviour 5.6).

    Push channels have other errors of the same form (behaviour 5.7).
    """
    if not isinstance(text, str):
        return False
    return "push" not in request.values("communication_channel[type]") or _ACCOUNT_LIMIT in text.lower()


def _has_text(entries: Any, text: str) -> bool:
    """Return whether the type or the message of one of the validation errors contains the text."""
    errors = [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
    return any(text in str(error.get(name)).lower() for error in errors for name in ("type", "message"))
