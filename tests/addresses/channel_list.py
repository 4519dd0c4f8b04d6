"""A request for the channels of the student, sent by a client or over a socket."""

from __future__ import annotations

import socket

from tests.channel_requests import OWN_CHANNELS
from tests.time_limits import HANG_SECONDS

PATH = f"/api/v1/{OWN_CHANNELS}"
STUDENT = {"Authorization": "Bearer student-token"}


def exchange(host: str, port: str, **headers: str) -> str:
    """Send a request for the channels, and return everything up to the end of the connection."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"GET {PATH} HTTP/1.1\r\nAuthorization: Bearer student-token\r\nConnection: close\r\n"
    with socket.create_connection((host, int(port)), timeout=HANG_SECONDS) as client, client.makefile("rb") as stream:
        client.sendall(f"{head}{lines}\r\n".encode())
        return stream.read().decode()
