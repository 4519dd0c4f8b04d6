"""Pseudonyms of personal data."""

from __future__ import annotations

import httpx2

from contract_tests.client.safety.redaction import Redactor

PERSONAL_ADDRESS = "sheldon@caltech.example.edu"


def test_pseudonym_depends_on_the_text_and_the_token_only() -> None:
    channel = {"id": 1, "user_id": 1, "address": PERSONAL_ADDRESS, "type": "email"}
    request = httpx2.Request("GET", "https://canvas.example.edu")
    response = httpx2.Response(200, json=[channel], request=request)
    redactors = [Redactor({"CANVAS_TOKEN": token}, ()) for token in ("one", "one", "two")]

    first, same_token, other_token = (redactor.redact(response).json()[0]["address"] for redactor in redactors)

    assert first == same_token != other_token
