"""The control API: health and reset."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from mockserver import World, create_app
from tests.channel_requests import OWN_CHANNELS
from tests.conftest import ORIGIN


@pytest.fixture
def browser(world: World) -> TestClient:
    """A client without a token, for paths outside the API."""
    return TestClient(create_app(world), base_url=ORIGIN)


def test_reset_restores_the_world_and_health_counts_users_and_channels(
    browser: TestClient, student: TestClient
) -> None:
    student.delete(f"{OWN_CHANNELS}/1")

    reset = browser.post("/_mock/reset")

    assert (reset.status_code, reset.content) == (204, b"")
    assert [channel["id"] for channel in student.get(OWN_CHANNELS).json()] == [1, 2, 3]
    assert browser.get("/_mock/health").json() == {"status": "ready", "users": 7, "channels": 33}


def test_reset_from_a_page_of_another_host_is_rejected(browser: TestClient, student: TestClient) -> None:
    student.delete(f"{OWN_CHANNELS}/1")

    response = browser.post("/_mock/reset", headers={"Origin": "https://evil.example"})

    assert response.status_code == 403
    assert len(student.get(OWN_CHANNELS).json()) == 2
