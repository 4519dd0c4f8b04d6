"""Faults of deletion: which channel a delete selects, and what it changes."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mockserver.canvas import channels as rules
from mockserver.canvas.channels import ChannelList
from mockserver.canvas.errors import NotFound, ValidationFailed
from mockserver.canvas.world import World
from mutants.exchange import CRASH
from mutants.mutant import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.canvas.channels import Channel
    from mutants.exchange import Request, Response
    from mutants.patching import PatchedMock


def _find_by_address(mock: PatchedMock, find: Callable[[Any, str, str], Any]) -> None:
    """Find the channel of a type and address by `find(owner, kind, address)`."""

    def find_channel_by_address(_self: World, owner: Any, kind: object, address: object) -> Any:
        return rules.require_found(find(owner, str(kind), str(address)))

    mock.replace(World, "find_channel_by_address", find_channel_by_address)


def _skip_retirement(mock: PatchedMock, when: Callable[[Channel], bool]) -> None:
    """Leave the channels that `when` selects as they are on deletion."""

    def retire(original: Any, self: ChannelList, channel: Channel) -> None:
        if not when(channel):
            original(self, channel)

    mock.wrap(ChannelList, "retire", retire)


def _crash_on_id(mock: PatchedMock, when: Callable[[str], bool], body: object = CRASH) -> None:
    """Return 500 and the JSON body instead of 404 from the deletes by an id that `when` selects."""

    def change(request: Request, response: Response) -> None:
        if request.is_delete and len(request.subpath) == 1 and when(request.subpath[0]) and response.status == 404:
            response.status = 500
            response.json = body

    mock.on_response(change)


# -- selection of the channel


@fault
def delete_by_id_deletes_the_next(mock: PatchedMock) -> None:
    """A delete by id deletes the channel after the one in the path; for the last channel, it deletes the first."""

    def find_channel(original: Any, self: World, owner: Any, id_: str) -> Any:
        found, listed = original(self, owner, id_), owner.channels.listed
        return listed[(listed.index(found) + 1) % len(listed)]

    mock.wrap(World, "find_channel", find_channel)


@fault
def delete_by_id_deletes_the_last(mock: PatchedMock) -> None:
    """A delete by id deletes the last channel of the list."""

    def find_channel(original: Any, self: World, owner: Any, id_: str) -> Any:
        original(self, owner, id_)
        return owner.channels.listed[-1]

    mock.wrap(World, "find_channel", find_channel)


@fault
def delete_by_id_allows_trailing_text(mock: PatchedMock) -> None:
    """A delete of the id 12abc deletes channel 12."""

    def find_channel(original: Any, self: World, owner: Any, id_: str) -> Any:
        digits = re.sub("(?s)[^0-9].*", "", id_)
        return original(self, owner, digits or id_)

    mock.wrap(World, "find_channel", find_channel)


@fault
def delete_by_address_ignores_the_type(mock: PatchedMock) -> None:
    """A delete by address deletes the first channel with that address, whatever its type."""

    def find(owner: Any, _kind: str, address: str) -> Any:
        return next((row for row in owner.channels.listed if row.address.lower() == address.lower()), None)

    _find_by_address(mock, find)


@fault
def delete_by_address_falls_back_to_another_type(mock: PatchedMock) -> None:
    """A delete by address deletes a channel of another type if there is none of the type in the path."""

    def find(owner: Any, kind: str, address: str) -> Any:
        found = owner.channels.find(kind, address)
        if found is not None and not found.retired:
            return found
        return next((row for row in owner.channels.listed if row.address.lower() == address.lower()), None)

    _find_by_address(mock, find)


@fault
def delete_ignores_the_case_of_the_type(mock: PatchedMock) -> None:
    """A delete by address accepts the type `EMAIL` as `email`."""
    _find_by_address(mock, lambda owner, kind, address: owner.channels.find(kind.lower(), address))


@fault
def delete_compares_the_case_of_the_address(mock: PatchedMock) -> None:
    """A delete by address finds an address only in the same letter case."""

    def find(owner: Any, kind: str, address: str) -> Any:
        found = owner.channels.find(kind, address)
        return found if found is not None and found.address == address else None

    _find_by_address(mock, find)


@fault
def delete_by_address_matches_a_prefix(mock: PatchedMock) -> None:
    """A delete by address deletes the first channel whose address starts with the one in the path."""

    def find(owner: Any, kind: str, address: str) -> Any:
        rows = [row for row in owner.channels.listed if row.type == kind]
        return next((row for row in rows if row.address.lower().startswith(address.lower())), None)

    _find_by_address(mock, find)


@fault
def delete_by_address_treats_percent_as_a_wildcard(mock: PatchedMock) -> None:
    """A delete by an address with % deletes the first channel that starts with the text before it, as in SQL's LIKE."""

    def find(owner: Any, kind: str, address: str) -> Any:
        prefix = address.lower().partition("%")[0]
        exact = owner.channels.find(kind, address)
        rows = [row for row in owner.channels.listed if row.type == kind and row.address.lower().startswith(prefix)]
        return rows[0] if rows and "%" in address else exact

    _find_by_address(mock, find)


