"""Servers on loopback that handle each connection with a function, a TLS gateway, and an HTTP proxy."""

from __future__ import annotations

import http.server
import select
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import trustme


@contextmanager
def socket_server(handle: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve each connection with `handle` and close it, until the context ends; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_accept, args=(listener, handle), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def respond(data: bytes) -> Callable[[socket.socket], None]:
    """Return a handler that reads a request and sends these bytes."""

    def handle(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(data)

    return handle


def with_tls(handle: Callable[[socket.socket], None], certificate: trustme.LeafCert) -> Callable[[socket.socket], None]:
    """Return a handler that accepts TLS with this certificate, and handles the decrypted connection."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)

    def handle_tls(connection: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
            handle(secure)

    return handle_tls


@contextmanager
def tls_gateway(target_port: int, certificate: trustme.LeafCert) -> Iterator[int]:
    """Forward each TLS connection without TLS to this port, until the context ends; yield the port."""

    def forward(connection: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", target_port)) as target:
            _relay(connection, target)

    with socket_server(with_tls(forward, certificate)) as port:
        yield port


@dataclass
class ProxyLog:
    """The port of a proxy, and the requests that it has received."""

    port: int = 0
    requests: list[str] = field(default_factory=list)
    """The request lines, such as `CONNECT canvas.example.edu:443 HTTP/1.1`."""
    credentials: set[str] = field(default_factory=set)
    """The values of the header Proxy-Authorization; an empty text for a request without it."""


@contextmanager
def running_http_proxy(ports: dict[str, int], status: int = 200) -> Iterator[ProxyLog]:
    """Serve an HTTP proxy until the context ends, and yield its log.

    `ports` has the port on this machine for each host. With another `status` than 200, every request is rejected.
    """
    server = _ProxyServer(ports, status)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server.log
    finally:
        server.shutdown()
        server.server_close()


class _ProxyServer(http.server.ThreadingHTTPServer):
    def __init__(self, ports: dict[str, int], status: int) -> None:
        super().__init__(("127.0.0.1", 0), _ProxyHandler)
        self.ports = ports
        self.status = status
        self.log = ProxyLog(self.server_port)


class _ProxyHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _ProxyServer

    def do_CONNECT(self) -> None:
        self._record()
        if self.server.status != 200:
            self._reject()
            return
        host = self.path.rpartition(":")[0]
        with socket.create_connection(("127.0.0.1", self.server.ports[host])) as target:
            self.send_response(200)
            self.end_headers()
            _relay(self.connection, target)
        self.close_connection = True

    def _forward(self) -> None:
        """Send a request for an http:// URL to its host, and its response to the client."""
        self._record()
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.server.status != 200:
            self._reject()
            return
        host, _, path = self.path.partition("://")[2].partition("/")
        own_headers = {"proxy-authorization", "connection"}  # of the connection to this proxy
        headers = [f"{name}: {value}" for name, value in self.headers.items() if name.lower() not in own_headers]
        head = "\r\n".join([f"{self.command} /{path} HTTP/1.1", *headers, "Connection: close", "", ""])
        with socket.create_connection(("127.0.0.1", self.server.ports[host])) as target:
            target.sendall(head.encode("latin-1") + body)
            while data := target.recv(65_536):
                self.wfile.write(data)
        self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _forward  # noqa: N815  # names of the base class

    def _record(self) -> None:
        self.server.log.requests.append(self.requestline)
        self.server.log.credentials.add(self.headers.get("Proxy-Authorization", ""))

    def _reject(self) -> None:
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        return


def _accept(listener: socket.socket, handle: Callable[[socket.socket], None]) -> None:
    with suppress(OSError):  # socket_server shuts the listener down
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_handle, args=(connection, handle), daemon=True).start()


def _handle(connection: socket.socket, handle: Callable[[socket.socket], None]) -> None:
    with suppress(OSError), connection:
        handle(connection)


def _relay(first: socket.socket, second: socket.socket) -> None:
    """Copy bytes in both directions until one side closes the connection."""
    peers = {first: second, second: first}
    with suppress(OSError):
        while True:
            # select does not report bytes that TLS has read already.
            pending = [each for each in peers if isinstance(each, ssl.SSLSocket) and each.pending()]
            readable = pending or select.select(list(peers), [], [])[0]
            for each in readable:
                data = each.recv(65_536)
                if not data:
                    return
                peers[each].sendall(data)
