"""The ways in which a response violates the contract: its description, and rules for every list and channel."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Protocol

from contract_tests.client.body import parse_json
from contract_tests.client.request import DELETE_PUSH_TOKEN, LIST
from contract_tests.client.safety import addresses

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

    from contract_tests.client.request import Request

_TYPES = ("email", "sms", "push", "twitter", "slack")
"""The types that the contract documents for the channels of responses.

A channel that the suite did not create may have another type, of an older Canvas.
"""


class ResponseValidator(Protocol):
    """Validator of responses, such as the contract."""

    def violations(self, operation: str, response: httpx2.Response, *, with_body: bool = True) -> list[str]:
        """Return the ways in which the response violates the operation's description."""
        ...


def violation_message(contract: ResponseValidator, request: Request, response: httpx2.Response) -> str:
    """Return the message of the violations of the contract by the response; empty if there is none."""
    operation = request.operation_id
    violations = [
        *contract.violations(operation, response, with_body=request.method != "HEAD"),
        *_wrong_values(parse_json(response) if response.status_code == 200 else None),
    ]
    if violations:
        return f"The {response.status_code} response of {operation} violates openapi.yaml: {'; '.join(violations)}"
    return repeated_channel(parse_json(response)) if operation == LIST and response.status_code == 200 else ""


def repeated_channel(body: object) -> str:
    """Return a sentence if the list has a channel more than once; empty otherwise."""
    numbers = Counter(str(channel["id"]) for channel in _channels(body) if "id" in channel)
    number, times = next(iter(numbers.most_common(1)), ("", 0))
    if times < 2:
        return ""
    return f"the list has the channel {number} {'twice' if times == 2 else f'{times} times'}"


def is_channel_response(request: Request, response: httpx2.Response) -> bool:
    """Return whether the response reports success, and its body is JSON of the shape that the contract describes."""
    if request.method == "HEAD" or not 200 <= response.status_code < 300:
        return False
    body, operation = parse_json(response), request.operation_id
    if operation == DELETE_PUSH_TOKEN:
        return isinstance(body, dict) and "success" in body
    if operation == LIST:
        return isinstance(body, list) and bool(body) and all(isinstance(each, dict) and "id" in each for each in body)
    return bool(operation) and isinstance(body, dict) and "user_id" in body


def _wrong_values(body: object) -> Iterator[str]:
    """Yield a violation for each channel with an impossible id or type, which the schema in openapi.yaml allows.

    An undocumented type is impossible if only its letter case or white space differs from that of a documented one, or
    if the suite created the channel.
    """
    for index, channel in enumerate(_channels(body)):
        path = f"$[{index}]" if isinstance(body, list) else "$"
        number, type_ = channel.get("id"), channel.get("type")
        if type(number) is int and number < 0:
            yield f"{path}.id: {number} is less than the minimum of 0"
        if not isinstance(type_, str) or type_ in _TYPES or "id" not in channel:
            continue
        if type_.strip().lower() in _TYPES or addresses.is_test_address(str(channel.get("address"))):
            yield f"{path}.type: {type_!r} is not one of {list(_TYPES)!r}"


def _channels(body: object) -> list[dict[str, Any]]:
    """Return the objects of a list, or the object itself."""
    return [each for each in (body if isinstance(body, list) else [body]) if isinstance(each, dict)]
