"""Servers that never end an exchange: each exchange has a deadline and a maximum size."""

from __future__ import annotations

import itertools
import socket
import threading
import time
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import httpx2
import pytest
import trustme

from contract_tests.client.body import is_too_deep
from contract_tests.client.connection.deadline import ExchangeDeadline
from contract_tests.client.connection.endpoint import Endpoint
from contract_tests.client.connection.errors import connection_sentence
from contract_tests.client.connection.http_client import open_client
from contract_tests.client.request import Request
from contract_tests.client.run.pacing import Clock
from contract_tests.client.safety.journal import Journal
from contract_tests.client.settings import Inconclusive, Settings
from contract_tests.client.transport import Transport
from contract_tests.comparison import compare
from tests.contract_tests.local_servers import running_http_proxy, socket_server, tls_gateway
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

pytestmark = pytest.mark.slow

TOKEN = "a-token-that-nobody-may-see"
LIST = Request("GET", "self", token=TOKEN, token_name="CANVAS_TOKEN", operation="list_communication_channels")
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP = OK + b"Content-Encoding: gzip\r\n"
GZIP_START = b"\x1f\x8b\x08\x10" + bytes(6)
"""The start of a gzip body whose comment follows, of which no byte is decoded."""
SECONDS = 0.5
"""The deadline of the exchanges with servers that are slow; within it, a busy machine still starts the exchange.

The messages name the deadline of a real run, which is a minute.
"""
LONG = HANG_SECONDS
"""The deadline of the exchanges that end for another reason."""
HTTPS_TARGET = "https://canvas.example.edu"
PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def sentence(tmp_path: Path) -> Callable[..., str]:
    """Return a function that sends a request to a server and returns why the run is inconclusive."""

    def send(handle: Callable[[socket.socket], None], seconds: float, scheme: str = "http") -> str:
        with socket_server(handle) as port:
            settings = Settings(f"{scheme}://127.0.0.1:{port}", {"CANVAS_TOKEN": TOKEN})
            transport = Transport(settings, Journal(tmp_path, "origin"), Clock(), exchange_seconds=seconds)
            with pytest.raises(Inconclusive) as error:
                transport.send(LIST)
            transport.close()
            assert transport.sent == 1
        return str(error.value)

    return send


def trickle(start: bytes, parts: Iterable[bytes]) -> Callable[[socket.socket], None]:
    """Return a handler that sends the start, and then a part every few milliseconds."""

    def handle(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(start)
        for part in parts:
            connection.sendall(part)
            time.sleep(0.01)

    return handle


def flood(start: bytes, part: bytes) -> Callable[[socket.socket], None]:
    """Return a handler that sends the start, and then the same part for ever."""

    def handle(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(start)
        while True:
            connection.sendall(part)

    return handle


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (b"", b""),
        (b"HTTP/1.1 2", b"0"),
        (b"HTTP/1.1 200 O", b"K"),
        (OK, b"X-Slow: 1\r\n"),
        (OK + b"X-Slow: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n"),
    ],
    ids=["nothing", "status", "reason", "headers", "header value", "100", "103"],
)
def test_head_that_does_not_end_is_inconclusive(sentence: Callable[..., str], start: bytes, part: bytes) -> None:
    message = sentence(trickle(start, itertools.repeat(part)), SECONDS)

    assert "does not complete the headers of its response within a minute; check whether" in message


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (OK + b"Content-Length: 100000\r\n\r\n", b" "),
        (OK + b"Connection: close\r\n\r\n", b" "),
        (CHUNKED, b"1\r\n \r\n"),
        (CHUNKED + b"1", b";x=y"),
        (CHUNKED + b"1\r\n", b""),
        (CHUNKED + b"2\r\n[]\r\n0\r\n", b"X-Trailer: 1\r\n"),
        # a chunk of ten (a) bytes, and then chunks of one byte
        (GZIP + b"Transfer-Encoding: chunked\r\n\r\na\r\n" + GZIP_START + b"\r\n", b"1\r\nx\r\n"),
    ],
    ids=["length", "close", "chunks", "chunk extension", "no chunk", "trailers", "gzip"],
)
def test_body_that_does_not_end_is_inconclusive(sentence: Callable[..., str], start: bytes, part: bytes) -> None:
    message = sentence(trickle(start, itertools.repeat(part)), SECONDS)

    assert "does not complete its response within a minute; check whether" in message


@pytest.mark.parametrize(
    ("start", "part", "expected"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, "headers of the target's response are larger than 512 KiB"),
        (OK, b"X-Large: 1\r\n" * 1000, "chunk extensions or trailers of more than 100 KiB"),
        (CHUNKED + b"1", b";x=y" * 1000, "chunk extensions or trailers of more than 100 KiB"),
        (CHUNKED + b"0\r\n", b"X-Trailer: 1\r\n" * 1000, "chunk extensions or trailers of more than 100 KiB"),
        (CHUNKED, b"1;" + b"x" * 60_000 + b"\r\n \r\n", "response is larger than 4 MiB"),
        (CHUNKED, b"8000\r\n" + b" " * 0x8000 + b"\r\n", "response is larger than 4 MiB"),
        (GZIP + b"\r\n" + GZIP_START, b"comment" * 9000, "response is larger than 4 MiB"),
    ],
    ids=["100", "headers", "chunk extension", "trailers", "chunk extensions", "body", "gzip header"],
)
def test_response_without_end_is_inconclusive(
    sentence: Callable[..., str], start: bytes, part: bytes, expected: str
) -> None:
    assert expected in sentence(flood(start, part), LONG)


