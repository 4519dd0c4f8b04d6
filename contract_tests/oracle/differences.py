"""Probes of the documented differences: whether a server behaves as Canvas's page describes, or as Canvas does.

Probes do not validate responses against openapi.yaml, because a server that follows the page violates it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from contract_tests.client.api_client import (
    ADDRESS,
    FORBIDDEN_STATUSES,
    TOKEN,
    TYPE,
    UNLIMITED_PAGE_SIZE,
    ApiClient,
    describe,
    expect_ok,
    page_size,
)
from contract_tests.client.request import CREATE, DELETE, DELETE_BY_ADDRESS, DELETE_PUSH_TOKEN, LIST
from contract_tests.client.safety import addresses
from contract_tests.client.safety.addresses import TypedAddress

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from contract_tests.client.api_client import Channel
    from contract_tests.client.request import Fields

SCOPED = "CANVAS_SCOPED_TOKEN"
"""The variable of a token whose only scope is deletion by id, of a developer key that enforces scopes."""

_UNKNOWN_CHANNEL = str(2**63 - 1)
"""The largest id that Canvas's database can store."""
_UNKNOWN_DEVICE = f"{addresses.DEVICE}-unknown"
_DEVICE_FIELDS = ((TYPE, "push"), (TOKEN, addresses.DEVICE), (ADDRESS, addresses.FIRST.address))
"""The fields of a push channel, with the address that the page requires."""


class Observation(NamedTuple):
    """The observed behaviour of a server, and whether it matches Canvas or the page."""

    description: str
    matches_canvas: bool
    matches_page: bool = False
    """Always false if the page does not describe the behaviour."""


def _object_bounces(owner: ApiClient, _: pytest.FixtureRequest) -> Observation:
    channel = _create_channel(owner, addresses.FIRST)
    bounces = {key for key in channel if "bounce" in key}
    return Observation(str([*channel]), not bounces, bounces >= {"bounce_count", "last_bounce_at"})


def _object_created_at(owner: ApiClient, _: pytest.FixtureRequest) -> Observation:
    channel = _create_channel(owner, addresses.FIRST)
    return Observation(str([*channel]), "created_at" in channel, "created_at" not in channel)


def _object_retired(owner: ApiClient, _: pytest.FixtureRequest) -> Observation:
    state = expect_ok(_delete(owner, _create_channel(owner, addresses.FIRST)["id"])).get("workflow_state")
    return Observation(
        f"the workflow_state of a deleted channel is {state}", state == "retired", state in {"unconfirmed", "active"}
    )


def _create_push_address(owner: ApiClient, _: pytest.FixtureRequest) -> Observation:
    """Create a push channel without an address.

    Canvas rejects a token that cannot push with an error on `type` (behaviour 5.7).
    """
    if owner.id in owner.transport.guard.users_with_push_channel:
        pytest.skip("needs a user who has no push channel")
    response = _create_with(owner, ((TYPE, "push"), (TOKEN, addresses.DEVICE)))
    if response.status_code >= 500:
        pytest.skip("the push service rejects the suite's push token")
    errors = _errors(response)
    return Observation(
        describe(response), response.status_code == 200 or "type" in errors, bool({"path", "email"} & errors.keys())
    )


def _create_unknown_type(_: ApiClient, request: pytest.FixtureRequest) -> Observation:
    """Read the response to the first creation with an unknown type.

    If the account already has the channel, Canvas fails with another error (behaviour 5.4).
    """
    response: httpx2.Response | None = request.getfixturevalue("owner_creations").unknown_type_response
    is_rejected = response is not None and "path_type" in _errors(response)
    if response is None or (response.status_code >= 400 and not is_rejected):
        pytest.skip("needs a user for whom the suite has never run: Canvas fails on the second creation")
    return Observation(
        describe(response), response.status_code == 200 and _body(response).get("type") == "email", is_rejected
    )


def _create_skip_ignored(_: ApiClient, request: pytest.FixtureRequest) -> Observation:
    """Create a channel with `skip_confirmation`, at an address that is valid without it."""
    owner: ApiClient = request.getfixturevalue("editing_owner")
    expect_ok(_delete(owner, _create_channel(owner, addresses.FIRST)["id"]))
    response = _create_with(owner, (*owner.create_fields(addresses.FIRST), ("skip_confirmation", "1")))
    is_ignored = response.status_code == 200 and _body(response).get("workflow_state") == "unconfirmed"
    return Observation(describe(response), is_ignored, 400 <= response.status_code < 500)


