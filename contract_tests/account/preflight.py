"""Preflight check of a test account before the run: identity, access, leftovers and capacity."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contract_tests.account.clean_up import (
    MAX_ROWS,
    channel_of,
    key_of,
    list_unvalidated,
    remove_created_channels,
    send_unvalidated,
)
from contract_tests.client.api_client import FORBIDDEN_STATUSES
from contract_tests.client.body import json_object
from contract_tests.client.ids import local_id
from contract_tests.client.rejection import is_outside_scopes
from contract_tests.client.safety import addresses
from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    import httpx2

    from contract_tests.account.clean_up import OpenedAccounts
    from contract_tests.client.api_client import ApiClient, Channel

_LIMIT_ATTRIBUTES = frozenset({"user_id", "type"})
"""The attributes of the validation errors with which Canvas rejects a channel above the limit (behaviour 5.6)."""

_MAX_ID = 2**63 - 1
_CHECK_URL = "check that CANVAS_URL is the origin of a Canvas."


def open_account(
    client: ApiClient, opened: OpenedAccounts, admin: ApiClient | None = None
) -> tuple[ApiClient, list[Channel]]:
    """Identify the user, delete leftovers of earlier runs, and return a client with the user's id and all channels.

    The admin deletes leftovers that the user may not delete.
    Raises Inconclusive if the target is not a Canvas or rejects the token.
    """
    first = send_unvalidated(client, "GET", query=(("per_page", "100"),))
    _check_first_response(client, first)
    user_id = _find_user_id(client, first)
    if not client.id or local_id(user_id) == local_id(client.id):
        client = client.for_user(user_id, client.user)
    if not client.transport.guard.is_read_only:
        _remove_leftovers(client, admin)
    before = list_unvalidated(client)
    guard = client.transport.guard
    guard.preexisting_channels |= {channel["id"] for channel in before}
    guard.preexisting_addresses |= {(client.id, str(channel.get("address")).strip().lower()) for channel in before}
    guard.users_with_push_channel |= {client.id for channel in before if channel.get("type") == "push"}
    guard.opened_users.add(client.id)
    opened.clients.append(client)  # last, because clean-up must not run before the existing channels are known
    return client, before


def check_is_another_user(owner: ApiClient, other_user_id: int) -> None:
    """Raise Inconclusive if the second test user is the first."""
    if other_user_id == owner.id:
        assert owner.for_user(owner.id).list_page().status_code == 200, "`self` lists the channels of another user"
        raise Inconclusive("CANVAS_OTHER_USER_ID is the user of CANVAS_TOKEN; set it to another user.")


def check_user_exists(client: ApiClient) -> None:
    """Raise Inconclusive if there is no user with the client's user id."""
    if send_unvalidated(client, "GET").status_code == 404:
        raise unknown_user(client.id)


def remaining_capacity(channels: list[Channel]) -> int:
    """Return the maximum number of rows that can be added.

    The highest position is a lower bound of the rows in use, which include deleted channels (behaviour 5.6).
    """
    return MAX_ROWS - max((channel.get("position") or 0 for channel in channels), default=0)


def check_capacity(client: ApiClient, response: httpx2.Response, required: int) -> None:
    """Raise Inconclusive if the account has no `required` free rows after the creation with this response."""
    body = json_object(response)
    errors, position = body.get("errors"), body.get("position")
    is_full = response.status_code == 400 and isinstance(errors, dict) and errors.keys() <= _LIMIT_ATTRIBUTES
    is_nearly_full = isinstance(position, int) and MAX_ROWS - required < position <= MAX_ROWS
    if is_full or (is_nearly_full and client.transport.is_recent(body.get("created_at"))):
        raise Inconclusive(
            f"User {client.id} has too few free rows for the suite's {len(addresses.EXPECTED_KEYS)} channels; "
            "use a new test user, because Canvas also counts deleted channels, or raise the account's limit."
        )


