"""Faults of creation: what is accepted, what is refused, what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver import access, ruby
from mockserver import channels as rules
from mockserver.channels import ChannelList
from mockserver.errors import BadParameters, ValidationFailed
from mockserver.handlers import Handlers
from mockserver.world import World
from mutants.surgery import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.channels import Channel
    from mutants.exchange import Ask
    from mutants.surgery import Surgery

_UNIQUE = ("path", "unique!", "unique!")


def _duplicates(mock: Surgery, existing: Callable[[ChannelList, str, str, Any], Any]) -> None:
    """Judge duplicates by another row than the one of this type and address."""
    original = rules._failures
    mock.replace(
        rules,
        "_failures",
        lambda rows, kind, address, found, banned: original(
            rows, kind, address, existing(rows, kind, address, found), banned
        ),
    )


def _emails(mock: Surgery, judge: Callable[[str, bool], bool]) -> None:
    """Judge e-mail addresses otherwise: `judge(text, is_address)`."""
    mock.around(rules, "is_email_address", lambda original: lambda text: judge(text, original(text)))


def _new(mock: Surgery, change: Callable[[World, Any, Channel], None]) -> None:
    """Alter each new row."""

    def new_channel(self: World, owner: Any, kind: str, address: str, state: str) -> Any:
        channel = original(self, owner, kind, address, state)
        change(self, owner, channel)
        return channel

    original = World._new_channel
    mock.replace(World, "_new_channel", new_channel)


def _create(mock: Surgery, change: Callable[..., tuple[object, object, str]]) -> None:
    """Create from other values: `change(kind, address, state)` gives them."""

    def create(self: World, owner: Any, kind: object, address: object, state: str) -> Any:
        return original(self, owner, *change(kind, address, state))

    original = World.create_channel
    mock.replace(World, "create_channel", create)


# -- duplicates


@fault
def duplicates_are_accepted(mock: Surgery) -> None:
    """The same address may be added again and again."""
    _duplicates(mock, lambda rows, kind, address, found: None)


@fault
def duplicates_in_other_case_are_accepted(mock: Surgery) -> None:
    """An address in other letter case is no duplicate."""
    _duplicates(mock, lambda rows, kind, address, found: found if found and found.address == address else None)


@fault
def duplicates_of_unconfirmed_channels_are_accepted(mock: Surgery) -> None:
    """Only an active channel makes a duplicate."""
    _duplicates(mock, lambda rows, kind, address, found: found if found and found.workflow_state == "active" else None)


@fault
def duplicates_of_sms_are_accepted(mock: Surgery) -> None:
    """Only e-mail addresses are compared."""
    _duplicates(mock, lambda rows, kind, address, found: None if kind == "sms" else found)


@fault
def duplicates_across_types_are_refused(mock: Surgery) -> None:
    """An address that serves one type is refused for another."""

    def create(self: World, owner: Any, kind: object, address: object, state: str) -> Any:
        same = [row for row in owner.channels.listed if row.address.lower() == str(address).lower()]
        if any(row.type != kind for row in same):
            raise ValidationFailed(_UNIQUE)
        return original(self, owner, kind, address, state)

    original = World.create_channel
    mock.replace(World, "create_channel", create)


@fault
def duplicates_across_users_are_refused(mock: Surgery) -> None:
    """An address that another user has is refused."""

    def create(self: World, owner: Any, kind: object, address: object, state: str) -> Any:
        for other in self.users.values():
            found = other.channels.find(str(kind), str(address)) if other is not owner else None
            if found is not None and not found.retired:
                raise ValidationFailed(_UNIQUE)
        return original(self, owner, kind, address, state)

    original = World.create_channel
    mock.replace(World, "create_channel", create)


@fault
def duplicates_answer_what_is_there(mock: Surgery) -> None:
    """A duplicate answers 200 with the channel that is there."""

    def save(rows: ChannelList, kind: Any, address: Any, *rest: Any) -> Any:
        found = rows.find(str(kind), str(address))
        return found if found is not None and not found.retired else original(rows, kind, address, *rest)

    original = rules.save
    mock.replace(rules, "save", save)


@fault
def refused_duplicate_changes_the_case(mock: Surgery) -> None:
    """A duplicate in other letter case is refused, and the channel takes over its spelling."""

    def existing(_rows: ChannelList, _kind: str, address: str, found: Any) -> Any:
        if found is not None:
            found.address = address
        return found

    _duplicates(mock, existing)


@fault
def refused_duplicate_takes_confirmation_back(mock: Surgery) -> None:
    """A duplicate is refused, and the active channel is unconfirmed from then on."""

    def existing(_rows: ChannelList, _kind: str, _address: str, found: Any) -> Any:
        if found is not None:
            found.workflow_state = "unconfirmed"
        return found

    _duplicates(mock, existing)


# -- what is an address


@fault
def email_without_at_sign_is_accepted(mock: Surgery) -> None:
    """Text without an at-sign is taken for an e-mail address."""
    _emails(mock, lambda text, valid: valid or "@" not in text)


@fault
def email_with_a_blank_is_accepted(mock: Surgery) -> None:
    """An e-mail address may hold blanks."""
    _emails(mock, lambda text, valid: valid or ("@" in text.strip("@") and " " in text.strip()))


@fault
def email_without_a_domain_is_accepted(mock: Surgery) -> None:
    """An e-mail address may end with its at-sign."""
    _emails(mock, lambda text, valid: valid or text.endswith("@"))


@fault
def email_with_a_last_dot_is_accepted(mock: Surgery) -> None:
    """An e-mail address may end with a dot."""
    _emails(mock, lambda text, valid: valid or text.endswith("."))


@fault
def email_in_angle_brackets_is_accepted(mock: Surgery) -> None:
    """An e-mail address may stand in angle brackets."""
    _emails(mock, lambda text, valid: valid or text.endswith(">"))


@fault
def email_with_space_around_is_accepted(mock: Surgery) -> None:
    """White space around an e-mail address is accepted, and kept."""
    _emails(mock, lambda text, valid: valid or (text != text.strip() and "@" in text))


@fault
def any_email_is_accepted(mock: Surgery) -> None:
    """Any text is taken for an e-mail address."""
    _emails(mock, lambda text, valid: True)


@fault
def email_with_a_plus_is_refused(mock: Surgery) -> None:
    """An e-mail address with a plus sign is refused."""
    _emails(mock, lambda text, valid: valid and "+" not in text)


@fault
def email_with_a_percent_sign_is_refused(mock: Surgery) -> None:
    """An e-mail address with a percent sign is refused."""
    _emails(mock, lambda text, valid: valid and "%" not in text)


@fault
def email_of_other_alphabets_is_refused(mock: Surgery) -> None:
    """An e-mail address outside ASCII is refused."""
    _emails(mock, lambda text, valid: valid and text.isascii())


@fault
def email_in_upper_case_is_refused(mock: Surgery) -> None:
    """An e-mail address with capital letters is refused."""
    _emails(mock, lambda text, valid: valid and text == text.lower())


@fault
def long_addresses_are_refused(mock: Surgery) -> None:
    """Addresses over 100 characters are refused; the limit is 255."""
    _emails(mock, lambda text, valid: valid and len(text) <= 100)


@fault
def blank_addresses_are_accepted(mock: Surgery) -> None:
    """An SMS channel may have no address."""

    def failures(rows: ChannelList, kind: str, *rest: Any) -> Any:
        return [each for each in original(rows, kind, *rest) if (kind, each[2]) != ("sms", "blank")]

    original = rules._failures
    mock.replace(rules, "_failures", failures)


@fault
def sms_must_be_digits(mock: Surgery) -> None:
    """An SMS address that is not a number is refused."""

    def failures(rows: ChannelList, kind: str, address: str, *rest: Any) -> Any:
        found = original(rows, kind, address, *rest)
        wrong = kind == "sms" and not address.removeprefix("+").isdigit()
        return [*found, ("path", "is invalid", "invalid")] if wrong else found

    original = rules._failures
    mock.replace(rules, "_failures", failures)


# -- types


@fault
def missing_type_is_email(mock: Surgery) -> None:
    """A creation without a type makes an e-mail channel."""
    _create(mock, lambda kind, address, state: (kind or "email", address, state))


@fault
def type_is_ignored(mock: Surgery) -> None:
    """Every channel is made an e-mail channel."""
    mock.replace(rules, "_stored_type", lambda rows, kind, address: "email")


@fault
def type_is_guessed_from_the_address(mock: Surgery) -> None:
    """An SMS channel whose address has an at-sign becomes an e-mail channel."""
    _create(
        mock,
        lambda kind, address, state: ("email" if kind == "sms" and "@" in str(address) else kind, address, state),
    )


@fault
def unknown_types_are_refused(mock: Surgery) -> None:
    """A type that Canvas does not know is refused, where Canvas takes it for email."""

    def stored(rows: ChannelList, kind: str, address: str) -> str:
        if kind not in rules._STORED_TYPES:
            raise ValidationFailed(("path_type", "is not included in the list", "inclusion"))
        return original(rows, kind, address)

    original = rules._stored_type
    mock.replace(rules, "_stored_type", stored)


@fault
def unknown_types_are_stored(mock: Surgery) -> None:
    """A type that Canvas does not know is stored as it was given."""

    def alter(_ask: Any, channel: dict[str, Any]) -> None:
        channel["type"] = given.get(channel["id"], channel["type"])

    def create(self: World, owner: Any, kind: object, address: object, state: str) -> Any:
        channel = original(self, owner, kind, address, state)
        given[channel.id] = str(kind)
        return channel

    given: dict[object, str] = {}
    original = World.create_channel
    mock.replace(World, "create_channel", create)
    mock.on_channel(alter)


# -- states


@fault
def new_channels_are_active(mock: Surgery) -> None:
    """New channels are active at once."""
    _create(mock, lambda kind, address, _state: (kind, address, "active"))


@fault
def new_sms_channels_are_active(mock: Surgery) -> None:
    """New SMS channels are active at once."""
    _create(mock, lambda kind, address, state: (kind, address, "active" if kind == "sms" else state))


@fault
def skip_confirmation_is_ignored(mock: Surgery) -> None:
    """skip_confirmation has no effect for anybody."""
    mock.replace(access, "skips_confirmation", lambda caller: False)


@fault
def skip_confirmation_is_for_site_admins_only(mock: Surgery) -> None:
    """skip_confirmation has no effect for account admins."""
    mock.replace(access, "skips_confirmation", lambda caller: caller.admin_of == "site")


@fault
def skip_confirmation_is_for_account_admins_only(mock: Surgery) -> None:
    """skip_confirmation has no effect for site admins."""
    mock.replace(access, "skips_confirmation", lambda caller: caller.admin_of == "root")


@fault
def skip_confirmation_is_for_all(mock: Surgery) -> None:
    """skip_confirmation has its effect for everybody."""
    mock.replace(access, "skips_confirmation", lambda caller: True)


@fault
def skip_confirmation_is_refused_to_users(mock: Surgery) -> None:
    """skip_confirmation from who may not use it is refused instead of ignored."""

    def create(self: Any, call: Any) -> Any:
        if call.parameters.get("skip_confirmation") and not call.user.admin_of:
            raise BadParameters("skip_confirmation is not permitted")
        return original(self, call)

    original = Handlers.create_communication_channel
    mock.replace(Handlers, "create_communication_channel", create)


@fault
def any_skip_confirmation_is_true(mock: Surgery) -> None:
    """Any value of skip_confirmation counts as true, 0 and false too."""
    mock.replace(ruby, "is_true", lambda value: value not in {None, ""})


@fault
def skip_confirmation_is_the_number_1_only(mock: Surgery) -> None:
    """skip_confirmation counts as true when it is 1, and not when it is true."""
    mock.replace(ruby, "is_true", lambda value: str(value) == "1")


@fault
def skip_confirmation_in_json_is_ignored(mock: Surgery) -> None:
    """skip_confirmation as JSON's true has no effect."""
    original = ruby.is_true
    mock.replace(ruby, "is_true", lambda value: value is not True and original(value))


