"""Permissions of callers for channels of users (behaviour 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.channel_requests import (
    CHANNEL_FIELDS,
    CHANNEL_FIELDS_WITH_BOUNCES,
    FORBIDDEN,
    OWN_CHANNELS,
    channel_form,
    channels_of,
    create_channel,
    listed_addresses,
    push_form,
    register_device,
)

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from mockserver import World
    from tests.conftest import ClientFactory

# The statuses of five requests for channels of user 1:
# list, create an e-mail channel, create a push channel, delete a channel, delete a channel of another user.
# Creating a push channel needs no permission, but SNS, which none of these tokens has: 400.
MATRIX = {
    "student-token": [200, 200, 400, 200, 404],
    "student2-token": [403, 403, 400, 403, 404],
    "teacher-token": [403, 403, 400, 403, 404],
    "observer-token": [200, 403, 400, 403, 404],
    "admin-token": [200, 200, 400, 200, 404],
    "site-admin-token": [200, 200, 400, 200, 404],
    "unknown-token": [401, 401, 401, 401, 401],
}


class TestMatrix:
    @pytest.mark.parametrize("token", MATRIX)
    def test_each_operation_has_the_status_of_the_permission_matrix(
        self, client_for: ClientFactory, token: str
    ) -> None:
        client, path = client_for(token), channels_of(1)

        statuses = [
            client.get(path).status_code,
            client.post(path, data=channel_form("new@example.com")).status_code,
            client.post(path, data={"communication_channel[type]": "push"}).status_code,
            client.delete(f"{path}/3").status_code,
            client.delete(f"{path}/4").status_code,
        ]

        assert statuses == MATRIX[token]

    def test_admin_with_fewer_rights_than_the_user_may_only_list(self, admin: TestClient, world: World) -> None:
        world.users[3].rights = frozenset({"read_messages"})  # which the admin of the root account does not have
        path = channels_of(3)

        statuses = [
            admin.get(path).status_code,
            admin.post(path, data=channel_form("new@example.com")).status_code,
            admin.post(path, data={"communication_channel[type]": "push"}).status_code,
            admin.delete(f"{path}/5").status_code,
            admin.delete(f"{path}/email/teacher@school.example").status_code,
        ]

        assert statuses == [200, 403, 400, 403, 403]


class TestList:
    @pytest.mark.canvas_assertion(3)
    def test_unrelated_user_is_denied(self, student: TestClient) -> None:
        response = student.get(channels_of(2))

        assert response.status_code == 403
        assert response.json() == FORBIDDEN
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["pragma"] == "no-cache"

    @pytest.mark.canvas_assertion(4)
    def test_teacher_is_denied_the_channels_of_a_student(self, client_for: ClientFactory) -> None:
        response = client_for("teacher-token").get(channels_of(1))

        assert (response.status_code, response.json()) == (403, FORBIDDEN)

    @pytest.mark.parametrize(("account", "status"), [("root", 403), ("school-of-law", 200), ("school-of-art", 403)])
    def test_sub_account_admin_may_list_channels_of_users_of_that_account_only(
        self, admin: TestClient, world: World, account: str, status: int
    ) -> None:
        world.users[5].admin_of = "school-of-law"
        world.users[1].account = account

        response = admin.get(channels_of(1))

        assert response.status_code == status

    def test_manage_students_alone_does_not_permit_listing(self, admin: TestClient, world: World) -> None:
        world.users[5].rights = frozenset({"manage_students"})

        response = admin.get(channels_of(1))

        assert response.status_code == 403


class TestCreate:
    @pytest.mark.canvas_assertion(11)
    def test_admin_creates_an_unconfirmed_channel_for_another_user(self, admin: TestClient) -> None:
        channel = create_channel(admin, "new@example.com", user_id=2)

        assert list(channel) == CHANNEL_FIELDS
        assert (channel["workflow_state"], channel["position"]) == ("unconfirmed", 2)

    @pytest.mark.canvas_assertion(14)
    def test_user_is_denied_creation_for_an_admin(self, student: TestClient, admin: TestClient) -> None:
        response = student.post(channels_of(5), data=channel_form("new@example.com"))

        assert (response.status_code, response.json()) == (403, FORBIDDEN)
        assert listed_addresses(admin) == ["admin@school.example"]

    @pytest.mark.canvas_assertion(25)
    def test_creation_is_denied_if_the_account_disables_editing(self, student: TestClient, world: World) -> None:
        world.account.users_can_edit_communication_channels = False

        response = student.post(OWN_CHANNELS, data=channel_form("new@example.com"))

        assert (response.status_code, response.json()) == (403, FORBIDDEN)

    @pytest.mark.canvas_assertion(26)
    def test_push_channel_is_created_although_the_account_disables_editing(
        self, client_for: ClientFactory, world: World
    ) -> None:
        world.account.users_can_edit_communication_channels = False

        response = register_device(client_for("push-token"), "token-1")

        assert response.status_code == 200

    def test_user_without_a_login_may_edit_although_the_account_disables_editing(
        self, student: TestClient, world: World
    ) -> None:
        world.account.users_can_edit_communication_channels = False
        world.users[1].login_id = None

        channel = create_channel(student, "new@example.com")

        assert channel["position"] == 4

    def test_push_channel_for_another_user_needs_no_permission(self, client_for: ClientFactory, world: World) -> None:
        response = client_for("push-token").post(channels_of(2), data=push_form("t"))

        assert (response.status_code, response.json()["user_id"]) == (200, 2)
        assert world.tokens["push-token"].push_tokens == {"t"}


class TestSkipConfirmation:
    @pytest.mark.canvas_assertion(5)
    def test_site_admin_creates_an_active_channel_for_another_user(self, site_admin: TestClient) -> None:
        channel = create_channel(site_admin, "new@example.com", user_id=2, skip_confirmation="1")

        assert list(channel) == CHANNEL_FIELDS_WITH_BOUNCES
        assert (channel["workflow_state"], channel["position"], channel["user_id"]) == ("active", 2, 2)

    @pytest.mark.canvas_assertion(10)
    def test_site_admin_creates_an_active_sms_channel(self, site_admin: TestClient) -> None:
        channel = create_channel(site_admin, "555-0101", "sms", user_id=2, skip_confirmation="true")

        assert channel["workflow_state"] == "active"

    @pytest.mark.canvas_assertion(12)
    def test_root_account_admin_creates_an_active_channel(self, admin: TestClient) -> None:
        channel = create_channel(admin, "new@example.com", user_id=2, skip_confirmation="1")

        assert channel["workflow_state"] == "active"

    def test_has_no_effect_for_a_sub_account_admin(self, admin: TestClient, world: World) -> None:
        world.users[5].admin_of = world.users[1].account = "school-of-law"

        response = admin.post(channels_of(1), data=channel_form("n@x.org", skip_confirmation="1"))

        assert response.json()["workflow_state"] == "unconfirmed"

    @pytest.mark.parametrize("token", ["student-token", "push-token"])
    def test_has_no_effect_for_other_callers(self, client_for: ClientFactory, token: str) -> None:
        response = client_for(token).post(OWN_CHANNELS, data=channel_form("n@x.org", skip_confirmation="true"))

        assert (response.status_code, response.json()["workflow_state"]) == (200, "unconfirmed")


class TestDelete:
    @pytest.mark.canvas_assertion(31)
    def test_admin_deletes_a_channel_of_another_user(self, admin: TestClient) -> None:
        response = admin.delete(f"{channels_of(2)}/4")

        assert response.status_code == 200
        assert list(response.json()) == CHANNEL_FIELDS
        assert (response.json()["workflow_state"], response.json()["position"]) == ("retired", 1)

    @pytest.mark.canvas_assertion(34)
    def test_user_is_denied_deletion_of_an_admins_channel(self, student: TestClient, admin: TestClient) -> None:
        response = student.delete(f"{channels_of(5)}/7")

        assert (response.status_code, response.json()) == (403, FORBIDDEN)
        assert listed_addresses(admin) == ["admin@school.example"]

    @pytest.mark.canvas_assertion(37)
    def test_deletion_is_denied_if_the_account_disables_editing(self, student: TestClient, world: World) -> None:
        world.account.users_can_edit_communication_channels = False

        response = student.delete(f"{OWN_CHANNELS}/3")

        assert response.status_code == 403

    @pytest.mark.canvas_assertion(38)
    def test_deletion_of_an_imported_channel_is_denied_if_the_account_disables_it(
        self, student: TestClient, world: World
    ) -> None:
        world.account.edit_institution_email = False
        world.channels[1].imported = True

        imported = student.delete(f"{OWN_CHANNELS}/1")
        other = student.delete(f"{OWN_CHANNELS}/3")

        assert (imported.status_code, other.status_code) == (403, 200)

    def test_admin_may_delete_an_imported_channel(self, admin: TestClient, world: World) -> None:
        world.account.edit_institution_email = False
        world.channels[1].imported = True

        response = admin.delete(f"{channels_of(1)}/1")

        assert response.status_code == 200


class TestResetBounceCount:
    def test_requires_a_site_admin(self, site_admin: TestClient, admin: TestClient) -> None:
        path = f"{channels_of(1)}/3"

        denied = admin.post(path)
        allowed = site_admin.post(path)

        assert denied.status_code == 403
        assert allowed.json()["bounce_count"] == 0
