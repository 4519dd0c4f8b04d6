"""Which path and method is which operation (behaviour 1), and what is answered where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.conftest import Login

SELF = "users/self/communication_channels"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", SELF),
        ("PATCH", SELF),
        ("OPTIONS", SELF),
        ("GET", f"{SELF}/1"),
        ("GET", f"{SELF}/push"),
        ("GET", f"{SELF}.xml"),
        ("GET", "users/sis_login_id:a.json/communication_channels"),
        ("DELETE", f"{SELF}/e.mail/student@school.example"),
        ("DELETE", f"{SELF}/email/student@school.example/more"),
        ("GET", "courses"),
        ("GET", "users"),
    ],
)
def test_what_has_no_route_is_a_page_of_html_even_without_a_token(login: Login, method: str, path: str) -> None:
    response = login().request(method, path)

    assert response.status_code == 404
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "Page Not Found" in response.text


def test_a_method_that_rails_does_not_know_is_405(login: Login) -> None:
    response = login().request("FOO", SELF)

    assert (response.status_code, response.headers["content-type"]) == (405, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "path", [f"{SELF}.json", f"{SELF}/", f"//api/v1/{SELF}", "users/s%65lf/communication_channels"]
)
def test_spellings_of_a_path_that_canvas_takes_are_the_same_path(student: TestClient, path: str) -> None:
    url = f"http://canvas.test{path}" if path.startswith("//") else path

    response = student.get(url)

    assert response.status_code == 200
    assert "<http://canvas.test/api/v1/users/self/communication_channels?page=1" in response.headers["link"]


@pytest.mark.parametrize("id_", ["push", "PUSH", "abc", "12abc", "0", "-1", "+1", "1.5", "1.xml", "9" * 19, "9" * 5000])
def test_an_id_that_is_no_channel_is_not_found(student: TestClient, id_: str) -> None:
    response = student.delete(f"users/1/communication_channels/{id_}")

    assert response.status_code == 404
    assert response.json() == {"errors": [{"message": "The specified resource does not exist."}]}


def test_a_json_suffix_is_dropped_from_an_id_and_is_part_of_an_address(student: TestClient) -> None:
    by_address = student.delete(f"{SELF}/email/student.home@example.org.json")
    by_id = student.delete(f"{SELF}/3.json")

    assert (by_address.status_code, by_id.status_code) == (404, 200)


@pytest.mark.parametrize("address", ["plus+sign@x.org", "a/b", "what?", "100%25", "sp ace", "josé", "a#b", "x.json"])
def test_an_address_in_a_path_is_decoded_once(student: TestClient, address: str) -> None:
    student.post(SELF, data={"communication_channel[address]": address, "communication_channel[type]": "sms"})
    encoded = "".join(f"%{byte:02X}" for byte in address.encode())

    response = student.delete(f"{SELF}/sms/{encoded}")

    assert (response.status_code, response.json().get("address")) == (200, address)


def test_a_plus_in_a_path_is_a_plus(student: TestClient) -> None:
    student.post(SELF, data={"communication_channel[address]": "a+b@x.org", "communication_channel[type]": "email"})

    assert student.delete(f"{SELF}/email/a+b@x.org").status_code == 200


def test_a_path_that_is_not_utf8_is_a_bad_request(student: TestClient) -> None:
    response = student.delete(f"{SELF}/email/%FF")

    assert (response.status_code, response.headers["content-type"]) == (400, "text/html; charset=utf-8")


def test_type_and_address_as_parameters_take_the_place_of_the_id(student: TestClient) -> None:
    response = student.delete(f"{SELF}/1", params={"type": "sms", "address": "5550100@sms.example.com"})

    assert response.json()["id"] == 2


def test_type_and_address_of_the_path_win_over_parameters(student: TestClient) -> None:
    path = f"{SELF}/sms/5550100@sms.example.com"

    response = student.delete(path, params={"type": "email", "address": "student@school.example"})

    assert response.json()["id"] == 2


@pytest.mark.parametrize(("data", "headers"), [({"_method": "delete"}, {}), ({}, {"X-HTTP-Method-Override": "DELETE"})])
def test_a_post_may_stand_for_a_delete(student: TestClient, data: dict[str, str], headers: dict[str, str]) -> None:
    response = student.post(f"{SELF}/3", data=data, headers=headers)

    assert (response.status_code, response.json()["workflow_state"]) == (200, "retired")


@pytest.mark.parametrize("sent", [{"data": {"_method": "head"}}, {"headers": {"X-HTTP-Method-Override": "HEAD"}}])
def test_a_post_that_stands_for_head_announces_no_body(served: str, sent: dict[str, dict[str, str]]) -> None:
    with httpx2.Client(base_url=f"{served}/api/v1/", params={"access_token": "student-token"}) as client:
        response = client.post(SELF, **sent)  # type: ignore[arg-type]  # data or headers

        assert (response.status_code, response.content, response.headers["content-length"]) == (200, b"", "0")
        assert response.headers["etag"] == client.get(SELF).headers["etag"]


def test_a_method_in_the_query_stands_for_nothing(student: TestClient) -> None:
    response = student.post(f"{SELF}/3", params={"_method": "delete"})

    assert response.status_code == 403


def test_head_is_get_without_a_body(student: TestClient) -> None:
    response = student.head(SELF)

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["link"] == student.get(SELF).headers["link"]


def test_resetting_the_bounce_count_is_for_site_admins(site_admin: TestClient, admin: TestClient) -> None:
    path = "users/1/communication_channels/3"

    assert admin.post(path).status_code == 403
    assert site_admin.post(path).json()["bounce_count"] == 0


@pytest.mark.parametrize("user", ["self", "1", "007", "sis_user_id:sis-student", "sis_login_id:STUDENT@school.example"])
def test_a_user_has_many_names(student: TestClient, user: str) -> None:
    path = f"users/{user.replace('007', '001')}/communication_channels"

    assert [channel["id"] for channel in student.get(path).json()] == [1, 2, 3]


def test_a_name_in_hex_is_read(student: TestClient) -> None:
    path = f"users/hex:sis_user_id:{b'sis-student'.hex()}/communication_channels"

    assert student.get(path).status_code == 200


@pytest.mark.parametrize(
    "user",
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
        "1~1",
    ],
)
def test_a_user_who_is_not_there_is_not_found(admin: TestClient, user: str) -> None:
    response = admin.get(f"users/{user}/communication_channels")

    assert response.status_code == 404
    assert response.json() == {"errors": [{"message": "The specified resource does not exist."}]}


def test_a_user_is_shown_as_canvas_shows_users(student: TestClient) -> None:
    assert student.get("users/self").json() == {
        "id": 1,
        "name": "Sam Student",
        "sortable_name": "Student, Sam",
        "short_name": "Sam Student",
        "login_id": "student@school.example",
    }
