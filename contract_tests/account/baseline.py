"""Baseline of a test account: its channels before the run, and the responses to the first creations of the run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import TYPE_CHECKING

from contract_tests.account.capacity import check_capacity
from contract_tests.account.clean_up import (
    channel_of,
    list_unvalidated,
    remove_created_channels,
    send_unvalidated,
)
from contract_tests.client.request import ENCODINGS
from contract_tests.client.safety import addresses
from contract_tests.client.safety.addresses import TypedAddress
from contract_tests.client.violations import violation_message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import httpx2

    from contract_tests.client.api_client import ApiClient, Channel
    from contract_tests.client.exchange import Step

_BASELINE_DURATION = timedelta(minutes=10)
"""The maximum time between the creations of one baseline; rows further apart were created by several runs."""

WITH_SKIP_CONFIRMATION = addresses.PHONE
"""The address whose first creation has the parameter skip_confirmation."""


@dataclass(frozen=True)
class Baseline:
    """One user's channels before the run, and the responses to the first creations of the run.

    If the run cannot create channels for the user, or the profile needs none, there are no responses.
    """

    client: ApiClient
    channels_before: list[Channel]
    """The user's channels before the run."""
    responses: dict[tuple[TypedAddress, str], httpx2.Response]
    """The responses to the first creations, by address and encoding, in order.

    Every second channel was deleted before the next creation.
    """
    known_ids: frozenset[int]
    """The ids that were known before the first creation, from the list of channels and the journal."""
    listed_after_restore: list[Channel]
    """The list after the first creations: some channels were never deleted, and one was deleted and restored."""
    unknown_type_response: httpx2.Response | None
    """The response to the creation of `UNKNOWN_TYPE`; None if its row existed already or an earlier creation failed."""
    steps: dict[tuple[TypedAddress, str], Step] = field(default_factory=dict)
    """The requests and responses of the first creations, by address and encoding."""
    list_step: Step | None = None
    """The request of `listed_after_restore` and its response."""

    def check_first_creations(self) -> None:
        """Assert that no response to the first creations violates the contract; a report shows the first that does.

        After that, the reports of the current test show all first creations.
        """
        transport = self.client.transport
        for key, response in self.responses.items():
            transport.steps = [self.steps[key]]
            message = violation_message(self.client.contract, self.steps[key].request, response)
            assert not message, message
        transport.steps = list(self.steps.values())

    def compare(self, channels: list[Channel]) -> list[str]:
        """Return the differences between these channels and those before the run, one line for each channel."""
        after = {channel["id"]: channel for channel in channels}
        before = {channel["id"]: channel for channel in self.channels_before}
        return [
            f"channel {number}: was {before.get(number, 'absent')}, is {after.get(number, 'absent')}"
            for number in sorted(after.keys() | before.keys())
            if after.get(number) != before.get(number)
        ]

    @property
    def creation_times(self) -> dict[int, object]:
        """The `created_at` of each channel of the first creations, by channel id."""
        return {channel["id"]: channel.get("created_at") for channel in self._first_channels()}

    def _first_channels(self) -> Iterator[Channel]:
        return filter(None, map(channel_of, self.responses.values()))

    def new_channels(self) -> list[Channel]:
        """Return the channels of the first creations whose ids were unknown before, in order of creation.

        They can be the channels of an earlier run whose journal is absent. If their creation times show that several
        runs created them, return none, because their positions are then not consecutive.
        """
        highest = max(self.known_ids, default=0)
        new = [channel for channel in self._first_channels() if channel["id"] > highest]
        creation_times = [time for channel in new if (time := _creation_time(channel)) is not None]
        return new if creation_times and max(creation_times) - min(creation_times) < _BASELINE_DURATION else []


def _creation_time(channel: Channel) -> datetime | None:
    """Return the creation time of a channel, or None if it has none that can be read."""
    try:
        time = datetime.fromisoformat(str(channel.get("created_at")))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def record_baseline(
    client: ApiClient, channels_before: list[Channel], first: Sequence[TypedAddress] = addresses.ACCEPTED
) -> Baseline:
    """Create a channel for each address of `first`, delete them all, and return the baseline.

    Raises Inconclusive if the account has too few free rows, so that no test fails for this reason.
    """
    client.transport.reset_steps()
    known_ids = frozenset(channel["id"] for channel in channels_before) | client.transport.journal.created.keys()
    if not (client.can_create and first):
        return Baseline(client, channels_before, {}, known_ids, [], None)
    has_all = len(first) == len(addresses.ACCEPTED)  # not in the profile smoke
    try:
        responses, steps = _create_first_channels(client, first)
        unknown_type_response = _create_unknown_type(client) if has_all and len(responses) == len(first) else None
        restored = first[1] if len(first) > 1 else first[0]  # the second was deleted; the first exists
        send_unvalidated(client, "POST", body=client.create_fields(restored))
        listed_after_restore = list_unvalidated(client)
        list_step = client.transport.steps[-1]
        check_capacity(client, first)
    finally:
        remove_created_channels(client)
    return Baseline(
        client,
        channels_before,
        responses,
        known_ids,
        listed_after_restore,
        unknown_type_response,
        steps,
        list_step,
    )


def _create_first_channels(
    client: ApiClient, first: Sequence[TypedAddress]
) -> tuple[dict[tuple[TypedAddress, str], httpx2.Response], dict[tuple[TypedAddress, str], Step]]:
    """Create a channel for each of the addresses until a creation fails, which a test then reports.

    Every second channel is deleted at once, so that a test can show that positions count deleted channels, too.
    Return the response to each creation, and the request with its response for reports, by address and encoding.
    """
    responses: dict[tuple[TypedAddress, str], httpx2.Response] = {}
    steps: dict[tuple[TypedAddress, str], Step] = {}
    for index, (address, encoding) in enumerate(zip(first, cycle(ENCODINGS), strict=False)):
        fields = client.create_fields(address)
        if address == WITH_SKIP_CONFIRMATION:
            fields = (*fields, ("skip_confirmation", "1"))
        parts = {"query": fields} if encoding == "query" else {"body": fields, "encoding": encoding}
        response = responses[address, encoding] = send_unvalidated(client, "POST", **parts)
        steps[address, encoding] = client.transport.steps[-1]
        channel = channel_of(response)
        if channel is None:
            return responses, steps
        if index % 2:
            send_unvalidated(client, "DELETE", tail=(str(channel["id"]),))
    return responses, steps


def _create_unknown_type(client: ApiClient) -> httpx2.Response | None:
    """Create the channel with an unknown type and return the response, or None if its row exists already.

    Canvas accepts the address as e-mail only if it restores that row. It then returns 500 for the unknown type, or
    creates a second row if its database has no unique index (behaviour 5.4).
    """
    as_email = TypedAddress("email", addresses.UNKNOWN_TYPE.address)
    if send_unvalidated(client, "POST", body=client.create_fields(as_email)).status_code == 200:
        return None
    return send_unvalidated(client, "POST", body=client.create_fields(addresses.UNKNOWN_TYPE))
