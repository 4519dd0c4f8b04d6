"""Deleting a channel: exactly one goes, and it can come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests import pool
from contract_tests.caller import done, missing

if TYPE_CHECKING:
    from contract_tests.caller import Caller

NOT_IDS = ("0", "-1", "abc", "9223372036854775808", "1000000000000000000000000000000")


@pytest.mark.parametrize("way", ["id", "address"])
@pytest.mark.parametrize("pair", pool.ACCEPTED)
def test_deletion_touches_one_channel(owner: Caller, pair: pool.Pair, way: str) -> None:
    """A delete retires its channel and no other, and answers with it as it now is."""
    bystander = pool.PLAIN[1] if pair != pool.PLAIN[1] else pool.PLAIN[2]
    owner.made(bystander)
    channel = owner.made(pair)
    others = [each for each in owner.channels() if each != channel]

    answer = owner.delete(channel["id"]) if way == "id" else owner.delete_by_address(pair)

    assert done(answer) == {**channel, "workflow_state": "retired"}
    assert owner.channels() == others


@pytest.mark.parametrize("way", ["id", "address"])
def test_a_deleted_channel_is_gone(owner: Caller, way: str) -> None:
    """A second delete is 404."""
    channel = owner.made(pool.PLAIN[0])
    done(owner.delete(channel["id"]))

    missing(owner.delete(channel["id"]) if way == "id" else owner.delete_by_address(pool.PLAIN[0]))


def test_deletion_ignores_the_case_of_an_address(owner: Caller) -> None:
    """The address in the path finds the channel whatever its letter case."""
    channel = owner.made(pool.MIXED_CASE)

    gone = done(owner.delete_by_address(pool.Pair("email", pool.MIXED_CASE.address.swapcase())))

    assert gone["id"] == channel["id"]
    assert gone["address"] == pool.MIXED_CASE.address


def test_deletion_heeds_the_type(owner: Caller) -> None:
    """A delete by address finds the channel of its own type, compared exactly."""
    channel = owner.made(pool.SAME_ADDRESS_OTHER_TYPE)

    missing(owner.delete_by_address(pool.PLAIN[0]))
    missing(owner.delete_by_address(pool.Pair("SMS", channel["address"])))

    assert channel in owner.channels()


@pytest.mark.parametrize("number", NOT_IDS)
def test_what_is_no_id_is_missing(owner: Caller, number: str) -> None:
    """An id that no channel can have is 404."""
    missing(owner.delete(number))


def test_an_address_never_added_is_missing(owner: Caller) -> None:
    """A delete of an address that the user does not have is 404."""
    missing(owner.delete_by_address(pool.ABSENT))


def test_an_address_comes_back_as_the_same_channel(owner: Caller) -> None:
    """Creating a deleted address again revives its row: same id, position and birth; the new letter case."""
    channel = owner.made(pool.MIXED_CASE)
    done(owner.delete(channel["id"]))
    spelled = pool.MIXED_CASE.address.lower()

    revived = owner.made(pool.Pair("email", spelled))

    assert revived == {**channel, "address": spelled}


def test_an_active_channel_comes_back_unconfirmed(admin: Caller, owner: Caller) -> None:
    """A channel that was active is unconfirmed when it is revived without skip_confirmation."""
    channel = done(admin.create(pool.PLAIN[0], extra=(("skip_confirmation", "1"),)))
    done(owner.delete(channel["id"]))

    revived = owner.made(pool.PLAIN[0])

    assert revived["id"] == channel["id"]
    assert revived["workflow_state"] == "unconfirmed"


def test_ids_and_positions_are_not_used_again(owner: Caller) -> None:
    """A deleted channel keeps its id and position; later channels get others, in ascending order."""
    seen = []
    for pair in pool.PLAIN:
        channel = owner.made(pair)
        seen.append((channel["id"], channel["position"]))
        done(owner.delete(channel["id"]))

    ids, positions = zip(*sorted(seen), strict=True)
    assert len(set(ids)) == len(set(positions)) == len(pool.PLAIN)
    assert list(positions) == sorted(positions)
