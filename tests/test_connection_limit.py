"""The limit on connections that are open at once: 503, a line in the log, and the limit on open files."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2
import pytest
import uvicorn

from mockserver import protocol
from mockserver.descriptors import allow_connections
from mockserver.protocol import BoundedProtocol, ConnectionLimit
from tests.channel_requests import OWN_CHANNELS
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import SharedMock
    from tests.mock_command import MockStarter

MAXIMUM = 3
OTHER_FILES = 64
"""The files that the mock may open beside its connections."""

PATH = f"/api/v1/{OWN_CHANNELS}"
STUDENT = {"Authorization": "Bearer student-token"}
GET = f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer student-token\r\n\r\n".encode()


@pytest.fixture
def origin(shared_mock: SharedMock) -> Iterator[str]:
    """The origin of a mock that allows `MAXIMUM` connections."""
    settings: dict[str, Any] = {"http": partial(BoundedProtocol, limit=ConnectionLimit(MAXIMUM))}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(shared_mock.app(), log_config=None, lifespan="off", **settings))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@contextmanager
def open_connections(origin: str, number: int) -> Iterator[list[socket.socket]]:
    """Open connections on which one request has been processed, so that the mock has accepted all of them."""
    url = urlsplit(origin)
    with ExitStack() as stack:
        connections = []
        for _ in range(number):
            connection = socket.create_connection((url.hostname or "", url.port or 0), timeout=HANG_SECONDS)
            connections.append(stack.enter_context(connection))
            connection.sendall(GET)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        yield connections


def received(connection: socket.socket) -> bytes:
    """Return everything up to the end of the connection."""
    data = b""
    while part := connection.recv(65536):
        data += part
    return data


def test_connection_over_the_limit_is_503_and_is_closed(origin: str) -> None:
    with open_connections(origin, MAXIMUM):
        response = httpx2.get(origin + PATH, headers=STUDENT)

    assert response.status_code == 503
    assert response.text == "As many connections are open as --max-connections of the mock allows."
    assert response.headers["connection"] == "close"


def test_open_connections_are_served_while_others_are_refused(origin: str) -> None:
    with open_connections(origin, MAXIMUM) as connections:
        httpx2.get(origin + PATH, headers=STUDENT)

        for connection in connections:
            connection.sendall(GET)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_large_upload_over_the_limit_is_503(origin: str) -> None:
    with open_connections(origin, MAXIMUM):
        response = httpx2.post(origin + PATH, headers=STUDENT, content=b"x" * 500_000)

    assert response.status_code == 503


def test_clients_are_served_again_after_connections_are_closed(origin: str) -> None:
    with open_connections(origin, MAXIMUM):
        httpx2.get(origin + PATH, headers=STUDENT)

    # The mock may refuse some requests before it notices that the connections are closed.
    statuses = (httpx2.get(origin + PATH, headers=STUDENT).status_code for _ in range(1000))
    assert 200 in statuses


def test_silent_connections_are_closed_so_that_clients_are_served_again(
    monkeypatch: pytest.MonkeyPatch, origin: str
) -> None:
    monkeypatch.setattr(protocol, "HEAD_TIMEOUT", 0.05)
    url = urlsplit(origin)
    with ExitStack() as stack:
        address = (url.hostname or "", url.port or 0)
        silent = [stack.enter_context(socket.create_connection(address, timeout=HANG_SECONDS)) for _ in range(MAXIMUM)]
        for connection in silent:
            assert received(connection) == b""

        assert httpx2.get(origin + PATH, headers=STUDENT).status_code == 200


def test_silent_connection_over_the_limit_is_closed_without_a_response(
    monkeypatch: pytest.MonkeyPatch, origin: str
) -> None:
    monkeypatch.setattr(protocol, "LINGER", 0.05)
    url = urlsplit(origin)
    with open_connections(origin, MAXIMUM), socket.create_connection((url.hostname or "", url.port or 0)) as silent:
        silent.settimeout(HANG_SECONDS)

        assert received(silent) == b""


def test_connections_far_over_the_limit_are_closed_at_once(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    monkeypatch.setattr(protocol, "MAX_REFUSED", 0)
    with open_connections(origin, MAXIMUM), pytest.raises(httpx2.TransportError):
        httpx2.get(origin + PATH, headers=STUDENT)


def test_log_names_the_option_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    times = iter([100.0, 100.0, 159.0, 160.0, 160.0])  # the clock is read a second time for each line
    limit = ConnectionLimit(MAXIMUM, lambda: next(times))
    logger = logging.getLogger("test")

    for _ in range(3):
        limit.log_refusal(logger)

    line = (
        "The limit on open connections, 3, is reached; more are refused with 503. "
        "To allow more, start with --max-connections."
    )
    assert [record.getMessage() for record in caplog.records] == [line, line]


def test_refusals_within_a_minute_are_logged_once(origin: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "uvicorn.error")  # other servers of the process change it
    with open_connections(origin, MAXIMUM):
        httpx2.get(origin + PATH, headers=STUDENT)
        httpx2.get(origin + PATH, headers=STUDENT)

    lines = [record.getMessage() for record in caplog.records if "--max-connections" in record.getMessage()]
    assert len(lines) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on open files")
class TestOpenFiles:
    @pytest.fixture
    def limits(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[int, int]]:
        """The soft and hard limit on open files, in place of those of this process."""
        limits = {"open files": (256, 4096)}
        monkeypatch.setattr("resource.getrlimit", lambda _: limits["open files"])
        monkeypatch.setattr("resource.setrlimit", lambda _, values: limits.update({"open files": values}))
        return limits

    def test_limit_is_raised_for_the_connections(self, limits: dict[str, tuple[int, int]]) -> None:
        assert allow_connections(1000, refused=100) == 1000
        assert limits["open files"] == (1000 + 100 + OTHER_FILES, 4096)

    def test_sufficient_limit_is_unchanged(self, limits: dict[str, tuple[int, int]]) -> None:
        assert allow_connections(50, refused=100) == 50
        assert limits["open files"] == (256, 4096)

    def test_hard_limit_reduces_the_connections(self, limits: dict[str, tuple[int, int]]) -> None:
        assert allow_connections(10_000, refused=100) == 4096 - 100 - OTHER_FILES
        assert limits["open files"] == (4096, 4096)


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "1000000", "²"])
def test_invalid_number_of_connections_is_rejected(value: str) -> None:
    command = [sys.executable, "-m", "mockserver", "--max-connections", value]

    finished = subprocess.run(command, capture_output=True, text=True, timeout=HANG_SECONDS, check=False)  # noqa: S603  # constant

    assert finished.returncode == 2
    assert "is not a number of connections from 1 to 999999" in finished.stderr


@pytest.mark.slow
def test_option_of_the_command_limits_connections(start_mock: MockStarter) -> None:
    mock = start_mock("--max-connections", "1")
    with open_connections(mock.url, 1):
        response = httpx2.get(mock.url + PATH, headers=STUDENT)
    mock.process.terminate()
    _, log = mock.process.communicate(timeout=HANG_SECONDS)

    assert response.status_code == 503
    assert "The limit on open connections, 1, is reached; more are refused with 503." in log
