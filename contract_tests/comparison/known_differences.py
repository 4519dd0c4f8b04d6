"""Known reasons why a Canvas responds differently from the mock: crashes, its age, and its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from contract_tests.client.body import json_object
from contract_tests.oracle.known_defects import known_defect_name

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from contract_tests.client.request import Request
    from contract_tests.comparison.comparable import Difference

_INVALID_TOKEN = [{"message": "Invalid access token."}]
_NEWER_MESSAGES = frozenset({"Expired access token.", "Revoked access token."})
_OLDER_MESSAGES = {"can't be blank": "'blank'", "is invalid": "'invalid'", "has already been taken": "'taken'"}
"""The messages of validation errors in the mock, and in an older Canvas, which repeats the type."""

_LINKS_AFTER_THE_LAST = frozenset({"/headers/link/last", "/headers/link/next", "/headers/link/*/query/per_page"})


class _KnownDifference(NamedTuple):
    """A difference between the mock and a Canvas of another age, or with other settings."""

    name: str
    explains: Callable[[Difference, httpx2.Response, httpx2.Response], bool]
    """Whether it is the reason of a difference, by the mock's response and the target's."""


def known_reason(
    request: Request, difference: Difference, mock: httpx2.Response, target: httpx2.Response
) -> str | None:
    """Return the known reason of one difference between two responses, or None."""
    defect = known_defect_name(request, target)
    # If the mock returns 500 as well, the defect does not explain the difference.
    if defect is not None and mock.status_code != 500:
        return f"known defect: {defect}"
    return next((known.name for known in _KNOWN_DIFFERENCES if known.explains(difference, mock, target)), None)


def _is_older_denial(_: Difference, mock: httpx2.Response, target: httpx2.Response) -> bool:
    body = json_object(target)
    is_denial = body.get("status") not in {None, "unauthenticated"} and isinstance(body.get("errors"), list)
    return (mock.status_code, target.status_code) == (403, 401) and is_denial


def _is_older_token_error(_: Difference, mock: httpx2.Response, target: httpx2.Response) -> bool:
    newer = [error.get("message") for error in _errors(mock)]
    is_newer = bool(newer) and set(newer) <= _NEWER_MESSAGES
    return mock.status_code == target.status_code == 401 and is_newer and _errors(target) == _INVALID_TOKEN


def _is_older_message(difference: Difference, mock: httpx2.Response, target: httpx2.Response) -> bool:
    is_message = difference.part.startswith("/body/errors/") and difference.part.endswith("/message")
    older = {_OLDER_MESSAGES.get(difference.mock.strip("\"'"), difference.mock), "null"}
    return is_message and mock.status_code == target.status_code and difference.target in older


def _is_newer_last_link(difference: Difference, mock: httpx2.Response, target: httpx2.Response) -> bool:
    is_after_the_last = "last" not in mock.links and "last" in target.links and "next" not in target.links
    return is_after_the_last and difference.part in _LINKS_AFTER_THE_LAST


def _is_report_id(difference: Difference, _: httpx2.Response, __: httpx2.Response) -> bool:
    return difference.part == "/body/error_report_id" and "absent" in {difference.mock, difference.target}


def _errors(response: httpx2.Response) -> list[Any]:
    errors = json_object(response).get("errors")
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


_KNOWN_DIFFERENCES = (
    _KnownDifference("older Canvas: 401 for a denied request, 403 in a newer one", _is_older_denial),
    _KnownDifference("older Canvas: one message for unknown, expired and revoked tokens", _is_older_token_error),
    _KnownDifference("older Canvas: the message of a validation error is its type, or null", _is_older_message),
    _KnownDifference(
        "newer Canvas: the links of a page after the last have the requested size, `last`, no `next`",
        _is_newer_last_link,
    ),
    _KnownDifference(
        "settings of Canvas: error_report_id is added to errors that are recorded, or to none", _is_report_id
    ),
)
