"""Redaction of responses for the tests, and of every text for the outputs."""

from __future__ import annotations

import json
import sys
from typing import Any

import httpx2
import pytest

from contract_tests.client.request import Request
from contract_tests.client.safety.redaction import KNOWN_FIELDS, PERSONAL_FIELDS, Redactor
from contract_tests.oracle.contract import Contract

PERSONAL_ADDRESS = "sheldon@caltech.example.edu"
PERSON = "Rose Baker"
TOKEN = "7~Kq3vZr8LmXw2TbNcYd5Hs9PfGjUe4Ra"
REQUEST = httpx2.Request("GET", "https://canvas.example.edu")
DOCUMENT: dict[str, Any] = Contract().document


def redactor() -> Redactor:
    return Redactor({"CANVAS_TOKEN": TOKEN}, (), ("https://canvas.example.edu",))


def response(body: object, status: int = 200) -> httpx2.Response:
    return httpx2.Response(status, json=body, request=REQUEST)


def test_pseudonym_depends_on_the_text_and_the_token_only() -> None:
    channel = {"id": 1, "user_id": 1, "address": PERSONAL_ADDRESS, "type": "email"}
    redactors = [Redactor({"CANVAS_TOKEN": token}, ()) for token in ("one", "one", "two")]

    first, same_token, other_token = (each.redact(response([channel])).json()[0]["address"] for each in redactors)

    assert first == same_token != other_token


def test_text_has_the_same_pseudonym_in_a_field_a_message_and_a_url() -> None:
    redact = redactor()

    shown = json.loads(redact.redact_body(response([{"id": 1, "address": PERSONAL_ADDRESS}])))[0]["address"]

    assert shown.startswith("redacted-")
    assert redact.redact_text(f"expected {PERSONAL_ADDRESS}!") == f"expected {shown}!"
    assert redact.redact_text("address=sheldon%40caltech.example.edu").endswith(shown)


def test_fields_of_the_contract_are_classified() -> None:
    names = {name for node in _objects(DOCUMENT["components"]) for name in node.get("properties", {})}
    of_requests = {"communication_channel", "token", "push_token", "skip_confirmation", "access_token"}

    # a name with a bracket, such as communication_channel[type], is a form field of a request
    unclassified = {name for name in names - of_requests if "[" not in name} - KNOWN_FIELDS - PERSONAL_FIELDS
    assert not unclassified, (
        f"add {unclassified} to KNOWN_FIELDS or PERSONAL_FIELDS in contract_tests/client/safety/redaction.py"
    )
    assert not KNOWN_FIELDS & PERSONAL_FIELDS


def test_values_of_known_fields_are_read_as_received() -> None:
    channel = {"id": 1, "position": 3, "type": "email", "workflow_state": "actve", "created_at": "yesterday"}

    assert redactor().redact(response([channel])).json() == [channel]


@pytest.mark.parametrize(
    "body",
    [
        {"name": PERSON},
        {"user": {"message": PERSON}},
        [{"id": 1, "last_bounce_summary": f"{PERSON} is unknown"}],
        {"errors": [{"message": f"{PERSON} may not do that", "user": PERSON}]},
        {PERSON: 1},
    ],
    ids=["unknown field", "under an unknown field", "bounce summary", "message", "key"],
)
def test_name_of_a_person_is_redacted(body: object) -> None:
    redact = redactor()

    shown = redact.redact_body(redact.redact(response(body)))

    assert "Rose" not in shown
    assert "Baker" not in shown
    assert "redacted-" in shown


def test_name_made_of_words_that_outputs_may_show_is_redacted() -> None:
    redact = redactor()
    # Outputs may show "Page" and "Case", words of the suite; together they are the value of a personal field.
    redact.redact(response({"name": "Page Case"}))

    assert "Page" not in redact.redact_text("expected the channel of Page Case")


@pytest.mark.parametrize(
    "text",
    [
        "$[0].created_at: '2026-01-05' is not a 'date-time'",
        'expected 200, got 404: {"errors": [{"message": "The specified resource does not exist."}]}',
        "the required header X-Request-Context-Id is absent; content type 'text/html' is not documented for status 200",
        "$[3].position: None is not of type 'integer'",
        "assert ['email', 'sms'] == ['sms', 'email']\n  At index 0 diff: 'email' != 'sms'",
        "KeyError: 'workflow_state'",
        '<https://canvas.example.edu/api/v1/users/self/communication_channels?page=2&per_page=10>; rel="next"',
        "Fri, 27 Nov 2026 00:38:43 GMT",
    ],
)
def test_sentence_about_a_violation_is_shown(text: str) -> None:
    assert redactor().redact_text(text) == text


