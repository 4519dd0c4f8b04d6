"""Faults of the rows that a create stores: type, state, id and position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.api.handlers import Handlers
from mockserver.canvas import channels as rules
from mockserver.canvas import permissions, ruby
from mockserver.canvas.channels import ChannelList
from mockserver.canvas.errors import BadParameters, ValidationFailed
from mockserver.canvas.world import World
from mutants.mutant import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.canvas.channels import Channel
    from mutants.exchange import Request
    from mutants.patching import PatchedMock


def _change_new_row(mock: PatchedMock, change: Callable[[World, Any, Channel], None]) -> None:
    """Change each new row by `change(world, owner, channel)` before it is stored."""

    def new_channel(original: Any, self: World, owner: Any, kind: str, address: str, state: str) -> Any:
        channel = original(self, owner, kind, address, state)
        change(self, owner, channel)
        return channel

    mock.wrap(World, "_new_channel", new_channel)


def _change_arguments(mock: PatchedMock, change: Callable[..., tuple[object, object, str]]) -> None:
    """Create a channel from the values that `change(kind, address, state)` returns."""

    def create(original: Any, self: World, owner: Any, kind: object, address: object, state: str) -> Any:
        return original(self, owner, *change(kind, address, state))

    mock.wrap(World, "create_channel", create)


# -- types


@fault
def missing_type_is_email(mock: PatchedMock) -> None:
    """A create without a type creates an e-mail channel."""
    _change_arguments(mock, lambda kind, address, state: (kind or "email", address, state))


@fault
def type_is_ignored(mock: PatchedMock) -> None:
    """Every new channel but the push channel is stored as an e-mail channel."""
    mock.replace(rules, "_stored_type", lambda channels, kind, address: "email")


@fault
def type_is_derived_from_the_address(mock: PatchedMock) -> None:
    """An SMS channel whose address has an at sign is stored as an e-mail channel."""
    _change_arguments(
        mock,
        lambda kind, address, state: ("email" if kind == "sms" and "@" in str(address) else kind, address, state),
    )


@fault
def unknown_types_are_rejected(mock: PatchedMock) -> None:
    """An unknown type is rejected; Canvas stores it as `email`."""

    def stored_type(original: Any, channels: ChannelList, kind: str, address: str) -> Any:
        if kind not in rules._STORED_TYPES:
            raise ValidationFailed(("path_type", "is not included in the list", "inclusion"))
        return original(channels, kind, address)

    mock.wrap(rules, "_stored_type", stored_type)


@fault
def unknown_types_are_stored(mock: PatchedMock) -> None:
    """Channels have the type that was sent; Canvas stores an unknown type as `email`."""

    def alter(_request: Any, channel: dict[str, Any]) -> None:
        channel["type"] = sent_types.get(channel["id"], channel["type"])

    def create(original: Any, self: World, owner: Any, kind: object, address: object, state: str) -> Any:
        channel = original(self, owner, kind, address, state)
        sent_types[channel.id] = str(kind)
        return channel

    sent_types: dict[object, str] = {}
    mock.wrap(World, "create_channel", create)
    mock.on_channel(alter)


# -- states


@fault
def new_channels_are_active(mock: PatchedMock) -> None:
    """New and restored channels are active immediately."""
    _change_arguments(mock, lambda kind, address, _state: (kind, address, "active"))


@fault
def new_sms_channels_are_active(mock: PatchedMock) -> None:
    """New and restored SMS channels are active immediately."""
    _change_arguments(mock, lambda kind, address, state: (kind, address, "active" if kind == "sms" else state))


@fault
def skip_confirmation_is_ignored(mock: PatchedMock) -> None:
    """skip_confirmation has no effect."""
    mock.replace(permissions, "can_skip_confirmation", lambda caller: False)


@fault
def skip_confirmation_is_for_site_admins_only(mock: PatchedMock) -> None:
    """skip_confirmation has an effect for site admins only."""
    mock.replace(permissions, "can_skip_confirmation", lambda caller: caller.admin_of == "site")


@fault
def skip_confirmation_is_for_account_admins_only(mock: PatchedMock) -> None:
    """skip_confirmation has an effect for account admins only."""
    mock.replace(permissions, "can_skip_confirmation", lambda caller: caller.admin_of == "root")


@fault
def skip_confirmation_is_for_all(mock: PatchedMock) -> None:
    """skip_confirmation has an effect for every caller."""
    mock.replace(permissions, "can_skip_confirmation", lambda caller: True)


@fault
def skip_confirmation_is_rejected_for_users(mock: PatchedMock) -> None:
    """skip_confirmation is rejected with 400 if the caller is not an admin; Canvas ignores it."""

    def create(original: Any, self: Any, request: Any) -> Any:
        if request.parameters.get("skip_confirmation") and not request.user.admin_of:
            raise BadParameters("skip_confirmation is not permitted")
        return original(self, request)

    mock.wrap(Handlers, "create_communication_channel", create)


@fault
def any_skip_confirmation_is_true(mock: PatchedMock) -> None:
    """skip_confirmation is true for every value that is not empty, also for 0 and false."""
    mock.replace(ruby, "is_true", lambda value: value not in {None, ""})


@fault
def skip_confirmation_is_1_only(mock: PatchedMock) -> None:
    """skip_confirmation is true for the value 1 only."""
    mock.replace(ruby, "is_true", lambda value: str(value) == "1")


@fault
def skip_confirmation_in_json_is_ignored(mock: PatchedMock) -> None:
    """skip_confirmation is ignored if it is true in JSON."""
    mock.wrap(ruby, "is_true", lambda original, value: value is not True and original(value))


@fault
def new_addresses_are_in_lower_case(mock: PatchedMock) -> None:
    """The address of a new row is stored in lower case; that of a restored row is stored as sent."""
    _change_new_row(mock, lambda world, owner, channel: setattr(channel, "address", channel.address.lower()))


@fault
def new_rows_are_unconfirmed_for_admins_too(mock: PatchedMock) -> None:
    """Every new row is unconfirmed, that of push too; skip_confirmation has an effect on restored rows only."""
    _change_new_row(mock, lambda world, owner, channel: setattr(channel, "workflow_state", "unconfirmed"))


@fault
def new_rows_have_null_created_at_in_creates(mock: PatchedMock) -> None:
    """`created_at` of a new row is null in the response of the create."""
    known: set[int] = set()

    def change(request: Request, channel: dict[str, Any]) -> None:
        if request.is_create and channel["id"] not in known:
            channel["created_at"] = None
        known.add(channel["id"])

    mock.on_channel(change)


# -- ids and positions


@fault
def positions_are_all_1(mock: PatchedMock) -> None:
    """Every new channel has position 1."""
    _change_new_row(mock, lambda world, owner, channel: setattr(channel, "position", 1))


@fault
def positions_repeat_the_highest(mock: PatchedMock) -> None:
    """The position of a new channel is the highest existing one, instead of one more."""
    _change_new_row(mock, lambda world, owner, channel: setattr(channel, "position", channel.position - 1))


@fault
def positions_are_reused(mock: PatchedMock) -> None:
    """The position of a new channel follows the highest listed one, so positions of deleted channels are reused."""

    def change(_world: World, owner: Any, channel: Channel) -> None:
        channel.position = max((row.position for row in owner.channels.listed), default=0) + 1

    _change_new_row(mock, change)


@fault
def positions_count_listed_channels(mock: PatchedMock) -> None:
    """The position of a new channel is the number of listed channels plus 1."""
    _change_new_row(mock, lambda world, owner, channel: setattr(channel, "position", len(owner.channels.listed) + 1))


@fault
def new_channels_come_first(mock: PatchedMock) -> None:
    """The position of a new channel is lower than those of all listed channels."""

    def change(_world: World, owner: Any, channel: Channel) -> None:
        channel.position = min((row.position for row in owner.channels.listed), default=1) - 1

    _change_new_row(mock, change)


@fault
def ids_are_reused(mock: PatchedMock) -> None:
    """The id of a new channel follows the highest id of a channel that is not retired."""

    def change(world: World, _owner: Any, channel: Channel) -> None:
        channel.id = max(row.id for row in world.channels.values() if not row.retired) + 1

    _change_new_row(mock, change)


@fault
def ids_are_counted_per_user(mock: PatchedMock) -> None:
    """Ids are counted separately for each user, so channels of two users have the same id."""

    def change(_world: World, owner: Any, channel: Channel) -> None:
        channel.id = max((row.id for row in owner.channels.rows.values()), default=0) + 1

    _change_new_row(mock, change)


@fault
def created_channels_are_not_stored(mock: PatchedMock) -> None:
    """Unconfirmed channels are not stored, although a create returns them."""

    def add(original: Any, self: ChannelList, channel: Channel) -> None:
        if channel.workflow_state == "active":
            original(self, channel)

    mock.wrap(ChannelList, "add", add)


@fault
def created_channels_are_listed_twice(mock: PatchedMock) -> None:
    """Every unconfirmed channel is listed twice."""

    def page(original: Any, self: ChannelList, rows: slice) -> Any:
        return [row for row in original(self, rows) for _ in range(2 if row.workflow_state == "unconfirmed" else 1)]

    mock.wrap(ChannelList, "page", page)


@fault
def rejected_addresses_are_stored(mock: PatchedMock) -> None:
    """An invalid e-mail address is rejected with 400 and stored."""

    def create_or_restore(
        original: Any, channels: ChannelList, kind: Any, address: Any, state: str, new_channel: Any, *rest: Any
    ) -> Any:
        try:
            return original(channels, kind, address, state, new_channel, *rest)
        except ValidationFailed as failure:
            if failure.failures[0][2] == "invalid":
                channels.add(new_channel(str(kind), str(address)))
            raise

    mock.wrap(rules, "create_or_restore", create_or_restore)


@fault
def create_confirms_the_previous_channel(mock: PatchedMock) -> None:
    """Before a create, the last channel of the user's list becomes active."""

    def create(original: Any, self: World, owner: Any, kind: object, address: object, state: str) -> Any:
        for row in owner.channels.listed[-1:]:
            row.workflow_state = "active"
        return original(self, owner, kind, address, state)

    mock.wrap(World, "create_channel", create)
