"""Clean-up after each test: lists a user's channels, and deletes those that the suite created.

Responses are not validated here, so that clean-up also works with a target that violates the contract.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contract_tests.client.api_client import MAX_CHANNELS, page_size
from contract_tests.client.body import json_object, parse_json
from contract_tests.client.ids import read_id
from contract_tests.client.safety import addresses
from contract_tests.client.safety.leaks import LeakError
from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import httpx2

    from contract_tests.client.api_client import ApiClient, Channel

MAX_ROWS = 101
"""The maximum number of rows of a user on Canvas, including deleted channels (behaviour 5.6)."""

_RESERVED_DOMAIN = re.compile(r"[@.](example\.(com|net|org)|invalid|test|example|localhost)$", re.IGNORECASE)
"""The end of an address that can be nobody's (RFC 2606, RFC 6761)."""


@dataclass(frozen=True)
class Listing:
    """The channels that the target lists for a user."""

    channels: list[Channel]
    unreadable: list[object]
    """The elements of the list without an id of their own."""
    problem: str = ""
    """Why the user may have other channels; empty if the list is complete."""


def list_unvalidated(client: ApiClient) -> list[Channel]:
    """Return all channels that the target lists, even if its pages overlap, are invalid, or cannot all be read.

    Raises Inconclusive if the list has more channels than a user can have.
    """
    listing = read_list(client)
    if len(listing.channels) > MAX_CHANNELS:
        raise Inconclusive(
            f"The list of the channels of user {client.id or client.user} is not usable: {listing.problem}; "
            "check that CANVAS_URL is the origin of a Canvas."
        )
    return listing.channels


def read_list(client: ApiClient) -> Listing:
    """Return the channels of all pages; end at one that cannot be read, or after more channels than a user can have."""
    channels: dict[int, Channel] = {}
    unreadable: list[object] = []
    for number in range(1, MAX_CHANNELS + 2):  # enough for pages of one channel each
        response = send_unvalidated(client, "GET", query=(("page", str(number)), ("per_page", "100")))
        page = parse_json(response)
        if problem := _problem(response, page):
            return Listing(list(channels.values()), unreadable, problem)
        new = [channel for channel in _channels(page) if channel["id"] not in channels]
        for channel in new:
            channels.setdefault(channel["id"], channel)
        unreadable += _unreadable(page, channels)
        if len(channels) > MAX_CHANNELS:
            break
        if not new or _is_last(response, page):
            is_repeated = bool(page) and "next" in response.links and len(page) >= (page_size(response) or 100)
            problem = f"page {number} repeats another page" if is_repeated else ""
            return Listing(list(channels.values()), unreadable, problem)
    problem = f"the list does not end: it has more than {MAX_CHANNELS} channels, and Canvas allows {MAX_ROWS}"
    return Listing(list(channels.values()), unreadable, problem)


def _problem(response: httpx2.Response, page: object) -> str:
    """Return why the response is no page of a list; empty if it is one."""
    if response.status_code != 200:
        return f"the response is {response.status_code}"
    return "" if isinstance(page, list) else "the response is no list"


def _is_last(response: httpx2.Response, page: object) -> bool:
    """Return whether the page has no link to the next one, and is not full according to its links."""
    size = page_size(response)
    return "next" not in response.links and size is not None and isinstance(page, list) and len(page) < size


def _channels(page: object) -> list[Channel]:
    """Return the channels in the body of a list, with numbers as their ids even if the target sends text.

    A channel without a user id has 0: its own id suffices to delete it.
    """
    numbered = []
    for channel in page if isinstance(page, list) else []:
        number = _number(channel, "id")
        if number is not None:
            numbered.append({**channel, "id": number, "user_id": _number(channel, "user_id") or 0})
    return numbered


def _unreadable(page: list[Any], channels: Mapping[int, Channel]) -> list[object]:
    """Return the elements of a page without an id of their own: with none, or with that of another channel."""
    return [
        element
        for element in page
        if (number := _number(element, "id")) is None or key_of(channels[number]) != key_of(element)
    ]


def _number(channel: object, name: str) -> int | None:
    """Return the id in a field of the channel; None if there is none."""
    return read_id(channel.get(name)) if isinstance(channel, dict) else None


def remove_created_channels(client: ApiClient, keep: Collection[int] = ()) -> None:
    """Delete every channel that the run created for this user and did not delete; none in a read-only run.

    The channels with the ids `keep` remain.

    The account is listed only if the responses do not show which channels exist: if the response to a create has no
    channel, or a created channel is not found under the id in that response.
    """
    if client.transport.guard.is_read_only:
        return
    if uncertain := client.transport.journal.uncertain_keys(client.id):
        listing = _list_once(client)
        _delete_by_address(client, listing, uncertain)
        adopt_created_channels(client, listing)
    if not _delete_live_channels(client, keep):
        adopt_created_channels(client, _list_once(client))
        _delete_live_channels(client, keep)


def _delete_by_address(client: ApiClient, listing: Listing, uncertain: set[tuple[str, str]]) -> None:
    """Delete the listed channels without an id that may be those of the uncertain creations.

    The push channel remains, because it may be the user's.
    """
    for element in listing.unreadable:
        if isinstance(element, dict) and (key := key_of(element)) in uncertain and not addresses.is_push(element):
            send_unvalidated(client, "DELETE", tail=(key[0], str(element.get("address"))))


