"""Creating a channel: what is answered, what is kept, what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests import pool
from contract_tests.caller import done

if TYPE_CHECKING:
    from contract_tests.caller import Caller

ENCODINGS = ("form", "json", "multipart", "query")
ORDINARY_KEYS = {"id", "position", "workflow_state", "user_id", "created_at", "address", "type"}


@pytest.mark.parametrize("pair", pool.ACCEPTED)
def test_creation_answers_the_channel_and_lists_it(owner: Caller, pair: pool.Pair) -> None:
    """A new channel is answered as it will be listed: unconfirmed, with the address exactly as sent."""
    channel = owner.made(pair)

    assert (channel["type"], channel["address"]) == pair
    assert channel["workflow_state"] == "unconfirmed"
    assert channel["user_id"] == owner.id
    assert channel in owner.channels()


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("pair", [pool.PLUS, pool.PERCENT, pool.NON_ASCII])
def test_every_encoding_says_the_same(owner: Caller, pair: pool.Pair, encoding: str) -> None:
    """Form, JSON, multipart and query carry the address alike, signs and all."""
    channel = done(owner.create(pair, encoding=encoding))

    assert (channel["type"], channel["address"]) == pair


@given(pair=st.sampled_from(pool.ACCEPTED), change=st.sampled_from([str, str.upper, str.lower, str.swapcase]))
def test_an_address_is_unique_whatever_its_case(owner: Caller, pair: pool.Pair, change: type[str]) -> None:
    """A second channel of the same type and address, in any letter case, is refused with unique!."""
    address = change(pair.address) if pair.address.isascii() else pair.address
    first = done(owner.create(pair)) if not _listed(owner, pair) else None

    answer = owner.create(pool.Pair(pair.type, address))

    assert answer.status_code == 400, "a duplicate was accepted"
    assert any(error["message"] == "unique!" for error in answer.json()["errors"]["path"])
    assert first is None or first in owner.channels()


def test_an_address_may_serve_two_types(owner: Caller) -> None:
    """The same address may be an e-mail channel and an sms channel."""
    channels = [owner.made(pool.PLAIN[0]), owner.made(pool.SAME_ADDRESS_OTHER_TYPE)]

    assert channels[0]["id"] != channels[1]["id"]
    assert all(channel in owner.channels() for channel in channels)


@pytest.mark.parametrize("pair", pool.REFUSED)
def test_what_is_no_email_address_is_refused(owner: Caller, pair: pool.Pair) -> None:
    """An e-mail address that is not one bare address is refused, by the attribute email."""
    answer = owner.create(pair)

    assert answer.status_code == 400
    assert [error["type"] for error in answer.json()["errors"]["email"]] == ["invalid"]


@pytest.mark.parametrize("kind", ["email", "sms"])
def test_a_blank_address_is_refused(owner: Caller, kind: str) -> None:
    """A channel without an address is refused, by the attribute path."""
    answer = owner.create(pool.Pair(kind, ""))

    assert answer.status_code == 400
    assert "path" in answer.json()["errors"]


def test_a_missing_type_is_refused(owner: Caller) -> None:
    """A channel without a type is refused, by the attribute path_type."""
    answer = owner.post((("communication_channel[address]", pool.PLAIN[0].address),))

    assert answer.status_code == 400
    assert "path_type" in answer.json()["errors"]


def test_ordinary_callers_see_no_bounces(owner: Caller) -> None:
    """The bounce fields are absent, not null, for callers other than site admins."""
    owner.made(pool.PLAIN[0])

    for channel in owner.channels():
        assert channel.keys() >= ORDINARY_KEYS
        assert not [key for key in channel if "bounce" in key]


def test_skip_confirmation_is_ignored_for_ordinary_users(owner: Caller, other: Caller) -> None:
    """skip_confirmation from who may not use it is ignored: 200, and unconfirmed."""
    assert other.id != owner.id

    channel = done(owner.create(pool.PLAIN[0], extra=(("skip_confirmation", "1"),)))

    assert channel["workflow_state"] == "unconfirmed"


@pytest.mark.parametrize(
    ("word", "state"), [("1", "active"), ("true", "active"), ("0", "unconfirmed"), ("false", "unconfirmed")]
)
def test_skip_confirmation_is_honoured_for_admins(admin: Caller, owner: Caller, word: str, state: str) -> None:
    """An admin's skip_confirmation makes the channel active at once, and only when it is true."""
    channel = done(admin.create(pool.PLAIN[1], extra=(("skip_confirmation", word),)))

    assert channel["workflow_state"] == state
    assert channel in owner.channels()


def _listed(owner: Caller, pair: pool.Pair) -> bool:
    return pair.key in {(channel["type"], channel["address"].lower()) for channel in owner.channels()}
