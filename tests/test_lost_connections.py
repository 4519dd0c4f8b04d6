"""Connections that end while a response is written: the log has no traceback, which only a bug of the mock has."""

from __future__ import annotations

import logging
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from mockserver.address import TRANSPORT_EXTENSION
from mockserver.protocol import BoundedProtocol
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Receive, Scope, Send

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class WritingFailure:
    """An application that closes the connection if `is_client_gone`, and fails as a write to a closed one does."""

    def __init__(self, *, is_client_gone: bool) -> None:
        self._is_client_gone = is_client_gone

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        transport: Any = scope["extensions"][TRANSPORT_EXTENSION]
        if self._is_client_gone:
            transport.abort()
        raise RuntimeError("unable to perform operation; the handler is closed")


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The log of uvicorn, which may not reach the root logger."""
    logger = logging.getLogger("uvicorn.error")
    logger.addHandler(caplog.handler)
    yield caplog
    logger.removeHandler(caplog.handler)


def request_once(app: Any) -> bytes:
    """Serve the application for one request, and return everything that the client receives."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, http=BoundedProtocol, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        with socket.create_connection(listener.getsockname(), timeout=HANG_SECONDS) as connection:
            connection.sendall(GET)
            try:
                received = connection.recv(65_536)
            except ConnectionError:
                received = b""
        server.should_exit = True
        thread.join()
    return received


def test_failure_to_write_to_a_client_that_is_gone_is_not_logged(log: pytest.LogCaptureFixture) -> None:
    received = request_once(WritingFailure(is_client_gone=True))

    assert received == b""
    assert [record for record in log.records if record.levelno >= logging.WARNING] == []


def test_same_failure_while_the_client_is_connected_is_logged(log: pytest.LogCaptureFixture) -> None:
    received = request_once(WritingFailure(is_client_gone=False))

    assert received.startswith(b"HTTP/1.1 500 ")
    assert "RuntimeError: unable to perform operation" in log.text