@fault
def new_addresses_are_in_lower_case(mock: Surgery) -> None:
    """A row that was never there before has its address in lower case; one that comes back has it as sent."""
    _new(mock, lambda world, owner, channel: setattr(channel, "address", channel.address.lower()))


@fault
def new_rows_are_unconfirmed_for_admins_too(mock: Surgery) -> None:
    """skip_confirmation has its effect on rows that come back, and not on new ones."""
    _new(mock, lambda world, owner, channel: setattr(channel, "workflow_state", "unconfirmed"))


@fault
def new_rows_are_answered_without_a_birth(mock: Surgery) -> None:
    """The answer to the create of a row that was never there before has no created_at yet."""
    known: set[int] = set()

    def change(ask: Ask, channel: dict[str, Any]) -> None:
        if ask.creates and channel["id"] not in known:
            channel["created_at"] = None
        known.add(channel["id"])

    mock.on_channel(change)


# -- ids, positions, times


@fault
def positions_are_all_1(mock: Surgery) -> None:
    """Every new channel has position 1."""
    _new(mock, lambda world, owner, channel: setattr(channel, "position", 1))


@fault
def positions_repeat_the_highest(mock: Surgery) -> None:
    """A new channel's position is the highest one, not one more."""
    _new(mock, lambda world, owner, channel: setattr(channel, "position", channel.position - 1))


