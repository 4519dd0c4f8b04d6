"""Restoration of a test account, at the end of a run and after a killed one: it ends with a list that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract_tests.account.clean_up import Listing, is_created_by_suite, read_list, send_if_possible
from contract_tests.account.devices import Devices
from contract_tests.client.inconclusive import Inconclusive
from contract_tests.client.safety import addresses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract_tests.client.api_client import ApiClient, Channel

_MAX_LISTS = 3
"""The number of lists after which an account whose channels reappear, or cannot be listed, is given up."""

_MAX_LOSSES = 10
"""The number of requests without a response after which an account is given up, although the target responds."""

_MAX_ADDRESS = 60
"""The length after which a message shortens an address."""


class LeftoverError(Inconclusive):
    """An account that no list has shown to be as before the run."""

    def __init__(self, why: str, listing: Listing) -> None:
        super().__init__(why)
        self.channels = None if listing.problem else listing.channels
        """The channels of the last list; None if there is no complete one."""


def clean_up(client: ApiClient, admin: ApiClient | None = None) -> list[Channel]:
    """Restore the account at the end of the run, and return its channels; a read-only run has nothing to restore.

    Raises LeftoverError if no list has shown that the account is as before the run.
    """
    if client.transport.guard.is_read_only:
        return []
    client.transport.is_cleaning_up = True
    return restore_account(client, admin)


def restore_account(client: ApiClient, admin: ApiClient | None = None) -> list[Channel]:
    """Remove the suite's devices and channels, and return the channels of the list that shows none of them.

    A response to a delete is no proof: only a complete list is, which shows the channels from before the run, too.
    A request without a response is followed by a list, which ends the restoration if the target does not respond.
    The admin deletes the channels that the user may not delete.
    Raises LeftoverError if there is no such list.
    """
    journal = client.transport.journal
    journal.unconfirmed.clear()  # the lists below decide on these channels, too
    devices = Devices(client)
    lists = losses = 0
    while True:
        has_all_responses = devices.unregister()
        listing = read_list(client)
        created = [channel for channel in listing.channels if is_created_by_suite(client, channel)]
        if absent := _absent(client, listing):
            client.transport.note_violation(_absent_sentence(client, absent))
        obstacle = _obstacle(client, listing)
        if has_all_responses and not (created or obstacle):
            devices.record_removals()
            journal.record_clean(client.id)
            if client.user == "self":
                journal.record_clean(0)  # the intents while the run did not know the id
            return listing.channels
        if lists == _MAX_LISTS - 1 or losses == _MAX_LOSSES:
            raise LeftoverError(_leftovers(client, created) + obstacle, listing)
        if any(addresses.is_push(channel) for channel in created):
            has_all_responses = devices.unregister_with_channel() and has_all_responses
        numbers = {channel["id"] for channel in created} | (_live(client) if listing.problem else set())
        has_all_responses = _delete(client, admin, numbers) and has_all_responses
        if has_all_responses:
            lists += 1
        else:
            losses += 1


def describe(channels: Iterable[Channel]) -> str:
    """Return the types, addresses and ids of the channels, for messages."""
    return ", ".join(
        f"the push channel (id {channel['id']})"
        if addresses.is_push(channel)
        else f"{channel.get('type')} {_shortened(str(channel.get('address')))} (id {channel['id']})"
        for channel in channels
    )


def count(number: int) -> str:
    """Return the number with the word `channel` or `channels`."""
    return f"{number} channel" if number == 1 else f"{number} channels"


def _delete(client: ApiClient, admin: ApiClient | None, numbers: set[int]) -> bool:
    """Delete each channel with the client's token, or with the admin's if the client's does not delete it.

    Return whether every request had a response; the first one without is the last, because the next list shows
    whether the target still responds.
    """
    journal = client.transport.journal
    clients = [client] if admin is None or admin.token == client.token else [client, admin.for_user(client.id)]
    for number in sorted(numbers):
        if journal.live.get(number) != client.id:  # the safety guard allows no delete of an unrecorded channel
            journal.record_creation(client.id, number)
        for each in clients:
            response = send_if_possible(each, "DELETE", tail=(str(number),))
            if response is None:
                return False
            if response.status_code == 200:
                break
    return True


def _live(client: ApiClient) -> set[int]:
    return {number for number, user in client.transport.journal.live.items() if user == client.id}


def _obstacle(client: ApiClient, listing: Listing) -> str:
    """Return a sentence on why the list does not show that the account is as before; empty if it does."""
    if listing.problem:
        ids = _ids(_live(client))
        return (
            f"The channels of user {client.id} cannot be listed ({listing.problem}), so channels of this suite may "
            f"remain{f', such as {ids}' if ids else ''}."
        )
    if any(addresses.is_test_address(str(element)) for element in listing.unreadable):
        return f"The list of user {client.id} shows a channel of this suite without its id."
    if absent := _absent(client, listing):
        return (
            f"The list of user {client.id} lacks {_ids(absent)}, which existed before the run, so it does not show "
            "whether channels of this suite remain."
        )
    return ""


def _absent(client: ApiClient, listing: Listing) -> frozenset[int]:
    """Return the ids of the channels from before the run that a complete list lacks."""
    # In an account that is not opened, `preexisting` is from an earlier run: the user may have deleted channels since.
    if listing.problem or client.id not in client.transport.guard.opened_users:
        return frozenset()
    before = client.transport.journal.preexisting.get(client.id, frozenset())
    return before - {channel["id"] for channel in listing.channels}


def _absent_sentence(client: ApiClient, absent: Iterable[int]) -> str:
    return (
        f"The list of user {client.id} lacks {_ids(absent)}, which existed before the run and which the suite did not "
        "delete."
    )


def _ids(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))


def _leftovers(client: ApiClient, channels: list[Channel]) -> str:
    if not channels:
        return ""
    return f"User {client.id} still has {count(len(channels))} of this suite: {describe(channels)}. "


def _shortened(address: str) -> str:
    return address if len(address) <= _MAX_ADDRESS else f"{address[:_MAX_ADDRESS]}..."