@fault
def delete_by_address_drops_json(mock: PatchedMock) -> None:
    """A delete by address removes the suffix `.json` from the address."""
    _find_by_address(mock, lambda owner, kind, address: owner.channels.find(kind, address.removesuffix(".json")))


@fault
def delete_by_address_is_not_found(mock: PatchedMock) -> None:
    """A delete by address returns 404 for every e-mail and SMS channel."""
    _find_by_address(mock, lambda owner, kind, address: None if kind != "push" else owner.channels.find(kind, address))


@fault
def delete_by_address_trims(mock: PatchedMock) -> None:
    """A delete by address removes white space around the address."""
    _find_by_address(mock, lambda owner, kind, address: owner.channels.find(kind, address.strip()))


@fault
def delete_by_address_deletes_every_type(mock: PatchedMock) -> None:
    """A delete by address also deletes the channels of other types with that address."""

    def find_channel_by_address(original: Any, self: World, owner: Any, kind: object, address: object) -> Any:
        found = original(self, owner, kind, address)
        for row in list(owner.channels.listed):
            if row is not found and row.address.lower() == found.address.lower():
                owner.channels.retire(row)
        return found

    mock.wrap(World, "find_channel_by_address", find_channel_by_address)


@fault
def delete_by_address_deletes_for_every_user(mock: PatchedMock) -> None:
    """A delete by address also deletes the channels of other users with that type and address."""

    def find_channel_by_address(original: Any, self: World, owner: Any, kind: object, address: object) -> Any:
        found = original(self, owner, kind, address)
        for user in self.users.values():
            if user is not owner:
                with suppress(NotFound):
                    user.channels.retire(original(self, user, kind, address))
        return found

    mock.wrap(World, "find_channel_by_address", find_channel_by_address)


# -- effect


@fault
def delete_does_nothing(mock: PatchedMock) -> None:
    """A delete returns `retired` without deleting the channel."""
    mock.replace(ChannelList, "retire", lambda self, channel: None)
    mock.on_channel(lambda request, channel: channel.update(workflow_state="retired") if request.is_delete else None)


@fault
def delete_of_sms_does_nothing(mock: PatchedMock) -> None:
    """A delete of an SMS channel returns `retired` without deleting the channel."""
    _skip_retirement(mock, lambda channel: channel.type == "sms")
    mock.on_channel(lambda request, channel: channel.update(workflow_state="retired") if request.is_delete else None)


@fault
def deleted_channels_stay_listed(mock: PatchedMock) -> None:
    """Deleted channels stay in the list, with the state `retired`."""

    def retire(_self: ChannelList, channel: Channel) -> None:
        channel.workflow_state = "retired"

    def restore(_self: ChannelList, channel: Channel, address: str, state: str) -> None:
        channel.address, channel.workflow_state = address, state

    mock.replace(ChannelList, "retire", retire)
    mock.replace(ChannelList, "restore", restore)


