"""Every way in: where parameters may stand and how they are read (behaviour 5.1, 5.2, 5.8, 10.2)."""

from __future__ import annotations

import http.client
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from mockserver import World
    from tests.conftest import Login

SELF = "users/self/communication_channels"
FORM = "application/x-www-form-urlencoded"
ADDRESS = "plus+tag%25é@example.com"
ENCODED = "plus%2Btag%2525%C3%A9@example.com"


def failures(response_body: dict[str, dict[str, list[dict[str, str]]]]) -> list[tuple[str, str, str]]:
    entries = [entry for attribute in response_body["errors"].values() for entry in attribute]
    return [(entry["attribute"], entry["message"], entry["type"]) for entry in entries]


class TestWaysIn:
    @pytest.mark.parametrize(
        "body",
        [
            f"communication_channel[address]={ENCODED}&communication_channel[type]=email",
            f"communication_channel%5Baddress%5D={ENCODED}&communication_channel%5Btype%5D=email",
            f"communication_channel[type]=sms&communication_channel[type]=email&communication_channel[address]={ENCODED}",
        ],
        ids=["raw brackets", "encoded brackets", "the last of repeated keys"],
    )
    def test_a_form_is_what_the_contract_has(self, student: TestClient, body: str) -> None:
        response = student.post(SELF, content=body, headers={"Content-Type": FORM})

        assert (response.json()["address"], response.json()["type"]) == (ADDRESS, "email")
        assert "x-contract-violation" not in response.headers

    def test_a_body_without_a_content_type_is_a_form(self, student: TestClient) -> None:
        response = student.post(
            SELF, content=f"communication_channel[address]={ENCODED}&communication_channel[type]=email"
        )

        assert response.json()["address"] == ADDRESS

    @pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"])
    def test_json_is_read_and_noted(self, student: TestClient, content_type: str) -> None:
        body = {"communication_channel": {"address": ADDRESS, "type": "email"}, "skip_confirmation": True}

        response = student.post(SELF, json=body, headers={"Content-Type": content_type})

        assert (response.json()["address"], response.json()["workflow_state"]) == (ADDRESS, "unconfirmed")
        assert "the media type is application/json" in response.headers["x-contract-violation"]

    def test_multipart_is_read_and_noted(self, student: TestClient) -> None:
        fields = {"communication_channel[address]": (None, ADDRESS), "communication_channel[type]": (None, "email")}

        response = student.post(SELF, files=fields)

        assert response.json()["address"] == ADDRESS
        assert "the media type is multipart/form-data" in response.headers["x-contract-violation"]

    def test_the_query_is_read_and_noted(self, student: TestClient) -> None:
        query = {"communication_channel[address]": ADDRESS, "communication_channel[type]": "email"}

        response = student.post(SELF, params=query)

        assert response.json()["address"] == ADDRESS
        assert (
            "communication_channel[address] is in the query, not in the body"
            in response.headers["x-contract-violation"]
        )

    @pytest.mark.parametrize(
        ("query", "status", "breach"),
        [
            ("page=%202%20", 200, "query parameter page: ' 2 ' is not written in digits"),
            ("page[]=1", 400, "query parameter page: one value belongs here, not several"),
            ("per_page[a]=1", 400, "query parameter per_page: one value belongs here, not several"),
        ],
    )
    def test_a_number_that_only_canvas_reads_and_a_list_are_noted(
        self, student: TestClient, query: str, status: int, breach: str
    ) -> None:
        response = student.get(f"{SELF}?{query}")

        assert response.status_code == status
        assert response.headers["x-contract-violation"] == f"list_communication_channels: {breach}"

    def test_the_query_overrides_the_body_by_top_level_name(self, student: TestClient) -> None:
        response = student.post(
            SELF,
            params={"communication_channel[address]": "q@example.com"},
            json={"communication_channel": {"type": "email", "address": "b@example.com"}},
        )

        assert failures(response.json()) == [("path_type", "can't be blank", "blank")]

    @pytest.mark.parametrize("content_type", ["text/plain", "text/xml", "application/vnd.api+json", "text/json"])
    def test_other_media_types_are_not_read(self, student: TestClient, content_type: str) -> None:
        body = b'{"communication_channel": {"address": "a@b.c", "type": "email"}}'

        response = student.post(SELF, content=body, headers={"Content-Type": content_type})

        assert response.json() == {"errors": [{"message": "communication_channel is missing"}]}

    @pytest.mark.parametrize("content_type", ["foo", "/", "a/b/c"])
    def test_what_is_no_media_type_is_not_acceptable(self, student: TestClient, content_type: str) -> None:
        response = student.post(SELF, content=b"x=1", headers={"Content-Type": content_type})

        assert (response.status_code, response.headers["content-type"]) == (406, "text/html; charset=utf-8")

    @pytest.mark.parametrize("value", ['""', "1", "[]", '["a"]', "null", "true"])
    def test_a_channel_that_is_no_object_is_a_clear_400_where_canvas_crashes(
        self, student: TestClient, value: str
    ) -> None:
        body = f'{{"communication_channel": {value}}}'.encode()

        response = student.post(SELF, content=body, headers={"Content-Type": "application/json"})

        assert response.json() == {"errors": [{"message": "communication_channel is missing"}]}

    @pytest.mark.parametrize("body", ["[]", "1", '"text"', "null", " "])
    def test_json_that_is_no_object_has_no_channel(self, student: TestClient, body: str) -> None:
        response = student.post(SELF, content=body.encode(), headers={"Content-Type": "application/json"})

        assert response.status_code == 400

    @pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b'{"a": "\\ud800"}'])
    def test_json_that_does_not_parse_is_a_bare_400_that_says_why_in_a_header(
        self, student: TestClient, body: bytes
    ) -> None:
        response = student.post(SELF, content=body, headers={"Content-Type": "application/json"})

        assert (response.status_code, response.content) == (400, b"")
        assert "does not parse" in response.headers["x-contract-violation"]

    @pytest.mark.parametrize(
        ("content_type", "body", "complaint"),
        [
            (FORM, b"a=%FF", "not UTF-8"),
            (FORM, b"a=\xff", "not UTF-8"),
            (FORM, b"communication_channel[type]=sms&communication_channel[address]=100%@x", "a plain % is %25"),
            (FORM, b"a=%zz", "a plain % is %25"),
            (FORM, b"a%=1", "a plain % is %25"),
            (FORM, b"a=1&a[b]=2", "two forms that contradict"),
            (FORM, b"a[]=1&a[b]=2", "two forms that contradict"),
            (FORM, b"a" + b"[b]" * 40 + b"=1", "nested deeper"),
            (FORM, b"&".join(b"a=1" for _ in range(5000)), "more than 4096"),
            ("multipart/form-data", b"x", "has no boundary"),
            ("multipart/form-data; boundary=b", b"--c\r\n\r\n", "cannot be parsed"),
        ],
    )
    def test_parameters_that_break_rails_are_a_clear_400(
        self, student: TestClient, content_type: str, body: bytes, complaint: str
    ) -> None:
        response = student.post(SELF, content=body, headers={"Content-Type": content_type})

        assert response.status_code == 400
        assert complaint in response.json()["errors"][0]["message"]

    @pytest.mark.parametrize("query", ["x=100%", "x=%zz", "x%2=1"])
    def test_a_broken_escape_in_the_query_is_a_clear_400(self, served: str, query: str) -> None:
        with closing(http.client.HTTPConnection(served.removeprefix("http://"))) as connection:  # it mends no escapes
            connection.request("GET", f"/api/v1/{SELF}?{query}", headers={"Authorization": "Bearer student-token"})
            with connection.getresponse() as response:
                status, body = response.status, response.read()

        assert (status, b"a plain % is %25" in body) == (400, True)

    @pytest.mark.parametrize("name", ["communication_channel[address]", "another"])
    def test_a_file_is_refused_by_name(self, student: TestClient, name: str) -> None:
        response = student.post(SELF, files={name: ("a.txt", b"a@b.c")})

        assert response.status_code == 400
        assert f"{name} is a file" in response.json()["errors"][0]["message"]

    def test_a_content_type_without_a_body_is_ignored(self, student: TestClient) -> None:
        response = student.get(SELF, headers={"Content-Type": "application/json"})

        assert (response.status_code, response.headers.get("x-contract-violation")) == (200, None)

    def test_unknown_parameters_never_fail(self, student: TestClient) -> None:
        body = f"communication_channel[address]={ENCODED}&communication_channel[type]=email&build_pseudonym=1&x[]=1"

        response = student.post(SELF, content=body, headers={"Content-Type": FORM}, params={"y[z]": "1"})

        assert (response.status_code, response.headers.get("x-contract-violation")) == (200, None)