def _object_push_phrase(_: ApiClient, request: pytest.FixtureRequest) -> Observation:
    device: ApiClient = request.getfixturevalue("device")
    address = str(expect_ok(_create_with(device, _DEVICE_FIELDS)).get("address", ""))
    return Observation(
        f"the address is {address!r}", bool(address.strip()), address in {addresses.DEVICE, addresses.FIRST.address}
    )


def _list_largest_page(owner: ApiClient, _: pytest.FixtureRequest) -> Observation:
    response = _list_page(owner, (("per_page", str(UNLIMITED_PAGE_SIZE)),))
    size = page_size(response) or UNLIMITED_PAGE_SIZE
    return Observation(
        f"{response.status_code} with per_page {size} for per_page={UNLIMITED_PAGE_SIZE}", size < UNLIMITED_PAGE_SIZE
    )


def _user_self_others(_: ApiClient, request: pytest.FixtureRequest) -> Observation:
    response = _list_page(request.getfixturevalue("admin"))
    return Observation(
        f"{response.status_code} for an admin", response.status_code == 200, response.status_code in FORBIDDEN_STATUSES
    )


def _delete_push_response(owner: ApiClient, _: pytest.FixtureRequest) -> Observation:
    response = _delete_push_token(owner, (("push_token", _UNKNOWN_DEVICE),))
    if owner.id in owner.transport.guard.users_with_push_channel:
        return Observation(describe(response), response.status_code == 200 and _body(response).get("success") is True)
    return Observation(
        describe(response), response.status_code == 404 and isinstance(_body(response).get("errors"), list)
    )


def _delete_push_token_required(_: ApiClient, request: pytest.FixtureRequest) -> Observation:
    device: ApiClient = request.getfixturevalue("device")
    expect_ok(_create_with(device, _DEVICE_FIELDS))
    response = _delete_push_token(device, ())
    return Observation(
        describe(response), response.status_code >= 400 and response.status_code != 404, response.status_code == 200
    )


def _error_responses(owner: ApiClient, _: pytest.FixtureRequest) -> Observation:
    without_token = ApiClient(owner.transport, owner.contract, None, "", owner.id)
    responses = [
        _list_page(without_token),
        _delete(owner, "0"),
        _create_with(owner, owner.create_fields(addresses.INVALID[0])),
    ]
    shapes = [(response.status_code, type(_body(response).get("errors"))) for response in responses]
    return Observation("; ".join(map(describe, responses)), shapes == [(401, list), (404, list), (400, dict)])


def _create_status(owner: ApiClient, _: pytest.FixtureRequest) -> Observation:
    response = _create_with(owner, owner.create_fields(addresses.FIRST))
    return Observation(describe(response), response.status_code == 200)


def _create_duplicates(owner: ApiClient, _: pytest.FixtureRequest) -> Observation:
    channel = _create_channel(owner, addresses.MIXED_CASE)
    again = _create_with(owner, owner.create_fields(TypedAddress("email", addresses.MIXED_CASE.address.upper())))
    expect_ok(_delete(owner, channel["id"]))
    restored = _create_channel(owner, addresses.MIXED_CASE)
    description = (
        f"{again.status_code} for a duplicate; channel {channel['id']} has the id {restored['id']} when restored"
    )
    return Observation(description, again.status_code == 400 and restored["id"] == channel["id"])


def _create_limits(owner: ApiClient, _: pytest.FixtureRequest) -> Observation:
    """Create channels with addresses of 255 and 256 characters; the limit of channels is not tested."""
    longest, too_long = (
        _create_with(owner, owner.create_fields(pair)) for pair in (addresses.LONGEST, addresses.TOO_LONG)
    )
    description = f"{longest.status_code} for 255 characters, {too_long.status_code} for 256"
    return Observation(description, longest.status_code == 200 and too_long.status_code >= 400)


def _delete_address_encoding(owner: ApiClient, _: pytest.FixtureRequest) -> Observation:
    """Delete an address with characters that a path escapes; first with `.json`, which belongs to the address."""
    _create_channel(owner, addresses.PLUS)
    suffixed = _delete_by_address(owner, TypedAddress("email", f"{addresses.PLUS.address}.json"))
    plain = _delete_by_address(owner, addresses.PLUS)
    description = f"{suffixed.status_code} for the address with .json, {plain.status_code} without"
    return Observation(description, (suffixed.status_code, plain.status_code) == (404, 200))


