"""Sentences about failed connections, each caused by a server on this machine."""

from __future__ import annotations

import errno
import socket
import struct
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx2
import pytest
import trustme

from contract_tests.client.connection import http_client
from contract_tests.client.connection.certificates import VARIABLES
from contract_tests.client.connection.endpoint import Endpoint
from contract_tests.client.connection.errors import connection_sentence
from contract_tests.client.request import Request
from contract_tests.client.safety.journal import Journal
from contract_tests.client.settings import Inconclusive, Settings
from contract_tests.client.transport import Transport
from tests.contract_tests.local_servers import respond, running_http_proxy, socket_server, with_tls

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOKEN = "a-token-that-nobody-may-see"
LIST = Request("GET", "self", token=TOKEN, token_name="CANVAS_TOKEN")
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"
PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
NGINX_RESPONSE = b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n%b"
NGINX_TEXT = b"<center>The plain HTTP request was sent to HTTPS port</center>"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(autouse=True)
def _without_proxies_and_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, *PROXY_VARIABLES, *map(str.upper, PROXY_VARIABLES)):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def failure(tmp_path: Path) -> Callable[[str], str]:
    """Return a function that lists channels of the target at an origin, and returns the sentence of the refusal."""

    def send(url: str) -> str:
        transport = Transport(Settings(url, {"CANVAS_TOKEN": TOKEN}), Journal(tmp_path, "origin"))
        try:
            with pytest.raises(Inconclusive) as refusal:
                transport.send(LIST)
        finally:
            transport.close()
        return str(refusal.value)

    return send


@pytest.mark.parametrize(
    ("response", "sentence"),
    [
        (b"", "closes the connection without a response; check its log"),
        (OK.replace(b"Length: 2", b"Length: 99"), "closes the connection before the response is complete"),
        (OK.replace(b"Length: 2", b"Encoding: gzip\r\nContent-Length: 2"), "cannot be decoded by its Content-Encoding"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "sends a response that is not valid HTTP/1.1"),
        (b"\x15\x03\x03\x00\x02\x02\x46", "does not respond in http: its port probably expects https"),
        (NGINX_RESPONSE % (len(NGINX_TEXT), NGINX_TEXT), "expects https; set CANVAS_URL to https://127.0.0.1"),
    ],
    ids=["no response", "truncated", "bad gzip", "no http", "tls alert", "http to https"],
)
def test_unreadable_response_is_explained(failure: Callable[[str], str], response: bytes, sentence: str) -> None:
    with socket_server(respond(response)) as port:
        assert sentence in failure(f"http://127.0.0.1:{port}")


def test_reset_connection_is_explained(failure: Callable[[str], str]) -> None:
    def reset(connection: socket.socket) -> None:
        connection.recv(65_536)
        # lingering for 0 seconds: the close of the connection resets it
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with socket_server(reset) as port:
        assert "resets the connection" in failure(f"http://127.0.0.1:{port}")


def test_http_at_a_port_of_https_is_explained(failure: Callable[[str], str], authority: trustme.CA) -> None:
    with socket_server(with_tls(respond(OK), authority.issue_cert("127.0.0.1"))) as port:
        assert "whether its port expects https" in failure(f"http://127.0.0.1:{port}")


