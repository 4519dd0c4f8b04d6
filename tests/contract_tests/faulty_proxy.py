"""A proxy on loopback before a mock; it can alter, replace, truncate or withhold each response."""

from __future__ import annotations

import http.server
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx2

from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CONNECTION_HEADERS = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})
"""Headers of one connection, and of the server of the mock, which are not forwarded."""


@dataclass(frozen=True)
class ProxiedRequest:
    """One request that the proxy received."""

    number: int
    """The position of the request, from 1."""
    method: str
    target: str
    """The path with the query string."""
    headers: dict[str, str]
    """The headers, by name in lower case."""
    body: bytes
    send: Callable[[], ProxiedResponse]
    """Send the request to the mock, and return its response."""


@dataclass
class ProxiedResponse:
    """One response, which the fault may change before the client receives it."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    announced_length: int | None = None
    """The value of Content-Length, if it is not the length of the body."""


@contextmanager
def running_proxy(target: str, fault: Callable[[ProxiedRequest], ProxiedResponse | None]) -> Iterator[str]:
    """Serve the proxy until the context ends, and yield its origin.

    `fault` returns the response to a request, or None to close the connection without a response.
    """
    server = _Server(target, fault)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        server.client.close()


class _Server(http.server.ThreadingHTTPServer):
    def __init__(self, target: str, fault: Callable[[ProxiedRequest], ProxiedResponse | None]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.client = httpx2.Client(base_url=target, follow_redirects=False, trust_env=False, timeout=HANG_SECONDS)
        self.fault = fault
        self._lock = threading.Lock()
        self._number = 0

    def handle_error(self, request: object, client_address: object) -> None:
        """Print the error, unless the client has closed the connection, as one that is killed does."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # as in the base class

    def next_number(self) -> int:
        with self._lock:
            self._number += 1
            return self._number


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are written separately, and the second would wait for 40 ms
    server: _Server

    def _respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = ProxiedRequest(
            self.server.next_number(), self.command, self.path, headers, body, lambda: self._forward(headers, body)
        )
        response = self.server.fault(request)
        if response is None:
            self.close_connection = True
            return
        length = len(response.body) if response.announced_length is None else response.announced_length
        phrase = next((each.phrase for each in HTTPStatus if each == response.status), "")
        lines = [f"HTTP/1.1 {response.status} {phrase}", *(f"{name}: {value}" for name, value in response.headers)]
        if response.status not in {204, 304}:
            lines.append(f"Content-Length: {length}")
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.close_connection = length != len(response.body)  # the client would wait for the rest

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _respond  # noqa: N815  # names of the base class

    def log_message(self, *_: object) -> None:
        return

    def _forward(self, headers: dict[str, str], body: bytes) -> ProxiedResponse:
        sent = {name: value for name, value in headers.items() if name not in _CONNECTION_HEADERS}
        response = self.server.client.request(self.command, self.path, headers=sent, content=body)
        received = [(name, value) for name, value in response.headers.multi_items() if name not in _CONNECTION_HEADERS]
        return ProxiedResponse(response.status_code, received, response.content)
