"""The published Canvas client `canvasapi`, and `requests`, on which it is based."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from canvasapi import Canvas

if TYPE_CHECKING:
    from mockserver.testing import CanvasMock


@pytest.mark.filterwarnings("ignore:Canvas may respond unexpectedly when making requests to HTTP URLs")
def test_canvasapi_creates_and_deletes_a_channel(canvas_mock: CanvasMock) -> None:
    user = Canvas(canvas_mock.base_url, canvas_mock.token(1)).get_user("self")

    channel = user.create_communication_channel(communication_channel={"address": "new@example.org", "type": "email"})
    channel.delete()

    assert [request["status"] for request in canvas_mock.requests(operation_id="delete_communication_channel")] == [200]


def test_requests_receives_the_rate_limit_error(canvas_mock: CanvasMock) -> None:
    canvas_mock.fail_next(429)

    response = requests.get(
        f"{canvas_mock.api_url}/users/self/communication_channels",
        headers={"Authorization": f"Bearer {canvas_mock.token(1)}"},
        timeout=5,
    )

    assert (response.status_code, response.text) == (429, "429 Too Many Requests (Rate Limit Exceeded)\n")
