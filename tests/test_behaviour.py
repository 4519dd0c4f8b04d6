"""Canvas's own assertions (behaviour 12), one test for each that HTTP can show; the number stands in the name.

Not to be seen over this API: 7 (the login), 18, 27 to 30, 39 to 43, 50, 62.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from mockserver import World
    from tests.conftest import Clock, Login

SELF = "users/self/communication_channels"
FIELDS = ["id", "position", "workflow_state", "user_id", "created_at", "address", "type"]
BOUNCES = [
    "bounce_count",
    "last_bounce_at",
    "last_transient_bounce_at",
    "last_suppression_bounce_at",
    "last_bounce_summary",
    "last_transient_bounce_summary",
]
REFUSAL = {"status": "unauthorized", "errors": [{"message": "user not authorized to perform that action"}]}
MISSING = {"errors": [{"message": "The specified resource does not exist."}]}


def channels(user: int | str) -> str:
    return f"users/{user}/communication_channels"


def form(address: str, kind: str = "email", **more: str) -> dict[str, str]:
    return {"communication_channel[address]": address, "communication_channel[type]": kind, **more}


def device(token: str) -> dict[str, str]:
    return {"communication_channel[type]": "push", "communication_channel[token]": token}


def create(
    client: TestClient, address: str, kind: str = "email", user: int | str = "self", **more: str
) -> dict[str, Any]:
    response = client.post(channels(user), data=form(address, kind, **more))
    assert response.status_code == 200, response.text
    return dict(response.json())


def addresses(client: TestClient, user: int | str = "self") -> list[str]:
    return [channel["address"] for channel in client.get(channels(user), params={"per_page": 100}).json()]


class TestIndex:
    def test_12_01_the_owner_lists_own_channels_of_exactly_seven_fields(self, student: TestClient) -> None:
        response = student.get(SELF)

        assert response.status_code == 200
        assert [list(channel) for channel in response.json()] == [FIELDS] * 3
        assert response.json()[2] == {
            "id": 3,
            "position": 3,
            "workflow_state": "unconfirmed",
            "user_id": 1,
            "created_at": "2026-01-05T08:00:00Z",
            "address": "student.home@example.org",
            "type": "email",
        }

    def test_12_02_a_site_admin_also_sees_six_bounce_fields(self, site_admin: TestClient) -> None:
        channel = site_admin.get(channels(2)).json()[0]

        assert list(channel) == [*FIELDS[:5], *BOUNCES, *FIELDS[5:]]
        assert [channel[name] for name in BOUNCES] == [0, None, None, None, None, None]

    def test_12_03_an_unrelated_user_is_refused(self, student: TestClient) -> None:
        response = student.get(channels(2))

        assert response.status_code == 403
        assert response.json() == REFUSAL
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["pragma"] == "no-cache"

    def test_12_04_a_teacher_cannot_list_a_students_channels(self, login: Login) -> None:
        response = login("teacher-token").get(channels(1))

        assert (response.status_code, response.json()) == (403, REFUSAL)


class TestCreate:
    def test_12_05_a_site_admin_creates_a_confirmed_channel_for_another(self, site_admin: TestClient) -> None:
        channel = create(site_admin, "new@example.com", user=2, skip_confirmation="1")

        assert list(channel) == [*FIELDS[:5], *BOUNCES, *FIELDS[5:]]
        assert (channel["workflow_state"], channel["position"], channel["user_id"]) == ("active", 2, 2)

    def test_12_06_a_retired_channel_created_again_with_skip_confirmation_is_active(
        self, site_admin: TestClient
    ) -> None:
        site_admin.delete(f"{channels(1)}/3")

        channel = create(site_admin, "student.home@example.org", user=1, skip_confirmation="1")

        assert (channel["id"], channel["workflow_state"]) == (3, "active")

    def test_12_08_revival_in_other_letter_case_keeps_the_row_and_stores_the_new_case(
        self, student: TestClient
    ) -> None:
        student.delete(f"{SELF}/3")

        channel = create(student, "Student.Home@Example.org")

        assert (channel["id"], channel["address"]) == (3, "Student.Home@Example.org")
        assert addresses(student)[-1] == "Student.Home@Example.org"

    def test_12_09_a_login_with_the_same_address_is_no_obstacle(self, login: Login) -> None:
        observer = login("observer-token")
        observer.delete(f"{SELF}/6")

        assert create(observer, "observer@example.org")["id"] == 6

    def test_12_10_a_site_admin_can_confirm_at_once(self, site_admin: TestClient) -> None:
        channel = create(site_admin, "555-0101", "sms", user=2, skip_confirmation="true")

        assert channel["workflow_state"] == "active"

    def test_12_11_an_account_admin_creates_an_unconfirmed_channel_without_bounce_fields(
        self, admin: TestClient
    ) -> None:
        channel = create(admin, "new@example.com", user=2)

        assert list(channel) == FIELDS
        assert (channel["workflow_state"], channel["position"]) == ("unconfirmed", 2)

    def test_12_12_an_account_admin_can_confirm_at_once(self, admin: TestClient) -> None:
        channel = create(admin, "new@example.com", user=2, skip_confirmation="1")

        assert channel["workflow_state"] == "active"

    def test_12_13_a_user_creates_own_channels(self, student: TestClient) -> None:
        channel = create(student, "new@example.com")

        assert channel["created_at"] == "2026-03-02T10:15:00Z"
        assert addresses(student) == [
            "student@school.example",
            "5550100@sms.example.com",
            "student.home@example.org",
            "new@example.com",
        ]

    def test_12_14_a_user_cannot_create_for_an_admin(self, student: TestClient, admin: TestClient) -> None:
        response = student.post(channels(5), data=form("new@example.com"))

        assert (response.status_code, response.json()) == (403, REFUSAL)
        assert addresses(admin) == ["admin@school.example"]

    def test_12_15_push_without_sns_is_refused(self, student: TestClient) -> None:
        response = student.post(SELF, data=device("token-1"))

        assert response.status_code == 400
        assert response.json() == {"errors": {"type": "SNS is not configured for this developer key"}}

    def test_12_16_push_with_sns_makes_an_active_channel_for_all_devices(self, login: Login) -> None:
        response = login("push-token").post(SELF, data=device("token-1"))

        channel = response.json()
        assert response.status_code == 200
        assert (channel["type"], channel["address"], channel["workflow_state"]) == ("push", "For All Devices", "active")

    def test_12_17_the_same_device_in_other_letter_case_is_no_second_one(self, login: Login, world: World) -> None:
        phone = login("push-token")

        ids = {phone.post(SELF, data=device(token)).json()["id"] for token in ("Token-1", "tOKEN-1")}

        assert len(ids) == 1
        assert world.tokens["push-token"].push_tokens == {"token-1"}

    def test_12_19_a_new_channel_is_unconfirmed_and_has_the_address_as_sent(self, student: TestClient) -> None:
        channel = create(student, "NEW+api@Example.COM")

        assert (channel["address"], channel["workflow_state"]) == ("NEW+api@Example.COM", "unconfirmed")

    def test_12_20_an_address_of_another_user_is_no_obstacle(self, student: TestClient) -> None:
        assert create(student, "student2@school.example")["user_id"] == 1

    def test_12_21_a_retired_channel_comes_back_as_the_same_row_unconfirmed(
        self, student: TestClient, clock: Clock
    ) -> None:
        student.delete(f"{SELF}/1")
        clock.advance(days=1)

        channel = create(student, "student@school.example")

        assert (channel["id"], channel["position"], channel["created_at"]) == (1, 1, "2026-01-05T08:00:00Z")
        assert channel["workflow_state"] == "unconfirmed"

    @pytest.mark.parametrize(
        "address", ["student@school.example", "STUDENT@School.Example", "student.home@example.org"]
    )
    def test_12_22_a_duplicate_of_a_channel_that_is_there_fails(self, student: TestClient, address: str) -> None:
        response = student.post(SELF, data=form(address))

        assert response.status_code == 400
        assert len(addresses(student)) == 3

    def test_12_23_the_failure_of_a_duplicate_names_the_path_as_unique(self, student: TestClient) -> None:
        response = student.post(SELF, data=form("student@school.example"))

        failure = {"attribute": "path", "message": "unique!", "type": "unique!"}
        assert response.json() == {"errors": {"path": [failure]}}

    def test_12_24_the_accounts_maximum_is_refused_by_its_own_shape(self, student: TestClient, world: World) -> None:
        world.account.max_communication_channels = 3

        response = student.post(SELF, data=form("student@school.example"))

        assert response.status_code == 400
        assert response.json() == {"errors": {"type": "Maximum number of communication channels reached"}}

    def test_12_25_where_users_may_not_edit_their_own_create_is_refused(
        self, student: TestClient, world: World
    ) -> None:
        world.account.users_can_edit_communication_channels = False

        response = student.post(SELF, data=form("new@example.com"))

        assert (response.status_code, response.json()) == (403, REFUSAL)

    def test_12_26_where_users_may_not_edit_push_still_succeeds(self, login: Login, world: World) -> None:
        world.account.users_can_edit_communication_channels = False

        assert login("push-token").post(SELF, data=device("token-1")).status_code == 200


class TestDelete:
    def test_12_31_an_admin_deletes_anothers_channel(self, admin: TestClient) -> None:
        response = admin.delete(f"{channels(2)}/4")

        assert response.status_code == 200
        assert list(response.json()) == FIELDS
        assert (response.json()["workflow_state"], response.json()["position"]) == ("retired", 1)

    def test_12_32_the_owner_deletes_an_own_channel(self, student: TestClient) -> None:
        response = student.delete(f"{SELF}/2")

        assert response.status_code == 200
        assert (response.json()["id"], response.json()["workflow_state"]) == (2, "retired")
        assert addresses(student) == ["student@school.example", "student.home@example.org"]

    def test_12_33_a_second_delete_by_id_is_not_found(self, student: TestClient) -> None:
        student.delete(f"{SELF}/2")

        response = student.delete(f"{SELF}/2")

        assert (response.status_code, response.json()) == (404, MISSING)

    def test_12_34_a_user_cannot_delete_an_admins_channel(self, student: TestClient, admin: TestClient) -> None:
        response = student.delete(f"{channels(5)}/7")

        assert (response.status_code, response.json()) == (403, REFUSAL)
        assert addresses(admin) == ["admin@school.example"]

    @pytest.mark.parametrize("address", ["student.home@example.org", "STUDENT.home%40example.org"])
    def test_12_35_delete_by_type_and_address_retires_the_right_row(self, student: TestClient, address: str) -> None:
        response = student.delete(f"{SELF}/email/{address}")

        assert (response.status_code, response.json()["id"]) == (200, 3)
        assert addresses(student) == ["student@school.example", "5550100@sms.example.com"]

    def test_12_36_a_second_delete_by_type_and_address_is_not_found(self, student: TestClient) -> None:
        student.delete(f"{SELF}/email/student.home@example.org")

        response = student.delete(f"{SELF}/email/student.home@example.org")

        assert (response.status_code, response.json()) == (404, MISSING)

    def test_12_37_where_users_may_not_edit_their_own_delete_is_refused(
        self, student: TestClient, world: World
    ) -> None:
        world.account.users_can_edit_communication_channels = False

        assert student.delete(f"{SELF}/3").status_code == 403

    def test_12_38_an_imported_channel_needs_the_institutions_leave(self, student: TestClient, world: World) -> None:
        world.account.edit_institution_email = False
        world.channels[1].imported = True

        assert student.delete(f"{SELF}/1").status_code == 403
        assert student.delete(f"{SELF}/3").status_code == 200


class TestPushToken:
    def test_12_44_without_a_push_channel_it_is_not_found(self, student: TestClient) -> None:
        response = student.request("DELETE", f"{SELF}/push", data={"push_token": "token-1"})

        assert (response.status_code, response.json()) == (404, MISSING)

    def test_12_45_a_known_token_is_forgotten(self, login: Login, world: World) -> None:
        phone = login("push-token")
        phone.post(SELF, data=device("token-1"))

        response = phone.request("DELETE", f"{SELF}/push", data={"push_token": "TOKEN-1"})

        assert (response.status_code, response.json()) == (200, {"success": True})
        assert world.tokens["push-token"].push_tokens == set()

    def test_12_46_an_unknown_token_is_answered_like_a_known_one(self, login: Login) -> None:
        phone = login("push-token")
        phone.post(SELF, data=device("token-1"))

        response = phone.request("DELETE", f"{SELF}/push", data={"push_token": "other"})

        assert (response.status_code, response.json()) == (200, {"success": True})

    def test_12_47_only_the_named_token_is_forgotten(self, login: Login, world: World) -> None:
        phone = login("push-token")
        for token in ("token-1", "token-2"):
            phone.post(SELF, data=device(token))

        phone.request("DELETE", f"{SELF}/push", data={"push_token": "token-1"})

        assert world.tokens["push-token"].push_tokens == {"token-2"}

    def test_12_48_the_channel_itself_stays(self, login: Login) -> None:
        phone = login("push-token")
        phone.post(SELF, data=device("token-1"))

        phone.request("DELETE", f"{SELF}/push", params={"push_token": "token-1"})

        assert addresses(phone)[-1] == "For All Devices"

    def test_12_49_the_token_is_forgotten_by_every_access_token_of_the_user(self, login: Login, world: World) -> None:
        world.tokens["student-token"].sns = True
        for token in ("push-token", "student-token"):
            login(token).post(SELF, data=device("token-1"))

        login("student-token").request("DELETE", f"{SELF}/push", data={"push_token": "token-1"})

        assert [world.tokens[token].push_tokens for token in ("push-token", "student-token")] == [set(), set()]


class TestModel:
    def test_12_51_states_go_from_unconfirmed_to_retired_and_back(self, student: TestClient) -> None:
        created = create(student, "new@example.com")

        deleted = student.delete(f"{SELF}/{created['id']}").json()
        revived = create(student, "new@example.com")

        states = [channel["workflow_state"] for channel in (created, deleted, revived)]
        assert states == ["unconfirmed", "retired", "unconfirmed"]

    def test_12_52_revival_resets_the_bounce_count_alone(self, site_admin: TestClient, world: World) -> None:
        bounced = world.channels[3].bounces._replace(bounce_count=4, last_bounce_at="2026-02-01T12:00:00Z")
        world.channels[3].bounces = bounced
        site_admin.delete(f"{channels(1)}/3")

        channel = create(site_admin, "student.home@example.org", user=1)

        assert (channel["bounce_count"], channel["last_bounce_at"]) == (0, "2026-02-01T12:00:00Z")

    @pytest.mark.parametrize("kind", ["fax", "EMAIL", "phone"])
    def test_12_53_an_unknown_type_is_stored_as_email_unchecked(self, student: TestClient, kind: str) -> None:
        response = student.post(SELF, data=form("not an e-mail address", kind))

        assert (response.status_code, response.json()["type"]) == (200, "email")
        assert f"'{kind}' is not one of" in response.headers["x-contract-violation"]

    @pytest.mark.parametrize(
        "address", ["nobody", "@b.com", "a@", "a b@c.com", "Foo <a@b.com>", "a@b.com.", " a@b.com"]
    )
    def test_12_54_an_invalid_address_is_rejected(self, student: TestClient, address: str) -> None:
        response = student.post(SELF, data=form(address))

        failure = {"attribute": "email", "message": "is invalid", "type": "invalid"}
        assert (response.status_code, response.json()) == (400, {"errors": {"email": [failure]}})

    @pytest.mark.parametrize("address", ["a@b", "a..b@c.com", '"a b"@c.com', "josé@example.com", "a@[127.0.0.1]"])
    def test_12_54_an_odd_address_is_accepted_as_it_is(self, student: TestClient, address: str) -> None:
        assert create(student, address)["address"] == address

    def test_12_55_a_banned_domain_is_rejected_and_others_are_not(self, student: TestClient, world: World) -> None:
        world.account.banned_email_domains = ("banned.example",)

        response = student.post(SELF, data=form("new@BANNED.example"))

        assert response.status_code == 400
        assert response.json()["errors"]["email"][0]["type"] == "forbidden"
        assert create(student, "new@welcome.example")["position"] == 4

    def test_12_56_the_hundred_and_second_row_is_rejected(self, student: TestClient) -> None:
        for number in range(4, 102):
            created = create(student, f"555{number}", "sms")
            student.delete(f"{SELF}/{created['id']}")

        response = student.post(SELF, data=form("one-more@example.com"))

        limit = "user communication_channels limit exceeded"
        failure = {"attribute": "user_id", "message": limit, "type": limit}
        assert (response.status_code, response.json()) == (400, {"errors": {"user_id": [failure]}})

    def test_12_57_positions_count_per_user_and_deletion_leaves_its_gap(
        self, student: TestClient, login: Login
    ) -> None:
        fourth = create(student, "4@example.com")
        student.delete(f"{SELF}/{fourth['id']}")

        assert create(student, "5@example.com")["position"] == 5
        assert create(login("student2-token"), "2@example.com")["position"] == 2

    def test_12_58_an_address_is_looked_up_whatever_its_letter_case(self, student: TestClient) -> None:
        response = student.delete(f"{SELF}/sms/5550100@SMS.example.com")

        assert (response.status_code, response.json()["id"]) == (200, 2)

    def test_12_59_the_same_address_may_be_there_once_for_each_type(self, student: TestClient) -> None:
        assert create(student, "student@school.example", "sms")["type"] == "sms"

    def test_12_60_the_sms_of_one_time_passwords_cannot_be_deleted(self, student: TestClient, world: World) -> None:
        world.channels[2].one_time_password = True

        response = student.delete(f"{SELF}/2")

        text = "Can't remove a user's SMS that is used for one time passwords"
        failure = {"attribute": "workflow_state", "message": text, "type": text}
        assert (response.status_code, response.json()) == (400, {"errors": {"workflow_state": [failure]}})
        assert world.channels[2].workflow_state == "active"

    def test_12_61_rows_retired_within_an_hour_of_creation_count_to_the_maximum(
        self, student: TestClient, world: World, clock: Clock
    ) -> None:
        world.account.max_communication_channels = 4
        created = create(student, "4@example.com")
        student.delete(f"{SELF}/{created['id']}")

        soon = student.post(SELF, data=form("5@example.com"))
        clock.advance(hours=1, seconds=1)
        later = student.post(SELF, data=form("5@example.com"))

        assert [soon.status_code, later.status_code] == [400, 200]

    @pytest.mark.parametrize("number", ["8015555555", "+353871234567", "5550100@txt.example.com", "bob", " 1 "])
    def test_12_64_any_text_is_a_phone_number(self, student: TestClient, number: str) -> None:
        assert create(student, number, "sms")["address"] == number


def test_ids_are_never_given_twice(student: TestClient) -> None:
    seen = []
    for number in range(5):
        created = create(student, f"{number}@example.com")
        student.delete(f"{SELF}/{created['id']}")
        seen.append(created["id"])

    assert all(one < other for one, other in itertools.pairwise(seen))


def test_a_user_without_a_login_edits_own_channels_whatever_the_account_says(student: TestClient, world: World) -> None:
    world.account.users_can_edit_communication_channels = False
    world.users[1].login_id = None

    assert create(student, "new@example.com")["position"] == 4


def test_a_retired_address_comes_back_though_its_domain_is_banned_since(student: TestClient, world: World) -> None:
    student.delete(f"{SELF}/1")
    world.account.banned_email_domains = ("school.example",)

    assert create(student, "student@school.example")["id"] == 1


def test_an_invalid_address_of_a_banned_domain_is_told_both(student: TestClient, world: World) -> None:
    world.account.banned_email_domains = ("banned.example",)

    response = student.post(SELF, data=form("x y@banned.example"))

    assert [failure["type"] for failure in response.json()["errors"]["email"]] == ["invalid", "forbidden"]


def test_empty_parameters_do_not_take_the_place_of_the_id(student: TestClient) -> None:
    response = student.request("DELETE", f"{SELF}/3", json={"type": None, "address": None})

    assert response.json()["id"] == 3


def test_a_method_in_json_stands_for_nothing(student: TestClient) -> None:
    assert student.post(f"{SELF}/1", json={"_method": "delete"}).status_code == 403
