"""Users, access tokens, and what happens to channels outside Canvas's API."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.control.conftest import CHANNELS, SITE_ADMIN, STUDENT


def token_id(control: TestClient, value: str) -> int:
    users = control.get("/_mock/users", params={"search": value}).json()["users"]
    return next(int(token["id"]) for user in users for token in user["tokens"] if token["value"] == value)


def channel(control: TestClient, number: int, user: int = 1) -> dict[str, Any]:
    """Return the channel as the site admin sees it in the API."""
    path = f"/api/v1/users/{user}/communication_channels?per_page=100"
    return next(each for each in control.get(path, headers=SITE_ADMIN).json() if each["id"] == number)


class TestUsers:
    @pytest.mark.parametrize(
        ("search", "found"), [("", [1, 2, 3, 4, 5, 6, 7]), ("TESSA", [3]), ("many-tok", [7]), ("student2@", [2])]
    )
    def test_search_finds_names_logins_and_tokens(self, control: TestClient, search: str, found: list[int]) -> None:
        body = control.get("/_mock/users", params={"search": search}).json()

        assert [user["id"] for user in body["users"]] == found
        assert body["total"] == len(found)

    def test_limit_and_offset_select_a_part(self, control: TestClient) -> None:
        body = control.get("/_mock/users", params={"limit": 2, "offset": 3}).json()

        assert (body["total"], [user["id"] for user in body["users"]]) == (7, [4, 5])

    def test_added_user_can_use_the_api(self, control: TestClient) -> None:
        entry = {"id": 100, "name": "Nina", "tokens": ["nina"], "channels": [{"id": 90, "type": "sms", "address": "1"}]}

        response = control.post("/_mock/users", json=entry)

        assert response.status_code == 201
        assert response.json()["channels"][0]["state"] == "active"
        assert [each["id"] for each in control.get(CHANNELS, headers={"Authorization": "Bearer nina"}).json()] == [90]
        assert control.get("/_mock/users/100").json() == response.json()

    @pytest.mark.parametrize(
        ("entry", "mistake"),
        [
            ({"id": 1, "name": "A"}, {"place": "id", "message": "user id 1 is there twice"}),
            (
                {"id": 9, "name": "A", "tokens": ["student-token"]},
                {"place": "tokens.0", "message": "token student-token is there twice"},
            ),
            (
                {"id": 9, "name": "A", "channels": [{"id": 1, "type": "sms", "address": "1"}]},
                {"place": "channels.0", "message": "channel id 1 is there twice"},
            ),
        ],
    )
    def test_user_that_contradicts_the_world_is_422(
        self, control: TestClient, entry: dict[str, Any], mistake: dict[str, str]
    ) -> None:
        response = control.post("/_mock/users", json=entry)

        assert (response.status_code, response.json()["mistakes"]) == (422, [mistake])
        assert control.get("/_mock/users").json()["total"] == 7

    def test_unknown_user_is_404(self, control: TestClient) -> None:
        responses = [control.get("/_mock/users/99"), control.post("/_mock/users/99/tokens", json={"value": "t"})]

        assert [(each.status_code, each.json()["code"]) for each in responses] == [(404, "unknown_user")] * 2


class TestTokens:
    def test_added_token_has_its_scopes_and_its_expiry(self, control: TestClient) -> None:
        scope = "url:GET|/api/v1/users/:user_id/communication_channels"
        entry = {"value": "scoped", "scopes": [scope], "expires_at": "2026-03-02T11:00:00Z"}

        response = control.post("/_mock/users/1/tokens", json=entry)

        header = {"Authorization": "Bearer scoped"}
        assert response.status_code == 201
        # The default world has twelve tokens.
        assert response.json() == {"id": 13, "user_id": 1, "sns": False, "revoked": False, **entry}
        assert control.get(CHANNELS, headers=header).status_code == 200
        assert control.delete(f"{CHANNELS}/1", headers=header).status_code == 401
        control.post("/_mock/clock/advance", json={"seconds": 3600})
        assert control.get(CHANNELS, headers=header).status_code == 401

    def test_token_with_the_value_of_another_is_422(self, control: TestClient) -> None:
        response = control.post("/_mock/users/2/tokens", json={"value": "student-token"})

        assert (response.status_code, response.json()["code"]) == (422, "invalid_token")

    def test_revoked_token_is_401_until_it_is_valid_again(self, control: TestClient) -> None:
        path = f"/_mock/tokens/{token_id(control, 'student-token')}"

        assert control.patch(path, json={"revoked": True}).json()["revoked"] is True
        assert control.get(CHANNELS, headers=STUDENT).status_code == 401
        control.patch(path, json={"revoked": False})
        assert control.get(CHANNELS, headers=STUDENT).status_code == 200

    def test_null_removes_scopes_and_expiry(self, control: TestClient) -> None:
        for value in ("delete-only-token", "expired-token"):
            control.patch(f"/_mock/tokens/{token_id(control, value)}", json={"scopes": None, "expires_at": None})

            assert control.get(CHANNELS, headers={"Authorization": f"Bearer {value}"}).status_code == 200

    def test_sns_allows_push_channels(self, control: TestClient) -> None:
        form = {"communication_channel[token]": "device", "communication_channel[type]": "push"}
        control.patch(f"/_mock/tokens/{token_id(control, 'student-token')}", json={"sns": True})

        assert control.post(CHANNELS, headers=STUDENT, data=form).status_code == 200

    def test_unknown_token_is_404(self, control: TestClient) -> None:
        response = control.patch("/_mock/tokens/99", json={"revoked": True})

        assert (response.status_code, response.json()["code"]) == (404, "unknown_token")


class TestChannels:
    def test_confirmed_channel_is_active(self, control: TestClient) -> None:
        assert channel(control, 3)["workflow_state"] == "unconfirmed"

        assert control.post("/_mock/channels/3/confirm").json()["state"] == "active"

        assert channel(control, 3)["workflow_state"] == "active"

    @pytest.mark.parametrize(
        ("kind", "changed"),
        [
            ("permanent", {"bounce_count": 1, "last_bounce_at": "NOW", "last_bounce_summary": "550"}),
            ("transient", {"last_transient_bounce_at": "NOW", "last_transient_bounce_summary": "550"}),
            ("suppression", {"bounce_count": 1, "last_suppression_bounce_at": "NOW"}),
        ],
    )
    def test_bounce_changes_only_the_fields_of_its_kind(
        self, control: TestClient, kind: str, changed: dict[str, object]
    ) -> None:
        before = channel(control, 1)

        control.post("/_mock/channels/1/bounces", json={"kind": kind, "summary": "550"})

        now = control.get("/_mock/clock").json()["now"]
        expected = {name: now if value == "NOW" else value for name, value in changed.items()}
        assert channel(control, 1) == {**before, **expected}

    def test_bounces_are_counted(self, control: TestClient) -> None:
        for kind in ("permanent", "suppression", "transient", "permanent"):
            control.post("/_mock/channels/1/bounces", json={"kind": kind})

        assert channel(control, 1)["bounce_count"] == 3

    def test_every_e_mail_channel_with_the_address_bounces(self, control: TestClient) -> None:
        form = {"communication_channel[address]": "STUDENT@school.example", "communication_channel[type]": "email"}
        other = {"Authorization": "Bearer student2-token"}
        number = control.post(CHANNELS, headers=other, data=form).json()["id"]

        control.post("/_mock/channels/1/bounces", json={"kind": "permanent"})

        assert [channel(control, each, user)["bounce_count"] for each, user in ((1, 1), (number, 2), (4, 2))] == [
            1,
            1,
            0,
        ]

    def test_only_the_latest_one_time_password_channel_cannot_be_deleted(self, control: TestClient) -> None:
        control.patch("/_mock/channels/2", json={"one_time_password": True})
        assert control.delete(f"{CHANNELS}/2", headers=STUDENT).status_code == 400

        control.patch("/_mock/channels/1", json={"one_time_password": True})

        assert control.delete(f"{CHANNELS}/2", headers=STUDENT).status_code == 200
        assert control.delete(f"{CHANNELS}/1", headers=STUDENT).status_code == 400

    def test_imported_channel_cannot_be_deleted_if_the_account_disables_it(self, control: TestClient) -> None:
        control.patch("/_mock/channels/1", json={"imported": True})
        control.patch("/_mock/account", json={"edit_institution_email": False})

        assert control.delete(f"{CHANNELS}/1", headers=STUDENT).status_code == 403

    def test_unknown_channel_is_404_and_a_retired_one_409(self, control: TestClient) -> None:
        control.delete(f"{CHANNELS}/1", headers=STUDENT)

        responses = [control.post(f"/_mock/channels/{number}/confirm") for number in (999, 1)]

        assert [(each.status_code, each.json()["code"]) for each in responses] == [
            (404, "unknown_channel"),
            (409, "retired_channel"),
        ]
