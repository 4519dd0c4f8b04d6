"""Types and addresses of new channels: what is accepted, and the failures that are reported (behaviour 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.channel_requests import (
    OWN_CHANNELS,
    channel_form,
    create_channel,
    validation_failures,
)

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from mockserver import World


class TestTypes:
    @pytest.mark.canvas_assertion(53)
    @pytest.mark.parametrize("kind", ["fax", "EMAIL", "phone"])
    def test_unknown_type_is_stored_as_email_without_a_check_of_the_address(
        self, student: TestClient, kind: str
    ) -> None:
        response = student.post(OWN_CHANNELS, data=channel_form("not an e-mail address", kind))

        assert (response.status_code, response.json()["type"]) == (200, "email")
        assert f"'{kind}' is not one of" in response.headers["x-contract-violation"]

    @pytest.mark.parametrize("kind", [True, False, 1.5, 5, 0, [], ["a"], ["sms"]], ids=repr)
    def test_type_that_is_a_number_a_boolean_or_a_list_is_stored_as_email(
        self, student: TestClient, kind: object
    ) -> None:
        body = {"communication_channel": {"type": kind, "address": "not an e-mail address"}}

        response = student.post(OWN_CHANNELS, json=body)

        assert (response.status_code, response.json()["type"]) == (200, "email")
        assert response.json()["address"] == "not an e-mail address"

    def test_type_as_a_list_in_a_form_is_stored_as_email(self, student: TestClient) -> None:
        form = {"communication_channel[type][]": "sms", "communication_channel[address]": "5550199"}

        response = student.post(OWN_CHANNELS, data=form)

        assert response.json()["type"] == "email"

    @pytest.mark.parametrize("kind", [{}, {"a": 1}])
    def test_type_that_is_an_object_is_400_where_canvas_crashes(self, student: TestClient, kind: object) -> None:
        body = {"communication_channel": {"type": kind, "address": "new@example.com"}}

        response = student.post(OWN_CHANNELS, json=body)

        assert response.status_code == 400
        assert response.json() == {"errors": [{"message": "communication_channel[type] must be text"}]}

    @pytest.mark.canvas_assertion(64)
    @pytest.mark.parametrize("number", ["8015555555", "+353871234567", "5550100@txt.example.com", "bob", " 1 "])
    def test_sms_accepts_any_text(self, student: TestClient, number: str) -> None:
        channel = create_channel(student, number, "sms")

        assert channel["address"] == number

    def test_personal_email_is_returned_as_email(self, student: TestClient) -> None:
        """Canvas returns the legacy type personal_email as email (behaviour 5.4)."""
        channel = create_channel(student, "p@x.org", "personal_email")

        assert channel["type"] == "email"

    def test_personal_email_is_deleted_by_its_stored_type_only(self, student: TestClient) -> None:
        create_channel(student, "p@x.org", "personal_email")

        as_email = student.delete(f"{OWN_CHANNELS}/email/p@x.org")
        as_personal_email = student.delete(f"{OWN_CHANNELS}/personal_email/p@x.org")

        assert (as_email.status_code, as_personal_email.status_code) == (404, 200)


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
            ({"type": "personal_email"}, [("path", "can't be blank", "blank"), ("email", "is invalid", "invalid")]),
            (
                {"type": "personal_email", "address": " "},
                [("path", "can't be blank", "blank"), ("email", "is invalid", "invalid")],
            ),
            ({"type": "personal_email", "address": "nobody"}, [("email", "is invalid", "invalid")]),
            ({"type": None, "address": "a@b.c"}, [("path_type", "can't be blank", "blank")]),
        ],
    )
    def test_failures_are_reported_by_attribute(
        self, student: TestClient, fields: dict[str, str], expected: list[tuple[str, str, str]]
    ) -> None:
        response = student.post(OWN_CHANNELS, json={"communication_channel": fields})

        assert (response.status_code, validation_failures(response)) == (400, expected)

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"type": "sms", "address": "1" * 256}, "longer than 255"),
            ({"type": "sms", "address": "a\0b"}, "NUL"),
            ({"type": "sms", "address": 5550100}, "must be text"),
            ({"type": "sms", "address": {"a": 1}}, "must be text"),
            ({"type": {"a": "sms"}, "address": "1"}, "must be text"),
            ({"type": "fax", "address": "student@school.example"}, "is stored as email"),
            ({"type": True, "address": "student@school.example"}, "is stored as email"),
        ],
        ids=[
            "256 characters",
            "NUL",
            "number as address",
            "object as address",
            "object as type",
            "unknown type of an e-mail address",
            "boolean as type of an e-mail address",
        ],
    )
    def test_value_that_the_mock_does_not_store_is_400_with_the_reason(
        self, student: TestClient, fields: dict[str, object], message: str
    ) -> None:
        response = student.post(OWN_CHANNELS, json={"communication_channel": fields})

        assert response.status_code == 400
        assert message in response.json()["errors"][0]["message"]

    def test_address_of_255_non_ascii_characters_is_accepted(self, student: TestClient) -> None:
        response = student.post(OWN_CHANNELS, json={"communication_channel": {"type": "sms", "address": "é" * 255}})

        assert response.json()["address"] == "é" * 255

    @pytest.mark.canvas_assertion(55)
    @pytest.mark.parametrize("kind", ["email", "personal_email"])
    def test_banned_email_domain_is_rejected_in_any_letter_case(
        self, student: TestClient, world: World, kind: str
    ) -> None:
        world.account.banned_email_domains = ("banned.example",)

        banned = student.post(OWN_CHANNELS, data=channel_form("new@BANNED.example", kind))
        other = create_channel(student, "new@welcome.example")

        assert banned.status_code == 400
        assert banned.json()["errors"]["email"][0]["type"] == "forbidden"
        assert other["position"] == 4

    def test_invalid_address_at_a_banned_domain_has_two_failures(self, student: TestClient, world: World) -> None:
        world.account.banned_email_domains = ("banned.example",)

        response = student.post(OWN_CHANNELS, data=channel_form("x y@banned.example"))

        assert [failure["type"] for failure in response.json()["errors"]["email"]] == ["invalid", "forbidden"]
