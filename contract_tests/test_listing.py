"""Listing: order, pages, the Link header, and what is shown to whom."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests import pool
from contract_tests.caller import TYPE, Caller, done, said

if TYPE_CHECKING:
    import httpx2

    from contract_tests.call import Fields
    from contract_tests.caller import Channel
    from contract_tests.stock import Stock

KEPT = "a b+c&d"
ORDINARY_KEYS = {"id", "position", "workflow_state", "user_id", "created_at", "address", "type"}
BOUNCE_KEYS = {
    "last_bounce_at",
    "last_transient_bounce_at",
    "last_suppression_bounce_at",
    "last_bounce_summary",
    "last_transient_bounce_summary",
}
STRING_IDS = (("Accept", "application/json+canvas-string-ids"),)


@given(size=st.integers(1, 13))
def test_pages_join_to_the_whole_list(owner: Caller, size: int) -> None:
    """Following next from page to page gives every channel once, in order, whatever the page size (behaviour 4)."""
    whole = _stocked(owner)
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

    assert found == whole


@pytest.mark.parametrize("as_number", [False, True], ids=["self", "number"])
def test_the_list_is_in_order(owner: Caller, as_number: bool) -> None:
    """Channels are listed by position, each once, all of one user, none retired (behaviour 4)."""
    _stocked(owner)

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


def test_times_are_utc_to_the_second(owner: Caller) -> None:
    """created_at is in UTC, to the second, with a Z (behaviour 8)."""
    times = [channel["created_at"] for channel in _stocked(owner) if channel["created_at"] is not None]

    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time) for time in times)


def test_ten_channels_are_a_page(owner: Caller) -> None:
    """Without per_page a page holds ten channels, and the Link header says so (behaviour 4.1)."""
    whole = _stocked(owner)

    answer = owner.page()

    assert done(answer) == whole[:10]
    assert _query(answer, "next") == {"page": ["2"], "per_page": ["10"]}


@pytest.mark.parametrize(
    ("asked", "given_"), [("0", 1), ("-5", 1), ("abc", 1), ("", 1), ("101", 100), ("1000", 100), ("5abc", 5), ("3", 3)]
)
def test_per_page_is_kept_between_1_and_100(owner: Caller, asked: str, given_: int) -> None:
    """per_page is read as Ruby reads integers and clamped to 1..100, and the Link header says so (behaviour 4.1)."""
    whole = _stocked(owner)

    answer = owner.page((("per_page", asked),))

    assert done(answer) == whole[:given_]
    assert _query(answer, "current")["per_page"] == [str(given_)]


def test_the_last_of_repeated_parameters_counts(owner: Caller) -> None:
    """Of a parameter that is sent twice, the last is read, as the published Python client needs it (behaviour 5.1)."""
    whole = _stocked(owner)

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


def test_string_ids_are_sent_to_who_asks(owner: Caller) -> None:
    """Accept: application/json+canvas-string-ids turns ids into strings and changes nothing else (behaviour 8)."""
    whole = _stocked(owner)[:10]

    answer = owner.wire.send(owner.call("", "GET", headers=STRING_IDS))
    strings = done(answer)

    assert answer.headers["content-type"].partition(";")[0] == "application/json"
    assert strings == [_with_string_ids(each) for each in whole]


def test_string_ids_are_sent_with_every_answer(owner: Caller) -> None:
    """A create and a delete answer with ids as strings too where they are asked for (behaviour 8)."""
    post = owner.call("", "POST", body=owner.fields(pool.FIRST), headers=STRING_IDS)
    created = done(owner.wire.send(post))
    channel = next(each for each in owner.channels() if str(each["id"]) == created["id"])
    assert created == _with_string_ids(channel)

    deleted = done(owner.wire.send(owner.call("", "DELETE", tail=(created["id"],), headers=STRING_IDS)))

    assert deleted == {**created, "workflow_state": "retired"}


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*"])
def test_any_accept_is_answered_with_json(owner: Caller, accept: str) -> None:
    """Whatever Accept asks for, the answer is JSON (behaviour 8)."""
    assert done(owner.page(headers=(("Accept", accept),))) == owner.channels()[:10]


def test_head_is_get_without_a_body(owner: Caller) -> None:
    """HEAD answers as GET does, with the Link header and no body (behaviour 1.2)."""
    answer = owner.page(method="HEAD")

    assert answer.status_code == 200, said(answer)
    assert answer.content == b""
    assert answer.links.keys() == owner.page().links.keys()


def test_an_unchanged_list_is_not_sent_again(owner: Caller) -> None:
    """If-None-Match with the list's ETag is 304 without a body, until the list changes (behaviour 9)."""
    whole = (("per_page", "100"),)
    first = owner.page(whole)
    etag = first.headers.get("etag")
    if etag is None:
        pytest.skip("the target sends no ETag; a proxy may take it away")

    same = owner.page(whole, (("If-None-Match", etag),))
    owner.made(pool.FIRST)
    changed = owner.page(whole, (("If-None-Match", etag),))

    assert same.status_code == 304, said(same)
    assert same.content == b""
    assert done(changed) == owner.channels()
    assert changed.headers.get("etag") != etag
    done(owner.delete_by_address(pool.FIRST))
    owner.made(pool.SECOND)
    assert owner.page(whole).headers.get("etag") != changed.headers.get("etag"), "as many channels, but others"