def _check_first_response(client: ApiClient, response: httpx2.Response) -> None:
    """Check that the response to the first list of channels is a list.

    Raises AssertionError for a violation of the contract, and Inconclusive for a wrong setting.
    """
    name = f"${client.token_name}"
    if client.user != "self" and response.status_code in FORBIDDEN_STATUSES and _can_list_own_channels(client):
        raise AssertionError(
            f"{name} is denied the list of channels of user {client.id} ({response.status_code}): "
            "it must be allowed to a root-account admin with the permission to manage user logins"
        )
    if response.status_code == 404 and client.user != "self":
        raise unknown_user(client.id)
    if is_outside_scopes(response):
        raise Inconclusive(f"The scopes of {name} do not allow the list of channels; give a token without scopes.")
    if response.status_code in {401, 403}:
        raise Inconclusive(f"The target rejects {name} with {response.status_code}; check that the token is valid.")
    if "json" not in response.headers.get("content-type", ""):
        raise Inconclusive(f"The target's response is not JSON; {_CHECK_URL}")
    try:
        body = response.json()
    except ValueError:
        raise Inconclusive(
            f"The target's response has the media type of JSON and is not valid JSON; {_CHECK_URL}"
        ) from None
    if response.status_code == 200 and isinstance(body, dict) and any(map(_is_list_with_ids, body.values())):
        raise AssertionError("the list of channels must be an array, and is inside an object")
    if response.status_code != 200 or not isinstance(body, list):
        raise Inconclusive(
            f"The target's response to {name} is {response.status_code} and no list of channels; {_CHECK_URL}"
        )
    _check_user_ids(body)


def _check_user_ids(channels: list[object]) -> None:
    """Raise AssertionError for a user id that is no 64-bit integer: the requests after it would be for no user."""
    for channel in channels:
        number = channel.get("user_id") if isinstance(channel, dict) else None
        assert not isinstance(number, int) or abs(number) <= _MAX_ID, f"the user_id {number} is not a 'int64'"


def unknown_user(id_: int) -> Inconclusive:
    """Return the exception for a CANVAS_OTHER_USER_ID that the target does not know."""
    return Inconclusive(f"The target has no user {id_}; set CANVAS_OTHER_USER_ID to the id of an existing one.")


def _is_list_with_ids(value: object) -> bool:
    """Return whether the value is a non-empty list of objects with an id, such as channels."""
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) and "id" in each for each in value)


def _can_list_own_channels(client: ApiClient) -> bool:
    return send_unvalidated(replace(client, user="self"), "GET").status_code == 200


def _find_user_id(client: ApiClient, first: httpx2.Response) -> int:
    """Return the user's id from a listed channel, the setting, a response header, or else a channel created for this.

    Raises Inconclusive if none of them has it.
    """
    for channel in first.json():
        if isinstance(channel, dict) and isinstance(channel.get("user_id"), int):
            return int(channel["user_id"])
    if client.id:
        return client.id
    header = first.headers.get("x-canvas-user-id", "")
    if header.isdigit():
        return local_id(int(header))
    channel = None if client.transport.guard.is_read_only else _create_first_channel(client)
    if channel is None:
        raise Inconclusive(
            f"The target does not return the id of the user of ${client.token_name}; "
            "add an e-mail channel to that user."
        )
    return int(channel["user_id"])


def _create_first_channel(client: ApiClient) -> Channel | None:
    """Create and delete a channel, and return it; None if the creation fails."""
    response = send_unvalidated(client, "POST", body=client.create_fields(addresses.FIRST))
    channel = channel_of(response)
    if channel is not None:
        send_unvalidated(client, "DELETE", tail=(str(channel["id"]),))
    check_capacity(client, response, len(addresses.EXPECTED_KEYS) - 1)
    return channel


def _remove_leftovers(client: ApiClient, admin: ApiClient | None) -> None:
    """Delete the leftover channels of earlier runs, with the admin's token if the user may not delete them."""
    _adopt_leftovers(client)
    remove_created_channels(client)
    if admin is not None:
        remove_created_channels(admin.for_user(client.id))


def _adopt_leftovers(client: ApiClient) -> None:
    """Record the listed channels whose intent is in the journal as created by the suite.

    Raises Inconclusive for a channel with a test address and without an intent.
    """
    journal = client.transport.journal
    for channel in list_unvalidated(client):
        key = key_of(channel)
        if key == addresses.PUSH.key:
            continue  # it may be the user's own; if the suite created it, its id is in the journal
        if (client.id, *key) in journal.intents:
            journal.record_creation(client.id, channel["id"])
        elif key in addresses.POSSIBLE_KEYS:
            raise Inconclusive(
                f"Channel {channel['id']} of user {client.id} has a test address of this suite "
                f"({channel['address']}), and the journal in the reports folder has no record of it; "
                "if another run is in progress, wait until it ends, otherwise delete the channel."
            )