class TestValidation:
    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ({"type": "email"}, [("path", "can't be blank", "blank"), ("email", "is invalid", "invalid")]),
            (
                {"type": "email", "address": " "},
                [("path", "can't be blank", "blank"), ("email", "is invalid", "invalid")],
            ),
            ({"type": "sms", "address": ""}, [("path", "can't be blank", "blank")]),
            ({"type": "fax"}, [("path", "can't be blank", "blank")]),
            ({"address": "a@b.c"}, [("path_type", "can't be blank", "blank")]),
            ({"type": ""}, [("path", "can't be blank", "blank"), ("path_type", "can't be blank", "blank")]),
            (
                {"type": "personal_email", "address": "student@school.example"},
                [("path", "has already been taken", "taken")],
            ),
        ],
    )
    def test_failures_are_told_by_canvas_s_attributes(
        self, student: TestClient, fields: dict[str, str], expected: list[tuple[str, str, str]]
    ) -> None:
        response = student.post(SELF, json={"communication_channel": fields})

        assert (response.status_code, failures(response.json())) == (400, expected)

    @pytest.mark.parametrize(
        ("fields", "complaint"),
        [
            ({"type": "sms", "address": "1" * 256}, "longer than 255"),
            ({"type": "sms", "address": "a\0b"}, "NUL"),
            ({"type": "sms", "address": 5550100}, "must be text"),
            ({"type": "sms", "address": {"a": 1}}, "must be text"),
            ({"type": ["sms"], "address": "1"}, "must be text"),
            ({"type": "fax", "address": "student@school.example"}, "is stored as email"),
        ],
    )
    def test_what_canvas_s_database_refuses_is_a_clear_400(
        self, student: TestClient, fields: dict[str, object], complaint: str
    ) -> None:
        response = student.post(SELF, json={"communication_channel": fields})

        assert response.status_code == 400
        assert complaint in response.json()["errors"][0]["message"]

    def test_255_characters_of_any_alphabet_are_accepted(self, student: TestClient) -> None:
        response = student.post(SELF, json={"communication_channel": {"type": "sms", "address": "é" * 255}})

        assert response.json()["address"] == "é" * 255

    def test_a_personal_email_reads_back_as_email_and_is_found_under_its_own_name(self, student: TestClient) -> None:
        created = student.post(SELF, json={"communication_channel": {"type": "personal_email", "address": "p@x.org"}})

        assert created.json()["type"] == "email"
        assert student.delete(f"{SELF}/email/p@x.org").status_code == 404
        assert student.delete(f"{SELF}/personal_email/p@x.org").status_code == 200

    def test_a_missing_channel_is_told_before_a_missing_permission(self, student: TestClient) -> None:
        assert student.post("users/2/communication_channels").status_code == 400


