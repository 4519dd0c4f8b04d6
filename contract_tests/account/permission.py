"""Whether the test user may edit their own channels, and the token that edits them otherwise (behaviour 3.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contract_tests.account.clean_up import channel_of, remove_created_channels, send_unvalidated
from contract_tests.client.api_client import FORBIDDEN_STATUSES, TYPE
from contract_tests.client.body import json_object
from contract_tests.client.editor import Editor
from contract_tests.client.safety import addresses
from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    import httpx2

    from contract_tests.client.api_client import ApiClient


def with_editor(client: ApiClient, admin: ApiClient | None) -> ApiClient:
    """Return the client, with an editor if it is the test user's and the user may not edit their own channels.

    Raises Inconclusive if the creation is denied for another reason, or denied to the admin, too.
    """
    if client.user != "self" or client.transport.guard.is_read_only:
        return client
    response = create_without_address(client)
    if response.status_code not in FORBIDDEN_STATUSES:
        return client
    if admin is None:
        _check_denial(client, response)
        return replace(client, editor=Editor())
    if _can_delete(client, admin.for_user(client.id)):
        return client  # the account allows it, so the denial is a violation, which the tests report
    _check_denial(client, response)
    return replace(client, editor=Editor(admin.token, admin.token_name))


def create_without_address(client: ApiClient) -> httpx2.Response:
    """Send the creation of a channel without an address, and return the response.

    Canvas checks the permission before the address (behaviour 3.3), so the status is 400 for a user who may edit their
    channels, and no channel is created.
    """
    before = set(client.transport.journal.live)
    response = send_unvalidated(client, "POST", body=((TYPE, "email"),))
    remove_created_channels(client, keep=before)
    return response


def _check_denial(client: ApiClient, response: httpx2.Response) -> None:
    """Raise Inconclusive if it is not Canvas that denies the creation, or if Canvas rejects the token (behaviour 2)."""
    body = json_object(response)
    is_token_rejected = response.status_code == 401 and body.get("status") in {None, "unauthenticated"}
    if is_token_rejected or "errors" not in body:
        raise Inconclusive(
            f"The creation of channels with ${client.token_name} is rejected with {response.status_code}, which is not "
            "Canvas's response to a user who may not edit their channels; use a token without scopes, and check that "
            "no proxy rejects POST requests."
        )


def _can_delete(client: ApiClient, admin: ApiClient) -> bool:
    """Return whether the user can delete a channel that the admin created.

    If so, the account's settings allow users to edit their channels. Raises Inconclusive if the admin cannot create it.
    """
    response = send_unvalidated(admin, "POST", body=admin.create_fields(addresses.FIRST))
    channel = channel_of(response)
    if channel is None:
        raise Inconclusive(
            f"Users of this Canvas may not edit their channels, and ${admin.token_name} cannot create a channel for "
            f"user {admin.id} ({response.status_code}); set it to a token of a root-account admin who may manage user "
            "logins, or unset it."
        )
    is_deleted = send_unvalidated(client, "DELETE", tail=(str(channel["id"]),)).status_code == 200
    remove_created_channels(admin)
    return is_deleted
