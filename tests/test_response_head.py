"""The heads of responses that the mock writes itself: the same bytes, and the same state, as from uvicorn."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from mockserver.response_head import write_head

LOGGER = logging.getLogger("tests.response_head")
LENGTH = (b"content-length", b"2")
DATE = (b"date", b"Fri, 27 Nov 2026 07:00:00 GMT")
STATE = [
    "response_started",
    "response_complete",
    "chunked_encoding",
    "expected_content_length",
    "keep_alive",
    "waiting_for_100_continue",
]
"""The attributes of uvicorn's cycle that change while a response is sent."""
ODD_HEADERS = [
    LENGTH,
    (b"content-length", b"3"),
    (b"connection", b"close"),
    (b"transfer-encoding", b"chunked"),
    (b"X-Upper", b"x"),
    (b"x a", b"x"),
    (b"x:", b"x"),
    (b"x-tab", b"a\tb"),
    (b"x-split", b"a\r\nset-cookie: b"),
    (b"x-nul", b"\0"),
    (b"x-delete", b"\x7f"),
]

names = st.sampled_from(
    [b"etag", b"x-a", b"X-A", b"content-length", b"connection", b"transfer-encoding", b"x a", b"x:"]
)
values = st.sampled_from([b"2", b"x", b"", b"\xc3\xa9", b"a\tb", b"a\nb", b"a\r\nb", b"\x7f", b"close", b"chunked"])
header_lists = st.lists(st.tuples(names, values), max_size=4)


class _Flow:
    write_paused = False


@dataclass
class _Transport:
    """A transport that stores what is written."""

    written: bytes = b""
    is_closed: bool = False

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.is_closed = True


@dataclass
class _Response:
    """A response in the course of being sent."""

    method: str = "GET"
    keep_alive: bool = True
    transport: _Transport = field(default_factory=_Transport)

    def __post_init__(self) -> None:
        self.cycle = RequestResponseCycle(
            scope={"type": "http", "method": self.method},  # type: ignore[typeddict-item]  # uvicorn reads the method
            transport=self.transport,  # type: ignore[arg-type]  # uvicorn writes to it and closes it
            flow=_Flow(),  # type: ignore[arg-type]  # uvicorn reads one attribute
            logger=LOGGER,
            access_logger=LOGGER,
            access_log=False,
            default_headers=[DATE],
            message_event=asyncio.Event(),
            expect_100_continue=True,
            keep_alive=self.keep_alive,
            on_response=lambda: None,
        )

    def send(self, status: int, headers: list[tuple[bytes, bytes]], *, fast: bool) -> tuple[Any, ...]:
        """Send a response with the body `ok`, and return what was written, the state, and the error."""
        start: Any = {"type": "http.response.start", "status": status, "headers": headers}
        error = ""
        try:
            if not (fast and write_head(self.cycle, start)):
                asyncio.run(self.cycle.send(start))
            asyncio.run(self.cycle.send({"type": "http.response.body", "body": b"ok", "more_body": False}))
        except (RuntimeError, ValueError) as problem:
            error = str(problem)
        return self.transport, [getattr(self.cycle, name) for name in STATE], error


@given(
    status=st.sampled_from([200, 204, 304, 404, 500]),
    method=st.sampled_from(["GET", "HEAD"]),
    keep_alive=st.booleans(),
    headers=header_lists | header_lists.map(lambda headers: [*headers, LENGTH]),
)
def test_response_is_the_same_as_from_uvicorn(
    status: int, method: str, keep_alive: bool, headers: list[tuple[bytes, bytes]]
) -> None:
    written = _Response(method, keep_alive).send(status, headers, fast=True)

    assert written == _Response(method, keep_alive).send(status, headers, fast=False)


@pytest.mark.parametrize("header", ODD_HEADERS)
def test_head_with_an_odd_header_is_the_same_as_from_uvicorn(header: tuple[bytes, bytes]) -> None:
    headers = [LENGTH, header, (b"etag", b"x")]

    written = _Response().send(200, headers, fast=True)

    assert written == _Response().send(200, headers, fast=False)


def test_ordinary_head_is_written() -> None:
    response = _Response()

    is_written = write_head(response.cycle, {"type": "http.response.start", "status": 200, "headers": [LENGTH]})

    assert is_written
    assert response.transport.written == b"HTTP/1.1 200 OK\r\n%b: %b\r\n%b: %b\r\n\r\n" % (*DATE, *LENGTH)


@pytest.mark.parametrize("attribute", ["response_started", "disconnected", "access_log"])
def test_head_in_an_unusual_state_is_left_to_uvicorn(attribute: str) -> None:
    response = _Response()
    setattr(response.cycle, attribute, True)

    is_written = write_head(response.cycle, {"type": "http.response.start", "status": 200, "headers": [LENGTH]})

    assert not is_written
    assert response.transport.written == b""


def test_head_for_a_client_that_does_not_read_is_left_to_uvicorn() -> None:
    response = _Response()
    response.cycle.flow.write_paused = True

    is_written = write_head(response.cycle, {"type": "http.response.start", "status": 200, "headers": [LENGTH]})

    assert not is_written
