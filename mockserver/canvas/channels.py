"""Communication channels, and Canvas's rules for creating and retiring them (behaviour 5 to 8)."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from mockserver.canvas.email_address import is_email_address
from mockserver.canvas.errors import BadParameters, NotFound, ValidationFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

MAX_ROWS = 100
"""A user with more rows than this, retired ones included, gets no new one (behaviour 5.6)."""

MAX_TEXT_LENGTH = 255
"""In characters, not bytes: the width of Canvas's columns of addresses and push tokens (behaviour 5.7, 11)."""

PUSH_ADDRESS = "push"
FOR_ALL_DEVICES = "For All Devices"

_EMAIL_TYPES = frozenset({"email", "personal_email"})
_STORED_TYPES = frozenset({"email", "sms", "push", "twitter", "slack", "personal_email"})

Failure = tuple[str, str, str]
"""The attribute, the message and the type of one validation error."""


class Bounces(NamedTuple):
    """The bounces of messages to one address."""

    bounce_count: int = 0
    last_bounce_at: str | None = None
    last_transient_bounce_at: str | None = None
    last_suppression_bounce_at: str | None = None
    last_bounce_summary: str | None = None
    last_transient_bounce_summary: str | None = None

    def after(self, kind: str, time: str, summary: str | None) -> Bounces:
        """Return the bounces after one more; a transient one is not counted."""
        if kind == "transient":
            return self._replace(last_transient_bounce_at=time, last_transient_bounce_summary=summary)
        counted = self._replace(bounce_count=self.bounce_count + 1)
        if kind == "suppression":
            return counted._replace(last_suppression_bounce_at=time)
        return counted._replace(last_bounce_at=time, last_bounce_summary=summary)


NO_BOUNCES = Bounces()


_set = object.__setattr__  # a global name is found faster than an attribute, and each new channel calls it 12 times


@dataclass(slots=True)
class Channel:
    """One address at which Canvas reaches one user. Times are text in Canvas's format."""

    # First, because __init__ sets the fields in this order, and __setattr__ reads this one when it sets any other.
    # It may have a default before fields without one, because it is no argument of __init__.
    derived: Any = field(default=None, init=False, repr=False, compare=False)
    """A value that the API computed from the other fields. Each change of a field removes it, so it is never old."""
    id: int
    user_id: int
    type: str
    address: str
    workflow_state: str
    position: int
    created_at: str
    bounces: Bounces = NO_BOUNCES
    imported: bool = False
    """Whether a SIS import created it; without the setting `edit_institution_email`, only admins may then delete it."""
    one_time_password: bool = False
    """Whether the owner's one-time passwords are sent to it; it then cannot be deleted."""
    confirmations: int = 0
    """The number of confirmation messages that were sent to it, before deletions too."""

    def __setattr__(self, name: str, value: object) -> None:
        """Set a field, and remove the value that was derived from the fields before the change."""
        _set(self, name, value)
        if name != "derived" and self.derived is not None:
            _set(self, "derived", None)

    def __setstate__(self, state: tuple[None, dict[str, Any]]) -> None:
        """Set the fields of a copy, with the derived value, which is right for the copy, too.

        Without this method, copy.deepcopy would assign each field, and the assignments would remove the derived value.
        """
        _, fields = state  # copy.deepcopy passes None (there is no __dict__), and the values of the slots by name
        for name, value in fields.items():
            _set(self, name, value)

    @property
    def retired(self) -> bool:
        """Whether the channel was deleted; Canvas keeps its row."""
        return self.workflow_state == "retired"

    def to_json(self, *, with_bounces: bool) -> dict[str, object]:
        """Return Canvas's CommunicationChannel object, keys in Canvas's order (behaviour 8)."""
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


def _sort_key(channel: Channel) -> tuple[int, int]:
    return channel.position, channel.id


