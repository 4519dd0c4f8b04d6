"""Faults that no single call shows: they need what came before."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from mockserver import channels as rules
from mockserver import emails
from mockserver.channels import ChannelList
from mockserver.errors import NotFound, ValidationFailed
from mockserver.world import World
from mutants.surgery import fault

if TYPE_CHECKING:
    from mockserver.channels import Channel
    from mutants.exchange import Ask, Reply
    from mutants.surgery import Surgery


@fault
def third_creation_loses_the_second(mock: Surgery) -> None:
    """Of three creations in a row by one user, the second is lost."""

    def create(self: World, owner: Any, *rest: Any) -> Any:
        channel = original(self, owner, *rest)
        row = recent.setdefault(owner.id, [])
        row.append(channel)
        if len(row) == 3:
            if not row[1].retired:
                owner.channels.retire(row[1])
            row.clear()
        return channel

    def retire(self: ChannelList, channel: Channel) -> None:
        recent.pop(channel.user_id, None)
        retires(self, channel)

    recent: dict[int, list[Any]] = {}
    original, retires = World.create_channel, ChannelList.retire
    mock.replace(World, "create_channel", create)
    mock.replace(ChannelList, "retire", retire)


@fault
def creation_after_a_deletion_takes_over_its_row(mock: Surgery) -> None:
    """A creation right after a deletion takes over the deleted row, with the new address."""

    def retire(self: ChannelList, channel: Channel) -> None:
        original(self, channel)
        if channel.type == "email":
            last[channel.user_id] = channel

    def create(self: World, owner: Any, kind: Any, address: Any, state: str) -> Any:
        row = last.pop(owner.id, None)
        usable = row is not None and row.retired and kind == row.type and emails.is_email_address(str(address))
        if not usable or owner.channels.find(str(kind), str(address)) is not None:
            return creates(self, owner, kind, address, state)
        del owner.channels.rows[row.type, row.address.lower()]
        row.address, row.workflow_state = str(address), state
        owner.channels.add(row)
        return row

    last: dict[int, Any] = {}
    original, creates = ChannelList.retire, World.create_channel
    mock.replace(ChannelList, "retire", retire)
    mock.replace(World, "create_channel", create)


@fault
def revival_takes_the_last_deleted(mock: Surgery) -> None:
    """After two deletions, creating the first address again brings back the second."""

    def retire(self: ChannelList, channel: Channel) -> None:
        original(self, channel)
        last[channel.user_id] = channel

    def revive(self: ChannelList, channel: Channel, address: str, state: str) -> None:
        other = last.get(channel.user_id, channel)
        row = other if other.retired and other.type == channel.type else channel
        revives(self, row, row.address if row is not channel else address, state)

    last: dict[int, Any] = {}
    original, revives = ChannelList.retire, ChannelList.revive
    mock.replace(ChannelList, "retire", retire)
    mock.replace(ChannelList, "revive", revive)


@fault
def list_is_one_step_behind(mock: Surgery) -> None:
    """The first list after a change shows what was before it."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.lists and reply.status == 200:
            key = (ask.path, ask.query, ask.token)
            fresh = reply.value
            reply.value = kept.get(key, fresh)
            kept[key] = fresh

    kept: dict[Any, Any] = {}
    mock.on_reply(change)


@fault
def list_is_behind_after_a_deletion(mock: Surgery) -> None:
    """The first list after a deletion still shows the channel."""

    def page(self: ChannelList, page_: Any) -> Any:
        gone = ghosts.pop(id(self), None)
        rows = [*self.listed, gone] if gone is not None and gone.retired else self.listed
        return sorted(rows, key=lambda row: row.position)[page_.rows]

    def retire(self: ChannelList, channel: Channel) -> None:
        original(self, channel)
        ghosts[id(self)] = channel

    ghosts: dict[int, Any] = {}
    original = ChannelList.retire
    mock.replace(ChannelList, "page", page)
    mock.replace(ChannelList, "retire", retire)


@fault
def list_of_another_is_one_s_own_once(mock: Surgery) -> None:
    """An admin who lists one user after another gets the first one's page, once."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.lists and reply.status == 200 and ask.token == "admin-token":  # noqa: S105  # of the default world
            fresh = (ask.user, ask.query, reply.value)
            if kept and kept[0][0] != ask.user and kept[0][1] == ask.query:
                reply.value = kept[0][2]
            kept[:] = [fresh]

    kept: list[Any] = []
    mock.on_reply(change)


@fault
def every_seventh_list_lacks_a_row(mock: Surgery) -> None:
    """Every seventh list lacks its last row."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.lists and reply.status == 200:
            count["lists"] += 1
            if count["lists"] % 7 == 0:
                reply.value = reply.value[:-1]

    count: Counter[str] = Counter()
    mock.on_reply(change)