class TestSkipConfirmation:
    @pytest.mark.parametrize("value", ["yes", "Y", "true", "TRUE", "t", "on", "1", "2", "-1", "01", "1.5", " 1"])
    def test_true_in_many_words_confirms_for_an_admin(self, admin: TestClient, value: str) -> None:
        data = {"communication_channel[address]": "n@x.org", "communication_channel[type]": "email"}

        response = admin.post(SELF, data={**data, "skip_confirmation": value})

        assert response.json()["workflow_state"] == "active"

    @pytest.mark.parametrize("value", ["no", "n", "false", "f", "off", "0", "", "abc", "0.5", "TRUE ", "y "])
    def test_anything_else_confirms_nothing(self, admin: TestClient, value: str) -> None:
        data = {"communication_channel[address]": "n@x.org", "communication_channel[type]": "email"}

        response = admin.post(SELF, data={**data, "skip_confirmation": value})

        assert response.json()["workflow_state"] == "unconfirmed"

    @pytest.mark.parametrize(
        ("value", "state"), [(True, "active"), (False, "unconfirmed"), (None, "unconfirmed"), (1, "active")]
    )
    def test_json_values_are_read_as_they_are(self, admin: TestClient, value: object, state: str) -> None:
        body = {"communication_channel": {"address": "n@x.org", "type": "email"}, "skip_confirmation": value}

        assert admin.post(SELF, json=body).json()["workflow_state"] == state

    def test_a_list_is_a_clear_400_where_canvas_crashes(self, admin: TestClient) -> None:
        body = {"communication_channel": {"address": "n@x.org", "type": "email"}, "skip_confirmation": [1]}

        assert admin.post(SELF, json=body).status_code == 400

    @pytest.mark.parametrize("token", ["student-token", "push-token"])
    def test_it_is_ignored_for_who_is_no_admin(self, login: Login, token: str) -> None:
        data = {"communication_channel[address]": "n@x.org", "communication_channel[type]": "email"}

        response = login(token).post(SELF, data={**data, "skip_confirmation": "true"})

        assert (response.status_code, response.json()["workflow_state"]) == (200, "unconfirmed")