@fault
def delete_returns_active(mock: PatchedMock) -> None:
    """A delete returns the state `active` instead of `retired`."""

    def alter(request: Request, channel: dict[str, Any]) -> None:
        if request.is_delete:
            channel["workflow_state"] = "active"

    mock.on_channel(alter)


@fault
def delete_returns_deleted(mock: PatchedMock) -> None:
    """A delete returns the state `deleted`, which channels of Canvas do not have."""
    mock.on_channel(lambda request, channel: channel.update(workflow_state="deleted") if request.is_delete else None)


@fault
def second_delete_is_200(mock: PatchedMock) -> None:
    """A second delete of the same channel returns 200 instead of 404."""

    def require_found(channel: Any) -> Any:
        if channel is None:
            raise NotFound
        return channel

    mock.replace(rules, "require_found", require_found)
    _skip_retirement(mock, lambda channel: channel.retired)


@fault
def second_delete_by_id_is_200(mock: PatchedMock) -> None:
    """A second delete by id of the same channel returns 200 instead of 404."""

    def find_channel(original: Any, self: World, owner: Any, id_: str) -> Any:
        found = self.channels.get(int(id_)) if id_.isdigit() else None
        if found is not None and found.user_id == owner.id:
            return found
        return original(self, owner, id_)

    mock.wrap(World, "find_channel", find_channel)
    _skip_retirement(mock, lambda channel: channel.retired)


@fault
def delete_closes_the_gap_in_positions(mock: PatchedMock) -> None:
    """A delete decreases the positions of the channels after the deleted one."""

    def retire(original: Any, self: ChannelList, channel: Channel) -> None:
        original(self, channel)
        for row in self.listed:
            if row.position > channel.position:
                row.position -= 1

    mock.wrap(ChannelList, "retire", retire)


@fault
def delete_unconfirms_the_last_channel(mock: PatchedMock) -> None:
    """A delete makes the user's last channel unconfirmed."""

    def retire(original: Any, self: ChannelList, channel: Channel) -> None:
        original(self, channel)
        for row in self.listed[-1:]:
            row.workflow_state = "unconfirmed"

    mock.wrap(ChannelList, "retire", retire)


@fault
def delete_of_text_returns_500(mock: PatchedMock) -> None:
    """A delete by an id that is not a number returns 500."""
    _crash_on_id(mock, lambda id_: not id_.isdigit())


@fault
def delete_of_the_largest_id_returns_500(mock: PatchedMock) -> None:
    """A delete by the id 2^63-1, the largest that the database can store, returns 500."""
    _crash_on_id(mock, lambda id_: id_.isdigit() and int(id_) == 2**63 - 1)


@fault
def delete_of_zero_returns_500(mock: PatchedMock) -> None:
    """A delete of the id 0 returns 500."""
    _crash_on_id(mock, lambda id_: id_ == "0")


@fault
def delete_of_a_huge_id_returns_another_body(mock: PatchedMock) -> None:
    """A delete by an id of 2^63 or more returns 500 with an empty object, not with Canvas's general error."""
    _crash_on_id(mock, lambda id_: id_.isdigit() and int(id_) >= 2**63, {})


@fault
def delete_of_zero_returns_400(mock: PatchedMock) -> None:
    """A delete of the id 0 returns 400."""

    def change(request: Request, response: Response) -> None:
        if request.is_delete and request.subpath == ["0"] and response.status == 404:
            response.status = 400

    mock.on_response(change)


@fault
def last_three_emails_cannot_be_deleted(mock: PatchedMock) -> None:
    """A delete of an e-mail channel that would leave fewer than three of them is rejected."""

    def retire(original: Any, self: ChannelList, channel: Channel) -> None:
        if channel.type == "email" and sum(row.type == "email" for row in self.listed) < 4:
            raise ValidationFailed(("workflow_state", "is the last", "last"))
        original(self, channel)

    mock.wrap(ChannelList, "retire", retire)
