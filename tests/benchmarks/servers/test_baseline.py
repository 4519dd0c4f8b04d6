from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from benchmarks.servers import baseline
from benchmarks.servers.large_world import large_world
from benchmarks.workload_users import CREATE_USERS, MIXED_USERS, PAGE_USER, RECREATE_USERS, TOKEN, token_of
from mockserver import create_app

if TYPE_CHECKING:
    from starlette.types import ASGIApp

pytestmark = pytest.mark.slow


def client(app: ASGIApp) -> TestClient:
    return TestClient(app, base_url="http://127.0.0.1:8000")


def test_baseline_has_the_mock_s_headers_of_the_same_length() -> None:
    path = "/api/v1/users/1/communication_channels"
    apps = create_app(large_world()), baseline.with_canvas_headers(baseline.application())

    mock, bare = (client(app).get(path, headers={"Authorization": f"Bearer {TOKEN}"}).headers for app in apps)

    assert mock.keys() == bare.keys()
    of_the_list = {"link", "content-length", "content-type"}
    assert {name: len(mock[name]) for name in mock.keys() - of_the_list} == {
        name: len(bare[name]) for name in bare.keys() - of_the_list
    }


@pytest.mark.parametrize(
    "user_id", [PAGE_USER, RECREATE_USERS.ids[0], CREATE_USERS.ids[0], MIXED_USERS.ids[0], MIXED_USERS.ids[-1]]
)
def test_baseline_performs_the_mock_s_operations(user_id: int) -> None:
    apps = create_app(large_world()), baseline.application()

    mock, bare = (addresses_after_each_operation(client(app), user_id) for app in apps)

    assert mock == bare


def addresses_after_each_operation(server: TestClient, user_id: int) -> list[list[str]]:
    server.headers["Authorization"] = f"Bearer {token_of(user_id) or TOKEN}"
    path = f"/api/v1/users/{user_id}/communication_channels"
    form = {"communication_channel[address]": "own@school.example", "communication_channel[type]": "email"}

    def addresses() -> list[str]:
        pages = "?per_page=100", "?page=2&per_page=20", "", "?page=3&per_page=5"
        return [row["address"] for page in pages for row in server.get(path + page).raise_for_status().json()]

    listed = [addresses()]
    created = server.post(path, data=form).raise_for_status()
    listed += [[created.json()["address"]], addresses()]
    deleted = server.delete(f"{path}/email/own%40school.example").raise_for_status()
    return [*listed, [deleted.json()["address"]], addresses()]
