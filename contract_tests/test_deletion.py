"""Deleting a channel: exactly one goes, and it can come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests import pool
from contract_tests.caller import DELETE, DELETE_BY_ADDRESS, done, missing, unsaved
from contract_tests.pool import Pair

if TYPE_CHECKING:
    from contract_tests.caller import Caller
    from contract_tests.stock import Stock

NOT_IDS = ("0", "abc", "PUSH", "9223372036854775808", "1000000000000000000000000000000")
NEARLY_IDS = ("-{}", "{}abc", "{}.0", "{}.xml", "abc{}")
SKIP = (("skip_confirmation", "1"),)


@pytest.mark.parametrize("way", ["id", "address"])
@pytest.mark.parametrize("pair", pool.ACCEPTED, ids=str)
def test_deletion_touches_one_channel(owner: Caller, pair: Pair, way: str) -> None:
    """A delete retires its channel and no other, and answers with it as it now is (behaviour 6)."""
    for bystander in (pool.FIRST, pool.SAME_ADDRESS_OTHER_TYPE, pool.MIXED_CASE):
        if bystander != pair:
            owner.made(bystander)
    channel = owner.made(pair)
    others = [each for each in owner.channels() if each != channel]

    answer = owner.delete(channel["id"]) if way == "id" else owner.delete_by_address(pair)

    assert done(answer) == {**channel, "workflow_state": "retired"}
    assert owner.channels() == others


@pytest.mark.parametrize("way", ["id", "address"])
@pytest.mark.parametrize("pair", [pool.FIRST, pool.PHONE], ids=str)
def test_a_deleted_channel_is_gone(owner: Caller, pair: Pair, way: str) -> None:
    """A second delete is 404, by id and by address (behaviour 6)."""
    channel = owner.made(pair)
    done(owner.delete(channel["id"]) if way == "id" else owner.delete_by_address(pair))

    missing(owner.delete(channel["id"]))
    missing(owner.delete_by_address(pair))


@pytest.mark.parametrize("way", ["id", "address"])
def test_an_active_channel_is_deleted_alike(admin: Caller, owner: Caller, way: str) -> None:
    """A channel that is active is retired like one that is not (behaviour 6)."""
    channel = admin.made(pool.SECOND, SKIP)

    answer = owner.delete(channel["id"]) if way == "id" else owner.delete_by_address(pool.SECOND)

    assert done(answer) == {**channel, "workflow_state": "retired"}


@pytest.mark.parametrize("way", ["id", "address"])
def test_a_channel_beyond_the_first_page_counts_too(owner: Caller, way: str) -> None:
    """A channel that the first page does not show refuses its duplicate and is deleted like any (behaviour 5.5, 6)."""
    made = [owner.made(pair) for pair in pool.ACCEPTED]
    listed = owner.channels()
    last = [channel for channel in listed if channel in made][-1]
    pair = Pair(last["type"], last["address"])

    unsaved(owner.create(pair), path="unique!")
    gone = done(owner.delete(last["id"]) if way == "id" else owner.delete_by_address(pair))

    assert gone == {**last, "workflow_state": "retired"}
    assert owner.channels() == [channel for channel in listed if channel != last]


@pytest.mark.parametrize("change", [str.upper, str.lower, str.swapcase], ids=["upper", "lower", "swapped"])
def test_deletion_ignores_the_case_of_an_address(owner: Caller, change: type[str]) -> None:
    """The address finds the channel in any letter case, and is answered as it was made (behaviour 6)."""
    channel = owner.made(pool.MIXED_CASE)

    gone = done(owner.delete_by_address(Pair("email", change(pool.MIXED_CASE.address))))

    assert gone == {**channel, "workflow_state": "retired"}


def test_deletion_heeds_the_type(owner: Caller) -> None:
    """A delete by address finds the channel of its own type, compared exactly (behaviour 6)."""
    channel = owner.made(pool.SAME_ADDRESS_OTHER_TYPE)

    missing(owner.delete_by_address(pool.FIRST))
    missing(owner.delete_by_address(Pair("SMS", channel["address"])))
    missing(owner.delete_by_address(Pair("fax", channel["address"])))

    assert channel in owner.channels()


NEARLY = {
    "json": f"{pool.FIRST.address}.json",
    "blank after": f"{pool.FIRST.address} ",
    "blank before": f" {pool.FIRST.address}",
    "longer before": f"x{pool.FIRST.address}",
    "longer after": f"{pool.FIRST.address}x",
    "shorter": pool.FIRST.address[:-1],
    "one wildcard": pool.FIRST.address.replace("-1", "_1"),
    "many wildcards": pool.FIRST.address.replace("-1", "%"),
    "a tag": pool.FIRST.address.replace("@", "+tag@"),
}


@pytest.mark.parametrize("nearly", NEARLY)
def test_an_address_is_compared_as_a_whole(owner: Caller, nearly: str) -> None:
    """An address that is nearly the channel's finds nothing: no suffix is cut, nothing trimmed (behaviour 1.2, 6)."""
    channel = owner.made(pool.FIRST)

    missing(owner.delete_by_address(Pair("email", NEARLY[nearly])))

    assert channel in owner.channels()


