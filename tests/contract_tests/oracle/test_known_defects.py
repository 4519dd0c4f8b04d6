"""The requests on which Canvas is known to crash, and the responses that the defects explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest

from contract_tests.client.request import Request
from contract_tests.oracle.known_defects import known_defect_name

if TYPE_CHECKING:
    from contract_tests.client.request import Fields

CRASH = httpx2.Response(500, json={"errors": [{"message": "An error occurred."}]})
TEXT_CRASH = httpx2.Response(500, text="500 Internal Server Error")
JSON_HEADER = (("Content-Type", "application/json"),)
TOO_LARGE = "9223372036854775808"
LARGEST = "9223372036854775807"


@pytest.mark.parametrize(
    ("user", "tail", "query"),
    [
        (TOO_LARGE, (), ()),
        ("9999999999999999999", ("email", "a@b.example"), ()),
        ("self", (TOO_LARGE,), ()),
        ("self", ("1" + "0" * 30,), ()),
        ("self", (), (("as_user_id", TOO_LARGE),)),
    ],
)
def test_id_above_the_largest_may_crash(user: str, tail: tuple[str, ...], query: Fields) -> None:
    request = Request("DELETE", user, tail=tail, query=query)

    assert known_defect_name(request, CRASH) == "id above 2^63-1"


@pytest.mark.parametrize(
    ("user", "tail"),
    [
        (LARGEST, ()),
        ("99999999999999999999", ()),  # 20 digits: Canvas reads no number (behaviour 3.4)
        ("self", (LARGEST,)),
        ("self", ("0",)),
        ("self", (f"{TOO_LARGE}abc",)),
        ("self", ("email", TOO_LARGE)),
    ],
)
def test_other_ids_must_not_crash(user: str, tail: tuple[str, ...]) -> None:
    assert known_defect_name(Request("DELETE", user, tail=tail), CRASH) is None


def test_malformed_json_may_crash_as_text() -> None:
    request = Request("POST", "self", body=(("a", "b"),), headers=JSON_HEADER)

    assert known_defect_name(request, TEXT_CRASH) == "malformed JSON"


@pytest.mark.parametrize(
    "request_",
    [
        Request("POST", "self", body=(("a", "b"),)),
        Request("POST", "self", body=(("a", "b"),), encoding="json"),
        Request("POST", "self", document={"a": "b"}),
        Request("POST", "self", headers=JSON_HEADER),
    ],
)
def test_other_bodies_must_not_crash(request_: Request) -> None:
    assert known_defect_name(request_, TEXT_CRASH) is None


@pytest.mark.parametrize(
    "response",
    [
        httpx2.Response(500, json={}),
        httpx2.Response(500, json={"errors": []}),
        httpx2.Response(500, html="<h1>Error</h1>"),
        httpx2.Response(502, json={"errors": [{"message": "An error occurred."}]}),
    ],
)
def test_other_responses_are_no_known_defect(response: httpx2.Response) -> None:
    assert known_defect_name(Request("DELETE", "self", tail=(TOO_LARGE,)), response) is None
