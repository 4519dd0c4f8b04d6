"""Requests on which Canvas is known to crash, or which it does not understand: never a success, and nothing is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contract_tests import pool
from contract_tests.caller import ADDRESS, CREATE, LIST, TOKEN, TYPE, done, said
from contract_tests.defects import known_defect

if TYPE_CHECKING:
    from contract_tests.caller import Caller

DOCUMENTS: dict[str, Any] = {
    "no communication_channel": {"skip_confirmation": True},
    "null": {"communication_channel": None},
    "a word": {"communication_channel": "email"},
    "a list": {"communication_channel": ["email"]},
    "a number for an address": {"communication_channel": {"type": "email", "address": 5}},
    "a list for an address": {"communication_channel": {"type": "email", "address": ["a", "b"]}},
    "an object for an address": {"communication_channel": {"type": "email", "address": {"a": "b"}}},
    "a list as the body": ["communication_channel"],
}
FIELDS = {
    "nothing": (),
    "another parameter": (("skip_confirmation", "1"),),
    "flat names": (("address", pool.FIRST.address), ("type", "email")),
    "too long": ((ADDRESS, pool.TOO_LONG.address), (TYPE, "email")),
    "NUL": ((ADDRESS, "canvas-contract-1\0@example.com"), (TYPE, "email")),
}


@pytest.mark.parametrize("case", DOCUMENTS)
def test_a_create_that_is_not_understood_makes_nothing(owner: Caller, case: str) -> None:
    """JSON that holds no channel, or something other than text, makes none (behaviour 5.1, 10.2)."""
    before = owner.channels()

    answer = owner.wire.send(owner.call(CREATE, "POST", document=DOCUMENTS[case]))

    assert answer.status_code >= 400, said(answer)
    assert owner.channels() == before


@pytest.mark.parametrize("case", FIELDS)
def test_a_create_that_cannot_be_stored_makes_nothing(owner: Caller, case: str) -> None:
    """A form without a channel, or with an address that no row holds, makes none (behaviour 5.1, 11)."""
    before = owner.channels()

    answer = owner.wire.send(owner.call(CREATE, "POST", body=FIELDS[case]))

    assert answer.status_code >= 400, said(answer)
    assert owner.channels() == before


def test_a_body_that_is_not_parsed_is_no_body(owner: Caller) -> None:
    """A body of a type that Canvas does not parse is as if there were none (behaviour 5.1)."""
    before = owner.channels()
    call = owner.call(CREATE, "POST", body=owner.fields(pool.FIRST), encoding="text")

    answer = owner.wire.send(call)

    assert answer.status_code >= 400, said(answer)
    assert answer.status_code < 500 or known_defect(call, answer), said(answer)
    assert owner.channels() == before


@pytest.mark.parametrize("name", ["page[]", "per_page[]"])
def test_a_list_for_a_page_fails_as_canvas_does(owner: Caller, name: str) -> None:
    """A list in place of a number may crash as Canvas is known to, and in no other way (behaviour 4.1, 4.2)."""
    call = owner.call(LIST, "GET", query=((name, "1"),))

    answer = owner.wire.send(call)

    assert answer.status_code < 500 or known_defect(call, answer), said(answer)


def test_broken_json_is_refused(owner: Caller) -> None:
    """A body that says that it is JSON and does not parse is the caller's mistake (behaviour 10.2)."""
    headers = (("Content-Type", "application/json"),)

    answer = owner.wire.send(owner.call("", "POST", body=((TYPE, "email"),), headers=headers))

    assert 400 <= answer.status_code < 500, said(answer)


@pytest.mark.parametrize("fields", [(), (("token", "x"),)], ids=["nothing", "another name"])
def test_forgetting_no_device_forgets_none(device: Caller, owner: Caller, fields: tuple[tuple[str, str], ...]) -> None:
    """Deleting a push token without naming one is not answered with success, and changes nothing (behaviour 7)."""
    done(device.post(((TYPE, "push"), (TOKEN, pool.DEVICE))))
    before = owner.channels()

    answer = device.delete_push_token(fields)

    assert answer.status_code >= 400, said(answer)
    assert owner.channels() == before
