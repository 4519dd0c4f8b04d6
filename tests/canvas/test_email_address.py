"""The e-mail addresses that Canvas accepts (behaviour 5.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.canvas.email_address import is_email_address
from tests.channel_requests import OWN_CHANNELS, channel_form, create_channel

if TYPE_CHECKING:
    from starlette.testclient import TestClient


@pytest.mark.canvas_assertion(54)
@pytest.mark.parametrize("address", ["nobody", "@b.com", "a@", "a b@c.com", "Foo <a@b.com>", "a@b.com.", " a@b.com"])
def test_invalid_email_address_is_rejected(student: TestClient, address: str) -> None:
    response = student.post(OWN_CHANNELS, data=channel_form(address))

    failure = {"attribute": "email", "message": "is invalid", "type": "invalid"}
    assert (response.status_code, response.json()) == (400, {"errors": {"email": [failure]}})


@pytest.mark.canvas_assertion(54)
@pytest.mark.parametrize("address", ["a@b", "a..b@c.com", '"a b"@c.com', "josé@example.com", "a@[127.0.0.1]"])
def test_unusual_email_address_is_stored_unchanged(student: TestClient, address: str) -> None:
    channel = create_channel(student, address)

    assert channel["address"] == address


@pytest.mark.parametrize(
    "address",
    [
        '"q"x@y.org',
        'x"q"@y.org',
        'x"a b"y@y.org',
        '"a""b"@y.org',
        'a."b"c.d@y.org',
        'x@"q"y.org',
        'x@y"q".org',
        'x@y."a b"z',
    ],
)
def test_quoted_string_may_stand_beside_other_characters(student: TestClient, address: str) -> None:
    channel = create_channel(student, address)

    assert channel["address"] == address


@pytest.mark.parametrize("address", ['x"q@y.org', '"q"x"@y.org', 'x@y"q.org', '"a" b@y.org', '"q"'])
def test_quoted_string_must_end_and_have_no_blank_beside_it(student: TestClient, address: str) -> None:
    response = student.post(OWN_CHANNELS, data=channel_form(address))

    assert (response.status_code, list(response.json()["errors"])) == (400, ["email"])


@pytest.mark.parametrize("local_part", ["=?utf-8?q?a?=", "=?UTF-8?B?YQ==?=", "x=?utf-8?q?a?=y", "=?iso-8859-1?Q??="])
def test_encoded_word_in_the_local_part_is_rejected(student: TestClient, local_part: str) -> None:
    response = student.post(OWN_CHANNELS, data=channel_form(f"{local_part}@x.org"))

    assert (response.status_code, list(response.json()["errors"])) == (400, ["email"])


@pytest.mark.parametrize("address", ["=?utf-8?x?a?=@x.org", "=?utf-8?q?a@x.org", "=?=@x.org", "a@=?utf-8?q?a?=.org"])
def test_text_like_an_encoded_word_is_accepted(student: TestClient, address: str) -> None:
    channel = create_channel(student, address)

    assert channel["address"] == address


@given(st.text('ab."\\@=?q[]', min_size=1, max_size=8), st.text('ab."\\@=?q[]', max_size=8), st.sampled_from(' @"'))
def test_search_in_10000_characters_ends(repeated: str, end: str, last: str) -> None:
    for text in (repeated * (10_000 // len(repeated)), f"a@{repeated * (9_998 // len(repeated))}"):
        assert is_email_address(text + end + last) in {True, False}