def adopt_created_channels(client: ApiClient, listing: Listing) -> None:
    """Record the listed channels that the run created as created, whatever the responses to the creates were.

    A complete list also shows which of the channels that a delete did not find are absent.
    """
    journal, guard = client.transport.journal, client.transport.guard
    uncertain = journal.uncertain_keys(client.id)
    for channel in listing.channels:
        if channel["id"] in guard.preexisting_channels or journal.live.get(channel["id"]) == client.id:
            continue
        is_opened = client.id in guard.opened_users
        # in an account that is not opened, the push channel may be the user's: it has no test address
        is_uncertain = key_of(channel) in uncertain and (is_opened or not addresses.is_push(channel))
        if is_uncertain or (is_opened and is_created_by_suite(client, channel)):
            journal.record_creation(client.id, channel["id"])
    if listing.problem:
        return
    listed = {channel["id"] for channel in listing.channels}
    for number in journal.unconfirmed - listed:
        if journal.live.get(number) == client.id:
            journal.record_deletion(number)
    journal.unconfirmed -= listed
    journal.resolve(client.id)


def _list_once(client: ApiClient) -> Listing:
    """Return the channels of a page of 100, or of all pages if there is a next one."""
    response = send_unvalidated(client, "GET", query=(("per_page", "100"),))
    page = parse_json(response)
    problem = _problem(response, page)
    if not problem and "next" in response.links:
        return read_list(client)
    if problem or not isinstance(page, list):
        return Listing([], [], problem)
    channels: dict[int, Channel] = {}
    for channel in _channels(page):
        channels.setdefault(channel["id"], channel)
    return Listing(list(channels.values()), _unreadable(page, channels), problem)


def _delete_live_channels(client: ApiClient, keep: Collection[int]) -> bool:
    """Delete the channels that the journal lists as live, and return whether all of them existed.

    A channel that is not found remains in the journal, until a list shows that it is absent. It is not deleted again
    before the end of the run.
    """
    journal = client.transport.journal
    statuses = set()
    for number in [number for number, user in journal.live.items() if user == client.id and number not in keep]:
        if number in journal.unconfirmed:
            continue
        status = send_unvalidated(client, "DELETE", tail=(str(number),)).status_code
        statuses.add(status)
        if status == 200:
            journal.record_deletion(number)
        elif status == 404:
            journal.unconfirmed.add(number)
    return 404 not in statuses


def is_created_by_suite(client: ApiClient, channel: Channel) -> bool:
    """Return whether only the suite can have created the channel of this user.

    A push channel has no test address: it is the suite's if the journal has the intent to create one, because the
    safety guard allows this only for a user who was seen without one. For any other channel without a test address, an
    id in the journal does not suffice until the run has opened the account: it may be wrong, and the user may have
    created a channel with it since.
    """
    journal, guard = client.transport.journal, client.transport.guard
    before = journal.preexisting.get(client.id, frozenset())
    if channel["id"] in guard.preexisting_channels | before:
        return False
    if journal.has_intent(client.id, key_of(channel)):
        return True
    is_live = journal.live.get(channel["id"]) == client.id
    if addresses.is_push(channel):
        return is_live
    is_opened = client.id in guard.opened_users
    has_test_address = is_reserved(channel) or addresses.is_test_address(str(channel.get("address")))
    if has_test_address:
        return is_live or is_opened or client.id in journal.preexisting  # in the last two cases, `before` is known
    return is_live and is_opened


def is_reserved(channel: Channel) -> bool:
    """Return whether the channel has one of the suite's addresses, or one at a reserved domain that begins like them.

    A real address may begin like them, too, so it does not suffice without a record of what existed before.
    """
    address = str(channel.get("address"))
    has_reserved_domain = _RESERVED_DOMAIN.search(address) is not None
    return not addresses.is_push(channel) and (
        key_of(channel) in addresses.POSSIBLE_KEYS or (addresses.is_test_address(address) and has_reserved_domain)
    )


def rows_used(client: ApiClient) -> int:
    """Return the number of this user's rows that the suite created, in this run and in earlier runs of its journal."""
    return sum(user == client.id for user in client.transport.journal.created.values())


def send_unvalidated(client: ApiClient, method: str, **parts: Any) -> httpx2.Response:
    """Send a request and return the response, whatever it is.

    A leak is remembered, for the next test to report, because it must not prevent the clean-up. Another violation is
    remembered for the end of the run.
    """
    request = client.build_request("", method, **parts)
    try:
        response = client.transport.send(request)
    except LeakError as error:
        client.transport.leaks.setdefault(str(error), error)
        response = error.response
    client.note_violation(request, response)
    return response


def send_if_possible(client: ApiClient, method: str, **parts: Any) -> httpx2.Response | None:
    """Send a request and return the response without validating it, or None if the target does not respond.

    Raises Inconclusive if it responds, and the response ends the run.
    """
    received = len(client.transport.exchanges)
    try:
        return send_unvalidated(client, method, **parts)
    except Inconclusive:
        if len(client.transport.exchanges) > received:
            raise
        return None


def channel_of(response: httpx2.Response) -> Channel | None:
    """Return the channel in the response to a creation or deletion, or None if there is none."""
    channel = json_object(response)
    return channel if response.status_code == 200 and _is_channel(channel) else None


def _is_channel(value: object) -> bool:
    """Return whether the value has the ids that identify a channel."""
    return isinstance(value, dict) and all(
        type(value.get(name)) is int and _number(value, name) is not None for name in ("id", "user_id")
    )


def key_of(channel: Channel) -> tuple[str, str]:
    """Return the type and address that identify the row of a listed channel."""
    return addresses.received_key(channel)
