"""The limits of a connection: the head of a request, slow clients, and the order of responses."""

from __future__ import annotations

import asyncio
import itertools
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import uvicorn
from uvicorn.server import ServerState

from mockserver import protocol
from mockserver.address import WHOLE_BODY_KEY
from mockserver.protocol import MAX_HEAD_BYTES, BoundedProtocol
from tests.channel_requests import OWN_CHANNELS
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from starlette.testclient import TestClient
    from starlette.types import Receive, Scope, Send

    from mockserver import World
    from tests.conftest import ServerFactory

PATH = f"/api/v1/{OWN_CHANNELS}".encode()
HEAD = b"GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer student-token\r\n" % PATH
GET = HEAD + b"\r\n"
UPLOAD = (
    b"POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer student-token\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n" % PATH
)
TOO_LONG = b"x" * (2 * MAX_HEAD_BYTES)
SHORT = 0.05
"""Seconds, in place of a timeout of the mock that would slow a test."""


def head_of_size(size: int) -> bytes:
    """Return a complete request whose request line and headers have this size in bytes."""
    return HEAD + b"X: %s\r\n\r\n" % (b"x" * (size - len(HEAD) - len(b"X: \r\n\r\n")))


@contextmanager
def connected(origin: str) -> Iterator[socket.socket]:
    url = urlsplit(origin)
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=HANG_SECONDS) as connection:
        yield connection


def send(connection: socket.socket, parts: Iterable[bytes]) -> None:
    """Send until the server closes the connection."""
    try:
        for part in parts:
            connection.sendall(part)
    except ConnectionError:
        pass


def received(connection: socket.socket) -> bytes:
    """Return everything up to the end of the connection."""
    data = b""
    while part := connection.recv(65536):
        data += part
    return data


def exchange(origin: str, *parts: bytes) -> bytes:
    with connected(origin) as connection:
        send(connection, parts)
        return received(connection)


def statuses(responses: bytes) -> list[int]:
    return [int(part[:3]) for part in responses.split(b"HTTP/1.1 ")[1:]]


