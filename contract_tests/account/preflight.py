"""Preflight check of a test account before the run: identity, access and leftovers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contract_tests.account.clean_up import (
    channel_of,
    is_created_by_suite,
    read_list,
    send_unvalidated,
)
from contract_tests.account.leftovers import refuse_unexplained
from contract_tests.account.restoration import LeftoverError, restore_account
from contract_tests.client.api_client import FORBIDDEN_STATUSES
from contract_tests.client.ids import MAX_ID, header_user_id, local_id, read_id
from contract_tests.client.rejection import is_outside_scopes
from contract_tests.client.safety import addresses
from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    import httpx2

    from contract_tests.account.opened import OpenedAccounts
    from contract_tests.client.api_client import ApiClient, Channel

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
    client.transport.locks.acquire(filter(None, (user_id, client.transport.settings.other_user_id)))
    if not client.id or local_id(user_id) == local_id(client.id):  # another listed id is wrong, which tests report
        client = client.for_user(user_id, client.user)
    before = _open_and_recover(client, admin)
    opened.clients.append(client)  # last, because clean-up must not run before the existing channels are known
    return client, before


def identify_user(client: ApiClient) -> ApiClient | None:
    """Return a client with the user's id; None if the user has no channel, and no header of the response has the id.

    Raises Inconclusive if the target is not a Canvas or rejects the token.
    """
    first = send_unvalidated(client, "GET", query=(("per_page", "100"),))
    try:
        _check_first_response(client, first)
    except AssertionError as error:
        raise Inconclusive(f"The target violates the contract, so no channel can be deleted: {error}.") from None
    user_id = _listed_user_id(client, first)
    return client.for_user(user_id, client.user) if user_id else None


def check_is_another_user(owner: ApiClient, other_user_id: int) -> None:
    """Raise Inconclusive if the second test user is the first; fail if the target lists a wrong user id for `self`."""
    if local_id(other_user_id) == local_id(owner.id):
        assert owner.for_user(owner.id).list_page().status_code == 200, "`self` lists the channels of another user"
        raise Inconclusive("CANVAS_OTHER_USER_ID is the user of CANVAS_TOKEN; set it to another user.")


def check_user_exists(client: ApiClient) -> None:
    """Raise Inconclusive if there is no user with the client's user id."""
    if send_unvalidated(client, "GET").status_code == 404:
        raise unknown_user(client.id)


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
    try:
        body = response.json()
    except ValueError:
        is_labelled = "json" in response.headers.get("content-type", "")
        what = "has the media type of JSON and is not valid JSON" if is_labelled else "is not JSON"
        raise Inconclusive(f"The target's response {what}; {_CHECK_URL}") from None
    if response.status_code == 200 and isinstance(body, dict) and any(map(_is_list_with_ids, body.values())):
        raise AssertionError("the list of channels must be an array, and is inside an object")
    if response.status_code != 200 or not isinstance(body, list):
        raise Inconclusive(
            f"The target's response to {name} is {response.status_code} and no list of channels; {_CHECK_URL}"
        )
    _check_ids(body)


def _check_ids(channels: list[object]) -> None:
    """Raise Inconclusive for a channel id that cannot be read, and AssertionError for a user id above 64 bits.

    Without the ids of the user's channels, the suite could not tell them from its own; the violation is noted already.
    Requests for a user id above 64 bits would be for no user.
    """
    for channel in channels:
        if read_id(channel.get("id") if isinstance(channel, dict) else None) is None:
            raise Inconclusive(
                "The list has a channel without an id that is a 64-bit integer, so the suite could not tell the user's "
                "channels from its own; correct the ids of the target."
            )
        number = channel.get("user_id") if isinstance(channel, dict) else None
        assert not isinstance(number, int) or abs(number) <= MAX_ID, f"the user_id {number} is not a 'int64'"


