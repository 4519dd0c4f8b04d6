"""Communication channels: their fields, and the rules for creating, restoring and deleting them (behaviour 5, 6, 8)."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest

from mockserver.canvas.channels import Bounces, Channel
from tests.channel_requests import (
    BOUNCE_FIELDS,
    CHANNEL_FIELDS,
    CHANNEL_FIELDS_WITH_BOUNCES,
    NOT_FOUND,
    OWN_CHANNELS,
    channel_form,
    channels_of,
    create_channel,
    listed_addresses,
)

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from mockserver import World
    from tests.conftest import ClientFactory, Clock


class TestFields:
    @pytest.mark.canvas_assertion(1)
    def test_owner_lists_own_channels_with_exactly_seven_fields(self, student: TestClient) -> None:
        response = student.get(OWN_CHANNELS)

        assert response.status_code == 200
        assert [list(channel) for channel in response.json()] == [CHANNEL_FIELDS] * 3
        assert response.json()[2] == {
            "id": 3,
            "position": 3,
            "workflow_state": "unconfirmed",
            "user_id": 1,
            "created_at": "2026-01-05T08:00:00Z",
            "address": "student.home@example.org",
            "type": "email",
        }

    @pytest.mark.canvas_assertion(2)
    def test_site_admin_also_sees_six_bounce_fields(self, site_admin: TestClient) -> None:
        channel = site_admin.get(channels_of(2)).json()[0]

        assert list(channel) == CHANNEL_FIELDS_WITH_BOUNCES
        assert [channel[name] for name in BOUNCE_FIELDS] == [0, None, None, None, None, None]

    def test_each_caller_sees_the_fields_for_that_caller_in_any_order_of_lists(
        self, student: TestClient, site_admin: TestClient
    ) -> None:
        callers = ((student, CHANNEL_FIELDS), (site_admin, CHANNEL_FIELDS_WITH_BOUNCES), (student, CHANNEL_FIELDS))

        for client, expected in callers:
            assert [list(channel) for channel in client.get(channels_of(1)).json()] == [expected] * 3

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("id", 1000),
            ("user_id", 1000),
            ("type", "sms"),
            ("address", "changed@example.org"),
            ("workflow_state", "unconfirmed"),
            ("position", 1000),
            ("created_at", "2026-01-06T08:00:00Z"),
            ("bounces", Bounces(bounce_count=1000)),
        ],
    )
    def test_list_shows_a_changed_field_at_once(
        self, site_admin: TestClient, world: World, field: str, value: object
    ) -> None:
        before = site_admin.get(channels_of(1)).json()[0]
        setattr(world.channels[1], field, value)
        after = site_admin.get(channels_of(1)).json()[0]

        name, shown = ("bounce_count", 1000) if field == "bounces" else (field, value)
        assert after == {**before, name: shown} != before

    def test_list_shows_the_channels_of_a_restored_world(self, student: TestClient, world: World) -> None:
        before, saved = student.get(OWN_CHANNELS).json(), world.save()
        world.channels[1].address = "changed@example.org"
        changed = student.get(OWN_CHANNELS).json()
        world.restore(saved)

        assert changed != before == student.get(OWN_CHANNELS).json()


class TestDerivedValue:
    def test_copy_has_the_derived_value_until_a_field_changes(self) -> None:
        channel = Channel(1, 1, "email", "a@example.com", "active", 1, "2026-01-05T08:00:00Z")
        channel.derived = "derived"

        duplicate = copy.deepcopy(channel)

        assert (duplicate, duplicate.derived) == (channel, "derived")
        duplicate.address = "b@example.com"
        assert (duplicate.derived, channel.derived) == (None, "derived")


class TestCreate:
    @pytest.mark.canvas_assertion(13)
    def test_new_channel_is_created_now_and_listed_last(self, student: TestClient) -> None:
        channel = create_channel(student, "new@example.com")

        assert channel["created_at"] == "2026-03-02T10:15:00Z"
        assert listed_addresses(student) == [
            "student@school.example",
            "5550100@sms.example.com",
            "student.home@example.org",
            "new@example.com",
        ]

    @pytest.mark.canvas_assertion(19)
    def test_new_channel_is_unconfirmed_and_has_the_address_as_sent(self, student: TestClient) -> None:
        channel = create_channel(student, "NEW+api@Example.COM")

        assert (channel["address"], channel["workflow_state"]) == ("NEW+api@Example.COM", "unconfirmed")

    @pytest.mark.canvas_assertion(9)
    def test_address_of_an_existing_login_is_accepted(self, client_for: ClientFactory) -> None:
        observer = client_for("observer-token")
        observer.delete(f"{OWN_CHANNELS}/6")

        channel = create_channel(observer, "observer@example.org")

        assert channel["id"] == 6

    @pytest.mark.canvas_assertion(20)
    def test_address_of_another_user_is_accepted(self, student: TestClient) -> None:
        channel = create_channel(student, "student2@school.example")

        assert channel["user_id"] == 1

    @pytest.mark.canvas_assertion(22)
    @pytest.mark.parametrize(
        "address", ["student@school.example", "STUDENT@School.Example", "student.home@example.org"]
    )
    def test_duplicate_of_a_listed_channel_is_rejected(self, student: TestClient, address: str) -> None:
        response = student.post(OWN_CHANNELS, data=channel_form(address))

        assert response.status_code == 400
        assert len(listed_addresses(student)) == 3

    @pytest.mark.canvas_assertion(23)
    def test_duplicate_is_reported_as_a_path_that_is_not_unique(self, student: TestClient) -> None:
        response = student.post(OWN_CHANNELS, data=channel_form("student@school.example"))

        failure = {"attribute": "path", "message": "unique!", "type": "unique!"}
        assert response.json() == {"errors": {"path": [failure]}}

    @pytest.mark.canvas_assertion(59)
    def test_one_address_may_have_a_channel_of_each_type(self, student: TestClient) -> None:
        channel = create_channel(student, "student@school.example", "sms")

        assert channel["type"] == "sms"

    @pytest.mark.canvas_assertion(57)
    def test_positions_count_per_user_and_deletion_leaves_a_gap(
        self, student: TestClient, client_for: ClientFactory
    ) -> None:
        fourth = create_channel(student, "4@example.com")
        student.delete(f"{OWN_CHANNELS}/{fourth['id']}")

        own = create_channel(student, "5@example.com")
        of_another_user = create_channel(client_for("student2-token"), "2@example.com")

        assert (own["position"], of_another_user["position"]) == (5, 2)

    @pytest.mark.canvas_assertion(56)
    def test_row_102_of_a_user_is_rejected(self, student: TestClient) -> None:
        for number in range(4, 102):  # after the three channels of the default world
            created = create_channel(student, f"555{number}", "sms")
            student.delete(f"{OWN_CHANNELS}/{created['id']}")

        response = student.post(OWN_CHANNELS, data=channel_form("one-more@example.com"))

        limit = "user communication_channels limit exceeded"
        failure = {"attribute": "user_id", "message": limit, "type": limit}
        assert (response.status_code, response.json()) == (400, {"errors": {"user_id": [failure]}})


class TestRestore:
    @pytest.mark.canvas_assertion(21)
    def test_retired_channel_is_restored_as_the_same_row_unconfirmed(self, student: TestClient, clock: Clock) -> None:
        student.delete(f"{OWN_CHANNELS}/1")
        clock.advance(days=1)

        channel = create_channel(student, "student@school.example")

        assert (channel["id"], channel["position"], channel["created_at"]) == (1, 1, "2026-01-05T08:00:00Z")
        assert channel["workflow_state"] == "unconfirmed"

    @pytest.mark.canvas_assertion(6)
    def test_channel_restored_with_skip_confirmation_is_active(self, site_admin: TestClient) -> None:
        site_admin.delete(f"{channels_of(1)}/3")

        channel = create_channel(site_admin, "student.home@example.org", user_id=1, skip_confirmation="1")

        assert (channel["id"], channel["workflow_state"]) == (3, "active")

    @pytest.mark.canvas_assertion(8)
    def test_restoring_in_another_letter_case_stores_the_new_case(self, student: TestClient) -> None:
        student.delete(f"{OWN_CHANNELS}/3")

        channel = create_channel(student, "Student.Home@Example.org")

        assert (channel["id"], channel["address"]) == (3, "Student.Home@Example.org")
        assert listed_addresses(student)[-1] == "Student.Home@Example.org"

    @pytest.mark.canvas_assertion(51)
    def test_states_are_unconfirmed_then_retired_then_unconfirmed_again(self, student: TestClient) -> None:
        created = create_channel(student, "new@example.com")
        deleted = student.delete(f"{OWN_CHANNELS}/{created['id']}").json()
        restored = create_channel(student, "new@example.com")

        states = [channel["workflow_state"] for channel in (created, deleted, restored)]
        assert states == ["unconfirmed", "retired", "unconfirmed"]

    @pytest.mark.canvas_assertion(52)
    def test_restoring_resets_the_bounce_count_and_no_other_bounce_field(
        self, site_admin: TestClient, world: World
    ) -> None:
        bounced = world.channels[3].bounces._replace(bounce_count=4, last_bounce_at="2026-02-01T12:00:00Z")
        world.channels[3].bounces = bounced
        site_admin.delete(f"{channels_of(1)}/3")

        channel = create_channel(site_admin, "student.home@example.org", user_id=1)

        assert (channel["bounce_count"], channel["last_bounce_at"]) == (0, "2026-02-01T12:00:00Z")

    def test_retired_address_is_restored_although_its_domain_is_now_banned(
        self, student: TestClient, world: World
    ) -> None:
        student.delete(f"{OWN_CHANNELS}/1")
        world.account.banned_email_domains = ("school.example",)

        channel = create_channel(student, "student@school.example")

        assert channel["id"] == 1


class TestDelete:
    @pytest.mark.canvas_assertion(32)
    def test_delete_by_id_retires_only_that_channel(self, student: TestClient) -> None:
        response = student.delete(f"{OWN_CHANNELS}/2")

        assert response.status_code == 200
        assert (response.json()["id"], response.json()["workflow_state"]) == (2, "retired")
        assert listed_addresses(student) == ["student@school.example", "student.home@example.org"]

    @pytest.mark.canvas_assertion(33)
    def test_second_delete_by_id_is_404(self, student: TestClient) -> None:
        student.delete(f"{OWN_CHANNELS}/2")

        response = student.delete(f"{OWN_CHANNELS}/2")

        assert (response.status_code, response.json()) == (404, NOT_FOUND)

    @pytest.mark.canvas_assertion(35)
    @pytest.mark.parametrize("address", ["student.home@example.org", "STUDENT.home%40example.org"])
    def test_delete_by_type_and_address_retires_only_that_channel(self, student: TestClient, address: str) -> None:
        response = student.delete(f"{OWN_CHANNELS}/email/{address}")

        assert (response.status_code, response.json()["id"]) == (200, 3)
        assert listed_addresses(student) == ["student@school.example", "5550100@sms.example.com"]

    @pytest.mark.canvas_assertion(36)
    def test_second_delete_by_type_and_address_is_404(self, student: TestClient) -> None:
        student.delete(f"{OWN_CHANNELS}/email/student.home@example.org")

        response = student.delete(f"{OWN_CHANNELS}/email/student.home@example.org")

        assert (response.status_code, response.json()) == (404, NOT_FOUND)

    @pytest.mark.canvas_assertion(58)
    def test_address_is_found_in_any_letter_case(self, student: TestClient) -> None:
        response = student.delete(f"{OWN_CHANNELS}/sms/5550100@SMS.example.com")

        assert (response.status_code, response.json()["id"]) == (200, 2)

    @pytest.mark.canvas_assertion(60)
    def test_sms_channel_for_one_time_passwords_cannot_be_deleted(self, student: TestClient, world: World) -> None:
        world.channels[2].one_time_password = True

        response = student.delete(f"{OWN_CHANNELS}/2")

        text = "Can't remove a user's SMS that is used for one time passwords"
        failure = {"attribute": "workflow_state", "message": text, "type": text}
        assert (response.status_code, response.json()) == (400, {"errors": {"workflow_state": [failure]}})
        assert world.channels[2].workflow_state == "active"
