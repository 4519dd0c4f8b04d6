"""Named ways in which a response can violate the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.canvas.errors import Header

Response = tuple[int, list["Header"], bytes]
"""The status, the headers and the body of a response."""


def _without_field(channel: dict[str, Any]) -> None:
    channel.pop("workflow_state", None)


def _with_text_id(channel: dict[str, Any]) -> None:
    channel["id"] = str(channel.get("id"))


def _with_unknown_state(channel: dict[str, Any]) -> None:
    channel["workflow_state"] = "pending"


def _with_null_address(channel: dict[str, Any]) -> None:
    channel["address"] = None


def _with_local_time(channel: dict[str, Any]) -> None:
    channel["created_at"] = "05/01/2026 08:00"


_FIELDS: dict[str, Callable[[dict[str, Any]], None]] = {
    "missing_field": _without_field,
    "text_instead_of_number": _with_text_id,
    "unknown_enum_value": _with_unknown_state,
    "null_address": _with_null_address,
    "malformed_time": _with_local_time,
}
"""What each violation of a field does to a channel, or to another object in the body."""

_RESPONSES: dict[str, Callable[[Response], Response]] = {
    "undocumented_status": lambda response: (202, response[1], response[2]),
    "wrong_content_type": lambda response: (response[0], _with_html(response[1]), response[2]),
    "missing_link_header": lambda response: (response[0], _without(response[1], b"link"), response[2]),
    "object_instead_of_list": lambda response: _with_body(response, {"communication_channels": _json(response[2])}),
}
"""What each violation of a response does to it."""

NAMES = (*_FIELDS, *_RESPONSES)
"""The names of the violations."""

_OF_LISTS = frozenset({"missing_link_header", "object_instead_of_list"})
_LIST = "list_communication_channels"
_WITH_CHANNELS = frozenset(
    {
        _LIST,
        "create_communication_channel",
        "delete_communication_channel",
        "delete_communication_channel_by_address",
        "reset_bounce_count",
    }
)
"""The operations whose responses have channels."""


def is_possible(name: str, operation_id: str) -> bool:
    """Return whether a response of the operation can have this violation."""
    if name in _OF_LISTS:
        return operation_id == _LIST
    return operation_id in _WITH_CHANNELS if name in _FIELDS else bool(operation_id)


def violate(name: str, status: int, headers: list[Header], body: bytes) -> Response:
    """Return the response with this violation; a body that is not JSON has no field that could be wrong."""
    response = status, headers, body
    if name in _RESPONSES:
        return _RESPONSES[name](response)
    value = _json(body)
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            _FIELDS[name](item)
    return _with_body(response, value)


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except ValueError:
        return None


def _with_body(response: Response, value: Any) -> Response:
    """Return the response with another body, and without the ETag of the old one."""
    status, headers, old = response
    if not old:  # of HEAD, whose Content-Length is that of GET
        return response
    body = old if value is None else orjson.dumps(value)
    return status, [*_without(headers, b"content-length", b"etag"), (b"content-length", b"%d" % len(body))], body


def _with_html(headers: list[Header]) -> list[Header]:
    return [*_without(headers, b"content-type"), (b"content-type", b"text/html; charset=utf-8")]


def _without(headers: list[Header], *names: bytes) -> list[Header]:
    return [header for header in headers if header[0] not in names]
