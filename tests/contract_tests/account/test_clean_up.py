"""Clean-up of the test accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest

from contract_tests.account.opened import OpenedAccounts
from contract_tests.account.preflight import open_account
from contract_tests.client.api_client import ApiClient
from contract_tests.client.safety.journal import Journal
from contract_tests.client.settings import Settings
from contract_tests.client.transport import Transport
from contract_tests.oracle.contract import Contract

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "a-token-that-nobody-may-see"


def test_account_is_opened_only_when_its_channels_are_known(tmp_path: Path) -> None:
    """A run that is interrupted during the preflight check deletes nothing."""
    user_channel = {"id": 5, "user_id": 1, "type": "push", "address": "For All Devices"}
    sent: list[str] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        sent.append(request.method)
        if len(sent) > 1:
            raise KeyboardInterrupt
        return httpx2.Response(200, json=[user_channel], request=request)

    settings = Settings("http://127.0.0.1:9", {"CANVAS_TOKEN": SECRET})
    transport = Transport(settings, Journal(tmp_path, "origin"), http_transport=httpx2.MockTransport(handler))
    client = ApiClient(transport, Contract(), SECRET, "CANVAS_TOKEN")
    opened = OpenedAccounts()

    with pytest.raises(KeyboardInterrupt):
        open_account(client, opened)

    assert sent == ["GET"] * 2
    assert opened.clients == []