def test_https_at_a_port_of_http_is_explained(failure: Callable[[str], str]) -> None:
    with socket_server(respond(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        assert f"does not use TLS on this port: it is probably http://127.0.0.1:{port}" in failure(
            f"https://127.0.0.1:{port}"
        )


def test_connection_closed_in_the_tls_handshake_is_explained(failure: Callable[[str], str]) -> None:
    with socket_server(respond(b"")) as port:
        assert "closes the connection during the TLS handshake" in failure(f"https://127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("host_and_year_of_expiry", "is_trusted", "sentence"),
    [
        (("localhost", 2090), False, "if a private authority has signed it, set SSL_CERT_FILE to a PEM file"),
        (("other.example", 2090), True, "is for another host name"),
        (("localhost", 2020), True, "has expired"),
    ],
    ids=["not trusted", "another host", "expired"],
)
def test_rejected_certificate_is_explained(
    failure: Callable[[str], str],
    authority: trustme.CA,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    host_and_year_of_expiry: tuple[str, int],
    is_trusted: bool,
    sentence: str,
) -> None:
    (authority if is_trusted else trustme.CA()).cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    host, year = host_and_year_of_expiry
    certificate = authority.issue_cert(
        host, not_before=datetime(2019, 1, 1, tzinfo=UTC), not_after=datetime(year, 1, 1, tzinfo=UTC)
    )
    with socket_server(with_tls(respond(OK), certificate)) as port:
        refusal = failure(f"https://localhost:{port}")

    assert refusal.startswith("The certificate of localhost")
    assert sentence in refusal


def test_refused_connection_is_explained(failure: Callable[[str], str]) -> None:
    assert "refuses the connection; check that it is running and that CANVAS_URL" in failure("http://127.0.0.1:9")


@pytest.mark.parametrize("url", ["http://canvas.invalid", "https://canvas..invalid", f"https://{'x' * 70}.invalid"])
def test_unknown_or_impossible_host_is_explained(failure: Callable[[str], str], url: str) -> None:
    assert "is unknown; check that CANVAS_URL is correct" in failure(url)


def test_slow_response_is_explained(failure: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "_TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listener:  # accepts connections, and never reads from them
        assert "sends no response in time" in failure(f"http://127.0.0.1:{listener.getsockname()[1]}")


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        (httpx2.ConnectTimeout("timed out"), "does not accept the connection in time"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "cannot be reached from this network"),
    ],
    ids=["time-out", "no route"],
)
def test_unreachable_host_is_explained(cause: Exception, sentence: str) -> None:
    """The network of a test has no such host."""
    error = httpx2.ConnectError(str(cause))
    error.__cause__ = cause

    assert sentence in connection_sentence(error, Endpoint("https://canvas.example.edu"))


@pytest.mark.parametrize(
    ("scheme", "status", "sentence"),
    [
        ("https", 407, "requires a user name and a password"),
        ("http", 407, "requires a user name and a password"),
        # http has no such case: without CONNECT, the status may be the target's
        ("https", 403, "rejects the connection to canvas.invalid (403)"),
    ],
)
def test_rejection_by_the_proxy_is_explained(
    failure: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, scheme: str, status: int, sentence: str
) -> None:
    with running_http_proxy({}, status) as proxy:
        monkeypatch.setenv(f"{scheme}_proxy", f"http://me:a-password@127.0.0.1:{proxy.port}")
        refusal = failure(f"{scheme}://canvas.invalid")

    assert sentence in refusal
    assert "a-password" not in refusal
    # a read is attempted four times
    assert len(proxy.requests) == (1 if status == 407 else 4), "a wrong password is sent once only"


def test_proxy_that_does_not_run_is_named(failure: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:a-password@127.0.0.1:9")

    assert failure("https://canvas.invalid").startswith(
        "The proxy http://127.0.0.1:9 refuses the connection; check that it is running and that HTTPS_PROXY"
    )


def test_unknown_host_of_the_proxy_is_named(failure: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")

    assert "The host name proxy.invalid is unknown; check that HTTPS_PROXY" in failure("https://canvas.example.edu")


@pytest.mark.parametrize("name", VARIABLES)
def test_path_without_certificates_is_inconclusive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / "empty.pem").write_text("no certificate", "utf-8")
    for path in (tmp_path / "absent.pem", tmp_path / "empty.pem", tmp_path):
        monkeypatch.setenv(name, str(path))

        with pytest.raises(Inconclusive, match=f"^{name} is .*no certificates in PEM format"):
            Transport(Settings("https://canvas.example.edu", {}), Journal(tmp_path, "origin"))