@pytest.mark.parametrize("pair", [pool.PLUS, pool.PERCENT, pool.NON_ASCII, pool.PHONE], ids=str)
def test_a_path_may_escape_more_than_it_must(owner: Caller, pair: Pair) -> None:
    """An at sign or a plus in the path is the same escaped and plain (behaviour 1.2)."""
    channel = owner.made(pair)

    gone = done(owner.ask(DELETE_BY_ADDRESS, "DELETE", tail=tuple(pair), escaped=True))

    assert gone == {**channel, "workflow_state": "retired"}


def test_a_percent_sign_is_decoded_once(owner: Caller) -> None:
    """What looks encoded after it was decoded is left as it is (behaviour 1.2)."""
    channel = owner.made(pool.PERCENT)

    missing(owner.delete_by_address(Pair("email", pool.PERCENT.address.replace("%41", "A"))))

    assert done(owner.delete_by_address(pool.PERCENT))["id"] == channel["id"]


@pytest.mark.parametrize("number", NOT_IDS)
def test_what_is_no_id_is_missing(owner: Caller, number: str) -> None:
    """An id that no channel can have is 404 (behaviour 3.5)."""
    missing(owner.delete(number))


@pytest.mark.parametrize("nearly", NEARLY_IDS)
def test_what_is_only_nearly_an_id_is_missing(owner: Caller, nearly: str) -> None:
    """A segment that begins or ends with a channel's id is not that id (behaviour 1.2, 3.5)."""
    channel = owner.made(pool.FIRST)

    missing(owner.delete(nearly.format(channel["id"])))

    assert channel in owner.channels()


def test_an_address_never_added_is_missing(owner: Caller) -> None:
    """A delete of an address that the user does not have is 404 (behaviour 6)."""
    missing(owner.delete_by_address(pool.ABSENT))


def test_type_and_address_take_the_place_of_an_id(owner: Caller) -> None:
    """Parameters named type and address, together, decide which channel goes (behaviour 1.1)."""
    for caller, place in ((owner, "query"), (owner.about(owner.id), "query"), (owner, "body")):
        by_path, by_name = owner.made(pool.FIRST), owner.made(pool.SECOND)
        fields = (("type", "email"), ("address", pool.SECOND.address))

        gone = done(caller.ask(DELETE, "DELETE", tail=(str(by_path["id"]),), **{place: fields}))

        assert gone["id"] == by_name["id"]
        assert by_path in owner.channels()
        done(owner.delete(by_path["id"]))


