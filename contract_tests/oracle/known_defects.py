"""Known defects of Canvas: the requests for which a response with status 500 is not a violation of the contract.

Canvas sends its general error for them, `internal_server_error` (behaviour 3, 5, 7, 10.2, 11).
A documented 4xx instead passes too.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from contract_tests.client.body import json_object

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from contract_tests.client.request import Request

_MAX_ADDRESS_LENGTH = 255
_MAX_ID = 2**63 - 1
"""The largest id that Canvas's database can store."""
_MAX_USER_ID_DIGITS = 19
"""The number of digits above which Canvas does not read a user id as a number (behaviour 3.4)."""
_CREATE = "create_communication_channel"
_CHANNEL = "communication_channel["


class KnownDefect(NamedTuple):
    """A kind of request on which Canvas crashes."""

    name: str
    description: str
    matches: Callable[[Request], bool]
    """Whether a request is of this kind."""


def known_defect(request: Request, response: httpx2.Response) -> KnownDefect | None:
    """Return the known defect that explains this response; None if there is none, or if the status is not 500."""
    if response.status_code != 500 or not (_is_general_error(response) or _is_plain_text(response)):
        return None
    return next((defect for defect in KNOWN_DEFECTS if defect.matches(request)), None)


def known_defect_name(request: Request, response: httpx2.Response) -> str | None:
    """Return the name of the known defect that explains this response."""
    defect = known_defect(request, response)
    return defect.name if defect else None


def _is_general_error(response: httpx2.Response) -> bool:
    errors = json_object(response).get("errors")
    return isinstance(errors, list) and bool(errors)


def _is_plain_text(response: httpx2.Response) -> bool:
    """Whether Canvas failed while it rendered the error, too (behaviour 10.2)."""
    return response.headers.get("content-type", "").startswith("text/plain")


def _is_creation(request: Request) -> bool:
    return request.operation == _CREATE


def _has_no_channel(request: Request) -> bool:
    return _is_creation(request) and not any(name.startswith(_CHANNEL) for name, _ in _parsed_parameters(request))


def _has_no_push_token(request: Request) -> bool:
    tokens = request.values("push_token")
    return request.operation == "delete_push_token" and not (tokens and isinstance(tokens[-1], str))


def _has_long_address(request: Request) -> bool:
    return any(isinstance(value, str) and len(value) > _MAX_ADDRESS_LENGTH for value in _channel_values(request))


def _has_nul(request: Request) -> bool:
    return any("\0" in str(value) for _, value in request.parameters()) or any("\0" in part for part in request.tail)


def _has_non_string(request: Request) -> bool:
    return any(not isinstance(value, str | None) for value in _channel_values(request))


def _has_unknown_type(request: Request) -> bool:
    types = request.values("communication_channel[type]")
    return _is_creation(request) and bool(types) and str(types[-1]) not in {"email", "sms", "push", ""}


def _is_push_creation(request: Request) -> bool:
    return _is_creation(request) and request.values("communication_channel[type]")[-1:] == ["push"]


def _has_list(request: Request) -> bool:
    return any(name.endswith("[]") or isinstance(value, list | dict) for name, value in request.parameters())


def _has_huge_id(request: Request) -> bool:
    users = [request.user, *map(str, request.values("as_user_id"))]
    channels = request.tail if len(request.tail) == 1 else ()  # two segments are a type and an address
    return any(_is_huge(user) and len(user) <= _MAX_USER_ID_DIGITS for user in users) or any(map(_is_huge, channels))


def _is_huge(id_: str) -> bool:
    return id_.isascii() and id_.isdigit() and int(id_) > _MAX_ID


def _has_malformed_json(request: Request) -> bool:
    """Whether the body is sent as JSON and is not valid JSON."""
    media_type = {name.lower(): value for name, value in request.request_headers().items()}.get("content-type", "")
    body = request.content().get("content", b"")
    if not media_type.startswith("application/json") or not body:
        return False
    try:
        json.loads(body)
    except ValueError:
        return True
    return False


def _parsed_parameters(request: Request) -> list[tuple[str, object]]:
    """Return the parameters that Canvas parses: it ignores a body of another media type (behaviour 5.1)."""
    return list(request.query) if request.encoding == "text" else request.parameters()


def _channel_values(request: Request) -> list[object]:
    """Return the values of all fields of the channel in a creation; none for another request."""
    names = {name.partition("]")[0] + "]" for name, _ in request.parameters() if name.startswith(_CHANNEL)}
    return [value for name in names for value in request.values(name)] if _is_creation(request) else []


KNOWN_DEFECTS = (
    KnownDefect(
        "no communication_channel",
        "a creation without the parameter communication_channel crashes (behaviour 5.1)",
        _has_no_channel,
    ),
    KnownDefect(
        "no push_token", "a deletion of a push token without push_token crashes (behaviour 7)", _has_no_push_token
    ),
    KnownDefect("long address", "an address of more than 255 characters crashes (behaviour 11)", _has_long_address),
    KnownDefect("NUL character", "a NUL character crashes (behaviour 10.2)", _has_nul),
    KnownDefect(
        "not a string", "a number, list or object instead of a string crashes (behaviour 10.2)", _has_non_string
    ),
    KnownDefect("id above 2^63-1", "an id that the database cannot store crashes (behaviour 3.4, 3.5)", _has_huge_id),
    KnownDefect(
        "malformed JSON",
        "a body that is sent as JSON and is not valid JSON crashes (behaviour 10.2)",
        _has_malformed_json,
    ),
    KnownDefect("list", "a list instead of a single value crashes (behaviour 4, 5.8)", _has_list),
    KnownDefect(
        "repeated unknown type",
        "a channel of an unknown type crashes if its address already belongs to an e-mail channel (behaviour 5.4)",
        _has_unknown_type,
    ),
    KnownDefect(
        "rejected push token",
        "a push token that the push service rejects crashes (behaviour 5.7)",
        _is_push_creation,
    ),
)