def test_bomb_is_not_held_in_memory(sentence: Callable[..., str]) -> None:
    bomb = zlib.compress(bytes(64 * 1024 * 1024), 1, wbits=31)  # 31: as gzip
    head = GZIP + b"Content-Length: %d\r\n\r\n" % len(bomb)
    tracemalloc.start()

    message = sentence(trickle(head + bomb, []), LONG)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "response is larger than 4 MiB" in message
    assert peak < 24 * 1024 * 1024


@pytest.mark.parametrize(("depth", "is_deep"), [(100, False), (101, True), (200_000, True)])
def test_json_of_more_than_100_levels_is_too_deep(depth: int, is_deep: bool) -> None:
    assert is_too_deep(b"[" * depth + b"]" * depth) is is_deep
    assert is_too_deep(b'{"a":' * depth + b"1" + b"}" * depth) is is_deep


def test_deep_json_is_inconclusive(sentence: Callable[..., str]) -> None:
    body = b"[" * 200_000 + b"]" * 200_000
    head = OK + b"Content-Length: %d\r\n\r\n" % len(body)

    assert "nested more than 100 levels deep" in sentence(trickle(head + body, []), LONG)


def test_tls_handshake_that_does_not_end_is_inconclusive(sentence: Callable[..., str]) -> None:
    long_server_hello = b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb"
    handle = trickle(long_server_hello, itertools.repeat(b"x"))

    assert "does not complete the connection within a minute" in sentence(handle, SECONDS, "https")


def test_proxy_that_does_not_end_its_response_is_inconclusive(
    sentence: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket_server(trickle(b"HTTP/1.1 200 OK\r\n", itertools.repeat(b"X-Slow: 1\r\n"))) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")

        message = sentence(trickle(b"", []), SECONDS, "https")

    assert "does not complete the headers of its response within a minute" in message


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """An authority whose certificates the suite trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return authority


@pytest.fixture
def send_through_proxy(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> Callable[..., httpx2.Response]:
    """Return a function that sends a request to an HTTPS server through an HTTPS proxy."""
    certificate = authority.issue_cert("localhost", "canvas.example.edu")

    def send(handle: Callable[[socket.socket], None], seconds: float) -> httpx2.Response:
        with (
            socket_server(handle) as plain,
            tls_gateway(plain, certificate) as target,
            running_http_proxy({"canvas.example.edu": target}) as proxy,
            tls_gateway(proxy.port, certificate) as port,
        ):
            monkeypatch.setenv("HTTPS_PROXY", f"https://localhost:{port}")
            exchange = ExchangeDeadline(time.monotonic, seconds)
            client, _ = open_client(Settings(HTTPS_TARGET, {"CANVAS_TOKEN": TOKEN}), exchange)
            exchange.start()
            with client:
                return client.get("/")

    return send


def test_response_inside_the_tls_of_a_proxy_is_read(send_through_proxy: Callable[..., httpx2.Response]) -> None:
    body = b"x" * 100_000

    response = send_through_proxy(trickle(OK + b"Content-Length: 100000\r\n\r\n" + body, []), LONG)

    assert response.content == body


def test_deadline_applies_inside_the_tls_of_a_proxy(send_through_proxy: Callable[..., httpx2.Response]) -> None:
    handle = trickle(OK + b"Content-Length: 100000\r\n\r\nx", itertools.repeat(b"x"))

    with pytest.raises(httpx2.ReadTimeout) as error:
        send_through_proxy(handle, SECONDS * 4)  # two TLS handshakes come first

    assert connection_sentence(error.value, Endpoint(HTTPS_TARGET)) == (
        f"The target {HTTPS_TARGET} does not complete the headers of its response within a minute; "
        "check whether it or a proxy before it is overloaded, and run again."
    )


def test_look_up_that_does_not_end_is_inconclusive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    end = threading.Event()

    def hang(*_arguments: object, **_options: object) -> list[object]:
        end.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    settings = Settings(HTTPS_TARGET, {"CANVAS_TOKEN": TOKEN})
    transport = Transport(settings, Journal(tmp_path, "origin"), Clock(), exchange_seconds=SECONDS)

    with pytest.raises(Inconclusive, match=r"canvas\.example\.edu cannot be looked up in time; check the DNS server"):
        transport.send(LIST)

    end.set()
    transport.close()


def test_comparison_has_the_same_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CANVAS_TOKEN", TOKEN)
    # the command makes the transport, so the default of the parameter is replaced
    monkeypatch.setitem(Transport.__init__.__kwdefaults__ or {}, "exchange_seconds", SECONDS)
    with socket_server(trickle(OK, itertools.repeat(b"X-Slow: 1\r\n"))) as port:
        status = compare.main(["--url", f"http://127.0.0.1:{port}", "--reports", str(tmp_path)])

    assert status == 2
    assert "does not complete the headers of its response within a minute" in capsys.readouterr().err