@dataclass(slots=True)
class ChannelList:
    """All rows of one user, by type and address, and the list of those that are not retired, by position."""

    rows: dict[tuple[str, str], Channel] = field(default_factory=dict)
    listed: list[Channel] = field(default_factory=list)
    last_position: int = 0

    @classmethod
    def of(cls, channels: Iterable[Channel]) -> Self:
        """Return a list of these channels."""
        new = cls()
        for channel in channels:
            new.add(channel)
        return new

    def add(self, channel: Channel) -> None:
        """Add a row of this user."""
        self.rows[channel.type, channel.address.lower()] = channel
        self.last_position = max(self.last_position, channel.position)
        if not channel.retired:
            insort(self.listed, channel, key=_sort_key)

    def find(self, kind: str, address: str) -> Channel | None:
        """Return the row with exactly this type and, in any letter case, this address; retired rows are found too."""
        return self.rows.get((kind, address.lower()))

    def page(self, rows: slice) -> list[Channel]:
        """Return a part of the channels that are not retired, in order of position."""
        return self.listed[rows]

    def retire(self, channel: Channel) -> None:
        """Delete the channel softly: only its state changes (behaviour 6).

        Raises ValidationFailed for the SMS channel that receives the owner's one-time passwords.
        """
        if channel.one_time_password:
            text = "Can't remove a user's SMS that is used for one time passwords"
            raise ValidationFailed(("workflow_state", text, text))
        del self.listed[bisect_left(self.listed, _sort_key(channel), key=_sort_key)]
        channel.workflow_state = "retired"

    def restore(self, channel: Channel, address: str, state: str) -> None:
        """Restore a retired row under its old id and position, with the address as it is sent now (behaviour 5.5)."""
        channel.address = address
        channel.workflow_state = state
        channel.bounces = channel.bounces._replace(bounce_count=0)
        insort(self.listed, channel, key=_sort_key)


def require_found(channel: Channel | None) -> Channel:
    """Return the channel. Raises NotFound for None and for a retired one; no other code decides a channel's 404."""
    if channel is None or channel.retired:
        raise NotFound
    return channel


def create_or_restore(
    channels: ChannelList,
    kind: object,
    address: object,
    state: str,
    new_channel: Callable[[str, str], Channel],
    banned_domains: Collection[str] = (),
) -> Channel:
    """Create a channel of any type but push, or restore the retired one with this type and address.

    `new_channel` makes a row from the stored type and the address.
    Raises ValidationFailed as Canvas does, and BadParameters where Canvas's database would fail.
    """
    kind, address = _type(kind), _text(address)
    existing = channels.find(kind, address)
    if existing is not None and existing.retired:
        channels.restore(existing, address, state)
        return existing
    failures = _validation_failures(channels, kind, address, existing, banned_domains)
    if failures:
        raise ValidationFailed(*failures)
    channel = new_channel(_stored_type(channels, kind, address), address)
    channels.add(channel)
    return channel


def _validation_failures(
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
    if kind in _EMAIL_TYPES and not is_email_address(address):
        failures.append(("email", "is invalid", "invalid"))
    if kind in _EMAIL_TYPES and address.rpartition("@")[2].lower() in banned_domains:
        failures.append(("email", "is forbidden", "forbidden"))
    if len(channels.rows) > MAX_ROWS:
        limit = "user communication_channels limit exceeded"
        failures.append(("user_id", limit, limit))
    return failures


def _stored_type(channels: ChannelList, kind: str, address: str) -> str:
    """Return the type that Canvas stores: an unknown type becomes `email` after validation (behaviour 5.4)."""
    if len(address) > MAX_TEXT_LENGTH:
        raise BadParameters(f"communication_channel[address] is longer than {MAX_TEXT_LENGTH} characters")
    if kind in _STORED_TYPES:
        return kind
    if channels.find("email", address):
        raise BadParameters(
            f"communication_channel[type] {kind!r} is stored as email, and this address is there already"
        )
    return "email"


def _type(value: object) -> str:
    """Return a type as text; a number, a boolean or a list becomes an unknown type (behaviour 5.4)."""
    if isinstance(value, dict):
        raise BadParameters("communication_channel[type] must be text")
    text = "" if value is None else str(value)
    if "\0" in text:
        raise BadParameters("communication_channel[type] holds a NUL character")
    return text


def _text(address: object) -> str:
    if address is None:
        return ""
    if not isinstance(address, str):
        raise BadParameters("communication_channel[address] must be text")
    if "\0" in address:
        raise BadParameters("communication_channel[address] holds a NUL character")
    return address
