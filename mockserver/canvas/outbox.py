"""The messages that Canvas would have sent: confirmation messages, and registrations of devices."""

from __future__ import annotations

import hashlib
import string
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockserver.canvas.channels import Channel

MAX_CONFIRMATIONS = 3
"""The confirmation messages of each channel; Canvas sends no more, even if the channel is deleted and restored."""

MAX_MESSAGES = 10_000
"""The maximum number of messages in each world; the oldest are deleted first."""

CONFIRMATION, PUSH_REGISTRATION = "confirmation", "push_registration"

_CONFIRMED = frozenset({"email", "personal_email", "sms"})
_LETTERS = string.ascii_lowercase
_LETTERS_AND_DIGITS = _LETTERS + string.digits


class Message(NamedTuple):
    """One message."""

    id: int
    kind: str
    """`confirmation`, or `push_registration` for a device that was registered with the push service."""
    to: str
    """The address; for a registration the push token."""
    channel_id: int
    channel_type: str
    user_id: int
    sent_at: str
    number: int = 0
    """The number of the confirmation message of its channel, from 1; 0 for a registration."""

    @property
    def code(self) -> str | None:
        """The confirmation code: 25 letters and digits, or 4 letters by SMS; None for a registration.

        It depends on the channel and the number only, so that the same requests have the same codes.
        """
        if not self.number:
            return None
        letters, length = (_LETTERS, 4) if self.channel_type == "sms" else (_LETTERS_AND_DIGITS, 25)
        digest = hashlib.sha256(f"{self.channel_id}/{self.number}".encode()).digest()
        value = int.from_bytes(digest)
        return "".join(letters[value // len(letters) ** place % len(letters)] for place in range(length))


@dataclass
class Outbox:
    """The messages of one world."""

    last_id: int = 0
    _sent: deque[Message] = field(default_factory=lambda: deque(maxlen=MAX_MESSAGES))
    """All messages, the oldest first; the links of deleted ones still work."""
    _deleted: int = 0
    """The id of the last message that was deleted, with all before it."""

    @property
    def messages(self) -> Iterator[Message]:
        """The messages that were not deleted, the oldest first."""
        return islice(list(self._sent), len(self._sent) - len(self), None)

    def __len__(self) -> int:
        """Return the number of messages that were not deleted."""
        return min(self.last_id - self._deleted, len(self._sent))

    def clear(self) -> None:
        """Delete all messages."""
        self._deleted = self.last_id

    def channel_id(self, code: str) -> int | None:
        """Return the id of the channel that the code confirms; None for an unknown code.

        Codes by SMS are short: of several messages with the same code, the newest counts.
        """
        return next((message.channel_id for message in reversed(self._sent) if message.code == code), None)

    def is_confirmation_due(self, channel: Channel) -> bool:
        """Return whether a confirmation message is due.

        Only e-mail and SMS channels get messages: none after a bounce, and at most MAX_CONFIRMATIONS.
        """
        has_had_all = channel.confirmations >= MAX_CONFIRMATIONS
        return channel.type in _CONFIRMED and not has_had_all and not channel.bounces.bounce_count

    def send_confirmation(self, channel: Channel, sent_at: str) -> None:
        """Send a confirmation message (behaviour 5.8), which must be due."""
        channel.confirmations += 1
        self._send(CONFIRMATION, channel.address, channel, sent_at, channel.confirmations)

    def send_registration(self, channel: Channel, push_token: str, sent_at: str) -> None:
        """Send the registration of a device."""
        self._send(PUSH_REGISTRATION, push_token, channel, sent_at)

    def _send(self, kind: str, to: str, channel: Channel, sent_at: str, number: int = 0) -> None:
        self.last_id += 1
        self._sent.append(Message(self.last_id, kind, to, channel.id, channel.type, channel.user_id, sent_at, number))
