"""The application as a whole: paths outside the API, reproducible responses, and several mocks in one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from mockserver import World, create_app, read_world
from tests.channel_requests import OWN_CHANNELS, channel_form
from tests.conftest import ORIGIN

if TYPE_CHECKING:
    from tests.conftest import Clock


def client_of(world: World) -> TestClient:
    headers = {"Authorization": "Bearer student-token"}
    return TestClient(create_app(world), base_url=f"{ORIGIN}/api/v1/", headers=headers)


@pytest.mark.parametrize(("method", "path"), [("GET", "/nowhere"), ("GET", "/API/v1/users/self")])
def test_unknown_path_outside_the_api_is_404_with_canvas_s_page(world: World, method: str, path: str) -> None:
    response = TestClient(create_app(world), base_url=ORIGIN).request(method, path)

    assert (response.status_code, "Page Not Found" in response.text) == (404, True)


def test_same_requests_have_the_same_responses(clock: Clock) -> None:
    def responses() -> list[tuple[dict[str, str], bytes]]:
        client = client_of(World(read_world(), clock))
        client.post(OWN_CHANNELS, data=channel_form("n@x.org"))
        listed = client.get(OWN_CHANNELS)
        deleted = client.delete(f"{OWN_CHANNELS}/34")  # the new channel
        return [(dict(response.headers), response.content) for response in (listed, deleted)]

    assert responses() == responses()


def test_several_mocks_share_nothing() -> None:
    one, other = (client_of(World(read_world())) for _ in range(2))

    one.delete(f"{OWN_CHANNELS}/1")

    assert (len(one.get(OWN_CHANNELS).json()), len(other.get(OWN_CHANNELS).json())) == (2, 3)
