"""Connections that send garbage: each kind sends bytes that no client should send, or too few, or too slowly."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from random import Random

_PATH = b"/api/v1/users/self/communication_channels"
_HEAD = b"GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer student-token\r\n" % _PATH
_UPLOAD = _HEAD.replace(b"GET", b"POST") + b"Content-Type: application/x-www-form-urlencoded\r\n"
_CHUNKED = _UPLOAD + b"Transfer-Encoding: chunked\r\n\r\n"
_BLOCK = b"x" * 65536

PATIENCE = 40.0
"""The seconds after which a connection that the mock does not close is a failure; its own longest limit is 30."""


@dataclass(frozen=True)
class GarbageKind:
    """A kind of connection."""

    parts: Callable[[Random], Iterable[bytes]]
    """Returns what is sent, part by part."""
    pause: float = 0.0
    """The seconds between two parts."""
    reads: bool = True
    """Whether the connection then waits until the mock closes it; it is reset otherwise."""


def _slow_head() -> Iterator[bytes]:
    yield _HEAD
    while True:
        yield b"X"


def _slow_body() -> Iterator[bytes]:
    yield _UPLOAD + b"Content-Length: 100000\r\n\r\n"
    yield from (b"a" for _ in range(4))


GARBAGE: dict[str, GarbageKind] = {
    "random bytes": GarbageKind(lambda random: [random.randbytes(random.randrange(1, 20_000))]),
    "a TLS handshake": GarbageKind(lambda random: [b"\x16\x03\x01\x02\x00\x01" + random.randbytes(512)]),
    "the preface of HTTP/2": GarbageKind(lambda _: [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0" * 100]),
    "an upgrade to WebSocket": GarbageKind(
        lambda _: [_HEAD + b"Connection: close, Upgrade\r\nUpgrade: websocket\r\n\r\n"]
    ),
    "half a head, then a reset": GarbageKind(lambda random: [_HEAD[: random.randrange(len(_HEAD))]], reads=False),
    "half a head, then silence": GarbageKind(lambda random: [_HEAD[: random.randrange(1, len(_HEAD))]]),
    "a head of one byte a second": GarbageKind(lambda _: _slow_head(), pause=1.0),
    "no bytes at all": GarbageKind(lambda _: []),
    "a head of 1 MiB": GarbageKind(lambda _: [_HEAD + b"X: ", *[_BLOCK] * 16]),
    "100,000 headers": GarbageKind(lambda _: [_HEAD, *[b"X: 1\r\n" * 10_000] * 10]),
    "a path of 1 MiB": GarbageKind(lambda _: [b"GET /", *[_BLOCK] * 16]),
    "a body of 8 MiB": GarbageKind(lambda _: [_UPLOAD + b"Content-Length: 8388608\r\n\r\n", *[_BLOCK] * 128]),
    "an upload that stops, then a reset": GarbageKind(
        lambda random: [_UPLOAD + b"Content-Length: 500000\r\n\r\n", b"a" * random.randrange(400_000)], reads=False
    ),
    "an upload of one byte a second that stops": GarbageKind(lambda _: _slow_body(), pause=1.0),
    "malformed chunks": GarbageKind(lambda random: [_CHUNKED, b"5\r\nabcdefgh\r\n", random.randbytes(100)]),
    "a chunk extension of 1 MiB": GarbageKind(lambda _: [_CHUNKED, b"1;", *[_BLOCK] * 16]),
    "trailers of 1 MiB": GarbageKind(lambda _: [_CHUNKED, b"0\r\n", *[b"X: " + _BLOCK[:60_000] + b"\r\n"] * 17]),
    "two lengths of one body": GarbageKind(
        lambda _: [_UPLOAD + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"]
    ),
    "a length and chunks": GarbageKind(  # the rest, `GET /`, would be a smuggled request
        lambda _: [_UPLOAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /"]
    ),
    "200 requests whose responses are not read": GarbageKind(lambda _: [(_HEAD + b"\r\n") * 200], reads=False),
    "Expect: 100-continue without a body": GarbageKind(
        lambda _: [_UPLOAD + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"], reads=False
    ),
    "line feeds and NULs in headers": GarbageKind(lambda _: [_HEAD + b"X: \0\nY\n\n\r\r: \x7f\r\n\r\n"]),
}


def run_garbage(address: tuple[str, int], kind: GarbageKind, random: Random, wait: Callable[[float], bool]) -> str:
    """Send garbage over one connection; return the outcome: the statuses received, or who closed it.

    `wait` waits for some seconds, and returns whether the soak has ended.
    Raises TimeoutError if the mock does not close the connection.
    """
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        received = _send(connection, kind, random, wait)
        if not kind.reads:
            linger = struct.pack("ii", 1, 0)  # on, for 0 seconds: the close resets the connection
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return "reset by the client"
        received += _receive(connection)
    statuses = [part[:3].decode("ascii", "replace") for part in received.split(b"HTTP/1.1 ")[1:]]
    return ", ".join(statuses) or "closed by the mock"


def _send(connection: socket.socket, kind: GarbageKind, random: Random, wait: Callable[[float], bool]) -> bytes:
    """Send all parts, or as many as the mock accepts; return the bytes received meanwhile."""
    received = b""
    with suppress(ConnectionError):
        for part in kind.parts(random):
            connection.sendall(part)
            if kind.pause:
                is_stopped = wait(kind.pause)
                received += _receive_now(connection)
                if received or is_stopped:
                    break
    return received


def _receive_now(connection: socket.socket) -> bytes:
    """Return what has arrived, without waiting."""
    connection.setblocking(False)
    try:
        return connection.recv(65536)
    except BlockingIOError:
        return b""
    finally:
        connection.settimeout(PATIENCE)


def _receive(connection: socket.socket) -> bytes:
    """Return everything up to the end of the connection."""
    received = b""
    with suppress(ConnectionError):
        while part := connection.recv(65536):
            received += part
    return received