class TestPush:
    def test_a_push_channel_without_a_device_is_unprocessable(self, login: Login) -> None:
        response = login("push-token").post(SELF, data={"communication_channel[type]": "push"})

        expected = {"errors": [{"field": "token", "message": "can't be blank", "error_code": "blank"}]}
        assert (response.status_code, response.json()) == (422, expected)

    def test_a_push_channel_for_another_user_is_not_refused(self, login: Login, world: World) -> None:
        data = {"communication_channel[type]": "push", "communication_channel[token]": "t"}

        response = login("push-token").post("users/2/communication_channels", data=data)

        assert (response.status_code, response.json()["user_id"]) == (200, 2)
        assert world.tokens["push-token"].push_tokens == {"t"}

    def test_the_push_channel_is_deleted_under_its_stored_address_and_comes_back(self, login: Login) -> None:
        phone = login("push-token")
        data = {"communication_channel[type]": "push", "communication_channel[token]": "t"}
        created = phone.post(SELF, data=data).json()

        shown = phone.delete(f"{SELF}/push/For%20All%20Devices")
        stored = phone.delete(f"{SELF}/push/push")
        again = phone.post(SELF, data=data).json()

        assert (shown.status_code, stored.json()["address"]) == (404, "For All Devices")
        assert again == created

    def test_a_nul_on_which_canvas_crashes_is_a_character_of_a_token_and_of_a_path(self, login: Login) -> None:
        phone = login("push-token")

        created = phone.post(SELF, data={"communication_channel[type]": "push", "communication_channel[token]": "a\0b"})
        forgotten = phone.request("DELETE", f"{SELF}/push", data={"push_token": "a\0b"})
        missing = phone.delete(f"{SELF}/sms/a%00b")

        assert [created.status_code, forgotten.status_code, missing.status_code] == [200, 200, 404]

    @pytest.mark.parametrize(("kind", "status"), [("push", 422), (5, 400), (True, 400)])
    def test_a_type_and_a_device_that_are_no_text_are_refused(self, login: Login, kind: object, status: int) -> None:
        body = {"communication_channel": {"type": kind, "address": "x", "token": 5}}

        assert login("push-token").post(SELF, json=body).status_code == status

    def test_deleting_no_token_in_particular_is_a_clear_400_where_canvas_crashes(self, login: Login) -> None:
        phone = login("push-token")
        phone.post(SELF, data={"communication_channel[type]": "push", "communication_channel[token]": "t"})

        missing, empty = phone.delete(f"{SELF}/push"), phone.delete(f"{SELF}/push", params={"push_token": ""})

        assert (missing.status_code, empty.status_code) == (400, 200)
        assert missing.json() == {"errors": [{"message": "push_token is missing"}]}


class TestStrict:
    def test_every_breach_is_named_in_one_answer(self, login: Login) -> None:
        strict = login("student-token", strict=True)

        response = strict.post(
            SELF, params={"as_user_id": ""}, data={"communication_channel[type]": "fax", "skip_confirmation": "perhaps"}
        )

        assert response.status_code == 400
        messages = " ".join(error["message"] for error in response.json()["errors"])
        assert "query parameter as_user_id" in messages
        assert "'fax' is not one of ['email', 'sms', 'push'] - 'communication_channel[type]'" in messages
        assert "Wrong type, expected 'boolean' for requestBody parameter 'skip_confirmation'" in messages

    def test_nothing_is_changed_by_what_is_refused(self, login: Login) -> None:
        strict = login("student-token", strict=True)

        strict.post(SELF, data={"communication_channel[type]": "fax", "communication_channel[address]": "x"})

        assert len(strict.get(SELF).json()) == 3

    def test_what_keeps_the_contract_is_answered_alike(self, login: Login) -> None:
        data = {"communication_channel[type]": "email", "communication_channel[address]": "n@x.org"}

        response = login("student-token", strict=True).post(SELF, data=data)

        assert response.status_code == 200

    @pytest.mark.parametrize("query", ["page=0", "per_page=101", "per_page=x", "page=1.5"])
    def test_pages_outside_the_contract_are_refused(self, login: Login, query: str) -> None:
        assert login("student-token", strict=True).get(f"{SELF}?{query}").status_code == 400
