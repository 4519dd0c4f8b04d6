"""Faults of deletion, and of bringing back what was deleted."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mockserver import channels as rules
from mockserver.channels import ChannelList
from mockserver.errors import NotFound, ValidationFailed
from mockserver.handlers import Handlers
from mockserver.world import TIME_FORMAT, World
from mutants.surgery import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.channels import Channel
    from mutants.exchange import Ask, Reply
    from mutants.surgery import Surgery


def _at(mock: Surgery, find: Callable[[Any, str, str], Any]) -> None:
    """Find the channel of a type and address otherwise: `find(owner, kind, address)`."""

    def channel_at(_self: World, owner: Any, kind: object, address: object) -> Any:
        return rules.live(find(owner, str(kind), str(address)))

    mock.replace(World, "channel_at", channel_at)


def _revive(mock: Surgery, revive: Callable[[Any, ChannelList, Any, str, str], None]) -> None:
    """Bring rows back otherwise; `revive` is given the original first."""
    original = ChannelList.revive
    mock.replace(
        ChannelList, "revive", lambda self, channel, address, state: revive(original, self, channel, address, state)
    )


# -- which channel


@fault
def delete_by_id_takes_the_next(mock: Surgery) -> None:
    """A deletion by id takes the channel after the one that was named."""

    def channel(self: World, owner: Any, id_: str) -> Any:
        found, listed = original(self, owner, id_), owner.channels.listed
        return listed[(listed.index(found) + 1) % len(listed)]

    original = World.channel
    mock.replace(World, "channel", channel)


@fault
def delete_by_id_takes_the_last(mock: Surgery) -> None:
    """A deletion by id takes the newest channel."""

    def channel(self: World, owner: Any, id_: str) -> Any:
        original(self, owner, id_)
        return owner.channels.listed[-1]

    original = World.channel
    mock.replace(World, "channel", channel)


@fault
def delete_by_id_reads_to_the_first_letter(mock: Surgery) -> None:
    """A deletion of 12abc takes the channel 12."""

    def channel(self: World, owner: Any, id_: str) -> Any:
        digits = id_[: len(id_) - len(id_.lstrip("0123456789"))]
        return original(self, owner, digits or id_)

    original = World.channel
    mock.replace(World, "channel", channel)


@fault
def delete_by_address_ignores_the_type(mock: Surgery) -> None:
    """A deletion by address takes the first channel of that address, whatever its type."""

    def find(owner: Any, _kind: str, address: str) -> Any:
        return next((row for row in owner.channels.listed if row.address.lower() == address.lower()), None)

    _at(mock, find)


@fault
def delete_by_address_falls_back_to_another_type(mock: Surgery) -> None:
    """A deletion by address takes another type's channel where its own type has none."""

    def find(owner: Any, kind: str, address: str) -> Any:
        found = owner.channels.find(kind, address)
        if found is not None and not found.retired:
            return found
        return next((row for row in owner.channels.listed if row.address.lower() == address.lower()), None)

    _at(mock, find)


@fault
def delete_ignores_the_case_of_the_type(mock: Surgery) -> None:
    """A deletion by address takes `EMAIL` for `email`."""
    _at(mock, lambda owner, kind, address: owner.channels.find(kind.lower(), address))


@fault
def delete_heeds_the_case_of_the_address(mock: Surgery) -> None:
    """A deletion by address finds the channel in its own letter case only."""

    def find(owner: Any, kind: str, address: str) -> Any:
        found = owner.channels.find(kind, address)
        return found if found is not None and found.address == address else None

    _at(mock, find)


@fault
def delete_by_address_finds_a_beginning(mock: Surgery) -> None:
    """A deletion by address takes the first channel whose address begins so."""

    def find(owner: Any, kind: str, address: str) -> Any:
        rows = [row for row in owner.channels.listed if row.type == kind]
        return next((row for row in rows if row.address.lower().startswith(address.lower())), None)

    _at(mock, find)


