"""Communication channels, and Canvas's rules for making and retiring them (behaviour 5 to 8); no HTTP, no world."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from mockserver.emails import is_email_address
from mockserver.errors import BadParameters, NotFound, ValidationFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from mockserver.pagination import Page

MOST_ROWS = 100
"""A user who has more rows than this, retired ones included, gets no new one (behaviour 5.6)."""

LONGEST_ADDRESS = 255
"""Characters, not bytes; the width of Canvas's column (behaviour 11)."""

PUSH_ADDRESS = "push"
FOR_ALL_DEVICES = "For All Devices"

_STORED_TYPES = frozenset({"email", "sms", "push", "twitter", "slack", "personal_email"})

Failure = tuple[str, str, str]


class Bounces(NamedTuple):
    """What came back from the address."""

    bounce_count: int = 0
    last_bounce_at: str | None = None
    last_transient_bounce_at: str | None = None
    last_suppression_bounce_at: str | None = None
    last_bounce_summary: str | None = None
    last_transient_bounce_summary: str | None = None


NO_BOUNCES = Bounces()


@dataclass(slots=True)
class Channel:
    """One way to reach one user. Times are text, as Canvas shows them."""

    id: int
    user_id: int
    type: str
    address: str
    workflow_state: str
    position: int
    created_at: str
    bounces: Bounces = NO_BOUNCES
    imported: bool = False
    """Whether it came from the school's records: then `edit_institution_email` decides who may delete it."""
    one_time_password: bool = False
    """Whether the owner logs in with codes sent to it: then it cannot be deleted."""

    @property
    def retired(self) -> bool:
        """Whether the channel was deleted; its row stays for ever."""
        return self.workflow_state == "retired"

    def shown(self, *, with_bounces: bool) -> dict[str, object]:
        """The channel as Canvas's JSON, keys in Canvas's order (behaviour 8)."""
        return {
            "id": self.id,
            "position": self.position,
            "workflow_state": self.workflow_state,
            "user_id": self.user_id,
            "created_at": self.created_at,
            **(self.bounces._asdict() if with_bounces else {}),
            "address": FOR_ALL_DEVICES if self.type == "push" else self.address,
            "type": "email" if self.type == "personal_email" else self.type,
        }


def _place(channel: Channel) -> tuple[int, int]:
    return channel.position, channel.id


@dataclass(slots=True)
class ChannelList:
    """All rows of one user: by type and address, and those not retired in order of position."""

    rows: dict[tuple[str, str], Channel] = field(default_factory=dict)
    listed: list[Channel] = field(default_factory=list)
    last_position: int = 0

    def add(self, channel: Channel) -> None:
        """Take in a row of this user."""
        self.rows[channel.type, channel.address.lower()] = channel
        self.last_position = max(self.last_position, channel.position)
        if not channel.retired:
            insort(self.listed, channel, key=_place)

    def find(self, kind: str, address: str) -> Channel | None:
        """The row of exactly this type and, whatever its letter case, this address; retired ones too."""
        return self.rows.get((kind, address.lower()))

    def page(self, page: Page) -> list[Channel]:
        """The rows of one page, in order of position."""
        return self.listed[page.rows]

    def retire(self, channel: Channel) -> None:
        """Delete the channel, softly: nothing but its state changes (behaviour 6).

        Raises ValidationFailed for the SMS channel that the owner's one-time passwords go to.
        """
        if channel.one_time_password:
            text = "Can't remove a user's SMS that is used for one time passwords"
            raise ValidationFailed(("workflow_state", text, text))
        del self.listed[bisect_left(self.listed, _place(channel), key=_place)]
        channel.workflow_state = "retired"

    def revive(self, channel: Channel, address: str, state: str) -> None:
        """Bring a retired row back under its old id and position, spelled as sent now (behaviour 5.5)."""
        channel.address = address
        channel.workflow_state = state
        channel.bounces = channel.bounces._replace(bounce_count=0)
        insort(self.listed, channel, key=_place)


def live(channel: Channel | None) -> Channel:
    """The channel, if it is there and not retired; NotFound otherwise. The only 404 for channels."""
    if channel is None or channel.retired:
        raise NotFound
    return channel


def save(
    channels: ChannelList,
    kind: object,
    address: object,
    state: str,
    new: Callable[[str, str], Channel],
    banned_domains: Collection[str] = (),
) -> Channel:
    """Create a channel that is not push, or bring it back; `new` makes the row from type and address.

    Raises ValidationFailed as Canvas does, BadParameters where Canvas's database would fail.
    """
    kind, address = _text("type", kind), _text("address", address)
    existing = channels.find(kind, address)
    if existing is not None and existing.retired:
        channels.revive(existing, address, state)
        return existing
    failures = _failures(channels, kind, address, existing, banned_domains)
    if failures:
        raise ValidationFailed(*failures)
    stored = _stored_type(channels, kind, address)
    channel = new(stored, address)
    channels.add(channel)
    return channel


def _failures(
    channels: ChannelList, kind: str, address: str, existing: Channel | None, banned_domains: Collection[str]
) -> list[Failure]:
    failures: list[Failure] = []
    if not address.strip():
        failures.append(("path", "can't be blank", "blank"))
    if not kind.strip():
        failures.append(("path_type", "can't be blank", "blank"))
    if existing is not None:
        failures.append(("path", "unique!", "unique!"))
    if kind == "personal_email" and channels.find("email", address):
        failures.append(("path", "has already been taken", "taken"))
    if kind == "email" and not is_email_address(address):
        failures.append(("email", "is invalid", "invalid"))
    if kind == "email" and address.rpartition("@")[2].lower() in banned_domains:
        failures.append(("email", "is forbidden", "forbidden"))
    if len(channels.rows) > MOST_ROWS:
        limit = "user communication_channels limit exceeded"
        failures.append(("user_id", limit, limit))
    return failures


def _stored_type(channels: ChannelList, kind: str, address: str) -> str:
    """The type as Canvas stores it: any unknown word becomes `email`, after the address was checked (behaviour 5.4)."""
    if len(address) > LONGEST_ADDRESS:
        raise BadParameters(f"communication_channel[address] is longer than {LONGEST_ADDRESS} characters")
    if kind in _STORED_TYPES:
        return kind
    if channels.find("email", address):
        raise BadParameters(
            f"communication_channel[type] {kind!r} is stored as email, and this address is there already"
        )
    return "email"


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadParameters(f"communication_channel[{name}] must be text")
    if "\0" in value:
        raise BadParameters(f"communication_channel[{name}] holds a NUL character")
    return value
