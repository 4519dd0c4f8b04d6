"""An application's tests with httpx: each test has a world of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2 as httpx  # httpx itself is used in the same way

if TYPE_CHECKING:
    from mockserver.testing import CanvasMock

CHANNELS = "/users/self/communication_channels"


def add_address(canvas_url: str, token: str, address: str) -> str:
    """The code under test: add an e-mail address, and try once more if Canvas is not available."""
    form = {"communication_channel[address]": address, "communication_channel[type]": "email"}
    for _ in range(2):
        response = httpx.post(f"{canvas_url}/api/v1{CHANNELS}", headers={"Authorization": f"Bearer {token}"}, data=form)
        if response.status_code != 503:
            break
    response.raise_for_status()
    state: str = response.json()["workflow_state"]
    return state


def test_new_address_waits_for_its_confirmation(canvas_mock: CanvasMock) -> None:
    assert add_address(canvas_mock.base_url, canvas_mock.token(1), "new@example.org") == "unconfirmed"

    message = canvas_mock.wait_for_message(to="new@example.org")
    httpx.get(message.get("link", ""))

    channels = canvas_mock.state()["users"][0]["channels"]
    states = {channel["address"]: channel["state"] for channel in channels}
    assert states["new@example.org"] == "active"


def test_unavailable_canvas_is_tried_once_more(canvas_mock: CanvasMock) -> None:
    canvas_mock.fail_next(503, "create_communication_channel")

    assert add_address(canvas_mock.base_url, canvas_mock.token(1), "new@example.org") == "unconfirmed"

    assert [request["status"] for request in canvas_mock.requests()] == [200, 503]


def test_application_sends_what_the_contract_describes(canvas_mock: CanvasMock) -> None:
    add_address(canvas_mock.base_url, canvas_mock.token(1), "new@example.org")

    assert canvas_mock.count_requests(violation=True) == 0
