"""Clean-up of the test accounts: lists a user's channels, and deletes those that the suite created.

Responses are not validated here, so that clean-up also works with a target that violates the contract.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from contract_tests.client.api_client import TOKEN, TYPE, page_size
from contract_tests.client.body import json_object, parse_json
from contract_tests.client.safety import addresses
from contract_tests.client.safety.leaks import LeakError

if TYPE_CHECKING:
    from collections.abc import Collection

    import httpx2

    from contract_tests.client.api_client import ApiClient, Channel
    from contract_tests.client.safety.journal import Journal

MAX_ROWS = 101
"""The maximum number of rows of a user on Canvas, including deleted channels (behaviour 5.6)."""


@dataclass
class OpenedAccounts:
    """The accounts that the run has opened, and the client that removes leftovers from all others."""

    clients: list[ApiClient] = field(default_factory=list)
    """A client for each opened account."""
    scenario: str = ""
    """The fixture of the channels that the last test left for the next test with the same fixture."""
    kept: set[int] = field(default_factory=set)
    """The ids of these channels."""
    listed: list[Channel] = field(default_factory=list)
    """The test user's channels, as the fixture `all_channels` has last read them."""
    writes: int = -1
    """The number of requests other than GET and HEAD that had been sent then."""
    admin: ApiClient | None = None
    """The client with the administrator's token, which can delete what a faulty target created for another user."""

    def start_scenario(self, scenario: str) -> None:
        """Remove the channels that the last test left, unless the next test has the same scenario."""
        if scenario == self.scenario:
            return
        self.scenario = scenario
        self.kept.clear()
        self.writes = -1
        for client in self.clients:
            remove_created_channels(client)

    def keep_channels(self, client: ApiClient) -> None:
        """Leave the channels that now exist for this user to the next test of the scenario."""
        journal = client.transport.journal
        self.kept |= {number for number, user in journal.live.items() if user == client.id}

    def clean_up(self, journal: Journal) -> None:
        """Clean up every opened account, then delete what was or may have been created for any other user."""
        for client in self.clients:
            clean_up(client)
        if self.admin is not None:
            users = {*journal.live.values(), *(user for user, *_ in journal.uncertain if user)}
            for user in users - {client.id for client in self.clients}:
                remove_created_channels(self.admin.for_user(user))


def list_unvalidated(client: ApiClient) -> list[Channel]:
    """Return all channels that the target lists, even if its pages overlap or have invalid elements."""
    channels: dict[int, Channel] = {}
    for number in range(1, MAX_ROWS + 1):
        response = send_unvalidated(client, "GET", query=(("page", str(number)), ("per_page", "100")))
        page = parse_json(response) if response.status_code == 200 else []
        new = [channel for channel in _channels(page) if channel["id"] not in channels]
        channels |= {channel["id"]: channel for channel in new}
        if not new or _is_last(response, page):
            break
    return list(channels.values())


def _is_last(response: httpx2.Response, page: object) -> bool:
    """Return whether the page has no link to the next one, and is not full according to its links."""
    size = page_size(response)
    return "next" not in response.links and size is not None and isinstance(page, list) and len(page) < size


def _channels(page: object) -> list[Channel]:
    """Return the channels in the body of a list, with numbers as their ids even if the target sends text."""
    numbered = []
    for channel in page if isinstance(page, list) else []:
        try:
            numbered.append({**channel, "id": int(channel["id"]), "user_id": int(channel["user_id"])})
        except (KeyError, TypeError, ValueError):
            continue
    return numbered


def remove_created_channels(client: ApiClient, keep: Collection[int] = ()) -> None:
    """Delete every channel that the run created for this user and did not delete; none in a read-only run.

    The channels with the ids `keep` remain.

    The account is listed only if the responses do not show which channels there are: a create without its channel in
    the response, or a created channel that does not exist under the id of the response.
    """
    if client.transport.guard.is_read_only:
        return
    if client.transport.journal.uncertain_keys(client.id):
        adopt_created_channels(client, _list_once(client))
    if not _delete_live_channels(client, keep):
        adopt_created_channels(client, _list_once(client))
        _delete_live_channels(client, keep)


def adopt_created_channels(client: ApiClient, channels: list[Channel]) -> None:
    """Record the listed channels that the run created as created, whatever the responses to the creates were."""
    journal, guard = client.transport.journal, client.transport.guard
    uncertain = journal.uncertain_keys(client.id)
    for channel in channels:
        if channel["id"] in guard.preexisting_channels or channel["id"] in journal.live:
            continue
        is_opened = client.id in guard.opened_users
        is_uncertain = key_of(channel) in uncertain and (is_opened or channel.get("type") != "push")
        if is_uncertain or (is_opened and is_created_by_suite(client, channel)):
            journal.record_creation(client.id, channel["id"])
    journal.settle(client.id)


def _list_once(client: ApiClient) -> list[Channel]:
    """Return the channels of a page of 100, or of all pages if there is a next one."""
    response = send_unvalidated(client, "GET", query=(("per_page", "100"),))
    if response.status_code != 200 or "next" in response.links:
        return list_unvalidated(client)
    return _channels(parse_json(response))


def _delete_live_channels(client: ApiClient, keep: Collection[int]) -> bool:
    """Delete the channels that the journal lists as live, and return whether all of them existed."""
    journal = client.transport.journal
    statuses = set()
    for number in [number for number, user in journal.live.items() if user == client.id and number not in keep]:
        status = send_unvalidated(client, "DELETE", tail=(str(number),)).status_code
        statuses.add(status)
        if status in {200, 404}:
            journal.record_deletion(number)
    return 404 not in statuses


def clean_up(client: ApiClient) -> None:
    """Delete every channel with a test address that did not exist before the run, whether in the journal or not.

    A read-only run has created none, and deletes none.
    """
    if client.transport.guard.is_read_only:
        return
    client.transport.is_cleaning_up = True
    unregister_devices(client)
    adopt_created_channels(client, list_unvalidated(client))
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
    name = client.transport.creations.push_tokens.get(client.id)
    if name is None:
        return
    device = replace(client, token=client.transport.settings.tokens[name], token_name=name, user="self").own
    send_unvalidated(device, "POST", body=((TYPE, "push"), (TOKEN, addresses.DEVICE)))
    client.transport.creations.push_tokens.pop(client.id)
    for token in addresses.DEVICES:
        send_unvalidated(device, "DELETE", tail=("push",), body=(("push_token", token),))


def rows_used(client: ApiClient) -> int:
    """Return the number of this user's rows that the suite created, in this run and in earlier runs of its journal."""
    return sum(user == client.id for user in client.transport.journal.created.values())


def send_unvalidated(client: ApiClient, method: str, **parts: Any) -> httpx2.Response:
    """Send a request and return the response without validating it against the contract.

    A leak is remembered, for the next test to report, because it must not prevent the clean-up.
    """
    try:
        return client.transport.send(client.build_request("", method, **parts))
    except LeakError as error:
        client.transport.leaks.setdefault(str(error), error)
        return error.response


def channel_of(response: httpx2.Response) -> Channel | None:
    """Return the channel in the response to a creation or deletion, or None if there is none."""
    channel = json_object(response)
    return channel if response.status_code == 200 and _is_channel(channel) else None


def _is_channel(value: object) -> bool:
    """Return whether the value has the ids that identify a channel."""
    return isinstance(value, dict) and all(isinstance(value.get(name), int) for name in ("id", "user_id"))


def key_of(channel: Channel) -> tuple[str, str]:
    """Return the type and address that identify the row of a listed channel."""
    return addresses.TypedAddress(str(channel.get("type")), str(channel.get("address"))).key
