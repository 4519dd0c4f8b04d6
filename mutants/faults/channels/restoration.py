"""Faults of restoration: a create of a deleted address restores its row."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mockserver.api.handlers import Handlers
from mockserver.canvas import channels as rules
from mockserver.canvas.channels import ChannelList
from mockserver.canvas.errors import ValidationFailed
from mockserver.canvas.world import TIME_FORMAT, World
from mutants.mutant import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.canvas.channels import Channel
    from mutants.exchange import Request, Response
    from mutants.patching import PatchedMock


def _change_restored_state(mock: PatchedMock, change: Callable[[Channel, str], str]) -> None:
    """Restore channels with the state `change(channel, state)`."""

    def restore(original: Any, self: ChannelList, channel: Channel, address: str, state: str) -> None:
        original(self, channel, address, change(channel, state))

    mock.wrap(ChannelList, "restore", restore)


@fault
def deleted_rows_are_removed(mock: PatchedMock) -> None:
    """A delete removes the row, so a create of the same address gets a new id."""

    def retire(original: Any, self: ChannelList, channel: Channel) -> None:
        original(self, channel)
        del self.rows[channel.type, channel.address.lower()]

    mock.wrap(ChannelList, "retire", retire)


@fault
def deleted_addresses_are_duplicates(mock: PatchedMock) -> None:
    """A create of a deleted address is rejected as a duplicate."""

    def create_or_restore(original: Any, channels: ChannelList, kind: Any, address: Any, *rest: Any) -> Any:
        if channels.find(str(kind), str(address)) is not None:
            raise ValidationFailed(("path", "unique!", "unique!"))
        return original(channels, kind, address, *rest)

    mock.wrap(rules, "create_or_restore", create_or_restore)


@fault
def restored_channels_keep_their_old_case(mock: PatchedMock) -> None:
    """A restored channel has the address in its old letter case instead of as sent."""

    def restore(original: Any, self: ChannelList, channel: Channel, _address: str, state: str) -> None:
        original(self, channel, channel.address, state)

    mock.wrap(ChannelList, "restore", restore)


@fault
def restored_channels_stay_retired(mock: PatchedMock) -> None:
    """A create of a deleted address returns 200 and leaves the channel retired."""
    mock.replace(ChannelList, "restore", lambda self, channel, address, state: None)


@fault
def restored_channels_are_active(mock: PatchedMock) -> None:
    """A restored channel is active."""
    _change_restored_state(mock, lambda channel, state: "active")


@fault
def restored_channels_keep_their_state(mock: PatchedMock) -> None:
    """A restored channel has the state that it had before its deletion."""

    def retire(original: Any, self: ChannelList, channel: Channel) -> None:
        states[channel.id] = channel.workflow_state
        original(self, channel)

    states: dict[int, str] = {}
    mock.wrap(ChannelList, "retire", retire)
    _change_restored_state(mock, lambda channel, state: states.get(channel.id, state))


@fault
def restored_channels_are_unconfirmed(mock: PatchedMock) -> None:
    """Every restored channel is unconfirmed, even with skip_confirmation, and that of push too."""
    _change_restored_state(mock, lambda channel, state: "unconfirmed")


@fault
def restored_channels_get_a_new_position(mock: PatchedMock) -> None:
    """A restored channel has a new position, after all others."""

    def restore(original: Any, self: ChannelList, channel: Any, address: str, state: str) -> None:
        self.last_position += 1
        channel.position = self.last_position
        original(self, channel, address, state)

    mock.wrap(ChannelList, "restore", restore)


@fault
def restored_channels_are_listed_last(mock: PatchedMock) -> None:
    """A restored channel has its old position, but is listed last."""

    def page(self: ChannelList, rows: slice) -> Any:
        return sorted(self.listed, key=lambda row: row.id in restored)[rows]

    def restore(original: Any, self: ChannelList, channel: Any, address: str, state: str) -> None:
        restored.add(channel.id)
        original(self, channel, address, state)

    restored: set[int] = set()
    mock.replace(ChannelList, "page", page)
    mock.wrap(ChannelList, "restore", restore)


@fault
def restored_channels_get_a_new_created_at(mock: PatchedMock) -> None:
    """A restored channel has a new `created_at`."""

    def restore(original: Any, self: ChannelList, channel: Any, address: str, state: str) -> None:
        original(self, channel, address, state)
        created_at = datetime.strptime(channel.created_at, TIME_FORMAT)  # noqa: DTZ007  # it is formatted again at once
        channel.created_at = (created_at + timedelta(seconds=1)).strftime(TIME_FORMAT)

    mock.wrap(ChannelList, "restore", restore)


@fault
def restored_channels_have_null_created_at(mock: PatchedMock) -> None:
    """`created_at` of a restored channel is null."""

    def restore(original: Any, self: ChannelList, channel: Any, address: str, state: str) -> None:
        original(self, channel, address, state)
        channel.created_at = None

    mock.wrap(ChannelList, "restore", restore)


@fault
def restoration_ignores_the_type(mock: PatchedMock) -> None:
    """A create restores a deleted channel with the same address and another type."""

    def create(original: Any, self: World, owner: Any, kind: object, address: object, state: str) -> Any:
        rows = owner.channels.rows.values()
        own = owner.channels.find(str(kind), str(address))
        same = [row for row in rows if row.retired and row.address.lower() == str(address).lower()]
        if own is None and same:
            owner.channels.restore(same[0], str(address), state)
            return same[0]
        return original(self, owner, kind, address, state)

    mock.wrap(World, "create_channel", create)


@fault
def restoration_returns_201(mock: PatchedMock) -> None:
    """A create that returns an existing row, as a restoration does, returns 201."""

    def create(original: Any, self: Any, request: Any) -> Any:
        existing = set(request.world.channels)
        response: Any = original(self, request)
        if response.value["id"] in existing:
            response.headers.append((b"x-mutant-restored", b"1"))
        return response

    def change(_request: Request, response: Response) -> None:
        if response.headers.pop("x-mutant-restored", None):
            response.status = 201

    mock.wrap(Handlers, "create_communication_channel", create)
    mock.on_response(change)