@fault
def positions_are_used_again(mock: Surgery) -> None:
    """A new channel gets the position after the last listed one, which a deleted channel may have."""

    def change(_world: World, owner: Any, channel: Channel) -> None:
        channel.position = max((row.position for row in owner.channels.listed), default=0) + 1

    _new(mock, change)


@fault
def positions_count_the_listed(mock: Surgery) -> None:
    """A new channel's position is the number of channels that are listed, with itself."""
    _new(mock, lambda world, owner, channel: setattr(channel, "position", len(owner.channels.listed) + 1))


@fault
def new_channels_come_first(mock: Surgery) -> None:
    """A new channel gets a position before all others."""

    def change(_world: World, owner: Any, channel: Channel) -> None:
        channel.position = min((row.position for row in owner.channels.listed), default=1) - 1

    _new(mock, change)


@fault
def ids_are_used_again(mock: Surgery) -> None:
    """A new channel gets the id after the highest one that is not retired."""

    def change(world: World, _owner: Any, channel: Channel) -> None:
        channel.id = max(row.id for row in world.channels.values() if not row.retired) + 1

    _new(mock, change)


@fault
def ids_count_for_each_user(mock: Surgery) -> None:
    """Ids count through one user's channels, so two users' channels share them."""

    def change(_world: World, owner: Any, channel: Channel) -> None:
        channel.id = max((row.id for row in owner.channels.rows.values()), default=0) + 1

    _new(mock, change)


