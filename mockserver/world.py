"""Everything mutable: the users, their tokens and channels, the ids to come. Made by a constructor, passed around."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mockserver import channels as rules
from mockserver.channels import Channel, ChannelList
from mockserver.errors import NotFound, RecordInvalid, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.access import Token
    from mockserver.worldfile import Seed

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"

_HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Account:
    """The school's settings (behaviour 3.2, 5.2, 5.6)."""

    users_can_edit_communication_channels: bool = True
    edit_institution_email: bool = True
    max_communication_channels: int | None = None
    banned_email_domains: tuple[str, ...] = ()


@dataclass(slots=True)
class User:
    """A person in Canvas, and what the person may do."""

    id: int
    name: str
    login_id: str | None = None
    other_ids: dict[str, str] = field(default_factory=dict)
    """Ids in other systems, by the prefix under which the API takes them, such as `sis_user_id`."""
    role: str = "student"
    account: str = "root"
    admin_of: str | None = None
    rights: frozenset[str] = frozenset()
    observes: frozenset[int] = frozenset()
    tokens: list[Token] = field(default_factory=list)
    channels: ChannelList = field(default_factory=ChannelList)

    def shown(self) -> dict[str, object]:
        """The user as Canvas's JSON, in the fields that clients of this API read."""
        first, _, rest = self.name.partition(" ")
        return {
            "id": self.id,
            "name": self.name,
            "sortable_name": f"{rest}, {first}" if rest else first,
            "short_name": self.name,
            "login_id": self.login_id,
        }


def _utc_now() -> datetime:
    return datetime.now(UTC)


class World:
    """One Canvas: users, tokens, channels, settings.

    `clock` gives the time, in UTC; the same seed, clock and calls give the same answers.
    Several worlds live side by side.
    """

    def __init__(self, seed: Seed, clock: Callable[[], datetime] = _utc_now) -> None:
        self._seed = seed
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Put the world back as its seed has it."""
        self.account = Account()
        self.users: dict[int, User] = {}
        self.tokens: dict[str, Token] = {}
        self.channels: dict[int, Channel] = {}
        self.others: dict[tuple[str, str], User] = {}
        self.buckets: dict[str, tuple[float, float]] = {}
        self._last_channel_id = 0
        self._seed.fill(self)

    def now(self) -> str:
        """The time as Canvas shows it: UTC, to the second."""
        return self._clock().strftime(TIME_FORMAT)

    def seconds(self) -> float:
        """The time in seconds, for what refills with it."""
        return self._clock().timestamp()

    # -- people

    def add_user(self, user: User) -> None:
        """Take in a user, findable under all its ids."""
        self.users[user.id] = user
        for kind, value in user.other_ids.items():
            self.others[kind, value] = user
        if user.login_id is not None:
            self.others["sis_login_id", user.login_id.lower()] = user

    def add_token(self, token: Token) -> None:
        """Take in a token; its owner must be here."""
        self.tokens[token.value] = token
        self.users[token.user_id].tokens.append(token)

    def user(self, name: str, current: User) -> User:
        """The user of this id, in any form that Canvas's API takes; NotFound otherwise (behaviour 3.4)."""
        if name == "self":
            return current
        digits = name.strip()
        if digits.isascii() and digits.isdigit() and len(digits) <= 19:
            found = self.users.get(int(digits))
        else:
            found = self._user_from_elsewhere(name)
        if found is None:
            raise NotFound
        return found

    def _user_from_elsewhere(self, name: str) -> User | None:
        kind, _, value = name.partition(":")
        if kind == "hex":
            kind, _, digits = value.partition(":")
            try:
                value = bytes.fromhex(digits).decode()
            except ValueError:
                return None
        return self.others.get((kind, value.lower() if kind == "sis_login_id" else value))

    # -- channels

    def add_channel(self, channel: Channel) -> None:
        """Take in a row as it is; its owner must be here."""
        self.users[channel.user_id].channels.add(channel)
        self._remember(channel)

    def channel(self, owner: User, id_: str) -> Channel:
        """The owner's channel of this id, if it is not retired; NotFound otherwise (behaviour 3.5)."""
        number = int(id_) if id_.isascii() and id_.isdigit() and len(id_) <= 19 else 0
        channel = self.channels.get(number)
        return rules.live(channel if channel is not None and channel.user_id == owner.id else None)

    def channel_at(self, owner: User, kind: object, address: object) -> Channel:
        """The owner's channel of this type and address, if it is not retired; NotFound otherwise."""
        return rules.live(owner.channels.find(str(kind), str(address)))

    def create_channel(self, owner: User, kind: object, address: object, state: str) -> Channel:
        """Add an e-mail or SMS channel to the owner, or bring a retired one back (behaviour 5)."""

        def new(stored_type: str, path: str) -> Channel:
            return self._new_channel(owner, stored_type, path, state)

        banned = self.account.banned_email_domains
        channel = rules.save(owner.channels, kind, address, state, new, banned)
        self._remember(channel)
        return channel

    def register_device(self, owner: User, token: Token, device: object) -> Channel:
        """Register a device with the caller's token, and give the owner's one push channel (behaviour 5.7).

        Raises Refused where the developer key has no SNS ARN, RecordInvalid without a device.
        """
        if not token.sns:
            raise Refused("SNS is not configured for this developer key")
        if not isinstance(device, str) or not device.strip():
            raise RecordInvalid
        token.push_tokens.add(device.lower())
        channel = owner.channels.find("push", rules.PUSH_ADDRESS)
        if channel is None:
            channel = self._new_channel(owner, "push", rules.PUSH_ADDRESS, "active")
            owner.channels.add(channel)
            self._remember(channel)
        elif channel.retired:
            owner.channels.revive(channel, rules.PUSH_ADDRESS, "active")
        return channel

    def forget_device(self, owner: User, device: str) -> None:
        """Remove a device from all the owner's tokens; the push channel stays (behaviour 7)."""
        for token in owner.tokens:
            token.push_tokens.discard(device.lower())

    def refuse_above_limit(self, caller: User) -> None:
        """Refuse a caller who holds as many channels as the account allows (behaviour 5.6).

        Canvas counts the caller's own channels, not the owner's; deleted ones count for an hour from their creation.
        """
        limit = self.account.max_communication_channels
        if limit is None:
            return
        recent = (self._clock() - _HOUR).strftime(TIME_FORMAT)
        rows = caller.channels.rows.values()
        if sum(not row.retired or row.created_at > recent for row in rows) >= limit:
            raise Refused("Maximum number of communication channels reached")

    def _new_channel(self, owner: User, kind: str, address: str, state: str) -> Channel:
        position = owner.channels.last_position + 1
        return Channel(self._last_channel_id + 1, owner.id, kind, address, state, position, self.now())

    def _remember(self, channel: Channel) -> None:
        self.channels[channel.id] = channel
        self._last_channel_id = max(self._last_channel_id, channel.id)
