"""Faults that only a sequence of requests shows."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

from mockserver.canvas import channels as rules
from mockserver.canvas import email_address
from mockserver.canvas.channels import ChannelList
from mockserver.canvas.errors import NotFound, ValidationFailed
from mockserver.canvas.world import World
from mutants.mutant import fault

if TYPE_CHECKING:
    from mockserver.canvas.channels import Channel
    from mutants.exchange import Request, Response
    from mutants.patching import PatchedMock


@fault
def third_create_deletes_the_second(mock: PatchedMock) -> None:
    """The third of three successive creates for one user deletes the channel of the second."""

    def create(original: Any, self: World, owner: Any, *rest: Any) -> Any:
        channel = original(self, owner, *rest)
        created = recent.setdefault(owner.id, [])
        created.append(channel)
        if len(created) == 3:
            if not created[1].retired:
                owner.channels.retire(created[1])
            created.clear()
        return channel

    def retire(original: Any, self: ChannelList, channel: Channel) -> None:
        recent.pop(channel.user_id, None)
        original(self, channel)

    recent: dict[int, list[Any]] = {}
    mock.wrap(World, "create_channel", create)
    mock.wrap(ChannelList, "retire", retire)


@fault
def create_after_a_delete_reuses_its_row(mock: PatchedMock) -> None:
    """A create of a new e-mail address directly after a delete of another reuses the deleted row."""

    def retire(original: Any, self: ChannelList, channel: Channel) -> None:
        original(self, channel)
        if channel.type == "email":
            last[channel.user_id] = channel

    def create(original: Any, self: World, owner: Any, kind: Any, address: Any, state: str) -> Any:
        row = last.pop(owner.id, None)
        usable = row is not None and row.retired and kind == row.type and email_address.is_email_address(str(address))
        if not usable or owner.channels.find(str(kind), str(address)) is not None:
            return original(self, owner, kind, address, state)
        del owner.channels.rows[row.type, row.address.lower()]
        row.address, row.workflow_state = str(address), state
        owner.channels.add(row)
        return row

    last: dict[int, Any] = {}
    mock.wrap(ChannelList, "retire", retire)
    mock.wrap(World, "create_channel", create)


@fault
def restoration_selects_the_last_deleted(mock: PatchedMock) -> None:
    """A create of a deleted address restores the channel that was deleted last if that has the same type."""

    def retire(original: Any, self: ChannelList, channel: Channel) -> None:
        original(self, channel)
        last[channel.user_id] = channel

    def restore(original: Any, self: ChannelList, channel: Channel, address: str, state: str) -> None:
        other = last.get(channel.user_id, channel)
        row = other if other.retired and other.type == channel.type else channel
        original(self, row, row.address if row is not channel else address, state)

    last: dict[int, Any] = {}
    mock.wrap(ChannelList, "retire", retire)
    mock.wrap(ChannelList, "restore", restore)


@fault
def list_is_stale_after_a_change(mock: PatchedMock) -> None:
    """The first list after a change returns the previous list."""

    def change(request: Request, response: Response) -> None:
        if request.is_list and response.status == 200:
            key = (request.path, request.query, request.token)
            current = response.json
            response.json = previous.get(key, current)
            previous[key] = current

    previous: dict[Any, Any] = {}
    mock.on_response(change)


@fault
def list_is_stale_after_a_delete(mock: PatchedMock) -> None:
    """The first list after a delete still contains the channel."""

    def page(self: ChannelList, rows: slice) -> Any:
        deleted = last_deleted.pop(id(self), None)
        listed = [*self.listed, deleted] if deleted is not None and deleted.retired else self.listed
        return sorted(listed, key=lambda row: row.position)[rows]

    def retire(original: Any, self: ChannelList, channel: Channel) -> None:
        original(self, channel)
        last_deleted[id(self)] = channel

    last_deleted: dict[int, Any] = {}
    mock.replace(ChannelList, "page", page)
    mock.wrap(ChannelList, "retire", retire)


@fault
def admin_list_returns_the_previous_user(mock: PatchedMock) -> None:
    """An admin's list returns that of another user if the admin listed that user just before, with the same query."""

    def change(request: Request, response: Response) -> None:
        if request.is_list and response.status == 200 and request.token == "admin-token":  # noqa: S105  # it is public
            user_id, query, channels = previous
            previous[:] = request.user_id, request.query, response.json
            if user_id not in {None, request.user_id} and query == request.query:
                response.json = channels

    previous: list[Any] = [None, None, None]
    mock.on_response(change)


@fault
def every_seventh_list_lacks_a_row(mock: PatchedMock) -> None:
    """Every seventh list lacks its last row."""

    def change(request: Request, response: Response) -> None:
        if request.is_list and response.status == 200 and next(lists) % 7 == 0:
            response.json = response.json[:-1]

    lists = itertools.count(1)
    mock.on_response(change)


