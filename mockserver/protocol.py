"""uvicorn's HTTP protocol with limits on connections, request heads and waits; its shutdown ends uploads at once.

httptools parses faster than h11, and has no limits of its own.
"""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mockserver.address import TRANSPORT_EXTENSION, WHOLE_BODY_KEY
from mockserver.response_head import write_head

if TYPE_CHECKING:
    import asyncio
    import logging
    from collections.abc import Callable, Collection

MAX_HEAD_BYTES = 64 * 1024
"""The bytes of request line and headers, as in most servers; also of the trailers, and between two parts of a body."""

MAX_HEADERS = 1_000
"""The headers of an incomplete head, each of which takes far more memory than its bytes; also of the trailers.

They are counted after each part that is parsed, so a head that is complete in one part may have more.
"""

HEAD_TIMEOUT = 10.0
"""The seconds that a client has for the head of a request, and for the rest of a body after the response."""

WRITE_TIMEOUT = 30.0
"""The seconds that a client has to read a response when all buffers are full."""

LINGER = 2.0
"""The seconds for which data is discarded after an error, since closing at once could destroy the error's response.

A refused connection may wait as long for its first data.
"""

MAX_REFUSED = 100
"""The connections over the limit that may wait for their response 503; more are closed at once."""

_LOG_INTERVAL = 60.0
"""The seconds between two log lines about refused connections."""

_PART = 8 * 1024
"""The number of bytes that are parsed at once; a head that starts inside a part may be longer by up to this number."""

_MESSAGES = {
    HTTPStatus.BAD_REQUEST: "Invalid HTTP request received.",
    HTTPStatus.REQUEST_TIMEOUT: f"The head of the request took longer than {HEAD_TIMEOUT:g} seconds.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: (
        f"The request line and headers, or the trailers, are over {MAX_HEAD_BYTES} bytes or {MAX_HEADERS} headers."
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: "As many connections are open as --max-connections of the mock allows.",
}