def _delete_other_parameters(owner: ApiClient, _: pytest.FixtureRequest) -> Observation:
    first, second = _create_channel(owner, addresses.FIRST), _create_channel(owner, addresses.SECOND)
    deleted = expect_ok(_delete(owner, first["id"], (("type", "email"), ("address", addresses.SECOND.address))))
    description = f"{deleted.get('id')} was deleted, for the id {first['id']} and the address of {second['id']}"
    return Observation(description, deleted.get("id") == second["id"])


def _list_invalid_pages(owner: ApiClient, _: pytest.FixtureRequest) -> Observation:
    zero, after_last = (_list_page(owner, (("page", page),)) for page in ("0", "100000"))
    is_empty = after_last.status_code == 200 and after_last.json() == []
    return Observation(
        f"{zero.status_code} for page 0; for a page after the last {describe(after_last)}",
        zero.status_code == 404 and is_empty,
    )


def _scope_overlap(owner: ApiClient, _: pytest.FixtureRequest) -> Observation:
    token = owner.transport.settings.tokens.get(SCOPED)
    if token is None:
        pytest.skip(f"needs {SCOPED}, a token whose only scope is deletion by id")
    scoped = ApiClient(owner.transport, owner.contract, token, SCOPED, owner.id)
    statuses = _list_page(scoped).status_code, _delete(scoped, _UNKNOWN_CHANNEL).status_code
    assert statuses == (401, 404), (
        f"a list and a delete by id with {SCOPED} are {statuses[0]} and {statuses[1]}, not 401 and 404: the target "
        "ignores scopes, or the token has other scopes, or its developer key does not enforce them"
    )
    response = _delete_push_token(scoped, (("push_token", _UNKNOWN_DEVICE),))
    return Observation(describe(response), response.status_code in {200, 404}, response.status_code == 401)


PROBES: dict[str, Callable[[ApiClient, pytest.FixtureRequest], Observation]] = {
    "object-bounces": _object_bounces,
    "object-created-at": _object_created_at,
    "object-retired": _object_retired,
    "create-push-address": _create_push_address,
    "create-unknown-type": _create_unknown_type,
    "create-skip-ignored": _create_skip_ignored,
    "object-push-phrase": _object_push_phrase,
    "list-largest-page": _list_largest_page,
    "user-self-others": _user_self_others,
    "delete-push-response": _delete_push_response,
    "delete-push-token-required": _delete_push_token_required,
    "error-responses": _error_responses,
    "create-status": _create_status,
    "create-duplicates": _create_duplicates,
    "create-limits": _create_limits,
    "delete-address-encoding": _delete_address_encoding,
    "delete-other-parameters": _delete_other_parameters,
    "list-invalid-pages": _list_invalid_pages,
    "scope-overlap": _scope_overlap,
}
"""The probe of each difference in promises.yaml, by its id."""


def _list_page(client: ApiClient, query: Fields = ()) -> httpx2.Response:
    return client.transport.send(client.build_request(LIST, "GET", query=query))


def _create_with(client: ApiClient, fields: Fields) -> httpx2.Response:
    return client.transport.send(client.build_request(CREATE, "POST", body=fields))


def _create_channel(client: ApiClient, pair: TypedAddress) -> Channel:
    channel: Channel = expect_ok(_create_with(client, client.create_fields(pair)))
    return channel


def _delete(client: ApiClient, channel: int | str, query: Fields = ()) -> httpx2.Response:
    return client.transport.send(client.build_request(DELETE, "DELETE", tail=(str(channel),), query=query))


def _delete_by_address(client: ApiClient, pair: TypedAddress) -> httpx2.Response:
    return client.transport.send(client.build_request(DELETE_BY_ADDRESS, "DELETE", tail=tuple(pair)))


def _delete_push_token(client: ApiClient, fields: Fields) -> httpx2.Response:
    return client.transport.send(
        client.build_request(DELETE_PUSH_TOKEN, "DELETE", user="self", tail=("push",), body=fields)
    )


def _body(response: httpx2.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _errors(response: httpx2.Response) -> dict[str, Any]:
    errors = _body(response).get("errors")
    return errors if isinstance(errors, dict) else {}