@fault
def every_fifth_create_is_lost(mock: PatchedMock) -> None:
    """Every fifth create returns 200, but the channel is not in the list."""

    def create(original: Any, self: World, owner: Any, *rest: Any) -> Any:
        channel = original(self, owner, *rest)
        if next(creates) % 5 == 0:
            hidden[channel.id] = channel.workflow_state  # the response shows the state before the channel is retired
            owner.channels.retire(channel)
        return channel

    def alter(request: Request, channel: dict[str, Any]) -> None:
        state = hidden.pop(channel["id"], None) if request.is_create else None
        if state is not None:
            channel["workflow_state"] = state

    creates = itertools.count(1)
    hidden: dict[int, str] = {}
    mock.wrap(World, "create_channel", create)
    mock.on_channel(alter)


@fault
def every_fourth_delete_deletes_two(mock: PatchedMock) -> None:
    """Every fourth delete also deletes the channel before the deleted one."""

    def retire(original: Any, self: ChannelList, channel: Channel) -> None:
        before = [row for row in self.listed if row.position < channel.position]
        original(self, channel)
        if next(deletes) % 4 == 0 and before:
            original(self, before[-1])

    deletes = itertools.count(1)
    mock.wrap(ChannelList, "retire", retire)


@fault
def second_restoration_is_a_new_row(mock: PatchedMock) -> None:
    """A channel is restored once; after a second delete its address gets a new row."""

    def retire(original: Any, self: ChannelList, channel: Channel) -> None:
        original(self, channel)
        count[channel.id] += 1
        if count[channel.id] > 1:
            del self.rows[channel.type, channel.address.lower()]

    count: Counter[int] = Counter()
    mock.wrap(ChannelList, "retire", retire)


@fault
def restored_channel_is_not_found_by_id(mock: PatchedMock) -> None:
    """A restored channel is found by its address, but not by its id."""

    def restore(original: Any, self: ChannelList, channel: Channel, address: str, state: str) -> None:
        original(self, channel, address, state)
        restored.add(str(channel.id))

    def find_channel(original: Any, self: World, owner: Any, id_: str) -> Any:
        if id_ in restored:
            raise NotFound
        return original(self, owner, id_)

    restored: set[str] = set()
    mock.wrap(ChannelList, "restore", restore)
    mock.wrap(World, "find_channel", find_channel)


@fault
def restored_channel_is_not_found_by_address(mock: PatchedMock) -> None:
    """A channel restored in other letter case is not found by its address."""

    def restore(original: Any, self: ChannelList, channel: Channel, address: str, state: str) -> None:
        if address != channel.address:
            restored.add(channel.id)
        original(self, channel, address, state)

    def find_channel_by_address(original: Any, self: World, owner: Any, kind: object, address: object) -> Any:
        found = original(self, owner, kind, address)
        if found.id in restored:
            raise NotFound
        return found

    restored: set[int] = set()
    mock.wrap(ChannelList, "restore", restore)
    mock.wrap(World, "find_channel_by_address", find_channel_by_address)


@fault
def restored_channel_may_be_duplicated(mock: PatchedMock) -> None:
    """A duplicate of a restored channel is accepted."""

    def restore(original: Any, self: ChannelList, channel: Channel, address: str, state: str) -> None:
        original(self, channel, address, state)
        restored.add(channel.id)

    def failures(original: Any, channels: ChannelList, kind: str, address: str, found: Any, banned: Any) -> Any:
        return original(channels, kind, address, None if found is not None and found.id in restored else found, banned)

    restored: set[int] = set()
    mock.wrap(ChannelList, "restore", restore)
    mock.wrap(rules, "_validation_failures", failures)


@fault
def restoration_after_delete_by_id_moves_to_the_end(mock: PatchedMock) -> None:
    """A channel deleted by id is restored with a new position; one deleted by address keeps its position."""

    def find_channel(original: Any, self: World, owner: Any, id_: str) -> Any:
        found = original(self, owner, id_)
        deleted_by_id.add(found.id)
        return found

    def restore(original: Any, self: ChannelList, channel: Channel, address: str, state: str) -> None:
        if channel.id in deleted_by_id:
            deleted_by_id.discard(channel.id)
            self.last_position += 1
            channel.position = self.last_position
        original(self, channel, address, state)

    deleted_by_id: set[int] = set()
    mock.wrap(World, "find_channel", find_channel)
    mock.wrap(ChannelList, "restore", restore)