class ConnectionLimit:
    """The number of connections that may be open at once. The log has a line about refused ones once a minute."""

    def __init__(self, maximum: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.maximum = maximum
        self._clock = clock
        self._next_line = 0.0

    def is_exceeded_by(self, connections: int) -> bool:
        """Return whether the last of this number of open connections is over the limit."""
        return connections > self.maximum

    def is_far_exceeded_by(self, connections: int) -> bool:
        """Return whether so many connections are over the limit that the last one gets no response."""
        return connections > self.maximum + MAX_REFUSED

    def log_refusal(self, logger: logging.Logger) -> None:
        """Log that connections are refused."""
        if self._clock() >= self._next_line:
            self._next_line = self._clock() + _LOG_INTERVAL
            logger.warning(
                "The limit on open connections, %d, is reached; more are refused with 503. "
                "To allow more, start with --max-connections.",
                self.maximum,
            )


class _ReadControl(FlowControl):
    """Flow control that reads no more while requests wait for earlier responses; uvicorn would queue them all."""

    def __init__(self, transport: asyncio.Transport, waiting: Collection[object]) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        """Read again, unless requests wait: they arrived after the whole body of the current request."""
        if not self._waiting:
            super().resume_reading()


class BoundedProtocol(HttpToolsProtocol):
    """One connection. A request over a limit receives 431 or 408 after earlier responses; the connection then closes.

    `_unfinished` counts the bytes since the parser last completed a head or a part of a body, so it bounds what the
    parser stores: one header without an end, many headers, trailers, the extensions of a chunk, and blank lines.

    The first data on a connection over `limit` receives 503, whatever the data is.
    """

    def __init__(self, *args: Any, limit: ConnectionLimit | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._application = self.app
        self.app: Any = self._call_application
        self._limit = limit
        self._is_refused = False
        self._unfinished = 0
        self._error: HTTPStatus | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._write_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Wait for the first request, but not without an end."""
        super().connection_made(transport)
        self.flow = _ReadControl(transport, self.pipeline)
        self._extensions: Any = {TRANSPORT_EXTENSION: transport}  # ASGI defines extensions without values
        if self._limit is not None and self._limit.is_exceeded_by(len(self.connections)):
            self._refuse(self._limit)
        else:
            self._deadline = self.loop.call_later(HEAD_TIMEOUT, self._end_wait)

    def _refuse(self, limit: ConnectionLimit) -> None:
        """Send 503 to the first data of the client; close the connection at once if too many wait.

        A response that comes before any request confuses clients.
        """
        limit.log_refusal(self.logger)
        if limit.is_far_exceeded_by(len(self.connections)):
            self.transport.abort()
            return
        self._is_refused = True
        self._error = HTTPStatus.SERVICE_UNAVAILABLE
        self._deadline = self.loop.call_later(LINGER, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all timers."""
        self._cancel_deadline()
        self._cancel_write_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse data in parts of at most _PART bytes, so that the limit is exact; discard data after an error."""
        if self._unfinished == 0 and len(data) <= _PART and self._error is None:
            self._parse(data)
            return
        if self._is_refused:  # the first data on a connection over the limit
            self._is_refused = False
            self._reject(HTTPStatus.SERVICE_UNAVAILABLE)
        start = 0
        while start < len(data) and self._error is None:
            end = start + min(_PART, MAX_HEAD_BYTES - self._unfinished)
            self._parse(data[start:end])
            start = end

    def _parse(self, data: bytes) -> None:
        """Parse a part; reject a head over a limit, and start the timer if the client has to send more."""
        self._unset_keepalive_if_required()
        self._unfinished += len(data)
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self.logger.warning(_MESSAGES[HTTPStatus.BAD_REQUEST])
            self._reject(HTTPStatus.BAD_REQUEST)
            return
        if self._unfinished >= MAX_HEAD_BYTES or (self._unfinished and len(self.headers or ()) > MAX_HEADERS):
            self._reject(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._deadline is None:
            cycle = self.cycle  # of the last complete head; the scope changes at the start of the next one
            if cycle is None or cycle.response_complete or cycle.scope is not self.scope:
                self._deadline = self.loop.call_later(HEAD_TIMEOUT, self._end_wait)

    def _feed(self, data: bytes) -> None:
        """Give data to the parser. Upgrade headers are ignored, as RFC 9110 7.8 permits.

        After the head of a request to upgrade, the parser stops before the body; it then receives the head once more,
        without the header, and the rest.
        """
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:  # its argument is the number of bytes of the head in data
                data = self._head_without_upgrade() + data[upgrade.args[0] :] if self._should_upgrade() else b""
            else:
                return

    def _head_without_upgrade(self) -> bytes:
        """Return the head that has just been parsed, without the header Upgrade."""
        lines = [b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())]
        lines += [b"%s: %s" % header for header in self.scope["headers"] if header[0] != b"upgrade"]
        return b"\r\n".join([*lines, b"", b""])

    def _should_upgrade(self) -> bool:
        """Return whether uvicorn ignores a head with an upgrade, since `_feed` repeats it: all heads but CONNECT."""
        return bool(self.parser.get_method() != b"CONNECT")

    def _is_in_head(self) -> bool:
        """Return whether the parser has the start of a head, and not yet its end."""
        return self.scope is not None and (self.cycle is None or self.cycle.scope is not self.scope)

    async def _call_application(self, scope: Any, receive: Any, send: Any) -> None:
        """Call the application, with WHOLE_BODY_KEY in its scope, and write the heads of its responses.

        A client that has closed its connection gets no response, which is no error.
        """
        cycle = send.__self__  # uvicorn's RequestResponseCycle
        scope[WHOLE_BODY_KEY] = not cycle.more_body

        async def send_fast(message: Any) -> None:
            is_written = message["type"] == "http.response.start" and write_head(cycle, message)
            if not is_written:
                await send(message)

        try:
            await self._application(scope, receive, send_fast)
        except RuntimeError:  # uvloop's, because the write before this one has closed the connection
            if not self.transport.is_closing():
                raise
            cycle.disconnected = True

    # Callbacks of the parser

    def on_headers_complete(self) -> None:
        """Start the request. Trailers, which the parser reports as headers, are left out of the request."""
        self._unfinished = 0
        if self._deadline is not None:
            self._cancel_deadline()
        self.scope["extensions"] = self._extensions
        super().on_headers_complete()
        self.headers = []

    def on_body(self, body: bytes) -> None:
        """Add a part of the body."""
        self._unfinished = 0
        super().on_body(body)

    def on_response_complete(self) -> None:
        """Start the next request; after the last one, send the response to a rejected head."""
        is_last = not self.pipeline
        super().on_response_complete()
        if is_last and self._error is not None:
            self._send_error(self._error)

    # Errors and the end of a connection

    def _reject(self, status: HTTPStatus) -> None:
        """Send an error, at once or after the responses to earlier requests, and close the connection."""
        self._error = status
        self._cancel_deadline()
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            self._send_error(status)
        elif cycle.more_body:
            has_earlier_requests = bool(self.pipeline)
            self._abandon_request()
            if not has_earlier_requests:
                self._send_error(status)
        # in all other cases, on_response_complete sends it

    def _abandon_request(self) -> None:
        """Report a disconnection to the application of the request whose body is incomplete."""
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        if self.pipeline:  # the request, the newest, waits for earlier responses
            self.pipeline.popleft()

    def _send_error(self, status: HTTPStatus) -> None:
        if self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        # The error is in the rest of a body whose request has its response already.
        has_response = self.cycle is not None and self.cycle.response_complete and self.cycle.more_body
        if not has_response:
            self.transport.write(self._error_response(status))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()  # to discard the data
        self._deadline = self.loop.call_later(LINGER, self.transport.abort)

    def _error_response(self, status: HTTPStatus) -> bytes:
        text = _MESSAGES[status].encode()
        headers = [
            *self.server_state.default_headers,
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(text)),
            (b"connection", b"close"),
        ]
        lines = [b"HTTP/1.1 %d %s" % (status, status.phrase.encode()), *(b"%s: %s" % header for header in headers)]
        return b"\r\n".join([*lines, b"", text])

    def shutdown(self) -> None:
        """End the connection: at once during an upload, a stream or without a reader, else after the response."""
        if self.flow.write_paused:
            self.transport.abort()
        elif self.cycle is not None and not self.cycle.response_complete and self.cycle.more_body:
            self._abandon_request()
            self.transport.close()
        elif self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.close()  # only streams of events are between start and end
        else:
            super().shutdown()

    # Timers

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end_wait(self) -> None:
        """Close a connection whose client sends neither a head nor the rest of a body."""
        self._deadline = None
        if self.flow.read_paused:  # the client waits for the mock
            self._deadline = self.loop.call_later(HEAD_TIMEOUT, self._end_wait)
        elif self._is_in_head():
            self._reject(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def pause_writing(self) -> None:
        """Start the limit on the time that the client has to read."""
        super().pause_writing()
        self._cancel_write_deadline()
        self._write_deadline = self.loop.call_later(WRITE_TIMEOUT, self.transport.abort)

    def resume_writing(self) -> None:
        """Remove the limit."""
        super().resume_writing()
        self._cancel_write_deadline()

    def _cancel_write_deadline(self) -> None:
        if self._write_deadline is not None:
            self._write_deadline.cancel()
            self._write_deadline = None