def test_ordinary_callers_see_no_bounces(owner: Caller) -> None:
    """The bounce fields are absent, not null, for callers other than site admins (behaviour 8)."""
    for channel in _stocked(owner):
        assert channel.keys() >= ORDINARY_KEYS
        assert not [key for key in channel if "bounce" in key]


def test_a_site_admin_sees_bounces_and_nothing_less(site_admin: Caller, owner: Caller) -> None:
    """What a site admin sees, bounce fields left out, is what the owner sees (behaviour 8)."""
    _stocked(owner)
    seen = site_admin.channels()

    shown = {frozenset(key for key in channel if "bounce" in key) for channel in seen}
    assert len(shown) == 1, "bounce fields are shown for some channels and not for others"
    assert [{key: each[key] for key in each if "bounce" not in key} for each in seen] == owner.channels()
    bounces = next(iter(shown))
    if not bounces:
        pytest.skip(
            "the holder of CANVAS_SITE_ADMIN_TOKEN is shown no bounce fields: an older Canvas, or a lesser right"
        )
    assert bounces >= BOUNCE_KEYS
    ours = [channel for channel in seen if pool.is_ours(channel["address"])]
    assert {channel.get("bounce_count", 0) for channel in ours} == {0}
    assert {channel[key] for channel in ours for key in BOUNCE_KEYS} == {None}


@pytest.mark.parametrize(("method", "tail"), [("GET", ("0",)), ("GET", ("push",)), ("PUT", ()), ("PATCH", ())], ids=str)
def test_what_has_no_route_is_missing(owner: Caller, method: str, tail: tuple[str, ...]) -> None:
    """A method without a route is 404, not 405: nothing reads or changes a single channel (behaviour 1.3)."""
    before = owner.channels()

    nobody = Caller(owner.wire, owner.contract, None, "", owner.id)

    answers = [caller.wire.send(caller.call("", method, tail=tail)) for caller in (owner, nobody)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert owner.channels() == before


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
def test_a_single_channel_can_only_be_deleted(owner: Caller, method: str) -> None:
    """A channel of one's own cannot be read or changed under its id: 404 (behaviour 1.1, 1.3)."""
    channel = owner.made(pool.FIRST)

    answer = owner.wire.send(owner.call("", method, tail=(str(channel["id"]),)))

    assert answer.status_code == 404, said(answer)
    assert channel in owner.channels()


def test_answers_are_not_kept_by_others(owner: Caller) -> None:
    """No shared cache may keep a list, nor any cache a failure, where the answer says anything of it (behaviour 9)."""
    nobody = Caller(owner.wire, owner.contract, None, "", owner.id)
    lists, failures = [owner.page()], [nobody.page(), owner.delete("0"), owner.post(((TYPE, "email"),))]

    for kept, answers in ((("private", "no-store", "no-cache"), lists), (("no-store", "no-cache"), failures)):
        for answer in answers:
            rules = answer.headers.get("cache-control", "no-store").replace(",", " ").split()
            assert set(rules) & set(kept), f"{answer.status_code} may be kept: {' '.join(rules)}"


def test_every_request_has_a_name_of_its_own(owner: Caller) -> None:
    """X-Request-Context-Id, where it is sent, is a UUID, and another one for each request (behaviour 9)."""
    names = [owner.page().headers.get("x-request-context-id") for _ in range(3)]
    if None in names:
        pytest.skip("the target sends no X-Request-Context-Id")

    assert len({UUID(name) for name in names if name}) == 3


def _stocked(owner: Caller) -> list[Channel]:
    """The owner's channels, with one of every pair among them."""
    channels = owner.channels()
    present = {(channel["type"], channel["address"].lower()) for channel in channels}
    new = [pair for pair in pool.ACCEPTED if pair.key not in present]
    for pair in new:
        owner.made(pair)
    return owner.channels() if new else channels


def _with_string_ids(channel: Channel) -> dict[str, Any]:
    return {**channel, "id": str(channel["id"]), "user_id": str(channel["user_id"])}


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
