"""Validation of responses against the contract, and against the forms of an older Canvas."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from contract_tests.oracle.contract import Contract
from tests.contract_tests.samples import CREATE, LIST

HEADERS = {"content-type": "application/json; charset=utf-8"}


def _violations(status: int, error: dict[str, Any]) -> list[str]:
    errors = {"path": [error]} if status == 400 else [error]
    return Contract().violations(CREATE, httpx2.Response(status, json={"errors": errors}, headers=HEADERS))


@pytest.mark.parametrize("message", ["can't be blank", "blank", None])
def test_message_of_a_422_may_be_null(message: str | None) -> None:
    assert _violations(422, {"field": "token", "message": message, "error_code": "blank"}) == []


@pytest.mark.parametrize("error", [{"field": "token", "error_code": "blank"}, {"field": "token", "message": 422}])
def test_other_messages_of_a_422_violate_the_contract(error: dict[str, Any]) -> None:
    assert _violations(422, error)


@pytest.mark.parametrize("status", [400, 403, 404])
def test_null_message_with_another_status_violates_the_contract(status: int) -> None:
    assert _violations(status, {"attribute": "path", "message": None, "type": "blank"})


def test_same_body_is_validated_for_each_operation_and_status() -> None:
    contract = Contract()
    empty_list = httpx2.Response(200, json=[], headers=HEADERS)
    body = {"errors": [{"field": "token", "message": None, "error_code": "blank"}]}
    errors = [httpx2.Response(status, json=body, headers=HEADERS) for status in (422, 400)]

    for _ in range(2):  # the second result is remembered
        # The only violation of the list is that the header Link is absent.
        assert not [each for each in contract.violations(LIST, empty_list) if "absent" not in each]
        assert "$: [] is not of type 'object'" in contract.violations(CREATE, empty_list)
        assert [bool(contract.violations(CREATE, response)) for response in errors] == [False, True]


def test_older_forms_do_not_change_the_document() -> None:
    properties = Contract().document["components"]["schemas"]["ErrorDetail"]["properties"]

    assert "nullable" not in properties["message"]