@fault
def delete_by_address_reads_percent_as_a_wildcard(mock: Surgery) -> None:
    """A deletion by address reads % as the database's LIKE does: anything may follow."""

    def find(owner: Any, kind: str, address: str) -> Any:
        head = address.lower().partition("%")[0]
        exact = owner.channels.find(kind, address)
        rows = [row for row in owner.channels.listed if row.type == kind and row.address.lower().startswith(head)]
        return (rows[0] if rows else exact) if "%" in address else exact

    _at(mock, find)


@fault
def delete_by_address_drops_json(mock: Surgery) -> None:
    """A `.json` at the end of an address in the path is dropped."""
    _at(mock, lambda owner, kind, address: owner.channels.find(kind, address.removesuffix(".json")))


@fault
def delete_by_address_is_not_found(mock: Surgery) -> None:
    """A deletion by address never finds anything."""
    _at(mock, lambda owner, kind, address: None if kind != "push" else owner.channels.find(kind, address))


@fault
def delete_by_address_trims(mock: Surgery) -> None:
    """White space around an address in the path is cut off."""
    _at(mock, lambda owner, kind, address: owner.channels.find(kind, address.strip()))


@fault
def delete_takes_both_types(mock: Surgery) -> None:
    """A deletion by address deletes the same address of every type."""

    def channel_at(self: World, owner: Any, kind: object, address: object) -> Any:
        found = original(self, owner, kind, address)
        for row in list(owner.channels.listed):
            if row is not found and row.address.lower() == found.address.lower():
                owner.channels.retire(row)
        return found

    original = World.channel_at
    mock.replace(World, "channel_at", channel_at)


@fault
def delete_takes_every_user_s(mock: Surgery) -> None:
    """A deletion by address deletes the same address of every user."""

    def channel_at(self: World, owner: Any, kind: object, address: object) -> Any:
        found = original(self, owner, kind, address)
        for user in self.users.values():
            if user is not owner:
                with suppress(NotFound):
                    user.channels.retire(original(self, user, kind, address))
        return found

    original = World.channel_at
    mock.replace(World, "channel_at", channel_at)


# -- what a deletion does


def _retire(mock: Surgery, retire: Callable[[Any, ChannelList, Channel], None]) -> None:
    """Retire rows otherwise; `retire` is given the original first."""
    original = ChannelList.retire
    mock.replace(ChannelList, "retire", lambda self, channel: retire(original, self, channel))


@fault
def delete_does_nothing(mock: Surgery) -> None:
    """A deletion answers `retired` and deletes nothing."""
    mock.replace(ChannelList, "retire", lambda self, channel: None)
    mock.on_channel(lambda ask, channel: channel.update(workflow_state="retired") if ask.deletes else None)


@fault
def delete_of_sms_does_nothing(mock: Surgery) -> None:
    """A deletion of an SMS channel answers `retired` and deletes nothing."""
    _retire(mock, lambda original, rows, channel: None if channel.type == "sms" else original(rows, channel))
    mock.on_channel(lambda ask, channel: channel.update(workflow_state="retired") if ask.deletes else None)


@fault
def deleted_channels_stay_listed(mock: Surgery) -> None:
    """Deleted channels stay in the list, as `retired`."""
    _retire(mock, lambda original, rows, channel: setattr(channel, "workflow_state", "retired"))

    def revive(_original: Any, _rows: ChannelList, channel: Any, address: str, state: str) -> None:
        channel.address, channel.workflow_state = address, state

    _revive(mock, revive)


@fault
def delete_answers_active(mock: Surgery) -> None:
    """A deletion answers with the channel as it was before."""

    def alter(ask: Ask, channel: dict[str, Any]) -> None:
        if ask.deletes:
            channel["workflow_state"] = "active"

    mock.on_channel(alter)


@fault
def delete_answers_deleted(mock: Surgery) -> None:
    """A deletion answers the state `deleted`, which is no word of Canvas for a channel."""
    mock.on_channel(lambda ask, channel: channel.update(workflow_state="deleted") if ask.deletes else None)


