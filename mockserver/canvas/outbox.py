"""The messages that Canvas would have sent: confirmation messages, and registrations of devices."""

from __future__ import annotations

import hashlib
import string
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mockserver.canvas.channels import Channel

MAX_CONFIRMATIONS = 3
"""The confirmation messages of each channel; Canvas sends no more, even if the channel is deleted and restored."""

MAX_MESSAGES = 10_000
"""The messages that the mock stores in each world; it forgets the oldest ones."""

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
    code: str | None = None
    """The confirmation code: 25 letters and digits, or 4 letters by SMS; None for a registration."""


@dataclass
class Outbox:
    """The messages of one world, the oldest first."""

    messages: deque[Message] = field(default_factory=lambda: deque(maxlen=MAX_MESSAGES))
    last_id: int = 0
    codes: dict[str, int] = field(default_factory=dict)
    """The channel ids of all confirmation codes."""

    def send_confirmation(self, channel: Channel, sent_at: str) -> None:
        """Send a confirmation message (behaviour 14), unless the channel bounces or has had all of its messages."""
        if channel.confirmations >= MAX_CONFIRMATIONS or channel.bounces.bounce_count or channel.type not in _CONFIRMED:
            return
        channel.confirmations += 1
        code = self._new_code(channel)
        self.codes[code] = channel.id
        self._send(CONFIRMATION, channel.address, channel, sent_at, code)

    def send_registration(self, channel: Channel, push_token: str, sent_at: str) -> None:
        """Send the registration of a device."""
        self._send(PUSH_REGISTRATION, push_token, channel, sent_at)

    def _send(self, kind: str, to: str, channel: Channel, sent_at: str, code: str | None = None) -> None:
        self.last_id += 1
        self.messages.append(Message(self.last_id, kind, to, channel.id, channel.type, channel.user_id, sent_at, code))

    def _new_code(self, channel: Channel) -> str:
        """Return a code that no other message has; the same requests have the same codes."""
        letters, length = (_LETTERS, 4) if channel.type == "sms" else (_LETTERS_AND_DIGITS, 25)
        seed = f"{channel.id}/{channel.confirmations}"
        while True:
            number = int.from_bytes(hashlib.sha256(seed.encode()).digest())
            code = "".join(letters[number // len(letters) ** place % len(letters)] for place in range(length))
            if code not in self.codes:
                return code
            seed += "/"
