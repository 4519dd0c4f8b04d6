"""Look-up of a host, and connections and writes that share the deadline of an exchange."""

from __future__ import annotations

import socket
import time
from typing import Any

import httpcore2
import pytest

from contract_tests.client.connection import network as network_module
from contract_tests.client.connection.deadline import ExchangeDeadline, ExchangeTimeout
from contract_tests.client.connection.look_up import look_up
from contract_tests.client.connection.network import DeadlineBackend, DeadlineStream
from tests.time_limits import HANG_SECONDS

pytestmark = pytest.mark.slow


def test_look_up_returns_each_address_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("fe80::1", 80, 0, 3)),  # 3: the zone
        (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("192.0.2.1", 80)),
        (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("192.0.2.1", 80)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: found)

    assert look_up("canvas.example.edu", 80, 1.0) == ["fe80::1%3", "192.0.2.1"]
    assert look_up("::1", 80, 1.0) == ["::1"]  # an address needs no look-up


class SilentNetwork(httpcore2.NetworkBackend):
    """A network in which every address drops all packets."""

    def __init__(self) -> None:
        self.time = 0.0
        self.tried: list[str] = []

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *_: Any) -> httpcore2.NetworkStream:  # noqa: ARG002
        assert timeout is not None
        self.tried.append(host)
        self.time += timeout
        raise httpcore2.ConnectTimeout


def test_all_addresses_of_a_host_share_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    network = SilentNetwork()
    monkeypatch.setattr(network_module, "look_up", lambda *_: [f"192.0.2.{number}" for number in range(100)])
    backend = DeadlineBackend(ExchangeDeadline(lambda: network.time))
    backend._backend = network  # type: ignore[assignment]

    with pytest.raises(ExchangeTimeout):
        backend.connect_tcp("canvas.example.edu", 443, 25.0)

    assert len(network.tried) == 3  # for 25, 25 and the remaining 10 seconds
    assert network.time == 60.0


class SocketStream(httpcore2.NetworkStream):
    """A connection by this socket."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def get_extra_info(self, info: str) -> Any:
        return self.connection if info == "socket" else None


def test_request_that_the_server_does_not_read_reaches_the_deadline() -> None:
    client, server = socket.socketpair()
    with client, server:
        stream = DeadlineStream(SocketStream(client), ExchangeDeadline(time.monotonic, 0.5))

        with pytest.raises(ExchangeTimeout) as error:
            stream.write(bytes(16 * 1024 * 1024), HANG_SECONDS)  # more than the buffers of the sockets hold

    assert error.value.part == "request"