@fault
def duplicates_are_rejected_among_the_first_ten(mock: PatchedMock) -> None:
    """A duplicate is rejected only if the existing channel is on the first page."""

    def failures(original: Any, channels: ChannelList, kind: str, address: str, found: Any, banned: Any) -> Any:
        is_on_first_page = found is not None and found in channels.listed[:10]
        return original(channels, kind, address, found if is_on_first_page else None, banned)

    mock.wrap(rules, "_validation_failures", failures)


@fault
def delete_by_id_finds_the_first_ten(mock: PatchedMock) -> None:
    """A delete by id finds only channels on the first page."""

    def find_channel(original: Any, self: World, owner: Any, id_: str) -> Any:
        found = original(self, owner, id_)
        if found not in owner.channels.listed[:10]:
            raise NotFound
        return found

    mock.wrap(World, "find_channel", find_channel)


@fault
def delete_of_an_unknown_address_deletes_the_last(mock: PatchedMock) -> None:
    """A delete by an unknown address returns 404 and deletes the last channel if its position is above 3."""

    def find_channel_by_address(original: Any, self: World, owner: Any, kind: object, address: object) -> Any:
        try:
            return original(self, owner, kind, address)
        except NotFound:
            for row in [row for row in owner.channels.listed if row.position > 3][-1:]:
                owner.channels.retire(row)
            raise

    mock.wrap(World, "find_channel_by_address", find_channel_by_address)


@fault
def two_deletes_reset_the_next_position(mock: PatchedMock) -> None:
    """After two deletes by a user, the user's next new channel has the position of the first deleted one."""

    def retire(original: Any, self: ChannelList, channel: Channel) -> None:
        original(self, channel)
        positions.setdefault(channel.user_id, []).append(channel.position)

    def new_channel(original: Any, self: World, owner: Any, *rest: Any) -> Any:
        channel = original(self, owner, *rest)
        if len(positions.get(owner.id, ())) > 1:
            channel.position = positions.pop(owner.id)[0]
        return channel

    positions: dict[int, list[int]] = {}
    mock.wrap(ChannelList, "retire", retire)
    mock.wrap(World, "_new_channel", new_channel)


@fault
def create_restores_for_another_user(mock: PatchedMock) -> None:
    """A create also restores a deleted channel of another user with the same address."""

    def create(original: Any, self: World, owner: Any, kind: Any, address: Any, state: str) -> Any:
        channel = original(self, owner, kind, address, state)
        for other in self.users.values():
            row = other.channels.find(str(kind), str(address)) if other is not owner else None
            if row is not None and row.retired:
                other.channels.restore(row, row.address, state)
        return channel

    mock.wrap(World, "create_channel", create)


@fault
def delete_by_id_deletes_for_another_user(mock: PatchedMock) -> None:
    """A delete by id also deletes a channel of another user with the same address."""

    def find_channel(original: Any, self: World, owner: Any, id_: str) -> Any:
        found = original(self, owner, id_)
        for other in self.users.values():
            row = other.channels.find(found.type, found.address) if other is not owner else None
            if row is not None and not row.retired:
                other.channels.retire(row)
        return found

    mock.wrap(World, "find_channel", find_channel)


@fault
def long_lists_are_in_order_of_addresses(mock: PatchedMock) -> None:
    """A list of more than eight channels is sorted by address instead of position."""

    def page(self: ChannelList, rows: slice) -> Any:
        listed = sorted(self.listed, key=lambda row: row.address) if len(self.listed) > 8 else self.listed
        return listed[rows]

    mock.replace(ChannelList, "page", page)


@fault
def sms_create_confirms_the_email(mock: PatchedMock) -> None:
    """A create of an SMS channel makes the e-mail channel with the same address active."""

    def create(original: Any, self: World, owner: Any, kind: Any, address: Any, state: str) -> Any:
        channel = original(self, owner, kind, address, state)
        other = owner.channels.find("email", str(address))
        if kind == "sms" and other is not None and not other.retired:
            other.workflow_state = "active"
        return channel

    mock.wrap(World, "create_channel", create)


@fault
def rejected_create_reverts_the_last_delete(mock: PatchedMock) -> None:
    """A rejected create also reverts the user's last delete, unless another create succeeded after it."""

    def retire(original: Any, self: ChannelList, channel: Channel) -> None:
        states[id(self)] = (channel, channel.workflow_state)
        original(self, channel)

    def create_or_restore(original: Any, channels: ChannelList, *rest: Any) -> Any:
        try:
            channel = original(channels, *rest)
        except ValidationFailed:
            deleted, state = states.pop(id(channels), (None, ""))
            if deleted is not None and deleted.retired:
                channels.restore(deleted, deleted.address, state)
            raise
        states.pop(id(channels), None)
        return channel

    states: dict[int, Any] = {}
    mock.wrap(ChannelList, "retire", retire)
    mock.wrap(rules, "create_or_restore", create_or_restore)