@fault
def second_delete_is_200(mock: Surgery) -> None:
    """A deletion of what is already deleted answers 200."""

    def live(channel: Any) -> Any:
        if channel is None:
            raise NotFound
        return channel

    mock.replace(rules, "live", live)
    _retire(mock, lambda original, rows, channel: None if channel.retired else original(rows, channel))


@fault
def second_delete_by_id_is_200(mock: Surgery) -> None:
    """A deletion by id of what is already deleted answers 200."""

    def channel(self: World, owner: Any, id_: str) -> Any:
        found = self.channels.get(int(id_)) if id_.isdigit() else None
        if found is not None and found.user_id == owner.id:
            return found
        return original(self, owner, id_)

    original = World.channel
    mock.replace(World, "channel", channel)
    _retire(mock, lambda retire, rows, channel: None if channel.retired else retire(rows, channel))


@fault
def gaps_are_closed(mock: Surgery) -> None:
    """A deletion moves the channels after it up by one position."""

    def retire(original: Any, rows: ChannelList, channel: Channel) -> None:
        original(rows, channel)
        for row in rows.listed:
            row.position -= row.position > channel.position

    _retire(mock, retire)


@fault
def delete_unconfirms_the_others(mock: Surgery) -> None:
    """A deletion makes the user's last channel unconfirmed."""

    def retire(original: Any, rows: ChannelList, channel: Channel) -> None:
        original(rows, channel)
        for row in rows.listed[-1:]:
            row.workflow_state = "unconfirmed"

    _retire(mock, retire)


@fault
def delete_of_text_answers_500(mock: Surgery) -> None:
    """A deletion by an id that is no number answers 500."""
    _crash(mock, lambda id_: not id_.isdigit())


@fault
def delete_of_a_huge_id_answers_500(mock: Surgery) -> None:
    """A deletion by an id that no column can hold answers 500."""
    _crash(mock, lambda id_: id_.isdigit() and int(id_) >= 2**63)