def test_wrong_value_is_described_by_the_value_to_which_it_is_similar() -> None:
    shown = redactor().redact_text("'actve' is not one of ['unconfirmed', 'active', 'retired']")

    assert shown.startswith("'redacted-")
    assert shown.endswith(" (5 characters, similar to active)' is not one of ['unconfirmed', 'active', 'retired']")


@pytest.mark.parametrize("text", [TOKEN, TOKEN.upper(), TOKEN[3:], TOKEN[:-3], f"{TOKEN[:9]}\n{TOKEN[9:]}"])
def test_token_is_replaced_by_its_variable(text: str) -> None:
    assert redactor().redact_text(f"the token {text} is unknown") == "the token $CANVAS_TOKEN is unknown"


@pytest.mark.parametrize("char", ["\x1b", "\x9b", "\x7f", "\u202e", "\u2066", "\u200b", "\u2028", "\u2029", "\ufeff"])
def test_control_character_is_visible(char: str) -> None:
    redact = redactor()
    body = httpx2.Response(200, text=f"active{char} email", request=REQUEST)

    assert char not in redact.redact_text(f"active{char} email")
    assert char not in redact.redact_body(body)
    assert char not in redact.redact_body(response([{"type": f"active{char} email"}]))
    assert char not in dict(redact.redact_headers([("ETag", f"active{char} email")]))["ETag"]


def test_number_is_shown_unless_it_may_be_a_telephone_number() -> None:
    redact = redactor()
    redact.redact(response([{"id": 10000000000001, "user_id": 70000000000003, "mobile": 4155550133}]))

    assert redact.redact_text("ids 10000000000001, 3") == "ids 10000000000001, 3"
    assert "4155550133" not in redact.redact_text("4155550133")
    assert "4155550133" not in redact.redact_body(response({"mobile": 4155550133}))
    assert "555" not in redact.redact_text("call +1 (415) 555-0133")


def test_word_of_a_response_is_redacted_in_the_request_that_repeats_it() -> None:
    redact = redactor()
    redact.redact(httpx2.Response(200, headers={"ETag": 'W/"rosebaker"'}, json=[], request=REQUEST))
    request = Request(
        "GET", "self", query=(("page", "first-unknown-word"),), headers=(("If-None-Match", 'W/"rosebaker"'),)
    )
    redact.record_request(request)

    assert "rosebaker" not in redact.redact_script(request.curl({}))
    assert "page=first-unknown-word" in redact.redact_script(request.curl({}))
    assert redact.redact_text("first-unknown-word") == "first-unknown-word"


def test_texts_of_repeated_keys_and_malformed_json_are_redacted() -> None:
    for content in (
        b'{"message": "rosebaker", "message": "x"}',
        b'{"message": "rosebaker"',
        b"[" * 90_000 + b"rosebaker",
    ):
        found = httpx2.Response(200, content=content, headers={"Content-Type": "application/json"}, request=REQUEST)
        redact = redactor()
        assert "rosebaker" not in redact.redact_body(redact.redact(found))


def test_text_that_was_shown_is_redacted_when_it_becomes_personal() -> None:
    redact, message = redactor(), response({"message": "Page Case"})

    def shown() -> list[str]:
        [(_, etag)] = redact.redact_headers([("ETag", "Page Case")])
        return [etag, redact.redact(message).text, redact.redact_text("Page Case")]

    redact.redact(response({"name": PERSON}))  # another personal text
    before = shown()

    redact.redact(response({"name": "Page Case"}))

    assert before == ["Page Case", message.text, "Page Case"]
    assert "Page" not in str(shown())


@pytest.mark.slow
def test_work_does_not_depend_on_the_number_of_learned_values() -> None:
    """Work is the number of function calls for one text, after 10 and after 100,000 personal addresses."""
    few, many = _function_calls(addresses=10), _function_calls(addresses=100_000)

    assert few == many


def _function_calls(*, addresses: int) -> int:
    """Return the number of function calls that the redaction of one text takes after a list of these addresses."""
    redact = redactor()
    redact.redact(
        response([{"id": 1, "address": f"user {index} <u{index}@school.example>"} for index in range(addresses)])
    )
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        shown = redact.redact_text("expected 200, got 404: user 7 <u7@school.example> is unknown")
    finally:
        sys.setprofile(None)
    assert "u7" not in shown
    return calls


def _objects(node: object) -> list[dict[str, Any]]:
    """Return the objects of a JSON document, at every depth."""
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [*([node] if isinstance(node, dict) else []), *(found for each in inner for found in _objects(each))]
