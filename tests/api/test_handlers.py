"""The operations: which parameters they read, and the order of their checks (behaviour 1.1, 3.3, 5.1, 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.channel_requests import FORBIDDEN, NOT_FOUND, OWN_CHANNELS, channels_of, register_device

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from mockserver import World
    from tests.conftest import ClientFactory


NO_CHANNEL: list[dict[str, object]] = [{}, {"communication_channel": None}, {"communication_channel": "push"}]
"""Bodies without a usable `communication_channel`."""


class TestCreate:
    @pytest.mark.parametrize("value", ['""', "1", "[]", '["a"]', "null", "true"])
    def test_channel_that_is_not_an_object_is_400_where_canvas_crashes(self, student: TestClient, value: str) -> None:
        body = f'{{"communication_channel": {value}}}'.encode()

        response = student.post(OWN_CHANNELS, content=body, headers={"Content-Type": "application/json"})

        assert response.status_code == 400
        assert response.json() == {"errors": [{"message": "communication_channel is missing"}]}

    @pytest.mark.parametrize("body", NO_CHANNEL)
    def test_denied_permission_is_reported_before_an_absent_channel(
        self, student: TestClient, body: dict[str, object]
    ) -> None:
        response = student.post(channels_of(2), json=body)

        assert (response.status_code, response.json()) == (403, FORBIDDEN)

    @pytest.mark.parametrize("body", NO_CHANNEL)
    def test_limit_of_the_account_is_reported_before_an_absent_channel(
        self, student: TestClient, world: World, body: dict[str, object]
    ) -> None:
        world.account.max_communication_channels = 3

        response = student.post(OWN_CHANNELS, json=body)

        assert response.status_code == 400
        assert response.json() == {"errors": {"type": "Maximum number of communication channels reached"}}

    def test_denied_permission_is_reported_before_the_limit_of_the_account(
        self, student: TestClient, world: World
    ) -> None:
        world.account.max_communication_channels = 3

        response = student.post(channels_of(2))

        assert response.status_code == 403

    def test_unknown_user_is_reported_before_an_absent_channel(self, student: TestClient) -> None:
        response = student.post(channels_of(99))

        assert (response.status_code, response.json()) == (404, NOT_FOUND)


class TestDelete:
    def test_type_and_address_as_parameters_replace_the_id(self, student: TestClient) -> None:
        response = student.delete(f"{OWN_CHANNELS}/1", params={"type": "sms", "address": "5550100@sms.example.com"})

        assert response.json()["id"] == 2

    def test_null_parameters_do_not_replace_the_id(self, student: TestClient) -> None:
        response = student.request("DELETE", f"{OWN_CHANNELS}/3", json={"type": None, "address": None})

        assert response.json()["id"] == 3

    def test_type_and_address_in_the_path_override_parameters(self, student: TestClient) -> None:
        path = f"{OWN_CHANNELS}/sms/5550100@sms.example.com"

        response = student.delete(path, params={"type": "email", "address": "student@school.example"})

        assert response.json()["id"] == 2


class TestDeletePushToken:
    def test_absent_push_token_is_400_where_canvas_crashes(self, client_for: ClientFactory) -> None:
        client = client_for("push-token")
        register_device(client, "t")

        absent = client.delete(f"{OWN_CHANNELS}/push")
        empty = client.delete(f"{OWN_CHANNELS}/push", params={"push_token": ""})

        assert (absent.status_code, empty.status_code) == (400, 200)
        assert absent.json() == {"errors": [{"message": "push_token is missing"}]}


class TestShowUser:
    def test_user_has_the_fields_of_canvas_s_user_object(self, student: TestClient) -> None:
        response = student.get("users/self")

        assert response.json() == {
            "id": 1,
            "name": "Sam Student",
            "sortable_name": "Student, Sam",
            "short_name": "Sam Student",
            "login_id": "student@school.example",
        }
