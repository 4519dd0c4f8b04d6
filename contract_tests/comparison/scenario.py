"""Scenario of `make compare`: a fixed sequence of requests that covers every operation and most special cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract_tests.client.api_client import ADDRESS, TOKEN, TYPE, ApiClient
from contract_tests.client.request import ENCODINGS
from contract_tests.client.safety import addresses
from contract_tests.client.safety.addresses import TypedAddress

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

_ALL = (("per_page", "100"),)
_STRING_IDS = (("Accept", "application/json+canvas-string-ids"),)
_UNKNOWN_USERS = ("0", "abc", "-1", "SELF", "99999999999999999999", "sis_user_id:canvas-contract")
_PAGES = ("0", "-1", "abc", "", "1abc", "2.5", " 1 ", "100000")
_SIZES = ("0", "-5", "abc", "", "1000", "5abc")
_DOCUMENTS: tuple[object, ...] = ({}, {"communication_channel": None}, {"communication_channel": "email"}, [])


def scenario(owner: ApiClient, admin: ApiClient, other: int) -> Iterator[tuple[str, httpx2.Response]]:
    """Send the requests of the scenario, and yield the name and the response of each step.

    The steps with another user are omitted if `other`, its id, is 0; those of `admin` if it has no token.
    """
    yield from _listing(owner)
    yield from _creating(owner)
    yield from _creating_invalid(owner)
    yield from _deleting(owner)
    yield from _push(owner)
    yield from _unauthenticated(owner)
    yield from _unknown_users(owner)
    if other:
        yield from _acting_on_another_user(owner.for_user(other))
    if admin.token is not None:
        yield from _acting_as_admin(owner, admin)


def _send(client: ApiClient, method: str, **parts: object) -> httpx2.Response:
    """Send a request without validating the response: a difference is no violation of the contract."""
    return client.transport.send(client.build_request("", method, **parts))


def _create(client: ApiClient, address: TypedAddress, **parts: object) -> httpx2.Response:
    return _send(client, "POST", body=client.create_fields(address), **parts)


def _listing(owner: ApiClient) -> Iterator[tuple[str, httpx2.Response]]:
    yield "list", _send(owner, "GET", query=_ALL)
    yield "list by number", _send(owner.for_user(owner.id), "GET", query=_ALL)
    yield "list, ids as strings", _send(owner, "GET", query=_ALL, headers=_STRING_IDS)
    yield "list, HEAD", _send(owner, "HEAD", query=_ALL)
    for page in _PAGES:
        yield f"list, page={page!r}", _send(owner, "GET", query=(("page", page), *_ALL))
    for size in _SIZES:  # on a page without channels: only the links show the size
        yield f"list, per_page={size!r}", _send(owner, "GET", query=(("page", "99999"), ("per_page", size)))
    for method, tail in (("GET", ("0",)), ("PUT", ()), ("PATCH", ()), ("GET", ("push",))):
        yield f"{method} {'/'.join(tail)}, no route", _send(owner, method, tail=tail)


def _creating(owner: ApiClient) -> Iterator[tuple[str, httpx2.Response]]:
    for address in addresses.ACCEPTED:
        yield f"create {address.type} {address.address[:40]}", _create(owner, address)
    yield "list after creation", _send(owner, "GET", query=_ALL)
    yield "create a duplicate", _create(owner, addresses.FIRST)
    yield "create a duplicate in capitals", _create(owner, TypedAddress("email", addresses.FIRST.address.upper()))
    for address in addresses.ACCEPTED:
        yield f"delete {address.type} {address.address[:40]}", _send(owner, "DELETE", tail=tuple(address))
    yield "list after deletion", _send(owner, "GET", query=_ALL)
    for encoding in ENCODINGS:
        fields = owner.create_fields(addresses.PLUS)
        parts = {"query": fields} if encoding == "query" else {"body": fields}
        yield f"create as {encoding}", _send(owner, "POST", encoding=encoding, **parts)
        yield f"delete after create as {encoding}", _send(owner, "DELETE", tail=tuple(addresses.PLUS))
    for word in ("1", "true", "0"):
        skip = ("skip_confirmation", word)
        yield (
            f"create with skip_confirmation={word}",
            _send(owner, "POST", body=(*owner.create_fields(addresses.FIRST), skip)),
        )
        yield f"delete after skip_confirmation={word}", _send(owner, "DELETE", tail=tuple(addresses.FIRST))


def _creating_invalid(owner: ApiClient) -> Iterator[tuple[str, httpx2.Response]]:
    for address in addresses.INVALID:
        yield f"create with the invalid address {address.address!r}", _create(owner, address)
    for type_ in ("email", "sms", ""):
        yield f"create with a blank address, type {type_!r}", _send(owner, "POST", body=((ADDRESS, " "), (TYPE, type_)))
    yield "create without a type", _send(owner, "POST", body=((ADDRESS, addresses.FIRST.address),))
    for document in _DOCUMENTS:
        yield f"create with the JSON body {document}", _send(owner, "POST", document=document)
    yield "create with an address that is too long", _create(owner, addresses.TOO_LONG)
    yield "create with a body of an unsupported media type", _create(owner, addresses.FIRST, encoding="text")


def _deleting(owner: ApiClient) -> Iterator[tuple[str, httpx2.Response]]:
    created = _create(owner, addresses.MIXED_CASE)
    yield "create for deletion", created
    channel_id = str(created.json().get("id", 0)) if created.status_code == 200 else "0"
    for tail in (
        ("0",),
        ("abc",),
        ("PUSH",),
        (f"{channel_id}abc",),
        ("EMAIL", addresses.MIXED_CASE.address),
        tuple(addresses.NEVER_CREATED),
    ):
        # The name has no id, which differs on the two servers; "0" stands for a channel that was not created.
        name = "/".join(tail).replace(channel_id, "ID") if channel_id != "0" else str(tail)
        yield f"delete {name}", _send(owner, "DELETE", tail=tail)
    yield "delete in capitals", _send(owner, "DELETE", tail=("email", addresses.MIXED_CASE.address.upper()))
    yield "delete again by id", _send(owner, "DELETE", tail=(channel_id,))
    yield "restore in capitals", _create(owner, TypedAddress("email", addresses.MIXED_CASE.address.upper()))
    yield "delete by id", _send(owner, "DELETE", tail=(channel_id,))


def _push(owner: ApiClient) -> Iterator[tuple[str, httpx2.Response]]:
    if owner.id in owner.transport.guard.users_with_push_channel:
        return
    push_token = (("push_token", addresses.DEVICE),)
    yield "delete a push token, no channel", _send(owner, "DELETE", tail=("push",), body=push_token)
    yield "delete a push token without naming one, no channel", _send(owner, "DELETE", tail=("push",))
    yield "delete a push token, user id in the path", _send(owner.for_user(owner.id), "DELETE", tail=("push",))
    yield "create push", _send(owner, "POST", body=((TYPE, "push"), (TOKEN, addresses.DEVICE)))
    yield "delete a push token", _send(owner, "DELETE", tail=("push",), body=push_token)
    yield "delete push by address", _send(owner, "DELETE", tail=tuple(addresses.PUSH))


def _unauthenticated(owner: ApiClient) -> Iterator[tuple[str, httpx2.Response]]:
    for name, token in (("no token", None), ("an invalid token", "canvas-contract-unknown-token")):
        client = ApiClient(owner.transport, owner.contract, token, "NO_SUCH_TOKEN", owner.id)
        yield f"list with {name}", _send(client, "GET")
        yield f"create with {name}", _create(client, addresses.FIRST)
        yield f"delete with {name}", _send(client, "DELETE", tail=("0",))


def _unknown_users(owner: ApiClient) -> Iterator[tuple[str, httpx2.Response]]:
    for user in _UNKNOWN_USERS:
        # No user has the id 0; the path has the text.
        yield f"list of user {user}", _send(owner.for_user(0, user), "GET")
        yield f"create for user {user}", _create(owner.for_user(0, user), addresses.FIRST)
    yield "act as an unknown user", _send(owner.acting_as(0), "GET")


def _acting_on_another_user(client: ApiClient) -> Iterator[tuple[str, httpx2.Response]]:
    yield "list of another user", _send(client, "GET")
    yield "create for another user", _send(client, "POST", body=((TYPE, "email"),))
    yield (
        "delete a channel that another user does not have",
        _send(client, "DELETE", tail=tuple(addresses.NEVER_CREATED)),
    )
    yield "act as another user", _send(client.acting_as(client.id), "GET")


def _acting_as_admin(owner: ApiClient, admin: ApiClient) -> Iterator[tuple[str, httpx2.Response]]:
    yield "list by an admin", _send(admin, "GET", query=_ALL)
    for word in ("1", "yes", "abc", "0", ""):
        skip = ("skip_confirmation", word)
        yield (
            f"create by an admin, skip_confirmation={word}",
            _send(admin, "POST", body=(*admin.create_fields(addresses.SECOND), skip)),
        )
        yield f"delete by an admin, skip_confirmation={word}", _send(admin, "DELETE", tail=tuple(addresses.SECOND))
    yield "list by an admin acting as the user", _send(admin.acting_as(owner.id), "GET", query=_ALL)
    yield "create by an admin acting as the user", _create(admin.acting_as(owner.id), addresses.FIRST)
    yield "delete a channel created by an admin", _send(owner, "DELETE", tail=tuple(addresses.FIRST))
