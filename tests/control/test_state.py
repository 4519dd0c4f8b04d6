"""The state of a world: documents, snapshots, reset, settings."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.control.conftest import CHANNELS, SITE_ADMIN, STUDENT

FORM = {"communication_channel[address]": "new@example.org", "communication_channel[type]": "email"}
PUSH = {"communication_channel[token]": "device", "communication_channel[type]": "push"}


def lists(client: TestClient, **headers: str) -> list[Any]:
    """Return the channels of every user, as the site admin sees them."""
    paths = [f"/api/v1/users/{user}/communication_channels?per_page=100" for user in range(1, 8)]
    return [client.get(path, headers={**SITE_ADMIN, **headers}).json() for path in paths]


def change(client: TestClient) -> None:
    """Create, delete and change channels, and change the account, so that the state differs from the seed."""
    created = client.post(CHANNELS, headers=STUDENT, data=FORM).json()["id"]
    client.post(CHANNELS, headers={"Authorization": "Bearer push-token"}, data=PUSH)
    client.delete(f"{CHANNELS}/2", headers=STUDENT)
    client.post(f"/_mock/channels/{created}/bounces", json={"kind": "permanent", "summary": "550 unknown user"})
    client.patch(f"/_mock/channels/{created}", json={"imported": True})
    client.patch("/_mock/account", json={"banned_email_domains": ["banned.example"]})
    client.delete(f"{CHANNELS}/{created + 1}", headers=STUDENT)  # the push channel


class TestDocument:
    def test_world_that_starts_with_the_state_responds_alike(self, control: TestClient, world_name: str) -> None:
        change(control)
        copy = {"X-Mock-World": f"{world_name}-copy"}

        control.put(f"/_mock/worlds/{copy['X-Mock-World']}", json=control.get("/_mock/state").json())

        assert control.get("/_mock/state", headers=copy).json() == control.get("/_mock/state").json()
        assert lists(control, **copy) == lists(control)
        form = {**FORM, "communication_channel[address]": "next@example.org"}
        created = [control.post(CHANNELS, headers={**STUDENT, **each}, data=form).json()["id"] for each in ({}, copy)]
        assert created[0] == created[1]

    def test_reset_after_replace_state_returns_to_the_new_state(self, control: TestClient) -> None:
        document = {
            "users": [{"id": 1, "name": "Ann", "tokens": ["t"], "channels": [{"id": 5, "type": "sms", "address": "1"}]}]
        }
        control.put("/_mock/state", json=document)
        control.delete(f"{CHANNELS}/5", headers={"Authorization": "Bearer t"})

        control.post("/_mock/reset")

        assert [each["id"] for each in control.get(CHANNELS, headers={"Authorization": "Bearer t"}).json()] == [5]
        assert control.get(CHANNELS, headers=STUDENT).status_code == 401

    @pytest.mark.parametrize(
        ("document", "status", "text"),
        [
            ({"users": []}, 400, "users"),
            ({"users": [{"id": 1}]}, 400, "users.0"),
            ({"users": [{"id": 1, "name": "A"}], "user": 1}, 400, "user"),
            ({"users": [{"id": 1, "name": "A"}, {"id": 1, "name": "B"}]}, 422, "user id 1 is there twice"),
            ({"users": [{"id": 1, "name": "A", "channels": [{"id": 1, "type": "email"}]}]}, 422, "address"),
            ({"users": [{"id": 1, "name": "A", "observes": [9]}]}, 422, "there is no user 9 to observe"),
            ({"created_at": "2026-02-30T00:00:00Z", "users": [{"id": 1, "name": "A"}]}, 400, "created_at"),
        ],
    )
    def test_document_with_a_mistake_changes_nothing(
        self, control: TestClient, document: dict[str, Any], status: int, text: str
    ) -> None:
        before = lists(control)

        response = control.put("/_mock/state", json=document)

        assert response.status_code == status
        assert text in response.text
        assert response.headers["content-type"] == "application/problem+json"
        assert lists(control) == before

    @pytest.mark.parametrize(
        ("body", "media_type", "status"),
        [(b"{", "application/json", 400), (b"users: []", "application/yaml", 415), (b"", "application/json", 400)],
    )
    def test_body_that_is_not_json_is_rejected(
        self, control: TestClient, body: bytes, media_type: str, status: int
    ) -> None:
        response = control.put("/_mock/state", content=body, headers={"Content-Type": media_type})

        assert (response.status_code, response.json()["code"]) == (status, "invalid_request")


class TestReset:
    def test_reset_restores_everything_but_snapshots(self, control: TestClient) -> None:
        before = lists(control)
        control.put("/_mock/snapshots/kept")
        change(control)
        control.patch("/_mock/clock", json={"frozen": True, "now": "2030-01-01T00:00:00Z"})
        control.post("/_mock/faults", json={"effect": {"kind": "server_error", "status": 500}})

        assert control.post("/_mock/reset").status_code == 204

        assert lists(control) == before
        assert control.get("/_mock/clock").json() == {"now": "2026-03-02T10:15:00Z", "frozen": False}
        assert control.get("/_mock/faults").json() == []
        assert control.get("/_mock/outbox").json() == []
        assert control.get("/_mock/snapshots").json() == [{"name": "kept"}]


class TestSnapshots:
    def test_restored_snapshot_is_the_saved_state_each_time(self, control: TestClient) -> None:
        change(control)
        saved, document = lists(control), control.get("/_mock/state").json()
        outbox = control.get("/_mock/outbox").json()
        control.put("/_mock/snapshots/one")

        for _ in range(2):
            control.delete(f"{CHANNELS}/1", headers=STUDENT)
            control.patch("/_mock/tokens/1", json={"revoked": True})
            control.delete("/_mock/outbox")
            assert control.post("/_mock/snapshots/one/restore").status_code == 204
            assert lists(control) == saved
            assert control.get("/_mock/state").json() == document
            assert control.get("/_mock/outbox").json() == outbox

    def test_snapshot_is_replaced_by_a_second_one_with_its_name(self, control: TestClient) -> None:
        control.put("/_mock/snapshots/one")
        control.delete(f"{CHANNELS}/1", headers=STUDENT)

        assert control.put("/_mock/snapshots/one").status_code == 200
        control.post("/_mock/reset")
        control.post("/_mock/snapshots/one/restore")

        assert [each["id"] for each in control.get(CHANNELS, headers=STUDENT).json()] == [2, 3]

    def test_unknown_snapshot_is_404_and_changes_nothing(self, control: TestClient) -> None:
        control.delete(f"{CHANNELS}/1", headers=STUDENT)

        responses = [control.post("/_mock/snapshots/none/restore"), control.delete("/_mock/snapshots/none")]

        assert [(each.status_code, each.json()["code"]) for each in responses] == [(404, "unknown_snapshot")] * 2
        assert len(control.get(CHANNELS, headers=STUDENT).json()) == 2

    def test_deleted_snapshot_is_gone(self, control: TestClient) -> None:
        control.put("/_mock/snapshots/one")

        assert control.delete("/_mock/snapshots/one").status_code == 204
        assert control.get("/_mock/snapshots").json() == []

    def test_number_of_snapshots_is_bounded(self, control: TestClient) -> None:
        for number in range(100):
            control.put(f"/_mock/snapshots/s{number}")

        response = control.put("/_mock/snapshots/one-more")

        assert (response.status_code, response.json()["code"]) == (409, "too_many_snapshots")


class TestAccount:
    def test_changed_setting_applies_to_the_next_request(self, control: TestClient) -> None:
        settings = control.patch("/_mock/account", json={"users_can_edit_communication_channels": False}).json()

        assert settings["users_can_edit_communication_channels"] is False
        assert settings["max_per_page"] == 100
        assert control.post(CHANNELS, headers=STUDENT, data=FORM).status_code == 403

    def test_banned_domains_apply_regardless_of_letter_case(self, control: TestClient) -> None:
        control.patch("/_mock/account", json={"banned_email_domains": ["EXAMPLE.org"]})

        assert control.post(CHANNELS, headers=STUDENT, data=FORM).status_code == 400

    @pytest.mark.parametrize("body", [{"max_per_page": 0}, {"unknown": 1}, {"shard": "2"}, {"max_per_page": None}])
    def test_invalid_settings_are_400(self, control: TestClient, body: dict[str, Any]) -> None:
        before = control.get("/_mock/state").json()["account"]

        response = control.patch("/_mock/account", json=body)

        assert response.status_code == 400
        assert control.get("/_mock/state").json()["account"] == before
