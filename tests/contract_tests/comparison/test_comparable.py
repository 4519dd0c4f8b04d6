"""Comparison of two responses of `make compare ARGS=--random`."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from contract_tests.client.request import Request
from contract_tests.comparison.comparable import Difference, Renaming, comparable_parts, find_differences
from contract_tests.comparison.known_differences import known_reason

CHANNEL = {"id": 1, "position": 1, "address": "redacted-1", "type": "email", "created_at": "2026-01-05T08:00:00Z"}
OTHER_CHANNEL = {**CHANNEL, "id": 2, "position": 2, "address": "canvas-contract-1@example.com"}
LINK = "<https://canvas.example.edu/c?page=1&per_page=10>"


def differences(mock: httpx2.Response, target: httpx2.Response) -> list[Difference]:
    found = find_differences(comparable_parts(mock), comparable_parts(target), Renaming())
    return [each.difference for each in found]


def response(body: Any, status: int = 200, **headers: str) -> httpx2.Response:
    return httpx2.Response(status, json=body, headers=headers)


@pytest.mark.parametrize(
    "target",
    [
        [{**CHANNEL, "id": 71, "position": 5}, {**OTHER_CHANNEL, "id": 75, "position": 9}],
        [{**CHANNEL, "address": "redacted-9"}, OTHER_CHANNEL],
        [CHANNEL, {**OTHER_CHANNEL, "created_at": "2020-02-02T12:00:00Z"}],
    ],
    ids=["ids and positions", "a redacted address", "a time"],
)
def test_values_that_depend_on_the_account_are_no_difference(target: object) -> None:
    assert differences(response([CHANNEL, OTHER_CHANNEL]), response(target)) == []


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ([CHANNEL], ("/body", "a list", "a shorter list")),
        ([OTHER_CHANNEL, CHANNEL], ("/body", "a list", "the same list in another order")),
        ([CHANNEL, CHANNEL], ("/body", "a list", "a list of other channels")),
        ([CHANNEL, {**OTHER_CHANNEL, "position": 1}], ("/body/*/position", "a number", "another number")),
        ([CHANNEL, {**OTHER_CHANNEL, "address": "redacted-2"}], ("/body/*/address", "a string", "another string")),
        ([CHANNEL, {**OTHER_CHANNEL, "type": "sms"}], ("/body/*/type", "'email'", "'sms'")),
        ([CHANNEL, {**OTHER_CHANNEL, "position": "2"}], ("/body/*/position", "a number", "a string")),
        ([CHANNEL, {**OTHER_CHANNEL, "notes": None}], ("/body/*/notes", "absent", "null")),
        ([CHANNEL, {**OTHER_CHANNEL, "created_at": None}], ("/body/*/created_at", "a string", "null")),
    ],
)
def test_each_difference_is_one_kind_without_ids_and_addresses(target: object, expected: tuple[str, str, str]) -> None:
    assert differences(response([CHANNEL, OTHER_CHANNEL]), response(target)) == [expected]


def test_responses_of_different_statuses_differ_in_the_status_alone() -> None:
    assert differences(response([]), response({"errors": []}, 404)) == [("/status", "200", "404")]


def test_links_are_compared_without_the_name_of_their_origin() -> None:
    here = response([], Link=f'{LINK}; rel="current"')
    there = response([], Link=f'{LINK.replace("canvas.example.edu", "127.0.0.1:8000")}; rel="current"')
    relative = response([], Link=f'{LINK.replace("https://canvas.example.edu", "")}; rel="current"')
    other = response([], Link=f'{LINK.replace("per_page=10", "per_page=30")}; rel="current"')

    assert differences(here, there) == []
    assert differences(here, relative) == [("/headers/link/*/origin", "a string", "absent")]
    assert differences(here, other) == [("/headers/link/*/query/per_page", "a string", "another string")]


def test_renaming_is_one_to_one() -> None:
    renaming = Renaming()

    assert renaming.matches("id", 1, 71)
    assert renaming.matches("id", 1, 71)
    assert not renaming.matches("id", 1, 72)
    assert not renaming.matches("id", 2, 71)
    assert renaming.matches("position", 1, 1)


@pytest.mark.parametrize(
    ("request_", "mock", "target", "reason"),
    [
        (
            Request("POST", "self", operation="create_communication_channel"),
            response({"errors": [{"message": "communication_channel is missing"}]}, 400),
            response({"errors": [{"message": "An error occurred."}]}, 500),
            "known defect: no communication_channel",
        ),
        (
            Request("GET", "self"),
            response({"status": "unauthorized", "errors": [{"message": "no"}]}, 403),
            response({"status": "unauthorized", "errors": [{"message": "no"}]}, 401),
            "older Canvas: 401 for a denied request, 403 in a newer one",
        ),
        (
            Request("GET", "self"),
            response({"errors": [{"message": "Expired access token.", "expired_at": "2026-01-31T00:00:00Z"}]}, 401),
            response({"errors": [{"message": "Invalid access token."}]}, 401),
            "older Canvas: one message for unknown, expired and revoked tokens",
        ),
        (
            Request("POST", "self"),
            response({"errors": {"email": [{"type": "invalid", "message": "is invalid"}]}}, 400),
            response({"errors": {"email": [{"type": "invalid", "message": "invalid"}]}}, 400),
            "older Canvas: the message of a validation error is its type, or null",
        ),
        (
            Request("GET", "self"),
            response({"errors": [{"message": "no"}]}, 404),
            response({"errors": [{"message": "no"}], "error_report_id": 5}, 404),
            "settings of Canvas: error_report_id is added to errors that are recorded, or to none",
        ),
        (Request("GET", "self"), response([]), response({"errors": [{"message": "An error occurred."}]}, 500), None),
        (Request("POST", "self"), response({}), response({"status": "unauthorized", "errors": []}, 401), None),
    ],
    ids=["crash", "denied", "token", "message", "report id", "other crash", "other denial"],
)
def test_difference_has_its_known_reason_or_none(
    request_: Request, mock: httpx2.Response, target: httpx2.Response, reason: str | None
) -> None:
    found = find_differences(comparable_parts(mock), comparable_parts(target), Renaming())

    assert found
    assert {known_reason(request_, each.difference, mock, target) for each in found} == {reason}


@pytest.mark.parametrize(("relations", "is_known"), [(["last"], True), (["last", "next"], False)])
def test_link_last_past_the_end_is_known_without_a_link_next(relations: list[str], *, is_known: bool) -> None:
    mock = response([], Link=f'{LINK}; rel="current"')
    target = response([], Link=",".join(f'{LINK}; rel="{relation}"' for relation in ["current", *relations]))

    reason = known_reason(Request("GET", "self"), Difference("/headers/link/last", "absent", "an object"), mock, target)

    assert (reason is not None) == is_known


def test_other_invalid_attribute_has_no_known_reason() -> None:
    mock, target = response({"errors": {"email": []}}, 400), response({"errors": {"path": []}}, 400)

    assert (
        known_reason(Request("POST", "self"), Difference("/body/errors/path", "absent", "a list"), mock, target) is None
    )
