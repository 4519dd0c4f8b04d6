"""Clean-up of the test accounts: lists a user's channels, and deletes those that the suite created.

Responses are not validated here, so that clean-up also works with a target that violates the contract.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from contract_tests.client import addresses
from contract_tests.client.api_client import TOKEN, TYPE

if TYPE_CHECKING:
    import httpx2

    from contract_tests.client.api_client import ApiClient, Channel
    from contract_tests.client.journal import Journal

MAX_ROWS = 101
"""The maximum number of rows of a user on Canvas, including deleted channels (behaviour 5.6)."""


@dataclass
class OpenedAccounts:
    """The accounts that the run has opened, and the client that removes leftovers from all others."""

    clients: list[ApiClient] = field(default_factory=list)
    """A client for each opened account."""
    admin: ApiClient | None = None
    """The client with the administrator's token, which can delete what a faulty target created for another user."""

    def clean_up(self, journal: Journal) -> None:
        """Clean up every opened account, then delete the journal's live channels of all other users."""
        for client in self.clients:
            clean_up(client)
        if self.admin is not None:
            for user in {*journal.live.values()} - {client.id for client in self.clients}:
                remove_created_channels(self.admin.for_user(user))


def list_unvalidated(client: ApiClient) -> list[Channel]:
    """Return all channels that the target lists, even if its pages overlap or have invalid elements."""
    channels: dict[int, Channel] = {}
    for number in range(1, MAX_ROWS + 1):
        response = send_unvalidated(client, "GET", query=(("page", str(number)), ("per_page", "100")))
        page = response.json() if response.status_code == 200 else []
        new = [channel for channel in page if _is_channel(channel) and channel["id"] not in channels]
        channels |= {channel["id"]: channel for channel in new}
        if not new:
            break
    return list(channels.values())


def remove_created_channels(client: ApiClient) -> None:
    """Delete every channel that the journal lists as created for this user and not deleted; none in a read-only run."""
    if client.transport.guard.is_read_only:
        return
    journal = client.transport.journal
    for number in [number for number, user in journal.live.items() if user == client.id]:
        if send_unvalidated(client, "DELETE", tail=(str(number),)).status_code in {200, 404}:
            journal.record_deletion(number)


def clean_up(client: ApiClient) -> None:
    """Delete every channel with a test address that did not exist before the run, whether in the journal or not.

    A read-only run has created none, and deletes none.
    """
    if client.transport.guard.is_read_only:
        return
    client.transport.is_cleaning_up = True
    unregister_devices(client)
    for channel in list_unvalidated(client):
        if is_created_by_suite(client, channel) and channel["id"] not in client.transport.guard.preexisting_channels:
            client.transport.journal.record_creation(client.id, channel["id"])
    remove_created_channels(client)


def is_created_by_suite(client: ApiClient, channel: Channel) -> bool:
    """Return whether only the suite can have created the channel.

    A push channel has no test address, so only the journal distinguishes the suite's from the user's own.
    """
    if channel.get("type") == "push":
        return channel["id"] in client.transport.journal.live
    return key_of(channel) in addresses.POSSIBLE_KEYS or addresses.is_test_address(str(channel.get("address")))


def unregister_devices(client: ApiClient) -> None:
    """Delete the push tokens that the run registered for the user: they remain when the push channel is deleted."""
    name = client.transport.push_tokens.get(client.id)
    if name is None:
        return
    device = replace(client, token=client.transport.settings.tokens[name], token_name=name, user="self").own
    send_unvalidated(device, "POST", body=((TYPE, "push"), (TOKEN, addresses.DEVICE)))
    client.transport.push_tokens.pop(client.id)
    for token in addresses.DEVICES:
        send_unvalidated(device, "DELETE", tail=("push",), body=(("push_token", token),))


def rows_used(client: ApiClient) -> int:
    """Return the number of this user's rows that the suite created, in this run and in earlier runs of its journal."""
    return sum(user == client.id for user in client.transport.journal.created.values())


def send_unvalidated(client: ApiClient, method: str, **parts: Any) -> httpx2.Response:
    """Send a request and return the response without validating it against the contract."""
    return client.transport.send(client.build_request("", method, **parts))


def channel_of(response: httpx2.Response) -> Channel | None:
    """Return the channel in the response to a creation or deletion, or None if there is none."""
    channel = json_object(response)
    return channel if response.status_code == 200 and _is_channel(channel) else None


def _is_channel(value: object) -> bool:
    """Return whether the value has the ids that identify a channel."""
    return isinstance(value, dict) and all(isinstance(value.get(name), int) for name in ("id", "user_id"))


def json_object(response: httpx2.Response) -> dict[str, Any]:
    """Return the JSON object in the response, or an empty one for any other body."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def key_of(channel: Channel) -> tuple[str, str]:
    """Return the type and address that identify the row of a listed channel."""
    return addresses.TypedAddress(str(channel.get("type")), str(channel.get("address"))).key
