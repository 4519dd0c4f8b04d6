"""The state of the mock: ids, the limit on channels, and push channels (behaviour 3.4, 3.5, 5.6, 5.7, 7)."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from mockserver.canvas import world as world_module
from mockserver.canvas.rate_limit import RateLimit
from tests.channel_requests import (
    NOT_FOUND,
    OWN_CHANNELS,
    channel_form,
    channels_of,
    create_channel,
    listed_addresses,
    push_form,
    register_device,
    unregister_device,
)

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from mockserver import World
    from tests.conftest import ClientFactory, Clock


class TestUserIds:
    @pytest.mark.parametrize(
        "user_id", ["self", "1", "001", "sis_user_id:sis-student", "sis_login_id:STUDENT@school.example"]
    )
    def test_user_is_found_by_each_form_of_id(self, student: TestClient, user_id: str) -> None:
        response = student.get(channels_of(user_id))

        assert [channel["id"] for channel in response.json()] == [1, 2, 3]

    def test_user_is_found_by_a_hex_encoded_sis_id(self, student: TestClient) -> None:
        response = student.get(channels_of(f"hex:sis_user_id:{b'sis-student'.hex()}"))

        assert response.status_code == 200

    @pytest.mark.parametrize(
        "user_id",
        [
            "99",
            "0",
            "abc",
            "-1",
            "1.5",
            "SELF",
            "9" * 19,
            "9" * 20,
            "sis_user_id:nobody",
            "nope:1",
            "hex:sis_user_id:zz",
        ],
    )
    def test_unknown_or_malformed_user_id_is_404(self, admin: TestClient, user_id: str) -> None:
        response = admin.get(channels_of(user_id))

        assert response.status_code == 404
        assert response.json() == NOT_FOUND


class TestChannelIds:
    @pytest.mark.parametrize(
        "channel_id",
        ["push", "PUSH", "abc", "12abc", "0", "-1", "+1", " 1", "1_0", "1.5", "1.xml", "9" * 19, "9" * 5000],
        ids=lambda channel_id: channel_id[:20],
    )
    def test_unknown_or_malformed_channel_id_is_404(self, student: TestClient, channel_id: str) -> None:
        response = student.delete(f"{channels_of(1)}/{channel_id}")

        assert response.status_code == 404
        assert response.json() == NOT_FOUND

    def test_id_of_a_retired_channel_is_not_reused(self, student: TestClient) -> None:
        ids = []
        for number in range(5):
            created = create_channel(student, f"{number}@example.com")
            student.delete(f"{OWN_CHANNELS}/{created['id']}")
            ids.append(created["id"])

        assert all(earlier < later for earlier, later in itertools.pairwise(ids))


class TestChannelLimit:
    @pytest.mark.canvas_assertion(24)
    def test_limit_of_the_account_is_reported_before_a_duplicate(self, student: TestClient, world: World) -> None:
        world.account.max_communication_channels = 3

        response = student.post(OWN_CHANNELS, data=channel_form("student@school.example"))

        assert response.status_code == 400
        assert response.json() == {"errors": {"type": "Maximum number of communication channels reached"}}

    @pytest.mark.canvas_assertion(61)
    def test_retired_channel_counts_towards_the_limit_for_an_hour_after_creation(
        self, student: TestClient, world: World, clock: Clock
    ) -> None:
        world.account.max_communication_channels = 4
        created = create_channel(student, "4@example.com")
        student.delete(f"{OWN_CHANNELS}/{created['id']}")

        within_the_hour = student.post(OWN_CHANNELS, data=channel_form("5@example.com"))
        clock.advance(hours=1, seconds=1)
        later = student.post(OWN_CHANNELS, data=channel_form("5@example.com"))

        assert [within_the_hour.status_code, later.status_code] == [400, 200]


class TestPushChannel:
    @pytest.mark.canvas_assertion(15)
    def test_push_without_sns_is_rejected(self, student: TestClient) -> None:
        response = register_device(student, "token-1")

        assert response.status_code == 400
        assert response.json() == {"errors": {"type": "SNS is not configured for this developer key"}}

    @pytest.mark.canvas_assertion(16)
    def test_push_with_sns_creates_an_active_channel_for_all_devices(self, client_for: ClientFactory) -> None:
        response = register_device(client_for("push-token"), "token-1")

        channel = response.json()
        assert response.status_code == 200
        assert (channel["type"], channel["address"], channel["workflow_state"]) == ("push", "For All Devices", "active")

    @pytest.mark.canvas_assertion(17)
    def test_push_token_in_another_letter_case_is_the_same_device(
        self, client_for: ClientFactory, world: World
    ) -> None:
        client = client_for("push-token")

        ids = {register_device(client, push_token).json()["id"] for push_token in ("Token-1", "tOKEN-1")}

        assert len(ids) == 1
        assert world.tokens["push-token"].push_tokens == {"token-1"}

    def test_push_without_a_push_token_is_422(self, client_for: ClientFactory) -> None:
        response = client_for("push-token").post(OWN_CHANNELS, data={"communication_channel[type]": "push"})

        expected = {"errors": [{"field": "token", "message": "can't be blank", "error_code": "blank"}]}
        assert (response.status_code, response.json()) == (422, expected)

    @pytest.mark.parametrize("push_token", [5, True, ["a"], {"a": "b"}], ids=repr)
    def test_push_token_that_is_not_text_is_422(self, client_for: ClientFactory, push_token: object) -> None:
        body = {"communication_channel": {"type": "push", "token": push_token}}

        response = client_for("push-token").post(OWN_CHANNELS, json=body)

        assert response.status_code == 422

    @pytest.mark.parametrize("character", ["a", "é"])
    def test_push_token_has_at_most_255_characters(
        self, client_for: ClientFactory, world: World, character: str
    ) -> None:
        client = client_for("push-token")

        accepted = register_device(client, character * 255)
        rejected = register_device(client, character * 256)

        message = "communication_channel[token] is longer than 255 characters"
        assert [accepted.status_code, rejected.status_code] == [200, 400]
        assert rejected.json() == {"errors": [{"message": message}]}
        assert world.tokens["push-token"].push_tokens == {character * 255}

    def test_long_push_token_is_reported_after_a_developer_key_without_sns(self, student: TestClient) -> None:
        response = register_device(student, "a" * 256)

        assert response.json() == {"errors": {"type": "SNS is not configured for this developer key"}}

    def test_push_channel_is_deleted_by_its_stored_address_and_restored(self, client_for: ClientFactory) -> None:
        client = client_for("push-token")
        created = register_device(client, "t").json()

        by_shown_address = client.delete(f"{OWN_CHANNELS}/push/For%20All%20Devices")
        by_stored_address = client.delete(f"{OWN_CHANNELS}/push/push")
        restored = client.post(OWN_CHANNELS, data=push_form("t")).json()

        assert (by_shown_address.status_code, by_stored_address.json()["address"]) == (404, "For All Devices")
        assert restored == created

    def test_nul_character_is_accepted_in_a_push_token_and_is_404_in_a_path(self, client_for: ClientFactory) -> None:
        client = client_for("push-token")

        created = register_device(client, "a\0b")
        unregistered = unregister_device(client, "a\0b")
        not_found = client.delete(f"{OWN_CHANNELS}/sms/a%00b")

        assert [created.status_code, unregistered.status_code, not_found.status_code] == [200, 200, 404]


class TestLimitsOfTheMock:
    def test_access_token_has_at_most_1000_push_tokens(self, client_for: ClientFactory, world: World) -> None:
        client = client_for("push-token")
        world.tokens["push-token"].push_tokens = {str(number) for number in range(999)}

        last, too_many, known = (register_device(client, token) for token in ("A", "b", "a"))
        unregister_device(client, "a")
        after_deletion = register_device(client, "b")

        assert [response.status_code for response in (last, too_many, known, after_deletion)] == [200, 400, 200, 200]
        message = "the mock stores at most 1000 push tokens for each access token"
        assert too_many.json() == {"errors": [{"message": message}]}

    @pytest.mark.parametrize("form", [channel_form("new@example.com"), push_form("t")], ids=["email", "push"])
    def test_created_channels_of_all_users_are_limited_until_the_reset(
        self, client_for: ClientFactory, world: World, monkeypatch: pytest.MonkeyPatch, form: dict[str, str]
    ) -> None:
        monkeypatch.setattr(world_module, "MAX_CREATED_CHANNELS", 1)
        create_channel(client_for("student2-token"), "first@example.com")
        client = client_for("push-token")

        rejected = client.post(OWN_CHANNELS, data=form)
        state_after = len(world.users[1].channels.rows), world.tokens["push-token"].push_tokens
        world.reset()
        accepted = client.post(OWN_CHANNELS, data=form)

        message = "the mock stores at most 1 created channels until it is reset"
        assert (rejected.status_code, rejected.json()) == (400, {"errors": [{"message": message}]})
        assert state_after == (3, set())
        assert accepted.status_code == 200

    def test_restored_channel_does_not_count_as_created(
        self, student: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(world_module, "MAX_CREATED_CHANNELS", 1)
        created = create_channel(student, "first@example.com")
        student.delete(f"{OWN_CHANNELS}/{created['id']}")

        restored = create_channel(student, "first@example.com")

        assert restored["id"] == created["id"]

    def test_unknown_tokens_add_only_one_bucket(self, client_for: ClientFactory, world: World) -> None:
        rate_limit = RateLimit(duration=0)

        for number in range(20):
            client_for(f"unknown-{number}", rate_limit=rate_limit).get(OWN_CHANNELS)

        assert set(world.rate_limit_levels) == {""}


class TestPushTokenDeletion:
    @pytest.mark.canvas_assertion(44)
    def test_without_a_push_channel_is_404(self, student: TestClient) -> None:
        response = unregister_device(student, "token-1")

        assert (response.status_code, response.json()) == (404, NOT_FOUND)

    @pytest.mark.canvas_assertion(45)
    def test_known_push_token_is_removed_in_any_letter_case(self, client_for: ClientFactory, world: World) -> None:
        client = client_for("push-token")
        register_device(client, "token-1")

        response = unregister_device(client, "TOKEN-1")

        assert (response.status_code, response.json()) == (200, {"success": True})
        assert world.tokens["push-token"].push_tokens == set()

    @pytest.mark.canvas_assertion(46)
    def test_unknown_push_token_has_the_same_response_as_a_known_one(self, client_for: ClientFactory) -> None:
        client = client_for("push-token")
        register_device(client, "token-1")

        response = unregister_device(client, "other")

        assert (response.status_code, response.json()) == (200, {"success": True})

    @pytest.mark.canvas_assertion(47)
    def test_other_push_tokens_remain(self, client_for: ClientFactory, world: World) -> None:
        client = client_for("push-token")
        for push_token in ("token-1", "token-2"):
            register_device(client, push_token)

        unregister_device(client, "token-1")

        assert world.tokens["push-token"].push_tokens == {"token-2"}

    @pytest.mark.canvas_assertion(48)
    def test_push_channel_remains(self, client_for: ClientFactory) -> None:
        client = client_for("push-token")
        register_device(client, "token-1")

        client.request("DELETE", f"{OWN_CHANNELS}/push", params={"push_token": "token-1"})

        assert listed_addresses(client)[-1] == "For All Devices"

    @pytest.mark.canvas_assertion(49)
    def test_push_token_is_removed_from_every_access_token_of_the_user(
        self, client_for: ClientFactory, world: World
    ) -> None:
        world.tokens["student-token"].sns = True
        for token in ("push-token", "student-token"):
            register_device(client_for(token), "token-1")

        unregister_device(client_for("student-token"), "token-1")

        assert [world.tokens[token].push_tokens for token in ("push-token", "student-token")] == [set(), set()]