def unknown_user(id_: int) -> Inconclusive:
    """Return the exception for a CANVAS_OTHER_USER_ID that the target does not know."""
    return Inconclusive(f"The target has no user {id_}; set CANVAS_OTHER_USER_ID to the id of an existing one.")


def _is_list_with_ids(value: object) -> bool:
    """Return whether the value is a non-empty list of objects with an id, such as channels."""
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) and "id" in each for each in value)


def _can_list_own_channels(client: ApiClient) -> bool:
    return send_unvalidated(replace(client, user="self"), "GET").status_code == 200


def _find_user_id(client: ApiClient, first: httpx2.Response) -> int:
    """Return the user's id from the response, or else from a channel created for this.

    Raises Inconclusive if neither has it.
    """
    if user_id := _listed_user_id(client, first):
        return _unless_contradicted(client, first, user_id)
    client.transport.locks.acquire_unknown()
    channel = None if client.transport.guard.is_read_only else _create_first_channel(client)
    if channel is None:
        raise Inconclusive(
            f"The target does not return the id of the user of ${client.token_name}; "
            "add an e-mail channel to that user."
        )
    return int(channel["user_id"])


def _unless_contradicted(client: ApiClient, first: httpx2.Response, listed: int) -> int:
    """Return the listed id of the token's user, or that of the header X-Canvas-User-Id if the listed one is wrong.

    If they differ, the list of the user with the listed id is read: if that id is wrong, it is another list or denied.
    """
    header = header_user_id(first)
    if client.id or client.user != "self" or header in {0, local_id(listed)}:
        return listed
    step = client.transport.steps[-1]
    response = send_unvalidated(client.for_user(listed), "GET", query=(("per_page", "100"),))
    if response.status_code == 200 and response.content == first.content:
        return listed
    message = f"user_id: {listed} was received, and {header} is expected"
    client.transport.observation.note(step.request.operation_id, message, [step])
    return header


def _listed_user_id(client: ApiClient, first: httpx2.Response) -> int:
    """Return the user's id from a listed channel, the setting, or a response header; 0 if none of them has it."""
    for channel in first.json():
        if isinstance(channel, dict) and isinstance(channel.get("user_id"), int):
            return int(channel["user_id"])
    if client.id:
        return client.id
    return header_user_id(first)


def _create_first_channel(client: ApiClient) -> Channel | None:
    """Create and delete a channel, and return it; None if the creation fails."""
    response = send_unvalidated(client, "POST", body=client.create_fields(addresses.FIRST))
    channel = channel_of(response)
    if channel is not None:
        send_unvalidated(client, "DELETE", tail=(str(channel["id"]),))
    return channel


def _open_and_recover(client: ApiClient, admin: ApiClient | None) -> list[Channel]:
    """Record the user's channels with the safety guard, delete leftovers of earlier runs, and return the channels.

    The admin deletes leftovers that the user may not delete. A list that is incomplete is not used: what it does not
    show could be taken for the suite's later.
    Raises Inconclusive if leftovers remain, or if the journal does not explain them.
    """
    transport = client.transport
    listing = read_list(client)
    if listing.problem:
        raise Inconclusive(
            f"The channels of user {client.id} cannot be listed ({listing.problem}); run again when they can."
        )
    channels = listing.channels
    if transport.guard.is_read_only:
        transport.guard.open(client.id, channels)
        return channels
    refuse_unexplained(client, channels, admin)
    transport.guard.open(client.id, [each for each in channels if not is_created_by_suite(client, each)])
    has_leftovers = any(is_created_by_suite(client, each) for each in channels)
    if client.id not in transport.journal.users_to_clean() and not has_leftovers:
        return channels
    try:
        return restore_account(client, admin)
    except LeftoverError as error:
        raise Inconclusive(
            f"The channels of an earlier run cannot be deleted. {error} The journal {transport.journal.path} remains; "
            "delete them in Canvas, or run again when the target deletes them."
        ) from None
