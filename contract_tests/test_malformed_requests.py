"""Malformed requests, including those on which Canvas crashes: they never succeed and never create a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.client.api_client import ADDRESS, TOKEN, TYPE, describe, expect_ok
from contract_tests.client.request import CREATE, LIST
from contract_tests.client.safety import addresses
from contract_tests.oracle.known_defects import known_defect

if TYPE_CHECKING:
    from contract_tests.client.api_client import ApiClient

INVALID_DOCUMENTS: dict[str, Any] = {
    "no communication_channel": {"skip_confirmation": True},
    "null": {"communication_channel": None},
    "a string": {"communication_channel": "email"},
    "a list": {"communication_channel": ["email"]},
    "a number as address": {"communication_channel": {"type": "email", "address": 5}},
    "a list as address": {"communication_channel": {"type": "email", "address": ["a", "b"]}},
    "an object as address": {"communication_channel": {"type": "email", "address": {"a": "b"}}},
    "a list as body": ["communication_channel"],
}
INVALID_FORMS = {
    "empty": (),
    "another parameter": (("skip_confirmation", "1"),),
    "no communication_channel": (("address", addresses.FIRST.address), ("type", "email")),
    "address too long": ((ADDRESS, addresses.TOO_LONG.address), (TYPE, "email")),
    "NUL character": ((ADDRESS, "canvas-contract-1\0@example.com"), (TYPE, "email")),
}


@pytest.mark.parametrize("case", INVALID_DOCUMENTS)
@pytest.mark.cases(smoke=1)
def test_json_without_a_valid_channel_creates_nothing(owner: ApiClient, case: str) -> None:
    """A create with JSON that has no channel, or a value that is not text, creates no channel (behaviour 5.1, 10.2)."""
    before = owner.list_channels()
    request = owner.build_request(CREATE, "POST", document=INVALID_DOCUMENTS[case])

    response = owner.transport.send(request)

    assert response.status_code >= 400, describe(response)
    assert owner.list_channels() == before


@pytest.mark.parametrize("case", INVALID_FORMS)
@pytest.mark.cases(smoke=1)
def test_form_without_a_valid_channel_creates_nothing(owner: ApiClient, case: str) -> None:
    """A create with a form that has no channel, or an invalid address, creates no channel (behaviour 5.1, 11)."""
    before = owner.list_channels()
    request = owner.build_request(CREATE, "POST", body=INVALID_FORMS[case])

    response = owner.transport.send(request)

    assert response.status_code >= 400, describe(response)
    assert owner.list_channels() == before


def test_body_of_an_unsupported_media_type_creates_nothing(owner: ApiClient) -> None:
    """A body of a media type that Canvas does not parse is ignored (behaviour 5.1)."""
    before = owner.list_channels()
    request = owner.build_request(CREATE, "POST", body=owner.create_fields(addresses.FIRST), encoding="text")

    response = owner.transport.send(request)

    assert response.status_code >= 400, describe(response)
    assert response.status_code < 500 or known_defect(request, response), describe(response)
    assert owner.list_channels() == before


@pytest.mark.parametrize("name", ["page[]", "per_page[]"])
def test_list_as_page_parameter_causes_only_the_known_defect(owner: ApiClient, name: str) -> None:
    """A list in place of a page number or size may crash as Canvas does, but in no other way (behaviour 4.1, 4.2)."""
    request = owner.build_request(LIST, "GET", query=((name, "1"),))

    response = owner.transport.send(request)

    assert response.status_code < 500 or known_defect(request, response), describe(response)


def test_malformed_json_causes_only_the_known_defect(owner: ApiClient) -> None:
    """A JSON body that is not valid JSON creates no channel, and may crash as on Canvas (behaviour 10.2)."""
    before = owner.list_channels()
    headers = (("Content-Type", "application/json"),)
    # The body is a form.
    request = owner.build_request("", "POST", body=owner.create_fields(addresses.FIRST), headers=headers)

    response = owner.transport.send(request)

    assert response.status_code >= 400, describe(response)
    assert response.status_code < 500 or known_defect(request, response), describe(response)
    assert owner.list_channels() == before


@pytest.mark.parametrize("fields", [(), (("token", "x"),)], ids=["empty", "another parameter"])
def test_delete_push_token_without_a_token_changes_nothing(
    device: ApiClient, owner: ApiClient, fields: tuple[tuple[str, str], ...]
) -> None:
    """A delete of a push token without push_token fails and changes nothing (behaviour 7)."""
    expect_ok(device.create_with(((TYPE, "push"), (TOKEN, addresses.DEVICE))))
    before = owner.list_channels()

    response = device.delete_push_token(fields)

    assert response.status_code >= 400, describe(response)
    assert owner.list_channels() == before
