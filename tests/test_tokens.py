"""Who is let in (behaviour 2), and as whom (behaviour 3.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mockserver.contract import read_contract

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from mockserver import World
    from tests.conftest import Login

SELF = "users/self/communication_channels"
CHALLENGE = 'Bearer realm="canvas-lms"'
NO_TOKEN = {"status": "unauthenticated", "errors": [{"message": "user authorization required"}]}
INVALID = {"errors": [{"message": "Invalid access token."}]}


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer ", "Basic c3R1ZGVudA==", "bearer student-token"])
def test_without_a_token_the_answer_is_unauthenticated(login: Login, header: str | None) -> None:
    response = login().get(SELF, headers={"Authorization": header} if header else {})

    assert (response.status_code, response.json()) == (401, NO_TOKEN)
    assert response.headers["www-authenticate"] == CHALLENGE


@pytest.mark.parametrize(
    ("token", "body"),
    [
        ("unknown-token", INVALID),
        ("revoked-token", {"errors": [{"message": "Revoked access token."}]}),
        ("expired-token", {"errors": [{"message": "Expired access token.", "expired_at": "2026-01-31T00:00:00Z"}]}),
    ],
)
def test_a_token_that_is_not_good_is_refused_by_name(login: Login, token: str, body: object) -> None:
    response = login(token).get(SELF)

    assert (response.status_code, response.json()) == (401, body)
    assert response.headers["www-authenticate"] == CHALLENGE


def test_a_missing_user_is_not_found_only_for_who_is_let_in(login: Login) -> None:
    path = "users/99/communication_channels"

    assert [login(token).get(path).status_code for token in (None, "student-token")] == [401, 404]


def test_blanks_before_the_token_are_tolerated(login: Login) -> None:
    assert login().get(SELF, headers={"Authorization": "Bearer   student-token"}).status_code == 200


def test_the_parameter_is_read_where_there_is_no_bearer(login: Login) -> None:
    client = login()

    in_query = client.get(SELF, params={"access_token": "student-token"})
    in_body = client.post(SELF, json={"access_token": "student-token"})
    beside_basic = client.get(SELF, params={"access_token": "student-token"}, headers={"Authorization": "Basic eA=="})

    assert [in_query.status_code, in_body.status_code, beside_basic.status_code] == [200, 400, 200]


def test_the_header_wins_over_the_parameter(login: Login) -> None:
    assert login("unknown-token").get(SELF, params={"access_token": "student-token"}).json() == INVALID


def test_a_bare_bearer_hides_the_parameter(login: Login) -> None:
    response = login().get(SELF, params={"access_token": "student-token"}, headers={"Authorization": "Bearer"})

    assert response.json() == NO_TOKEN


def test_a_token_without_the_scope_is_refused_without_a_challenge(login: Login) -> None:
    reader = login("read-only-token")

    listed, refused = reader.get(SELF), reader.delete(f"{SELF}/1")

    assert (listed.status_code, reader.head(SELF).status_code) == (200, 200)
    assert (refused.status_code, refused.json()) == (
        401,
        {"errors": [{"message": "Insufficient scopes on access token."}]},
    )
    assert "www-authenticate" not in refused.headers


def test_the_scope_of_deletion_by_id_covers_push_and_not_the_reverse(login: Login, world: World) -> None:
    token = world.tokens["read-only-token"]

    token.scopes = ("url:DELETE|/api/v1/users/:user_id/communication_channels/:id",)
    by_id = [login("read-only-token").delete(f"{SELF}/{last}").status_code for last in ("push", "99")]
    token.scopes = ("url:DELETE|/api/v1/users/self/communication_channels/push",)
    by_push = [login("read-only-token").delete(f"{SELF}/{last}").status_code for last in ("push", "99")]

    assert (by_id, by_push) == ([404, 404], [404, 401])


def _operations() -> list[tuple[str, str, str]]:
    """Each operation of the contract: its method, its path filled in, the scope that it names."""
    filled = []
    for path, item in read_contract()["paths"].items():
        plain = path.format(user_id="self", id=99, type="email", address="nobody@example.org")
        for method, operation in item.items():
            if method != "parameters":
                (scope,) = next(need["oauth2"] for need in operation["security"] if "oauth2" in need)
                filled.append((method.upper(), plain.lstrip("/"), scope))
    return filled


@pytest.mark.parametrize(("method", "path", "scope"), _operations())
def test_the_scope_that_the_contract_names_is_what_an_operation_needs(
    login: Login, world: World, method: str, path: str, scope: str
) -> None:
    client, token = login("read-only-token"), world.tokens["read-only-token"]

    token.scopes = (scope,)
    with_scope = client.request(method, path).status_code
    token.scopes = ()
    without = client.request(method, path).status_code

    assert with_scope != 401
    assert without == 401


class TestMasquerade:
    def test_an_admin_acts_as_a_user_and_self_is_that_user(self, admin: TestClient) -> None:
        response = admin.get(SELF, params={"as_user_id": "sis_user_id:sis-student"})

        assert [channel["user_id"] for channel in response.json()] == [1, 1, 1]
        assert response.headers["x-canvas-user-id"] == "1"
        assert response.headers["x-canvas-real-user-id"] == "5"

    @pytest.mark.parametrize(
        ("token", "other"),
        [
            ("student-token", "2"),
            ("teacher-token", "1"),
            ("observer-token", "1"),
            ("admin-token", "6"),
            ("admin-token", "99"),
        ],
    )
    def test_who_may_not_is_refused_in_a_string(self, login: Login, token: str, other: str) -> None:
        response = login(token).get(SELF, params={"as_user_id": other})

        assert (response.status_code, response.json()) == (401, {"errors": "Invalid as_user_id"})
        assert "www-authenticate" not in response.headers

    def test_oneself_is_accepted(self, student: TestClient) -> None:
        response = student.get(SELF, params={"as_user_id": "1"})

        assert response.status_code == 200
        assert "x-canvas-real-user-id" not in response.headers

    def test_what_the_user_may_not_the_admin_may_not_as_that_user(self, admin: TestClient) -> None:
        assert admin.get("users/2/communication_channels", params={"as_user_id": "1"}).status_code == 403


def _expected(entry: str) -> dict[str, list[int]]:
    rows: dict[str, Any] = yaml.safe_load(entry)
    return {actor: [int(status) for status in statuses.split()] for actor, statuses in rows.items()}


# Of each actor: list, create an e-mail, create a push channel, delete one, delete one that is missing; all for user 1.
MATRIX = _expected(
    """
    student-token:    200 200 400 200 404
    student2-token:   403 403 400 403 404
    teacher-token:    403 403 400 403 404
    observer-token:   200 403 400 403 404
    admin-token:      200 200 400 200 404
    site-admin-token: 200 200 400 200 404
    unknown-token:    401 401 401 401 401
    """
)


@pytest.mark.parametrize("token", MATRIX)
def test_everyone_gets_at_every_door_what_canvas_says(login: Login, token: str) -> None:
    client, path = login(token), "users/1/communication_channels"
    email = {"communication_channel[address]": "new@example.com", "communication_channel[type]": "email"}

    statuses = [
        client.get(path).status_code,
        client.post(path, data=email).status_code,
        client.post(path, data={"communication_channel[type]": "push"}).status_code,
        client.delete(f"{path}/3").status_code,
        client.delete(f"{path}/4").status_code,
    ]

    assert statuses == MATRIX[token]


def test_an_admin_with_fewer_rights_than_the_user_may_look_and_not_touch(admin: TestClient, world: World) -> None:
    world.users[3].rights = frozenset({"read_messages"})
    path = "users/3/communication_channels"
    email = {"communication_channel[address]": "new@example.com", "communication_channel[type]": "email"}

    statuses = [
        admin.get(path).status_code,
        admin.post(path, data=email).status_code,
        admin.post(path, data={"communication_channel[type]": "push"}).status_code,
        admin.delete(f"{path}/5").status_code,
        admin.delete(f"{path}/email/teacher@school.example").status_code,
    ]

    assert statuses == [200, 403, 400, 403, 403]


@pytest.mark.parametrize(("account", "status"), [("root", 403), ("school-of-law", 200), ("school-of-art", 403)])
def test_a_sub_account_admin_rules_the_users_of_that_account(
    login: Login, world: World, account: str, status: int
) -> None:
    world.users[5].admin_of = "school-of-law"
    world.users[1].account = account

    assert login("admin-token").get("users/1/communication_channels").status_code == status


def test_a_sub_account_admin_does_not_skip_confirmation(login: Login, world: World) -> None:
    world.users[5].admin_of = world.users[1].account = "school-of-law"
    data = {
        "communication_channel[address]": "n@x.org",
        "communication_channel[type]": "email",
        "skip_confirmation": "1",
    }

    response = login("admin-token").post("users/1/communication_channels", data=data)

    assert response.json()["workflow_state"] == "unconfirmed"


def test_managing_students_alone_opens_no_channels(admin: TestClient, world: World) -> None:
    world.users[5].rights = frozenset({"manage_students"})

    assert admin.get("users/1/communication_channels").status_code == 403


def test_an_imported_channel_is_no_obstacle_for_an_admin(admin: TestClient, world: World) -> None:
    world.account.edit_institution_email = False
    world.channels[1].imported = True

    assert admin.delete("users/1/communication_channels/1").status_code == 200
