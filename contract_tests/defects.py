"""Where Canvas is known to crash: for exactly these requests a 500 is a known defect and not a broken promise.

Canvas of today answers them with its general failure, `internal_server_error` (behaviour 3, 5, 7, 10.2, 11).
A server that answers with a documented 4xx instead is as good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from contract_tests.call import Call

_LONGEST = 255
_CREATE = "create_communication_channel"
_CHANNEL = "communication_channel["


class KnownDefect(NamedTuple):
    """A kind of request on which Canvas crashes."""

    name: str
    says: str
    covers: Callable[[Call], bool]


def known_defect(call: Call, answer: httpx2.Response) -> KnownDefect | None:
    """The defect that explains a 500, if one does."""
    if answer.status_code != 500 or not (_is_general_failure(answer) or _is_failsafe(answer)):
        return None
    return next((defect for defect in KNOWN if defect.covers(call)), None)


def _is_general_failure(answer: httpx2.Response) -> bool:
    try:
        body = answer.json()
    except ValueError:
        return False
    return isinstance(body, dict) and isinstance(body.get("errors"), list) and bool(body["errors"])


def _is_failsafe(answer: httpx2.Response) -> bool:
    return answer.headers.get("content-type", "").startswith("text/plain")


def _creates(call: Call) -> bool:
    return call.operation == _CREATE


def _no_channel(call: Call) -> bool:
    return _creates(call) and not any(name.startswith(_CHANNEL) for name, _ in _read(call))


def _no_push_token(call: Call) -> bool:
    tokens = call.values("push_token")
    return call.operation == "delete_push_token" and not (tokens and isinstance(tokens[-1], str))


def _too_long(call: Call) -> bool:
    return any(isinstance(value, str) and len(value) > _LONGEST for value in _channel_values(call))


def _nul(call: Call) -> bool:
    return any("\0" in str(value) for _, value in call.parameters()) or any("\0" in part for part in call.tail)


def _not_text(call: Call) -> bool:
    return any(not isinstance(value, str | None) for value in _channel_values(call))


def _stored_twice(call: Call) -> bool:
    kinds = call.values("communication_channel[type]")
    return _creates(call) and bool(kinds) and str(kinds[-1]) not in {"email", "sms", "push", ""}


def _made_up_device(call: Call) -> bool:
    return _creates(call) and call.values("communication_channel[type]")[-1:] == ["push"]


def _list_for_scalar(call: Call) -> bool:
    return any(name.endswith("[]") or isinstance(value, list | dict) for name, value in call.parameters())


def _read(call: Call) -> list[tuple[str, object]]:
    """The parameters that Canvas reads: none of a body whose type it does not parse (behaviour 5.1)."""
    return list(call.query) if call.encoding == "text" else call.parameters()


def _channel_values(call: Call) -> list[object]:
    names = {name.partition("]")[0] + "]" for name, _ in call.parameters() if name.startswith(_CHANNEL)}
    return [value for name in names for value in call.values(name)] if _creates(call) else []


KNOWN = (
    KnownDefect("no communication_channel", "a create without the parameter crashes (behaviour 5.1)", _no_channel),
    KnownDefect("no push_token", "deleting a push token without naming one crashes (behaviour 7)", _no_push_token),
    KnownDefect("address too long", "an address of over 255 characters crashes (behaviour 11)", _too_long),
    KnownDefect("NUL character", "a NUL character crashes (behaviour 10.2)", _nul),
    KnownDefect("not text", "a number, list or object in place of text crashes (behaviour 10.2)", _not_text),
    KnownDefect("list for a scalar", "a list in place of one value crashes (behaviour 4, 5.8)", _list_for_scalar),
    KnownDefect(
        "unknown type twice",
        "a channel of an unknown type crashes where its address is an e-mail channel already (behaviour 5.4)",
        _stored_twice,
    ),
    KnownDefect(
        "device refused", "a device token that the push service refuses crashes (behaviour 5.7)", _made_up_device
    ),
)