@fault
def delete_of_zero_answers_400(mock: Surgery) -> None:
    """A deletion of the id 0 answers 400."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.deletes and ask.tail == ["0"] and reply.status == 404:
            reply.status = 400

    mock.on_reply(change)


def _crash(mock: Surgery, when: Callable[[str], bool]) -> None:
    def change(ask: Ask, reply: Reply) -> None:
        if ask.deletes and len(ask.tail) == 1 and when(ask.tail[0]) and reply.status == 404:
            reply.status = 500
            reply.value = {"errors": [{"message": "An error occurred.", "error_code": "internal_server_error"}]}

    mock.on_reply(change)


@fault
def last_three_emails_cannot_be_deleted(mock: Surgery) -> None:
    """A deletion that leaves fewer than three e-mail channels is refused."""

    def retire(original: Any, rows: ChannelList, channel: Channel) -> None:
        if channel.type == "email" and sum(row.type == "email" for row in rows.listed) < 4:
            raise ValidationFailed(("workflow_state", "is the last", "last"))
        original(rows, channel)

    _retire(mock, retire)


# -- coming back


@fault
def deletion_is_for_good(mock: Surgery) -> None:
    """A deletion removes the row, so the address comes back under a new id."""

    def retire(original: Any, rows: ChannelList, channel: Channel) -> None:
        original(rows, channel)
        del rows.rows[channel.type, channel.address.lower()]

    _retire(mock, retire)


@fault
def deleted_addresses_cannot_come_back(mock: Surgery) -> None:
    """An address that was deleted is refused as a duplicate."""

    def save(rows: ChannelList, kind: Any, address: Any, *rest: Any) -> Any:
        if rows.find(str(kind), str(address)) is not None:
            raise ValidationFailed(("path", "unique!", "unique!"))
        return original(rows, kind, address, *rest)

    original = rules.save
    mock.replace(rules, "save", save)


@fault
def revived_channels_keep_their_old_case(mock: Surgery) -> None:
    """A channel that comes back is spelled as it was, not as it was sent now."""
    _revive(mock, lambda revive, rows, channel, _address, state: revive(rows, channel, channel.address, state))


@fault
def revived_channels_stay_retired(mock: Surgery) -> None:
    """A creation of a deleted address answers 200 and leaves the channel retired."""
    _revive(mock, lambda revive, rows, channel, address, state: None)


@fault
def revived_channels_are_active(mock: Surgery) -> None:
    """A channel that comes back is active."""
    _revive(mock, lambda revive, rows, channel, address, state: revive(rows, channel, address, "active"))


@fault
def revived_channels_keep_their_state(mock: Surgery) -> None:
    """A channel that was active before its deletion is active again."""

    def retire(original: Any, rows: ChannelList, channel: Channel) -> None:
        states[channel.id] = channel.workflow_state
        original(rows, channel)

    states: dict[int, str] = {}
    _retire(mock, retire)
    _revive(
        mock,
        lambda revive, rows, channel, address, state: revive(rows, channel, address, states.get(channel.id, state)),
    )


@fault
def revived_channels_are_unconfirmed(mock: Surgery) -> None:
    """A channel that an admin brings back with skip_confirmation is unconfirmed all the same."""
    _revive(mock, lambda revive, rows, channel, address, state: revive(rows, channel, address, "unconfirmed"))


@fault
def revived_channels_go_to_the_end(mock: Surgery) -> None:
    """A channel that comes back gets a new position."""

    def revive(original: Any, rows: ChannelList, channel: Any, address: str, state: str) -> None:
        rows.last_position += 1
        channel.position = rows.last_position
        original(rows, channel, address, state)

    _revive(mock, revive)


@fault
def revived_channels_are_listed_last(mock: Surgery) -> None:
    """A channel that comes back keeps its position and is listed last."""

    def page(self: ChannelList, page_: Any) -> Any:
        return sorted(self.listed, key=lambda row: row.id in back)[page_.rows]

    def revive(original: Any, rows: ChannelList, channel: Any, address: str, state: str) -> None:
        back.add(channel.id)
        original(rows, channel, address, state)

    back: set[int] = set()
    mock.replace(ChannelList, "page", page)
    _revive(mock, revive)


@fault
def revived_channels_are_born_again(mock: Surgery) -> None:
    """A channel that comes back gets a new `created_at`."""

    def revive(original: Any, rows: ChannelList, channel: Any, address: str, state: str) -> None:
        original(rows, channel, address, state)
        born = datetime.strptime(channel.created_at, TIME_FORMAT)  # noqa: DTZ007  # it is formatted again at once
        channel.created_at = (born + timedelta(seconds=1)).strftime(TIME_FORMAT)

    _revive(mock, revive)


@fault
def revived_channels_have_no_birth(mock: Surgery) -> None:
    """A channel that comes back has no `created_at` any more."""

    def revive(original: Any, rows: ChannelList, channel: Any, address: str, state: str) -> None:
        original(rows, channel, address, state)
        channel.created_at = None

    _revive(mock, revive)


@fault
def revived_channels_change_their_type(mock: Surgery) -> None:
    """A creation brings back a deleted channel of the same address and another type."""

    def create(self: World, owner: Any, kind: object, address: object, state: str) -> Any:
        rows = owner.channels.rows.values()
        own = owner.channels.find(str(kind), str(address))
        same = [row for row in rows if row.retired and row.address.lower() == str(address).lower()]
        if own is None and same:
            owner.channels.revive(same[0], str(address), state)
            return same[0]
        return original(self, owner, kind, address, state)

    original = World.create_channel
    mock.replace(World, "create_channel", create)


@fault
def revival_is_told_as_new(mock: Surgery) -> None:
    """A creation that brings a channel back answers 201."""

    def create(self: Any, call: Any) -> Any:
        known = set(call.world.channels)
        answer: Any = original(self, call)
        if answer.value["id"] in known:
            answer.headers.append((b"x-mutant-revived", b"1"))
        return answer

    def change(_ask: Ask, reply: Reply) -> None:
        if reply.headers.pop("x-mutant-revived", None):
            reply.status = 201

    original = Handlers.create_communication_channel
    mock.replace(Handlers, "create_communication_channel", create)
    mock.on_reply(change)