class TestHead:
    def test_head_of_64_kib_is_accepted_and_the_connection_remains_open(self, served: str) -> None:
        closing = HEAD + b"Connection: close\r\n\r\n"

        responses = exchange(served, head_of_size(MAX_HEAD_BYTES), closing)

        assert statuses(responses) == [200, 200]

    @pytest.mark.parametrize(
        "request_",
        [
            head_of_size(MAX_HEAD_BYTES + 1),
            HEAD + b"X: " + TOO_LONG,
            HEAD + TOO_LONG,
            HEAD + b"".join(b"X-%d: 1\r\n" % number for number in range(10_000)),
            HEAD + b"X:1\r\n" * 20_000,
            b"GET /" + TOO_LONG,
            b"GET /?" + TOO_LONG + b" HTTP/1.1\r\n\r\n",
            b"\r\n" * MAX_HEAD_BYTES,
        ],
        ids=["one byte", "value", "name", "many", "many of one name", "path", "query", "blank lines"],
    )
    @pytest.mark.parametrize("size", [1 << 20, 1000], ids=["at once", "in parts"])
    def test_head_over_64_kib_is_431_and_closes_the_connection(self, served: str, request_: bytes, size: int) -> None:
        parts = [request_[start : start + size] for start in range(0, len(request_), size)]

        response = exchange(served, *parts)

        assert statuses(response) == [431]
        assert b"connection: close\r\n" in response
        assert b"date: " in response

    @pytest.mark.parametrize(("number", "status"), [(900, 200), (5_000, 431)])
    def test_head_with_over_1000_headers_is_431_although_it_is_short(
        self, served: str, number: int, status: int
    ) -> None:
        # The mock counts them after each 8 KiB, so 5,000 take several parts.
        response = exchange(served, HEAD + b"Connection: close\r\n" + b"A:\r\n" * number + b"\r\n")

        assert statuses(response) == [status]

    def test_431_is_received_although_the_client_has_sent_more(self, served: str) -> None:
        with connected(served) as connection:
            send(connection, [HEAD + b"X: ", *(TOO_LONG for _ in range(100))])
            response = received(connection)

        assert statuses(response) == [431]

    def test_431_comes_after_the_responses_to_earlier_requests(self, served: str) -> None:
        responses = exchange(served, GET * 3 + HEAD + b"X: " + TOO_LONG)

        assert statuses(responses) == [200, 200, 200, 431]

    def test_malformed_request_is_400_after_the_responses_to_earlier_requests(self, served: str) -> None:
        responses = exchange(served, GET * 2 + b"nonsense\r\n\r\n")

        assert statuses(responses) == [200, 200, 400]

    def test_requests_of_over_64_kib_together_are_accepted(self, served: str) -> None:
        requests = GET * (2 * MAX_HEAD_BYTES // len(GET))

        responses = exchange(served, requests, HEAD + b"Connection: close\r\n\r\n")

        assert set(statuses(responses)) == {200}
        assert len(statuses(responses)) == 2 * MAX_HEAD_BYTES // len(GET) + 1


class TestChunkedBody:
    @pytest.mark.parametrize(
        "parts",
        [
            [b"0\r\n", *(b"X-%d: 1\r\n" % number for number in range(10_000))],
            [b"0\r\nX: ", TOO_LONG],
            [b"1;", TOO_LONG],
            [b"0" * len(TOO_LONG)],
        ],
        ids=["many trailers", "long trailer", "extension", "size"],
    )
    def test_over_64_kib_without_a_part_of_the_body_is_431(self, served: str, world: World, parts: list[bytes]) -> None:
        body = b"communication_channel[type]=email&communication_channel[address]=a@b.c"

        response = exchange(served, UPLOAD, b"%x\r\n%s\r\n" % (len(body), body), *parts)

        assert statuses(response) == [431]
        assert len(world.users[1].channels.listed) == 3

    def test_long_trailers_of_a_waiting_request_are_431_after_earlier_responses(self, served: str) -> None:
        responses = exchange(served, GET * 2 + UPLOAD + b"0\r\nX: " + TOO_LONG)

        assert statuses(responses) == [200, 200, 431]

    def test_many_small_chunks_are_accepted(self, served: str) -> None:
        chunks = b"1\r\na\r\n" * (2 * MAX_HEAD_BYTES // 6)

        responses = exchange(served, UPLOAD, chunks, b"0\r\n\r\n", HEAD + b"Connection: close\r\n\r\n")

        assert statuses(responses) == [400, 200]  # 400: the form has no channel

    def test_trailers_are_not_headers_of_the_request(self, served: str) -> None:
        upload = UPLOAD.replace(b"Authorization: Bearer student-token\r\n", b"Connection: close\r\n")

        response = exchange(served, upload + b"0\r\nAuthorization: Bearer student-token\r\n\r\n")

        assert statuses(response) == [401]


class TestUpgrade:
    """A request with an Upgrade header, which is ignored (RFC 9110 7.8); Java's HttpClient sends it by default."""

    UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAA\r\nUpgrade: h2c\r\n\r\n"
    BODY = b"communication_channel[type]=email&communication_channel[address]=upgrade@school.example"
    CHUNKED_BODY = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    CHUNKED = UPLOAD.removesuffix(b"\r\n") + UPGRADE
    SIZED = CHUNKED.replace(b"Transfer-Encoding: chunked", b"Content-Length: %d" % len(BODY))
    CLOSING = HEAD + b"Connection: close\r\n\r\n"

    @pytest.mark.parametrize(("head", "body"), [(SIZED, BODY), (CHUNKED, CHUNKED_BODY)], ids=["sized", "chunked"])
    def test_body_in_the_same_packet_is_received(self, served: str, head: bytes, body: bytes) -> None:
        responses = exchange(served, head + body + GET, self.CLOSING)

        assert statuses(responses) == [200, 200, 200]
        assert responses.count(b'"address":"upgrade@school.example"') == 3  # in the new channel and in two lists

    @pytest.mark.parametrize(("head", "body"), [(SIZED, BODY), (CHUNKED, CHUNKED_BODY)], ids=["sized", "chunked"])
    @pytest.mark.parametrize("split", [0, 9])
    def test_body_in_a_second_packet_is_received(self, served: str, head: bytes, body: bytes, split: int) -> None:
        head = head.removesuffix(b"\r\n") + b"Expect: 100-continue\r\n\r\n"
        with connected(served) as connection:
            send(connection, [head + body[:split]])
            # A client waits for 100 Continue only if it has sent no part of the body.
            responses = connection.recv(65536) if split == 0 else b""
            send(connection, [body[split:] + GET, self.CLOSING])
            responses += received(connection)

        assert [status for status in statuses(responses) if status != 100] == [200, 200, 200]
        assert responses.count(b'"address":"upgrade@school.example"') == 3

    @pytest.mark.parametrize("size", [1, 40])
    def test_head_in_small_parts_is_accepted(self, served: str, size: int) -> None:
        requests = self.SIZED + self.BODY + self.CLOSING

        responses = exchange(served, *(requests[start : start + size] for start in range(0, len(requests), size)))

        assert statuses(responses) == [200, 200]

    def test_pipelined_requests_are_each_processed(self, served: str) -> None:
        responses = exchange(served, (HEAD + self.UPGRADE) * 100 + self.CLOSING)

        assert statuses(responses) == [200] * 101

    @pytest.mark.parametrize("lines", [b"x", b"Content-Length: 1\r\nTransfer-Encoding: chunked"])
    def test_malformed_header_and_contradictory_lengths_are_400(self, served: str, lines: bytes) -> None:
        head = self.CHUNKED.replace(b"Transfer-Encoding: chunked", lines)

        assert statuses(exchange(served, head + self.BODY)) == [400]

    def test_head_over_64_kib_is_431(self, served: str) -> None:
        assert statuses(exchange(served, HEAD + b"X: " + TOO_LONG + b"\r\n" + self.UPGRADE)) == [431]

    def test_connect_has_one_response(self, served: str) -> None:
        response = exchange(served, b"CONNECT http://localhost/x HTTP/1.1\r\nHost: localhost\r\n" + self.UPGRADE)

        assert len(statuses(response)) == 1


class TestSlowClient:
    @pytest.fixture(autouse=True)
    def short_timeouts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(protocol, "HEAD_TIMEOUT", SHORT)
        monkeypatch.setattr(protocol, "WRITE_TIMEOUT", SHORT)

    def test_incomplete_head_is_408(self, served: str) -> None:
        assert statuses(exchange(served, HEAD)) == [408]

    def test_incomplete_second_head_is_408_after_the_first_response(self, served: str) -> None:
        assert statuses(exchange(served, GET + HEAD)) == [200, 408]

    def test_head_that_never_ends_is_408_although_bytes_arrive(self, served: str) -> None:
        with connected(served) as connection:
            connection.sendall(HEAD)
            connection.settimeout(SHORT / 10)
            response = b""
            for _ in itertools.count():
                try:
                    response = connection.recv(65536)
                    break
                except TimeoutError:
                    connection.sendall(b"X: 1\r\n")

        assert statuses(response) == [408]

    def test_connection_without_a_request_is_closed(self, served: str) -> None:
        assert exchange(served) == b""

    def test_connection_is_closed_if_only_a_blank_line_follows_a_response(self, served: str) -> None:
        with connected(served) as connection:
            connection.sendall(GET)
            first = connection.recv(65536)
            send(connection, [b"\r\n"])
            rest = received(connection)

        assert statuses(first + rest) == [200]

    def test_connection_is_closed_although_the_client_sends_on_after_413(self, served: str) -> None:
        upload = b"POST /_mock/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000000\r\n\r\n"
        with connected(served) as connection:
            connection.sendall(upload)
            response = connection.recv(65536)
            send(connection, (TOO_LONG for _ in itertools.count()))

        assert statuses(response) == [413]

    def test_connection_without_a_reader_is_closed(self, serve: ServerFactory, student: TestClient) -> None:
        origin = serve()
        with connected(origin) as connection:
            send(connection, (GET * 100 for _ in itertools.count()))  # until the connection is closed

        assert student.get(OWN_CHANNELS).status_code == 200


@pytest.mark.parametrize(("parts", "has_arrived"), [(1, True), (2, False)])
def test_scope_shows_whether_the_whole_body_has_arrived(parts: int, has_arrived: bool) -> None:
    length = len(UPLOAD) + 1
    request = UPLOAD + b"1\r\nx\r\n0\r\n\r\n"

    values = asyncio.run(_whole_body_values([request] if parts == 1 else [request[:length], request[length:]]))

    assert values == [has_arrived]


async def _whole_body_values(parts: list[bytes]) -> list[object]:
    """Send one request in parts, the second after the application runs; return what the scope has under the key."""
    values: list[object] = []
    is_called = asyncio.Event()

    async def application(scope: Scope, _receive: Receive, send: Send) -> None:
        values.append(scope[WHOLE_BODY_KEY])
        is_called.set()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    loop = asyncio.get_running_loop()
    config = uvicorn.Config(application, lifespan="off")
    config.load()
    server = await loop.create_server(lambda: BoundedProtocol(config, ServerState(), {}), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    for part in parts:
        writer.write(part)
        await is_called.wait()
    await reader.readuntil(b"\r\n\r\n")
    writer.close()
    server.close()
    return values
