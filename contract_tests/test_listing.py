"""Listing: order, pages, and the Link header."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.caller import done, said

if TYPE_CHECKING:
    import httpx2

    from contract_tests.call import Fields
    from contract_tests.caller import Caller, Channel
    from contract_tests.stock import Stock

KEPT = "a b+c&d"


@given(size=st.integers(1, 13))
def test_pages_join_to_the_whole_list(owner: Caller, size: int) -> None:
    """Following next from page to page gives every channel once, in order, whatever the page size (behaviour 4)."""
    whole = owner.stocked()
    owner.wire.begin()
    found: list[Channel] = []
    page: str | None = "1"

    while page:
        answer = owner.page(_query_of(page, size))
        part = done(answer)
        found += part
        page = _next(owner, answer, size, int(page))
        assert _query(answer, "last")["page"] == [str(-(-len(whole) // size))], "last is not the last page"
        assert len(part) == size or page is None, "a page before the last is not full"
        assert len(found) <= len(whole), "the pages repeat channels"

    def by_id(channel: Channel) -> int:
        return int(channel["id"])

    assert sorted(found, key=by_id) == sorted(whole, key=by_id)
    positions = [channel["position"] for channel in found if channel["position"] is not None]
    assert positions == sorted(positions), "the pages join in another order"


@pytest.mark.parametrize("as_number", [False, True], ids=["self", "number"])
def test_the_list_is_in_order(owner: Caller, as_number: bool) -> None:
    """Channels are listed by position, each once, all of one user, none retired (behaviour 4)."""
    owner.stocked()

    channels = owner.about(owner.id).channels() if as_number else owner.channels()

    positions = [channel["position"] for channel in channels if channel["position"] is not None]
    assert positions == sorted(positions)
    assert len({channel["id"] for channel in channels}) == len(channels)
    assert {channel["user_id"] for channel in channels} == {owner.id}
    assert not [channel for channel in channels if channel["workflow_state"] == "retired"]


def test_a_channel_that_comes_back_takes_its_old_place(owner_stock: Stock) -> None:
    """Beside channels that were never deleted, one that came back is listed by its position too (behaviour 4, 5.5)."""
    positions = [channel["position"] for channel in owner_stock.mixed if channel.get("position") is not None]

    assert positions
    assert positions == sorted(positions)


def test_ten_channels_are_a_page(owner: Caller) -> None:
    """Without per_page a page holds ten channels, and the Link header says so (behaviour 4.1)."""
    whole = owner.stocked()

    answer = owner.page()

    assert done(answer) == whole[:10]
    assert _query(answer, "next") == {"page": ["2"], "per_page": ["10"]}


@pytest.mark.parametrize(
    ("asked", "given_"), [("0", 1), ("-5", 1), ("abc", 1), ("", 1), ("101", 100), ("1000", 100), ("5abc", 5), ("3", 3)]
)
def test_per_page_is_kept_between_1_and_100(owner: Caller, asked: str, given_: int) -> None:
    """per_page is read as Ruby reads integers and clamped to 1..100, and the Link header says so (behaviour 4.1)."""
    whole = owner.stocked()

    answer = owner.page((("per_page", asked),))

    assert done(answer) == whole[:given_]
    assert _query(answer, "current")["per_page"] == [str(given_)]


def test_the_last_of_repeated_parameters_counts(owner: Caller) -> None:
    """Of a parameter that is sent twice, the last is read, as the published Python client needs it (behaviour 5.1)."""
    whole = owner.stocked()

    assert done(owner.page((("per_page", "2"), ("per_page", "3")))) == whole[:3]


@pytest.mark.parametrize("page", ["100000", "9223372036854775808"])
def test_a_page_past_the_last_is_empty(owner: Caller, page: str) -> None:
    """A page past the end is an empty list with no next, and prev is the number before it (behaviour 4.2)."""
    answer = owner.page((("page", page),))

    assert done(answer) == []
    assert "next" not in answer.links
    assert _query(answer, "current")["page"] == [page]
    assert _query(answer, "prev")["page"] == [str(int(page) - 1)]
    assert _query(answer, "first")["page"] == ["1"]


@pytest.mark.parametrize("page", ["0", "-1", "abc", ""])
def test_what_is_no_page_is_missing(owner: Caller, page: str) -> None:
    """A page that is not a positive number is 404, as a general failure (behaviour 4.2)."""
    answer = owner.page((("page", page),))

    assert answer.status_code == 404, said(answer)
    assert answer.json()["errors"][0]["error_code"] == "not_found"


def test_links_hold_no_token(owner: Caller) -> None:
    """An access_token in the query is not repeated in the Link header, other parameters are (behaviour 4.3)."""
    answer = owner.page((("access_token", "canvas-contract-is-no-token"), ("kept", KEPT)))

    done(answer)
    assert _query(answer, "current")["kept"] == [KEPT]
    assert not [link for link in answer.links.values() if "access_token" in link["url"]]


def test_links_keep_the_user_as_asked_for(owner: Caller) -> None:
    """The links name the user as the request did: self as self, a number as that number (behaviour 4.3)."""
    for caller in (owner, owner.about(owner.id), owner.about(owner.id, f"00{owner.id}")):
        answer = caller.page()

        done(answer)
        paths = {urlsplit(link["url"]).path for link in answer.links.values()}
        assert paths == {f"/api/v1/users/{caller.user}/communication_channels"}


def test_head_is_get_without_a_body(owner: Caller) -> None:
    """HEAD answers as GET does, with the Link header and no body (behaviour 1.2)."""
    answer = owner.page(method="HEAD")

    assert answer.status_code == 200, said(answer)
    assert answer.content == b""
    assert answer.links.keys() == owner.page().links.keys()


def _query_of(page: str, size: int) -> Fields:
    return (("page", page), ("per_page", str(size)), ("kept", KEPT))


def _query(answer: httpx2.Response, relation: str) -> dict[str, list[str]]:
    assert relation in answer.links, f"the Link header has no {relation}"
    return parse_qs(urlsplit(answer.links[relation]["url"]).query)


def _next(owner: Caller, answer: httpx2.Response, size: int, page: int) -> str | None:
    """The next page, after every link was looked at."""
    for relation in map(str, answer.links):
        parts = urlsplit(answer.links[relation]["url"])
        assert f"{parts.scheme}://{parts.netloc}".lower() == owner.wire.settings.url, f"{relation} is another host's"
        assert parts.path == answer.request.url.path, f"{relation} leads to another path"
        assert _query(answer, relation)["kept"] == [KEPT], f"{relation} drops a query parameter"
        assert _query(answer, relation)["per_page"] == [str(size)], f"{relation} has another page size"
    assert _query(answer, "first")["page"] == ["1"]
    assert _query(answer, "current")["page"] == [str(page)]
    assert ("prev" in answer.links) == (page > 1), "prev is on every page but the first"
    assert page == 1 or _query(answer, "prev")["page"] == [str(page - 1)]
    if "next" not in answer.links:
        return None
    assert _query(answer, "next")["page"] == [str(page + 1)]
    return str(page + 1)