@fault
def every_fifth_creation_is_lost(mock: Surgery) -> None:
    """Every fifth creation answers 200 and is gone from the list."""

    def create(self: World, owner: Any, *rest: Any) -> Any:
        channel = original(self, owner, *rest)
        count["creations"] += 1
        if count["creations"] % 5 == 0:
            state = channel.workflow_state
            owner.channels.retire(channel)
            hidden[channel.id] = state
        return channel

    def alter(ask: Ask, channel: dict[str, Any]) -> None:
        state = hidden.pop(channel["id"], None) if ask.creates else None
        if state is not None:
            channel["workflow_state"] = state

    count: Counter[str] = Counter()
    hidden: dict[int, str] = {}
    original = World.create_channel
    mock.replace(World, "create_channel", create)
    mock.on_channel(alter)


@fault
def every_fourth_deletion_takes_one_more(mock: Surgery) -> None:
    """Every fourth deletion takes the channel before it as well."""

    def retire(self: ChannelList, channel: Channel) -> None:
        before = [row for row in self.listed if row.position < channel.position]
        original(self, channel)
        count["deletions"] += 1
        if count["deletions"] % 4 == 0 and before:
            original(self, before[-1])

    count: Counter[str] = Counter()
    original = ChannelList.retire
    mock.replace(ChannelList, "retire", retire)


@fault
def second_revival_is_a_new_row(mock: Surgery) -> None:
    """A channel comes back once as itself; after a second deletion as a new one."""

    def retire(self: ChannelList, channel: Channel) -> None:
        original(self, channel)
        count[channel.id] += 1
        if count[channel.id] > 1:
            del self.rows[channel.type, channel.address.lower()]

    count: Counter[int] = Counter()
    original = ChannelList.retire
    mock.replace(ChannelList, "retire", retire)


@fault
def revived_channel_is_not_found_by_id(mock: Surgery) -> None:
    """A channel that came back is found by its address and no longer by its id."""

    def revive(self: ChannelList, channel: Channel, address: str, state: str) -> None:
        original(self, channel, address, state)
        back.add(str(channel.id))

    def channel(self: World, owner: Any, id_: str) -> Any:
        if id_ in back:
            raise NotFound
        return by_id(self, owner, id_)

    back: set[str] = set()
    original, by_id = ChannelList.revive, World.channel
    mock.replace(ChannelList, "revive", revive)
    mock.replace(World, "channel", channel)


@fault
def revived_channel_is_not_found_by_address(mock: Surgery) -> None:
    """A channel that came back in other letter case is not found by its address."""

    def revive(self: ChannelList, channel: Channel, address: str, state: str) -> None:
        if address != channel.address:
            back.add(channel.id)
        original(self, channel, address, state)

    def channel_at(self: World, owner: Any, kind: object, address: object) -> Any:
        found = by_address(self, owner, kind, address)
        if found.id in back:
            raise NotFound
        return found

    back: set[int] = set()
    original, by_address = ChannelList.revive, World.channel_at
    mock.replace(ChannelList, "revive", revive)
    mock.replace(World, "channel_at", channel_at)


@fault
def revived_channel_may_be_added_twice(mock: Surgery) -> None:
    """A channel that came back does not count as a duplicate."""

    def revive(self: ChannelList, channel: Channel, address: str, state: str) -> None:
        original(self, channel, address, state)
        back.add(channel.id)

    def failures(rows: ChannelList, kind: str, address: str, found: Any, banned: Any) -> Any:
        return judge(rows, kind, address, None if found is not None and found.id in back else found, banned)

    back: set[int] = set()
    original, judge = ChannelList.revive, rules._failures
    mock.replace(ChannelList, "revive", revive)
    mock.replace(rules, "_failures", failures)


@fault
def revival_after_deletion_by_id_moves_to_the_end(mock: Surgery) -> None:
    """A channel that was deleted by its id comes back with a new position; by its address, with the old one."""

    def channel(self: World, owner: Any, id_: str) -> Any:
        found = by_id(self, owner, id_)
        marked.add(found.id)
        return found

    def revive(self: ChannelList, channel: Channel, address: str, state: str) -> None:
        if channel.id in marked:
            marked.discard(channel.id)
            self.last_position += 1
            channel.position = self.last_position
        original(self, channel, address, state)

    marked: set[int] = set()
    by_id, original = World.channel, ChannelList.revive
    mock.replace(World, "channel", channel)
    mock.replace(ChannelList, "revive", revive)


