"""Reading of request bodies, with limits of their size and of the time that they take."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mockserver.address import HEADERS_KEY, WHOLE_BODY_KEY
from mockserver.api.errors import BodyTooLarge, IncompleteBody

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope

MAX_BODY_BYTES = 1024 * 1024
"""The default limit of one body."""

MAX_UNFINISHED_BYTES = 64 * 1024 * 1024
"""The bytes of all bodies that are being received at once: each connection may send one."""

BODY_TIMEOUT = 10.0
"""The default number of seconds to wait for the next part of a body."""

_TOTAL_TIME_FACTOR = 6
"""The factor by which a whole body may take longer than its next part may."""

_MAX_DIGITS = 9
"""The digits of a Content-Length, without leading zeros, that are read as a number; more are over every limit."""


class BodyReader:
    """Reads bodies, each of which is limited in size and time, and all of them together in size.

    The next part of a body may take `seconds`, and the whole body `_TOTAL_TIME_FACTOR` times as long.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._unfinished = 0

    async def read(self, scope: Scope, receive: Receive, max_bytes: int = MAX_BODY_BYTES) -> bytes:
        """Return the whole body, an empty one if the request has none. Raises BodyTooLarge and IncompleteBody.

        A body that has arrived is received without `asyncio.timeout`, which takes a tenth of the time of a create.
        """
        headers: dict[bytes, bytes] = scope[HEADERS_KEY]
        if b"content-length" not in headers and b"transfer-encoding" not in headers:
            return b""
        has_arrived = scope.get(WHOLE_BODY_KEY, False)
        content_length = headers.get(b"content-length", b"").lstrip(b"0")
        if content_length.isdigit() and (len(content_length) > _MAX_DIGITS or int(content_length) > max_bytes):
            raise BodyTooLarge(f"the body is over {max_bytes} bytes")
        body = bytearray()
        end = asyncio.get_running_loop().time() + self._seconds * _TOTAL_TIME_FACTOR
        try:
            while True:
                message = await (receive() if has_arrived else self._next_part(receive, end))
                if message["type"] == "http.disconnect":
                    raise IncompleteBody("the body did not come")
                part = message.get("body", b"")
                body += part
                self._unfinished += len(part)
                if len(body) > max_bytes:
                    raise BodyTooLarge(f"the body is over {max_bytes} bytes")
                if not message.get("more_body", False):
                    return bytes(body)
                if self._unfinished > MAX_UNFINISHED_BYTES:
                    raise BodyTooLarge(
                        f"the bodies that are being received are over {MAX_UNFINISHED_BYTES} bytes together"
                    )
        finally:
            self._unfinished -= len(body)

    async def _next_part(self, receive: Receive, end: float) -> Message:
        """Return the next part of the body. Raises IncompleteBody if it is late."""
        remaining = end - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(min(self._seconds, remaining)):
                message = await receive()
        except TimeoutError:
            raise IncompleteBody("the body did not come") from None
        if remaining <= 0:  # a part that was already there is received in spite of the timeout
            raise IncompleteBody("the body did not come")
        return message
