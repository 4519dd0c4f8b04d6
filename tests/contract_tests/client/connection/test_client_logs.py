"""Log records of the HTTP client, which contain URLs with tokens and headers as received: there are none."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from contract_tests.client.request import Request
from contract_tests.client.safety.journal import Journal
from contract_tests.client.settings import Settings
from contract_tests.client.transport import Transport
from tests.contract_tests.local_servers import respond, socket_server

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TOKEN = "a-token-of-the-suite"  # no server knows it
RESPONSE = b"HTTP/1.1 200 OK\r\nX-Owner: ann@school.example\r\nContent-Length: 2\r\n\r\n[]"


def test_http_client_logs_nothing_at_any_level(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with socket_server(respond(RESPONSE)) as port, caplog.at_level(logging.DEBUG):
        settings = Settings(f"http://127.0.0.1:{port}", {"CANVAS_TOKEN": TOKEN})
        transport = Transport(settings, Journal(tmp_path, "origin"))
        response = transport.send(Request("GET", "self", query=(("access_token", TOKEN),)))
        transport.close()

    assert response.status_code == 200
    assert caplog.text == ""
