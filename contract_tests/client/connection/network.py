"""Network backend of the HTTP client: connections, with TLS or without, that obey the deadline of the exchange."""

from __future__ import annotations

import ssl
from functools import partial
from typing import TYPE_CHECKING, Any

import httpcore2

from contract_tests.client.connection.deadline import ExchangeTimeout
from contract_tests.client.connection.look_up import LookUpTimeout, look_up

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable

    from contract_tests.client.connection.deadline import ExchangeDeadline, Part

_HTTP_VERSION = b"1."
"""The bytes after `HTTP/`, which OpenSSL has read, because a TLS record has a header of five bytes."""
_BANNER_SECONDS = 1.0
"""The time that a server has to send the rest of a response that is not TLS."""
_RECORD_SIZE = 16_384
"""The number of bytes that are sent or received at once inside the TLS of a proxy."""

PLAIN_TEXT = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"})
"""The reasons of OpenSSL for a response that is not TLS."""


class OtherProtocolError(httpcore2.ConnectError):
    """A server that sends neither TLS nor HTTP."""


class DeadlineBackend(httpcore2.NetworkBackend):
    """A network backend whose connections obey the deadline."""

    def __init__(self, deadline: ExchangeDeadline) -> None:
        self._deadline = deadline
        self._backend = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address of the host that accepts the connection."""
        try:
            found = look_up(host, port, self._deadline.wait_for("look-up", timeout))
        except LookUpTimeout:
            raise ExchangeTimeout("look-up") from None
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        failure: Exception = httpcore2.ConnectError("the host name has no address")
        for address in found:
            seconds = self._deadline.wait_for("connection", timeout)
            try:
                stream = self._backend.connect_tcp(address, port, seconds, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return DeadlineStream(stream, self._deadline)
        self._deadline.remaining()  # raises ExchangeTimeout if the exchange has no time left
        raise failure


class DeadlineStream(httpcore2.NetworkStream):
    """A connection, with TLS or without, that obeys the deadline."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: ExchangeDeadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the next bytes of a response."""
        data = self.receive(max_bytes, timeout)
        if self._deadline.part == "head":
            self._deadline.check_head(data)
        return data

    def receive(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the next bytes without checking that they are HTTP: an HTTPS proxy passes on the target's TLS."""
        part: Part = "body" if self._deadline.part == "body" else "head"
        seconds = self._deadline.wait_for(part, timeout)
        try:
            data = self._stream.read(max_bytes, seconds)
        except httpcore2.ReadTimeout:
            self._deadline.remaining()  # raises ExchangeTimeout if the exchange has no time left
            raise
        self._deadline.count_received(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send the bytes; the deadline applies to each part of them that the server reads."""
        connection: socket.socket = self._stream.get_extra_info("socket")
        view = memoryview(buffer)
        while view:
            connection.settimeout(self._deadline.wait_for("request", timeout))
            try:
                view = view[connection.send(view) :]
            except TimeoutError as error:
                self._deadline.remaining()  # raises ExchangeTimeout if the exchange has no time left
                raise httpcore2.WriteTimeout(str(error)) from error
            except OSError as error:
                raise httpcore2.WriteError(str(error)) from error

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Return the connection with TLS."""
        seconds = self._deadline.wait_for("connection", timeout)
        self._deadline.start_head()
        if self._stream.get_extra_info("ssl_object") is not None:
            return TunnelledStream(self, self._deadline, ssl_context, server_hostname)
        connection: socket.socket = self._stream.get_extra_info("socket")
        with connection.dup() as copy:  # the HTTP client closes its own after an error
            try:
                return DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._deadline)
            except httpcore2.ConnectTimeout:
                self._deadline.remaining()  # raises ExchangeTimeout if the exchange has no time left
                raise
            except httpcore2.ConnectError as error:
                if getattr(error.__context__, "reason", None) in PLAIN_TEXT and not _is_http(copy):
                    raise OtherProtocolError(str(error)) from error
                raise

    def get_extra_info(self, info: str) -> Any:
        """Return a property of the connection."""
        return self._stream.get_extra_info(info)


def _is_http(connection: socket.socket) -> bool:
    """Return whether the bytes after those that OpenSSL has read show that the server has sent HTTP."""
    connection.settimeout(_BANNER_SECONDS)
    try:
        return connection.recv(len(_HTTP_VERSION)) == _HTTP_VERSION
    except OSError:  # it may have been HTTP
        return True


class TunnelledStream(httpcore2.NetworkStream):
    """A TLS connection to the target inside a TLS connection to the proxy, which Python's sockets do not have."""

    def __init__(
        self,
        stream: DeadlineStream,
        deadline: ExchangeDeadline,
        context: ssl.SSLContext,
        server_hostname: str | None,
    ) -> None:
        self._stream = stream
        self._deadline = deadline
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_hostname)
        try:
            self._perform(self._tls.do_handshake, None)
        except ssl.SSLError as error:
            self.close()
            raise httpcore2.ConnectError(str(error)) from error
        except BaseException:
            self.close()
            raise

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the next bytes."""
        try:
            data: bytes = self._perform(partial(self._tls.read, max_bytes), timeout)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):  # a socket with TLS does not distinguish these ends either
            return b""
        except ssl.SSLError as error:
            raise httpcore2.ReadError(str(error)) from error
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send the bytes."""
        view = memoryview(buffer)
        while view:
            try:
                sent = self._perform(partial(self._tls.write, view[:_RECORD_SIZE]), timeout)
            except ssl.SSLError as error:
                raise httpcore2.WriteError(str(error)) from error
            view = view[sent:]

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        """Return a property of the connection."""
        return self._tls if info == "ssl_object" else self._stream.get_extra_info(info)

    def _perform(self, operation: Callable[[], Any], timeout: float | None) -> Any:
        """Return the result of an operation of TLS, after the reads and writes that it needs."""
        while True:
            try:
                result = operation()
            except ssl.SSLWantReadError:
                self._flush(timeout)
                self._receive(timeout)
            else:
                self._flush(timeout)
                return result

    def _receive(self, timeout: float | None) -> None:
        data = self._stream.receive(_RECORD_SIZE, timeout)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _flush(self, timeout: float | None) -> None:
        part = self._deadline.part  # which `write` changes
        self._stream.write(self._outgoing.read(), timeout)
        self._deadline.part = part