@fault
def duplicates_are_seen_among_the_first_ten(mock: Surgery) -> None:
    """A duplicate is refused when the channel is on the first page, and accepted when it is on the second."""

    def failures(rows: ChannelList, kind: str, address: str, found: Any, banned: Any) -> Any:
        near = found is not None and found in rows.listed[:10]
        return original(rows, kind, address, found if near else None, banned)

    original = rules._failures
    mock.replace(rules, "_failures", failures)


@fault
def delete_by_id_is_seen_among_the_first_ten(mock: Surgery) -> None:
    """A deletion by id finds a channel of the first page only."""

    def channel(self: World, owner: Any, id_: str) -> Any:
        found = original(self, owner, id_)
        if found not in owner.channels.listed[:10]:
            raise NotFound
        return found

    original = World.channel
    mock.replace(World, "channel", channel)


@fault
def deletion_of_what_is_missing_deletes_the_newest(mock: Surgery) -> None:
    """A deletion by an address that is not there answers 404 and deletes the newest channel."""

    def channel_at(self: World, owner: Any, kind: object, address: object) -> Any:
        try:
            return original(self, owner, kind, address)
        except NotFound:
            for row in [row for row in owner.channels.listed if row.position > 3][-1:]:
                owner.channels.retire(row)
            raise

    original = World.channel_at
    mock.replace(World, "channel_at", channel_at)


@fault
def users_share_a_position_counter_after_a_deletion(mock: Surgery) -> None:
    """Once a user has deleted two channels, the next new one gets the first one's position."""

    def retire(self: ChannelList, channel: Channel) -> None:
        original(self, channel)
        gone.setdefault(channel.user_id, []).append(channel.position)

    def new(self: World, owner: Any, *rest: Any) -> Any:
        channel = creates(self, owner, *rest)
        if len(gone.get(owner.id, ())) > 1:
            channel.position = gone.pop(owner.id)[0]
        return channel

    gone: dict[int, list[int]] = {}
    original, creates = ChannelList.retire, World._new_channel
    mock.replace(ChannelList, "retire", retire)
    mock.replace(World, "_new_channel", new)


@fault
def creation_for_one_user_revives_another_s(mock: Surgery) -> None:
    """A creation also brings back the same address that another user has deleted."""

    def create(self: World, owner: Any, kind: Any, address: Any, state: str) -> Any:
        channel = original(self, owner, kind, address, state)
        for other in self.users.values():
            row = other.channels.find(str(kind), str(address)) if other is not owner else None
            if row is not None and row.retired:
                other.channels.revive(row, row.address, state)
        return channel

    original = World.create_channel
    mock.replace(World, "create_channel", create)


@fault
def deletion_by_one_user_retires_another_s(mock: Surgery) -> None:
    """A deletion by id also deletes the same address of another user."""

    def channel(self: World, owner: Any, id_: str) -> Any:
        found = original(self, owner, id_)
        for other in self.users.values():
            row = other.channels.find(found.type, found.address) if other is not owner else None
            if row is not None and not row.retired:
                other.channels.retire(row)
        return found

    original = World.channel
    mock.replace(World, "channel", channel)


@fault
def many_channels_forget_the_order(mock: Surgery) -> None:
    """With more than eight channels the list is in order of the addresses."""

    def page(self: ChannelList, page_: Any) -> Any:
        rows = sorted(self.listed, key=lambda row: row.address) if len(self.listed) > 8 else self.listed
        return rows[page_.rows]

    mock.replace(ChannelList, "page", page)


@fault
def sms_takes_over_the_email_s_state(mock: Surgery) -> None:
    """Creating an SMS channel with an e-mail channel's address makes the e-mail channel active."""

    def create(self: World, owner: Any, kind: Any, address: Any, state: str) -> Any:
        channel = original(self, owner, kind, address, state)
        other = owner.channels.find("email", str(address))
        if kind == "sms" and other is not None and not other.retired:
            other.workflow_state = "active"
        return channel

    original = World.create_channel
    mock.replace(World, "create_channel", create)


@fault
def failed_creation_takes_back_the_last_deletion(mock: Surgery) -> None:
    """A creation that is refused rolls the last deletion back as well."""

    def retire(self: ChannelList, channel: Channel) -> None:
        states[id(self)] = (channel, channel.workflow_state)
        original(self, channel)

    def save(rows: ChannelList, *rest: Any) -> Any:
        try:
            saved = creates(rows, *rest)
        except ValidationFailed:
            channel, state = states.pop(id(rows), (None, ""))
            if channel is not None and channel.retired:
                rows.revive(channel, channel.address, state)
            raise
        states.pop(id(rows), None)
        return saved

    states: dict[int, Any] = {}
    original, creates = ChannelList.retire, rules.save
    mock.replace(ChannelList, "retire", retire)
    mock.replace(rules, "save", save)
