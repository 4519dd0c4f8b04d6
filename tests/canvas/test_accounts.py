"""Ids of users and channels: local ids, global ids, and ids with a tilde (behaviour 3.4, 3.5, 3.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.channel_requests import NOT_FOUND, OWN_CHANNELS, channels_of

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from mockserver import World
    from tests.conftest import ClientFactory

IDS_OF_OTHER_SHARDS = ["20000000000001", "2~1", "10000000000000001", "1~10000000000001", "~1", "1~", "1~~1", "1~1~1"]
"""Ids of the object 1 on a shard that does not exist, and malformed ones."""


class TestGlobalIds:
    @pytest.mark.parametrize(
        "user_id", ["10000000000001", " 10000000000001 ", "010000000000001", "1~1", "0~1", "1~001"]
    )
    def test_user_has_one_global_id_in_two_forms(self, student: TestClient, user_id: str) -> None:
        response = student.get(channels_of(user_id))

        assert [channel["id"] for channel in response.json()] == [1, 2, 3]
        assert {channel["user_id"] for channel in response.json()} == {1}

    @pytest.mark.parametrize("channel_id", ["2", "10000000000002", "1~2", "002"])
    def test_channel_has_one_global_id_in_two_forms(self, student: TestClient, channel_id: str) -> None:
        response = student.delete(f"{OWN_CHANNELS}/{channel_id}")

        assert (response.status_code, response.json()["id"]) == (200, 2)

    @pytest.mark.parametrize("as_user_id", ["1", "10000000000001", "1~1", "sis_user_id:sis-student"])
    def test_as_user_id_is_accepted_in_every_form(self, admin: TestClient, as_user_id: str) -> None:
        response = admin.get(OWN_CHANNELS, params={"as_user_id": as_user_id})

        assert [channel["id"] for channel in response.json()] == [1, 2, 3]
        assert response.headers["x-canvas-user-id"] == "10000000000001"

    @pytest.mark.parametrize("user_id", IDS_OF_OTHER_SHARDS)
    def test_user_of_another_shard_is_404(self, admin: TestClient, user_id: str) -> None:
        response = admin.get(channels_of(user_id))

        assert (response.status_code, response.json()) == (404, NOT_FOUND)

    @pytest.mark.parametrize("channel_id", [*IDS_OF_OTHER_SHARDS, " 10000000000001", "1~-1", "+1~1", "10000000000004"])
    def test_channel_of_another_shard_or_user_is_404(self, student: TestClient, channel_id: str) -> None:
        response = student.delete(f"{OWN_CHANNELS}/{channel_id}")

        assert (response.status_code, response.json()) == (404, NOT_FOUND)

    @pytest.mark.parametrize("as_user_id", IDS_OF_OTHER_SHARDS)
    def test_as_user_id_of_another_shard_is_rejected(self, admin: TestClient, as_user_id: str) -> None:
        response = admin.get(OWN_CHANNELS, params={"as_user_id": as_user_id})

        assert (response.status_code, response.json()) == (401, {"errors": "Invalid as_user_id"})

    @pytest.mark.parametrize("user_id", ["10000000000001", "1~1", "001"])
    def test_link_header_has_the_id_as_it_was_sent(self, student: TestClient, user_id: str) -> None:
        link = student.get(channels_of(user_id)).headers["link"]

        assert f"/api/v1/users/{user_id}/communication_channels?" in link


class TestShard:
    @pytest.mark.parametrize("user_id", ["1", "70000000000001", "7~1"])
    def test_ids_of_the_shard_in_the_world_are_found(self, student: TestClient, world: World, user_id: str) -> None:
        world.account.shard = 7

        listed = student.get(channels_of(user_id))
        deleted = student.delete(f"{channels_of(user_id)}/70000000000002")

        assert [channel["id"] for channel in listed.json()] == [1, 2, 3]
        assert listed.headers["x-canvas-user-id"] == "70000000000001"
        assert deleted.json()["id"] == 2

    @pytest.mark.parametrize("id_", ["10000000000001", "1~1"])
    def test_ids_of_the_default_shard_are_404_in_another_shard(
        self, student: TestClient, world: World, id_: str
    ) -> None:
        world.account.shard = 7

        statuses = [
            student.get(channels_of(id_)).status_code,
            student.delete(f"{OWN_CHANNELS}/{id_}").status_code,
            student.get(OWN_CHANNELS, params={"as_user_id": id_}).status_code,
        ]

        assert statuses == [404, 404, 401]


class TestTilde:
    @pytest.mark.parametrize("user_id", ["1~1", "0~1"])
    def test_user_id_with_a_tilde_is_404_on_a_self_hosted_canvas(
        self, student: TestClient, world: World, user_id: str
    ) -> None:
        world.account.tilde_user_ids = False

        listed = student.get(channels_of(user_id))
        as_user = student.get(OWN_CHANNELS, params={"as_user_id": user_id})

        assert (listed.status_code, listed.json()) == (404, NOT_FOUND)
        assert as_user.status_code == 401

    def test_channel_id_with_a_tilde_and_global_ids_are_accepted_everywhere(
        self, student: TestClient, world: World
    ) -> None:
        world.account.tilde_user_ids = False

        by_tilde = student.delete(f"{OWN_CHANNELS}/1~2")
        by_global_id = student.delete(f"{channels_of(10000000000001)}/10000000000003")

        assert [by_tilde.json()["id"], by_global_id.json()["id"]] == [2, 3]


class TestHeaders:
    @pytest.mark.parametrize(
        "as_user_id", ["self", "1", "10000000000001", "1~1", "sis_login_id:student@school.example"]
    )
    def test_response_to_as_user_id_of_oneself_has_two_equal_user_id_headers(
        self, student: TestClient, as_user_id: str
    ) -> None:
        headers = student.get(OWN_CHANNELS, params={"as_user_id": as_user_id}).headers

        assert headers["x-canvas-user-id"] == headers["x-canvas-real-user-id"] == "10000000000001"

    @pytest.mark.parametrize("as_user_id", [{}, {"as_user_id": ""}])
    def test_response_to_a_request_without_as_user_id_has_one_user_id_header(
        self, student: TestClient, as_user_id: dict[str, str]
    ) -> None:
        headers = student.get(OWN_CHANNELS, params=as_user_id).headers

        assert headers["x-canvas-user-id"] == "10000000000001"
        assert "x-canvas-real-user-id" not in headers

    @pytest.mark.parametrize("path", [channels_of(2), channels_of(99), f"{OWN_CHANNELS}?page=0"])
    def test_response_with_an_error_status_has_the_user_id_header(self, student: TestClient, path: str) -> None:
        response = student.get(path)

        assert response.status_code in {403, 404}
        assert response.headers["x-canvas-user-id"] == "10000000000001"

    @pytest.mark.parametrize("token", [None, "unknown-token"])
    def test_response_without_an_authenticated_caller_has_no_user_id_header(
        self, client_for: ClientFactory, token: str | None
    ) -> None:
        headers = client_for(token).get(OWN_CHANNELS).headers

        assert "x-canvas-user-id" not in headers