@fault
def created_channels_are_not_stored(mock: Surgery) -> None:
    """A creation answers a channel and stores none."""

    def add(self: ChannelList, channel: Channel) -> None:
        if channel.workflow_state == "active":
            original(self, channel)

    original = ChannelList.add
    mock.replace(ChannelList, "add", add)


@fault
def created_channels_are_listed_twice(mock: Surgery) -> None:
    """A new channel is listed twice."""

    def change(self: ChannelList, page: Any) -> Any:
        return [row for row in original(self, page) for _ in range(1 + (row.workflow_state == "unconfirmed"))]

    original = ChannelList.page
    mock.replace(ChannelList, "page", change)


@fault
def refused_addresses_are_kept(mock: Surgery) -> None:
    """An address that is no e-mail address is refused with 400 and saved all the same."""

    def save(rows: ChannelList, kind: Any, address: Any, state: str, new: Any, *rest: Any) -> Any:
        try:
            return original(rows, kind, address, state, new, *rest)
        except ValidationFailed as failure:
            if failure.failures[0][2] == "invalid":
                rows.add(new(str(kind), str(address)))
            raise

    original = rules.save
    mock.replace(rules, "save", save)


@fault
def creation_confirms_the_one_before(mock: Surgery) -> None:
    """A creation makes the user's newest channel active."""

    def create(self: World, owner: Any, kind: object, address: object, state: str) -> Any:
        for row in owner.channels.listed[-1:]:
            row.workflow_state = "active"
        return original(self, owner, kind, address, state)

    original = World.create_channel
    mock.replace(World, "create_channel", create)
