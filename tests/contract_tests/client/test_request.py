"""Requests as curl commands."""

from __future__ import annotations

import pytest

from contract_tests.client.request import FORM, Fields, Request


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((), FORM),
        ((("Accept", "*/*"),), FORM),
        ((("Content-Type", "application/json"),), "application/json"),
        ((("content-type", "text/plain"),), "text/plain"),
    ],
)
def test_curl_command_has_one_content_type(headers: Fields, expected: str) -> None:
    command = Request("POST", "self", body=(("type", "email"),), headers=headers).curl({}, "\n")

    options = [line for line in command.split("\n") if line.lower().startswith("-h 'content-type:")]
    assert [option.split(": ")[1] for option in options] == [f"{expected}'"]
