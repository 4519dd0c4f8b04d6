"""The list of channels: order, pagination and the Link header."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.client.api_client import UNLIMITED_PAGE_SIZE, describe, expect_fields, expect_ok

if TYPE_CHECKING:
    import httpx2

    from contract_tests.account.baseline import Baseline
    from contract_tests.client.api_client import ApiClient, Channel

OTHER_PARAMETER, OTHER_VALUE = "repeated", "a b+c&d"
"""A query parameter that Canvas does not read, and its value; the links repeat it."""
SIZE_AFTER_THE_LAST = 30
"""The page size in the links of a page after the last, if Canvas does not count the pages (behaviour 4.2)."""


def test_restored_channel_is_listed_at_its_old_position(owner_creations: Baseline) -> None:
    """A restored channel is listed by its position, among channels that were never deleted (behaviour 4, 5.5)."""
    if owner_creations.list_step is not None:
        # The reports show this request if an assertion fails.
        owner_creations.client.transport.steps = [owner_creations.list_step]
    positions = [
        channel["position"] for channel in owner_creations.listed_after_restore if channel.get("position") is not None
    ]

    assert positions, "position: no listed channel has one"
    assert all(isinstance(each, int) for each in positions), "position: not an integer"
    assert positions == sorted(positions), f"position: the list has the order {positions}"


@given(size=st.integers(1, 13))
@pytest.mark.cases(smoke=1)
def test_pages_contain_every_channel_once_in_order(
    owner: ApiClient, all_channels: list[Channel], page_limit: int, size: int
) -> None:
    """The pages from the first to the last contain every channel once, in order, for any page size (behaviour 4)."""
    owner.transport.reset_steps()
    size = min(size, page_limit)
    last = str(_last_page(all_channels, size))
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
        assert len(found) <= len(all_channels), "the pages repeat channels"
        page = next_page

    assert sorted(found, key=_id_of) == sorted(all_channels, key=_id_of)
    assert _positions(found) == sorted(_positions(found)), "the pages are not in order of position"


@pytest.mark.usefixtures("all_channels")
@pytest.mark.parametrize("as_number", [False, True], ids=["self", "number"])
@pytest.mark.cases(smoke=2)
def test_list_is_ordered_by_position(owner: ApiClient, as_number: bool) -> None:
    """The list has each channel of one user once, ordered by position, without retired channels (behaviour 4)."""
    client = owner.for_user(owner.id) if as_number else owner

    channels = client.list_channels(fresh=True)

    assert _positions(channels) == sorted(_positions(channels)), f"position: the order is {_positions(channels)}"
    for channel in channels:
        expect_fields(channel, user_id=owner.id)
    assert not [channel for channel in channels if channel["workflow_state"] == "retired"]


@pytest.mark.cases(smoke=1)
def test_default_page_size_is_10(owner: ApiClient, all_channels: list[Channel], page_limit: int) -> None:
    """Without per_page, a page has ten channels and the Link header has per_page=10 (behaviour 4.1)."""
    size = min(10, page_limit)

    response = owner.list_page()

    assert expect_ok(response) == all_channels[:size]
    assert _query(response, "first") == {"page": ["1"], "per_page": [str(size)]}
    if len(all_channels) > size:
        assert _query(response, "next") == {"page": ["2"], "per_page": [str(size)]}


@pytest.mark.parametrize(
    ("sent", "number"),
    [
        *(("0", 1), ("-5", 1), ("abc", 1), ("", 1), ("5abc", 5), ("3", 3), ("101", 101), ("1000", 1000)),
        (str(UNLIMITED_PAGE_SIZE), UNLIMITED_PAGE_SIZE),
    ],
)
@pytest.mark.cases(smoke=2)
def test_per_page_is_at_least_1_and_at_most_the_page_limit(
    owner: ApiClient, all_channels: list[Channel], page_limit: int, sent: str, number: int
) -> None:
    """per_page is an integer as in Ruby, at least 1 and at most the target's limit, usually 100 (behaviour 4.1).

    The links have the resulting number.
    """
    size = min(number, page_limit)

    response = owner.list_page((("per_page", sent),))

    assert expect_ok(response) == all_channels[:size]
    assert _query(response, "current")["per_page"] == [str(size)]
    assert size < UNLIMITED_PAGE_SIZE, "per_page has no limit"


def test_last_of_repeated_query_parameters_is_used(owner: ApiClient, all_channels: list[Channel]) -> None:
    """If a query repeats a parameter, the last value is used; the Python client depends on this (behaviour 5.1)."""
    response = owner.list_page((("per_page", "2"), ("per_page", "3")))

    assert expect_ok(response) == all_channels[:3]


@pytest.mark.usefixtures("all_channels")
@pytest.mark.parametrize("page", [100_000, 2**63])
@pytest.mark.parametrize("size", [None, 7])
@pytest.mark.cases(smoke=1)
def test_page_after_the_last_is_empty(owner: ApiClient, page_limit: int, page: int, size: int | None) -> None:
    """A page after the last is an empty list, with links as an older or a newer Canvas sends them (behaviour 4.2).

    Canvas of 2023 links to the next page and not to the last, with per_page=30 in every URL.
    A Canvas that counts the pages links to the last page and not to the next, with the requested size.
    """
    query = (("page", str(page)), (OTHER_PARAMETER, OTHER_VALUE), *((("per_page", str(size)),) if size else ()))

    response = owner.list_page(query)

    assert expect_ok(response) == []
    _check_links_after_the_last(owner, response, min(size or 10, page_limit), page)


@pytest.mark.usefixtures("all_channels")
@pytest.mark.parametrize("page", ["0", "-1", "abc", ""])
@pytest.mark.cases(smoke=1)
def test_invalid_page_number_is_404(owner: ApiClient, page: str) -> None:
    """A page number that is not a positive integer is 404 with the error code not_found (behaviour 4.2)."""
    response = owner.list_page((("page", page),))

    assert response.status_code == 404, describe(response)
    assert response.json()["errors"][0]["error_code"] == "not_found"


@pytest.mark.usefixtures("all_channels")
@pytest.mark.cases(smoke=1)
def test_link_header_omits_the_access_token(owner: ApiClient) -> None:
    """The links omit the query parameter access_token and repeat other parameters (behaviour 4.3)."""
    response = owner.list_page((("access_token", "canvas-contract-unknown-token"), (OTHER_PARAMETER, OTHER_VALUE)))

    expect_ok(response)
    assert _query(response, "current")[OTHER_PARAMETER] == [OTHER_VALUE]
    assert not [link for link in response.links.values() if "access_token" in link["url"]]


@pytest.mark.usefixtures("all_channels")
def test_link_header_repeats_the_user_of_the_request(owner: ApiClient) -> None:
    """The links have the user id of the request: self, or the number in the same digits (behaviour 4.3)."""
    for client in (owner, owner.for_user(owner.id), owner.for_user(owner.id, f"00{owner.id}")):
        response = client.list_page()

        expect_ok(response)
        paths = {urlsplit(link["url"]).path for link in response.links.values()}
        assert paths == {f"/api/v1/users/{client.user}/communication_channels"}


@pytest.mark.usefixtures("all_channels")
@pytest.mark.cases(smoke=1)
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


def _last_page(channels: list[Channel], size: int) -> int:
    """Return the number of the last page; an empty list has one page."""
    return max(1, ceil(len(channels) / size))


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


def _check_links_after_the_last(owner: ApiClient, response: httpx2.Response, size: int, page: int) -> None:
    """Check that the links of a page after the last are those of an older or of a newer Canvas.

    A link `last` names the requested page, or the last page with channels.
    """
    relations = [str(relation) for relation in response.links]
    has_next = "next" in relations
    assert has_next != ("last" in relations), "a page after the last has one of the links next and last"
    for relation in relations:
        _check_link(owner, response, relation, SIZE_AFTER_THE_LAST if has_next else size)
    numbers = {relation: int(_query(response, relation)["page"][0]) for relation in relations}
    last = _last_page(owner.list_channels(), size)
    ends = [{"next": page + 1}] if has_next else [{"last": page}, {"last": last}]
    assert numbers in [{"current": page, "prev": page - 1, "first": 1, **end} for end in ends]


def _check_link(owner: ApiClient, response: httpx2.Response, relation: str, size: int) -> None:
    """Check that a link repeats the origin, the path and the parameters of the request."""
    url = urlsplit(response.links[relation]["url"])
    query = _query(response, relation)
    assert f"{url.scheme}://{url.netloc}".lower() == owner.transport.settings.url, f"{relation} has another origin"
    assert url.path == response.request.url.path, f"{relation} has another path"
    assert query[OTHER_PARAMETER] == [OTHER_VALUE], f"{relation} omits a query parameter"
    assert query["per_page"] == [str(size)], f"{relation} has another page size"
