"""Leaks in responses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from contract_tests.client.request import Request
from contract_tests.client.safety.leaks import LeakDetector

TOKENS = {"CANVAS_TOKEN": "a-token-of-the-student", "CANVAS_ADMIN_TOKEN": "a/token of+the~admin"}
OWN = {"id": 11, "user_id": 1, "address": "ann@school.example", "type": "email", "workflow_state": "active"}
OTHER = {"id": 22, "user_id": 2, "address": "bob@school.example", "type": "email", "workflow_state": "active"}
STUDENT = Request("GET", "self", token=TOKENS["CANVAS_TOKEN"], token_name="CANVAS_TOKEN")
ADMIN = Request("GET", "2", token=TOKENS["CANVAS_ADMIN_TOKEN"], token_name="CANVAS_ADMIN_TOKEN")


def detector() -> LeakDetector:
    """Return a detector that has seen the lists of both users."""
    leaks = LeakDetector(TOKENS)
    assert leaks.find(STUDENT, httpx2.Response(200, json=[OWN])) is None
    assert leaks.find(ADMIN, httpx2.Response(200, json=[OTHER])) is None
    return leaks


@pytest.mark.parametrize("status", [200, 304, 404, 500])
@pytest.mark.parametrize("token", ["a-token-of-the-student", "a/token of+the~admin", "a%2Ftoken%20of%2Bthe~admin"])
def test_token_in_any_header_is_found(status: int, token: str) -> None:
    leak = detector().find(STUDENT, httpx2.Response(status, headers={"x-debug": f"<{token}>"}))

    assert leak is not None
    assert "in the header x-debug" in leak
    assert token not in leak


def test_token_with_escapes_in_a_json_body_is_found() -> None:
    body = rb'{"errors":[{"message":"a\u002dtoken-of-the-student"}]}'

    assert detector().find(STUDENT, httpx2.Response(404, content=body, headers={"content-type": "application/json"}))


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [], "channel": OTHER},
        {"errors": [{"message": "Bob has BOB@school.example."}]},
        {"errors": [], "channel_id": 22},
        {"errors": [{"id": "22"}]},
        {"errors": [{"message": "used by channel 22"}]},
        {"data": [{"id": 99, "workflow_state": "active"}]},  # a channel that no list has shown
    ],
)
def test_channel_of_another_user_in_an_error_is_found(body: dict[str, Any]) -> None:
    assert detector().find(STUDENT, httpx2.Response(403, json=body))


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [], "channel": OWN},
        {"errors": [{"message": "x"}], "error_report_id": 22},
        {"errors": {"user_id": [{"type": "x"}], "path": [{"attribute": "path", "type": "unique!"}]}},
        {"errors": [{"message": "xbob@school.example.org"}]},
        {"request_id": "22", "count": 22},  # fields without ids of channels
    ],
)
def test_other_errors_leak_nothing(body: dict[str, Any]) -> None:
    assert detector().find(STUDENT, httpx2.Response(400, json=body)) is None


def test_input_of_the_request_may_be_repeated() -> None:
    request = Request("DELETE", "2", ("email", "bob@school.example"), token=STUDENT.token, token_name="CANVAS_TOKEN")

    assert detector().find(request, httpx2.Response(404, json={"errors": [{"message": "bob@school.example"}]})) is None


@pytest.mark.parametrize("pair", [("a-token-of-the-student1", ""), ("search", "x a-token-of-the-student")])
def test_parameter_that_contains_the_text_of_a_token_may_be_repeated(pair: tuple[str, str]) -> None:
    request = replace(ADMIN, query=(pair,))
    link = f"<https://canvas.example.edu/api/v1/users/2/communication_channels?{urlencode([pair])}>"

    assert detector().find(request, httpx2.Response(200, headers={"link": link}, json=[])) is None


def test_repeated_access_token_is_a_leak() -> None:
    request = Request("GET", "self", query=(("access_token", TOKENS["CANVAS_TOKEN"]),))
    link = "<https://canvas.example.edu/api/v1/users/self/communication_channels?access_token=a-token-of-the-student>"

    assert detector().find(request, httpx2.Response(200, headers={"link": link}, json=[]))


def test_channel_of_any_user_is_hidden_without_a_token() -> None:
    anonymous = Request("GET", "self")

    assert detector().find(anonymous, httpx2.Response(401, json={"errors": "no token of ann@school.example"}))


def test_number_of_remembered_addresses_is_bounded() -> None:
    leaks = LeakDetector(TOKENS)
    channels = [{**OWN, "id": number, "address": f"user-{number}@example.edu"} for number in range(1_000)]

    leaks.find(STUDENT, httpx2.Response(200, json=channels))

    assert len(leaks._addresses) == 400


@pytest.mark.parametrize(
    ("text", "is_leak"),
    [
        ("sheldon@caltech.example", True),
        ("<Sheldon@Caltech.example>.", True),
        ("leonard-sheldon@caltech.example, sheldon@caltech.example", True),
        ("leonard-sheldon@caltech.example", False),
        ("sheldon@caltech.examples", False),
        ("sheldon@caltech.exampl", False),
    ],
)
def test_address_is_a_leak_only_as_a_whole(text: str, is_leak: bool) -> None:
    leaks = LeakDetector(TOKENS)
    leaks.find(ADMIN, httpx2.Response(200, json=[{**OTHER, "address": "sheldon@caltech.example"}]))
    denied = Request("GET", "2", token=STUDENT.token, token_name="CANVAS_TOKEN")

    leak = leaks.find(denied, httpx2.Response(403, content=json.dumps({"errors": [{"message": text}]})))

    assert (leak is not None) is is_leak
