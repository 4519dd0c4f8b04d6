"""Requests that add faults or show their effects, and the faults that many tests add."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.control.conftest import CHANNELS, STUDENT

if TYPE_CHECKING:
    from starlette.testclient import TestClient

FORM = {"communication_channel[address]": "new@example.org", "communication_channel[type]": "email"}
UNAVAILABLE = {"kind": "server_error", "status": 503}


def add_fault(client: TestClient, effect: dict[str, Any], **more: Any) -> dict[str, Any]:
    response = client.post("/_mock/faults", json={"effect": effect, **more})
    assert response.status_code == 201, response.text
    fault: dict[str, Any] = response.json()
    return fault


def statuses(client: TestClient, number: int) -> list[int]:
    return [client.get(CHANNELS, headers=STUDENT).status_code for _ in range(number)]


def channel_count(client: TestClient) -> int:
    return int(client.get("/_mock/health").json()["channels"])
