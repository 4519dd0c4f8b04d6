"""Header values outside ASCII: kept as the bytes that were received, and readable in the reports."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import httpx2
import pytest

from contract_tests.client.headers import header_bytes, readable, received_headers
from contract_tests.client.request import Request
from contract_tests.client.safety.journal import Journal
from contract_tests.client.settings import Settings
from contract_tests.client.transport import Transport

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "a-token-of-the-suite"  # no server knows it
LIST = Request("GET", "self", token=TOKEN, token_name="CANVAS_TOKEN", operation="list_communication_channels")
UTF_8, LATIN_1 = "caf\u00e9 \u65e5".encode(), b"caf\xe9 \x80\xff"


@pytest.fixture
def sent() -> list[tuple[bytes, bytes]]:
    return []


@pytest.fixture
def transport(tmp_path: Path, sent: list[tuple[bytes, bytes]]) -> Transport:
    """A transport to a server whose header values are not ASCII."""

    def handler(request: httpx2.Request) -> httpx2.Response:
        sent.extend(request.headers.raw)
        headers = [
            (b"Content-Type", b"application/json; note=" + LATIN_1),
            (b"ETag", b'W/"' + LATIN_1 + UTF_8 + b'"'),
            (b"Link", b"<https://canvas.example.edu/?q=" + UTF_8 + b'>; rel="current"'),
            (b"X-Utf-8", UTF_8),
            (b"X-Latin-1", LATIN_1),
            (b"X-Request-Cost", b"\xb2"),  # a superscript two, which is a digit and no number
            (b"X-Rate-Limit-Remaining", b"\xb2"),
            (b"Set-Cookie", b"place=" + UTF_8),
            (b"Retry-After", LATIN_1),
        ]
        return httpx2.Response(200, headers=headers, content=b"[]", request=request)

    settings = Settings("https://canvas.example.edu", {"CANVAS_TOKEN": TOKEN})
    return Transport(settings, Journal(tmp_path, "origin"), http_transport=httpx2.MockTransport(handler))


def test_received_value_is_sent_back_byte_for_byte(transport: Transport, sent: list[tuple[bytes, bytes]]) -> None:
    etag = transport.send(LIST).headers["etag"]

    transport.send(replace(LIST, headers=(("If-None-Match", etag),)))

    assert dict(sent)[b"If-None-Match"] == b'W/"' + LATIN_1 + UTF_8 + b'"'


def test_records_have_readable_values_whatever_the_encoding_of_others(transport: Transport) -> None:
    response = transport.send(LIST)
    transport.send(replace(LIST, headers=(("If-None-Match", response.headers["x-utf-8"]),)))

    received = dict(received_headers(response))

    assert received["X-Utf-8"] == UTF_8.decode()
    assert received["X-Latin-1"] == LATIN_1.decode("latin-1")
    assert {name for name, _ in transport.exchanges[-1].response_headers} >= {"ETag", "Link"}
    assert response.links["current"]["url"].encode("latin-1").endswith(UTF_8)
    assert response.json() == []


@pytest.mark.parametrize("value", ["", "plain", "caf\u00e9", "\u65e5\u672c", "\x80"])
def test_every_text_can_be_sent_and_read(value: str) -> None:
    assert readable(value) == value
    assert readable(header_bytes(value).decode("latin-1")) == value
