"""Listing: order, pages, and the Link header."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests import pool
from contract_tests.caller import Channel, done, missing

if TYPE_CHECKING:
    import httpx2

    from contract_tests.caller import Caller


@given(size=st.integers(1, 12))
def test_pages_join_to_the_whole_list(owner: Caller, size: int) -> None:
    """Following next from page to page gives every channel once, in order, whatever the page size."""
    whole = _stocked(owner)
    found: list[Channel] = []
    page: str | None = "1"

    while page:
        answer = owner.page(query=(("page", page), ("per_page", str(size)), ("kept", "a b+c")))
        part = done(answer)
        found += part
        page = _next(owner, answer, size, int(page))
        assert _query(answer, "last")["page"] == [str(-(-len(whole) // size))]
        assert len(part) == size or page is None, "a page before the last is not full"
        assert len(found) <= len(whole), "the pages repeat channels"

    assert found == whole


def test_the_list_is_in_order(owner: Caller) -> None:
    """Channels are listed by position, each once, all of one user, none retired."""
    channels = _stocked(owner)

    positions = [channel["position"] for channel in channels if channel["position"] is not None]
    assert positions == sorted(positions)
    assert len({channel["id"] for channel in channels}) == len(channels)
    assert {channel["user_id"] for channel in channels} == {owner.id}
    assert not [channel for channel in channels if channel["workflow_state"] == "retired"]


def test_times_are_utc_to_the_second(owner: Caller) -> None:
    """created_at is in UTC, to the second, with a Z."""
    times = [channel["created_at"] for channel in _stocked(owner) if channel["created_at"] is not None]

    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time) for time in times)


def test_ten_channels_are_a_page(owner: Caller) -> None:
    """Without per_page a page holds ten channels."""
    whole = _stocked(owner)

    assert done(owner.page()) == whole[:10]


@pytest.mark.parametrize(("asked", "given_"), [("0", 1), ("-5", 1), ("abc", 1), ("1000", 100), ("5abc", 5)])
def test_per_page_is_kept_between_1_and_100(owner: Caller, asked: str, given_: int) -> None:
    """per_page is read as Ruby reads integers and clamped to 1..100, and the Link header says so."""
    whole = _stocked(owner)

    answer = owner.page(query=(("per_page", asked),))

    assert done(answer) == whole[:given_]
    assert _query(answer, "current")["per_page"] == [str(given_)]


def test_a_page_past_the_last_is_empty(owner: Caller) -> None:
    """A page past the end is an empty list with no next."""
    answer = owner.page(query=(("page", "100000"),))

    assert done(answer) == []
    assert "next" not in answer.links


@pytest.mark.parametrize("page", ["0", "-1", "abc"])
def test_what_is_no_page_is_missing(owner: Caller, page: str) -> None:
    """A page that is not a positive number is 404."""
    missing(owner.page(query=(("page", page),)))


def test_string_ids_are_sent_to_who_asks(owner: Caller) -> None:
    """Accept: application/json+canvas-string-ids turns ids into strings and changes nothing else."""
    whole = _stocked(owner)[:10]
    call = owner.fence_call((("Accept", "application/json+canvas-string-ids"),))

    strings = done(owner.fence.send(call))

    assert strings == [{**each, "id": str(each["id"]), "user_id": str(each["user_id"])} for each in whole]


def _stocked(owner: Caller) -> list[Channel]:
    channels = owner.channels()
    present = {(channel["type"], channel["address"].lower()) for channel in channels}
    new = [pair for pair in pool.ACCEPTED if pair.key not in present]
    for pair in new:
        owner.made(pair)
    return owner.channels() if new else channels


def _query(answer: httpx2.Response, relation: str) -> dict[str, list[str]]:
    assert relation in answer.links, f"the Link header has no {relation}"
    return parse_qs(urlsplit(answer.links[relation]["url"]).query)


def _next(owner: Caller, answer: httpx2.Response, size: int, page: int) -> str | None:
    for relation in map(str, answer.links):
        parts = urlsplit(answer.links[relation]["url"])
        assert f"{parts.scheme}://{parts.netloc}" == owner.fence.origin, f"{relation} leads to another host"
        assert parts.path == answer.request.url.path, f"{relation} leads to another path"
        assert _query(answer, relation)["kept"] == ["a b+c"], f"{relation} drops a query parameter"
        assert _query(answer, relation)["per_page"] == [str(size)]
    assert _query(answer, "first")["page"] == ["1"]
    assert _query(answer, "current")["page"] == [str(page)]
    assert page == 1 or _query(answer, "prev")["page"] == [str(page - 1)]
    if "next" not in answer.links:
        return None
    assert _query(answer, "next")["page"] == [str(page + 1)]
    return str(page + 1)
