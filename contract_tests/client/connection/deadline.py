"""Limits on the duration and the size of each exchange, whichever part of it the suite waits for.

The time-out of the HTTP client is that of one read: a response of one byte every few seconds would never reach it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import httpcore2

if TYPE_CHECKING:
    from collections.abc import Callable

Part = Literal["look-up", "connection", "request", "head", "body", "nesting"]
"""The part of an exchange: looking up the host name, connecting with TLS, sending, the headers, the body, its JSON."""

EXCHANGE_SECONDS = 60.0
"""The maximum duration of an exchange."""
_MAX_HEAD_BYTES = 512 * 1024
"""The maximum size of a response up to the end of its headers, with all responses 1xx and that of a proxy."""
_MAX_BODY_BYTES = 16 * 1024 * 1024
"""The maximum size of a body as it is received: compressed, with the lines between its chunks."""
_HTTP = b"HTTP/"
"""The first bytes of each response with HTTP/1.1."""
_FIRST_BYTES = 16
"""The number of bytes by which other protocols are recognised."""


class ExchangeTimeout(httpcore2.ReadTimeout):
    """An exchange that takes too long; `part` is what it was waiting for."""

    def __init__(self, part: Part) -> None:
        super().__init__(part)
        self.part = part


class ResponseTooLarge(httpcore2.RemoteProtocolError):
    """A response of which one part is too large."""

    def __init__(self, part: Part) -> None:
        super().__init__(part)
        self.part = part


class ExchangeDeadline:
    """The end of the current exchange; a transport has one, because it sends one request after the other.

    `now` returns the time in seconds.
    """

    def __init__(self, now: Callable[[], float], seconds: float = EXCHANGE_SECONDS) -> None:
        self._now = now
        self._seconds = seconds
        self._end = now() + seconds
        self._received = 0
        self._first = b""
        """The first bytes of the response."""
        self.part: Part = "connection"

    def start(self) -> None:
        """Start an exchange."""
        self._end = self._now() + self._seconds
        self._received = 0
        self._first = b""
        self.part = "connection"

    def start_body(self) -> None:
        """Record that the headers are complete."""
        self._received = 0
        self.part = "body"

    def remaining(self) -> float:
        """Return the remaining time in seconds. Raises ExchangeTimeout if there is none."""
        remaining = self._end - self._now()
        if remaining <= 0:
            raise ExchangeTimeout(self.part)
        return remaining

    def wait_for(self, part: Part, timeout: float | None) -> float:
        """Record the part of the exchange, and return the time in seconds for which the next operation may wait."""
        self.part = part
        remaining = self.remaining()
        return remaining if timeout is None else min(timeout, remaining)

    def count_received(self, number: int) -> None:
        """Count received bytes. Raises ResponseTooLarge."""
        self._received += number
        if self._received > (_MAX_BODY_BYTES if self.part == "body" else _MAX_HEAD_BYTES):
            raise ResponseTooLarge(self.part)

    def start_head(self) -> None:
        """Forget the response of the proxy: that of the target follows."""
        self._first = b""

    def check_head(self, data: bytes) -> None:
        """Check bytes of the headers; no bytes are the end of the connection.

        Raises RemoteProtocolError if the response does not start as HTTP/1.1 does, or ends within its headers: the
        parser would wait for an empty line, and then not distinguish this from a connection without a response.
        """
        if not data and self._first:
            raise httpcore2.RemoteProtocolError("incomplete headers")
        self._first = (self._first + data)[:_FIRST_BYTES]
        if not (self._first.startswith(_HTTP) or _HTTP.startswith(self._first)):
            raise httpcore2.RemoteProtocolError(f"illegal status line: {self._first!r}")
