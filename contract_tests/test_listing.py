"""The list of channels: order, pagination and the Link header."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.client.api_client import describe, expect_ok

if TYPE_CHECKING:
    import httpx2

    from contract_tests.account.baseline import Baseline
    from contract_tests.client.api_client import ApiClient, Channel

OTHER_PARAMETER, OTHER_VALUE = "kept", "a b+c&d"
"""A query parameter that Canvas does not read, and its value; the links repeat it."""


@given(size=st.integers(1, 13))
def test_pages_contain_every_channel_once_in_order(owner: ApiClient, size: int) -> None:
    """The pages from the first to the last contain every channel once, in order, for any page size (behaviour 4)."""
    expected = owner.create_missing_channels()
    owner.transport.reset_steps()
    last = str(-(-len(expected) // size))
    found: list[Channel] = []
    page: int | None = 1

    while page:
        query = (("page", str(page)), ("per_page", str(size)), (OTHER_PARAMETER, OTHER_VALUE))
        response = owner.list_page(query)
        channels = expect_ok(response)
        found += channels
        next_page = _check_links(owner, response, size, page)
        assert _query(response, "last")["page"] == [last], "the last relation is not the last page"
        assert len(channels) == size or next_page is None, "a page before the last is not full"
        assert len(found) <= len(expected), "the pages repeat channels"
        page = next_page

    assert sorted(found, key=_id_of) == sorted(expected, key=_id_of)
    assert _positions(found) == sorted(_positions(found)), "the pages are not in order of position"


@pytest.mark.parametrize("as_number", [False, True], ids=["self", "number"])
def test_list_is_ordered_by_position(owner: ApiClient, as_number: bool) -> None:
    """The list has each channel of one user once, ordered by position, without retired channels (behaviour 4)."""
    owner.create_missing_channels()

    channels = owner.for_user(owner.id).list_channels() if as_number else owner.list_channels()

    assert _positions(channels) == sorted(_positions(channels))
    assert len({channel["id"] for channel in channels}) == len(channels)
    assert {channel["user_id"] for channel in channels} == {owner.id}
    assert not [channel for channel in channels if channel["workflow_state"] == "retired"]


def test_restored_channel_is_listed_at_its_old_position(owner_baseline: Baseline) -> None:
    """A restored channel is listed by its position, among channels that were never deleted (behaviour 4, 5.5)."""
    positions = [
        channel["position"] for channel in owner_baseline.listed_after_restore if channel.get("position") is not None
    ]

    assert positions
    assert positions == sorted(positions)


def test_default_page_size_is_10(owner: ApiClient) -> None:
    """Without per_page, a page has ten channels and the Link header has per_page=10 (behaviour 4.1)."""
    channels = owner.create_missing_channels()

    response = owner.list_page()

    assert expect_ok(response) == channels[:10]
    assert _query(response, "next") == {"page": ["2"], "per_page": ["10"]}


@pytest.mark.parametrize(
    ("sent", "size"), [("0", 1), ("-5", 1), ("abc", 1), ("", 1), ("101", 100), ("1000", 100), ("5abc", 5), ("3", 3)]
)
def test_per_page_is_clamped_to_1_to_100(owner: ApiClient, sent: str, size: int) -> None:
    """per_page is read as an integer in Ruby and clamped to 1 to 100; the links have the result (behaviour 4.1)."""
    channels = owner.create_missing_channels()

    response = owner.list_page((("per_page", sent),))

    assert expect_ok(response) == channels[:size]
    assert _query(response, "current")["per_page"] == [str(size)]


def test_last_of_repeated_query_parameters_is_used(owner: ApiClient) -> None:
    """If a query repeats a parameter, the last value is used; the Python client depends on this (behaviour 5.1)."""
    channels = owner.create_missing_channels()

    response = owner.list_page((("per_page", "2"), ("per_page", "3")))

    assert expect_ok(response) == channels[:3]


@pytest.mark.parametrize("page", ["100000", "9223372036854775808"])
def test_page_after_the_last_is_empty(owner: ApiClient, page: str) -> None:
    """A page after the last is an empty list without next; its prev is the page number before it (behaviour 4.2)."""
    response = owner.list_page((("page", page),))

    assert expect_ok(response) == []
    assert "next" not in response.links
    assert _query(response, "current")["page"] == [page]
    assert _query(response, "prev")["page"] == [str(int(page) - 1)]
    assert _query(response, "first")["page"] == ["1"]


@pytest.mark.parametrize("page", ["0", "-1", "abc", ""])
def test_invalid_page_number_is_404(owner: ApiClient, page: str) -> None:
    """A page number that is not a positive integer is 404 with the error code not_found (behaviour 4.2)."""
    response = owner.list_page((("page", page),))

    assert response.status_code == 404, describe(response)
    assert response.json()["errors"][0]["error_code"] == "not_found"


def test_link_header_omits_the_access_token(owner: ApiClient) -> None:
    """The links omit the query parameter access_token and repeat other parameters (behaviour 4.3)."""
    response = owner.list_page((("access_token", "canvas-contract-is-no-token"), (OTHER_PARAMETER, OTHER_VALUE)))

    expect_ok(response)
    assert _query(response, "current")[OTHER_PARAMETER] == [OTHER_VALUE]
    assert not [link for link in response.links.values() if "access_token" in link["url"]]


def test_link_header_repeats_the_user_of_the_request(owner: ApiClient) -> None:
    """The links name the user as the request does: self as self, a number as the same digits (behaviour 4.3)."""
    for client in (owner, owner.for_user(owner.id), owner.for_user(owner.id, f"00{owner.id}")):
        response = client.list_page()

        expect_ok(response)
        paths = {urlsplit(link["url"]).path for link in response.links.values()}
        assert paths == {f"/api/v1/users/{client.user}/communication_channels"}


def test_head_returns_the_links_of_get_without_a_body(owner: ApiClient) -> None:
    """The response to HEAD has the status and the links of GET, and no body (behaviour 1.2)."""
    response = owner.list_page(method="HEAD")

    assert response.status_code == 200, describe(response)
    assert response.content == b""
    assert response.links.keys() == owner.list_page().links.keys()


def _id_of(channel: Channel) -> int:
    return int(channel["id"])


def _positions(channels: list[Channel]) -> list[int]:
    """Return the positions of the channels that have one."""
    return [channel["position"] for channel in channels if channel["position"] is not None]


def _query(response: httpx2.Response, relation: str) -> dict[str, list[str]]:
    """Return the query parameters of a link."""
    assert relation in response.links, f"the Link header has no relation {relation}"
    return parse_qs(urlsplit(response.links[relation]["url"]).query)


def _check_links(owner: ApiClient, response: httpx2.Response, size: int, page: int) -> int | None:
    """Check every link of a page, and return the number of the next page, if any."""
    for relation in map(str, response.links):
        _check_link(owner, response, relation, size)
    assert _query(response, "first")["page"] == ["1"]
    assert _query(response, "current")["page"] == [str(page)]
    assert ("prev" in response.links) == (page > 1), "every page except the first has a link prev"
    assert page == 1 or _query(response, "prev")["page"] == [str(page - 1)]
    if "next" not in response.links:
        return None
    assert _query(response, "next")["page"] == [str(page + 1)]
    return page + 1


def _check_link(owner: ApiClient, response: httpx2.Response, relation: str, size: int) -> None:
    """Check that a link repeats the origin, the path and the parameters of the request."""
    url = urlsplit(response.links[relation]["url"])
    query = _query(response, relation)
    assert f"{url.scheme}://{url.netloc}".lower() == owner.transport.settings.url, f"{relation} has another origin"
    assert url.path == response.request.url.path, f"{relation} has another path"
    assert query[OTHER_PARAMETER] == [OTHER_VALUE], f"{relation} omits a query parameter"
    assert query["per_page"] == [str(size)], f"{relation} has another page size"