def test_type_and_address_in_the_path_win(owner: Caller) -> None:
    """Where the path names a type and an address, parameters of these names are not read (behaviour 1.1)."""
    by_path, bystander = owner.made(pool.FIRST), owner.made(pool.SECOND)
    query = (("type", "email"), ("address", pool.SECOND.address))

    gone = done(owner.ask(DELETE_BY_ADDRESS, "DELETE", tail=tuple(pool.FIRST), query=query))

    assert gone["id"] == by_path["id"]
    assert bystander in owner.channels()


def test_one_of_type_and_address_changes_nothing(owner: Caller) -> None:
    """A type without an address, or the other way round, leaves the id in its place (behaviour 1.1)."""
    by_path, bystander = owner.made(pool.FIRST), owner.made(pool.SECOND)

    gone = done(owner.delete(by_path["id"], (("address", pool.SECOND.address),)))

    assert gone["id"] == by_path["id"]
    assert bystander in owner.channels()


@pytest.mark.parametrize("pair", [pool.MIXED_CASE, pool.GATEWAY], ids=str)
def test_an_address_comes_back_as_the_same_channel(owner: Caller, pair: Pair) -> None:
    """Creating a deleted address again revives its row: id, position, birth; the new letter case (behaviour 5.5)."""
    later = owner.made(pool.NON_ASCII)
    channel = owner.made(pair)
    done(owner.delete(channel["id"]))
    spelled = pair.address.swapcase()

    revived = owner.made(Pair(pair.type, spelled))

    assert revived == {**channel, "address": spelled}
    assert [each for each in owner.channels() if each["id"] == channel["id"]] == [revived]
    assert later in owner.channels()


def test_a_channel_that_comes_back_keeps_its_birth(owner_stock: Stock) -> None:
    """created_at is the row's, not that of the create which brings it back (behaviour 5.5)."""
    for pair in pool.ACCEPTED:
        channel = owner_stock.caller.made(pair)

        assert channel["created_at"] == owner_stock.births.get(channel["id"]), f"{pair} is born again"


def test_an_active_channel_comes_back_unconfirmed(admin: Caller, owner: Caller) -> None:
    """A channel that was active is unconfirmed when it is revived without skip_confirmation (behaviour 5.5)."""
    channel = admin.made(pool.FIRST, SKIP)
    done(owner.delete(channel["id"]))

    revived = owner.made(pool.FIRST)

    assert revived == {**channel, "workflow_state": "unconfirmed"}


def test_an_admin_revives_a_channel_as_active(admin: Caller, owner: Caller) -> None:
    """A channel that an admin revives with skip_confirmation is active (behaviour 5.5)."""
    channel = owner.made(pool.FIRST)
    done(owner.delete(channel["id"]))

    revived = admin.made(pool.FIRST, SKIP)

    assert revived == {**channel, "workflow_state": "active"}


def test_a_revived_address_is_not_checked_again(owner_stock: Stock) -> None:
    """An e-mail channel that was stored unchecked comes back although a new one would be refused (behaviour 5.5)."""
    owner, pair = owner_stock.caller, Pair("email", pool.UNCHECKED.address)
    answer = owner.create(pair)
    if answer.status_code == 400:
        pytest.skip("needs the channel that a type unknown to Canvas makes")
    channel = done(answer)

    done(owner.delete_by_address(pair))

    assert owner.made(pair) == channel


def test_a_deleted_channel_gives_its_place_to_nobody(owner: Caller) -> None:
    """What is made after a delete has an id and a position of its own (behaviour 5.6)."""
    seen = []
    for pair in (pool.FIRST, pool.SECOND, pool.PLUS, pool.QUOTED):
        channel = owner.made(pair)
        seen.append((channel["id"], channel["position"]))
        done(owner.delete(channel["id"]))

    ids, positions = zip(*sorted(seen), strict=True)
    assert len(set(ids)) == len(set(positions)) == len(seen)
    assert list(positions) == sorted(positions)
