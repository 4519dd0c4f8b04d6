"""Texts that a redactor remembers: they save work and change no output."""

from __future__ import annotations

from unittest.mock import patch

import httpx2
import hypothesis
from hypothesis import strategies as st

from contract_tests.client.redaction.remembered_texts import RememberedTexts
from contract_tests.client.request import Request
from contract_tests.client.safety.redaction import Redactor

PERSONAL_ADDRESS = "sheldon@caltech.example.edu"
TOKEN = "7~Kq3vZr8LmXw2TbNcYd5Hs9PfGjUe4Ra"
REQUEST = httpx2.Request("GET", "https://canvas.example.edu")
_TEXT = st.lists(
    st.sampled_from(
        [
            "Page Case",
            "Page",
            "Case",
            "active",
            "abc",
            "rosebaker",
            "Rose Baker",
            "%52ose Baker",  # Rose Baker in a URL
            PERSONAL_ADDRESS,
            "415 555-0133",
            "+14155550133",
            "4155550133",
            "2026-01-05",
            "70000000000003",
            TOKEN,
            TOKEN.upper(),
        ]
    ),
    min_size=1,
    max_size=3,
).map(" ".join)
_STEP = st.tuples(st.sampled_from(["message", "name", "address", "ETag", "request", "id"]), _TEXT)


def redactor() -> Redactor:
    return Redactor({"CANVAS_TOKEN": TOKEN}, (), ("https://canvas.example.edu",))


@hypothesis.given(st.lists(_STEP, max_size=12))
def test_remembered_texts_change_no_output(steps: list[tuple[str, str]]) -> None:
    """A redactor has the same outputs as one that remembers no text, whatever it reads before."""
    remembering = _outputs(steps)
    with patch.object(RememberedTexts, "add"):
        expected = _outputs(steps)

    assert remembering == expected


def _outputs(steps: list[tuple[str, str]]) -> list[list[object]]:
    """Return the outputs of one redactor for each step, in order."""
    redact = redactor()
    return [_shown(step, redact) for step in steps]


def _shown(step: tuple[str, str], redact: Redactor) -> list[object]:
    """Let the redactor read a request or a response with a text in this place, and return its outputs for the text."""
    place, text = step
    if place == "request":
        redact.record_request(Request("GET", "self", query=(("page", text),), headers=(("If-None-Match", text),)))
    headers = {"ETag": text} if place == "ETag" else {}
    bodies = {"id": {"id": 70000000000003, "user_id": 1}, "request": {}}  # this id is one of the texts
    body = bodies.get(place, {place: text})
    read = redact.redact(httpx2.Response(200, headers=headers, json=[body], request=REQUEST))
    shown = redact.redact_body(read), redact.redact_headers([("ETag", text), (text, "1")])
    return [read.text, *shown, redact.redact_text(text), redact.redact_sent(text), redact.redact_script(f"'{text}'")]


def test_memory_for_texts_is_limited() -> None:
    """At most 4,000 texts are remembered, and none of more than 1,000 characters."""
    texts = RememberedTexts()
    for number in range(10_000):
        texts.add(str(number))
    texts.add("x" * 2_000)

    assert sum(str(number) in texts for number in range(10_000)) <= 4_000
    assert "9999" in texts
    assert "x" * 2_000 not in texts
