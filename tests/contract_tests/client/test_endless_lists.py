"""Lists of channels without end, and responses with more elements than a user can have channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from contract_tests.account.clean_up import list_unvalidated
from contract_tests.account.restoration import clean_up
from contract_tests.client.api_client import MAX_CHANNELS, ApiClient, page_size
from contract_tests.client.request import LIST
from contract_tests.client.safety.journal import Journal
from contract_tests.client.settings import Inconclusive, Settings
from contract_tests.client.transport import Transport
from contract_tests.oracle.contract import Contract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOKEN = "a-token-that-nobody-may-see"
SETTINGS = Settings("https://canvas.example.edu", {"CANVAS_TOKEN": TOKEN}, profile="thorough")
URL = f"{SETTINGS.url}/api/v1/users/self/communication_channels"
Page = tuple[list[dict[str, Any]], str]


class AnyResponse:
    """A contract that every response conforms to."""

    def violations(self, _operation: str, _response: httpx2.Response, *, with_body: bool = True) -> list[str]:  # noqa: ARG002
        return []


def channel(number: int) -> dict[str, Any]:
    return {"id": number, "user_id": 1, "type": "email", "address": f"user-{number}@example.edu"}


def link(size: int, next_page: int | None = None) -> str:
    relations = {"current": 1, **({"next": next_page} if next_page else {})}
    return ",".join(f'<{URL}?page={page}&per_page={size}>; rel="{name}"' for name, page in relations.items())


def new_ids(page: int) -> Page:
    """Return a full page of channels that no other page has, with a link to the next one."""
    return [channel(number) for number in range(page * 100, page * 100 + 100)], link(100, page + 1)


def one_new_id(page: int) -> Page:
    """Return a page of one channel, the largest page of this target, with a link to the next one."""
    return [channel(page)], link(1, page + 1)


def same_page(_page: int) -> Page:
    """Return the same full page, with a link to itself."""
    return [channel(number) for number in range(100)], link(100, 1)


def without_links(page: int) -> Page:
    """Return a full page of channels that no other page has, without the header Link."""
    return [channel(number) for number in range(page * 100, page * 100 + 100)], ""


def one_large_page(page: int) -> Page:
    """Return a page of 1,000 channels, the largest page according to the links."""
    return [channel(number) for number in range(page * 1_000, page * 1_000 + 1_000)], link(1_000, page + 1)


ENDLESS = [(new_ids, 5), (one_new_id, MAX_CHANNELS + 1), (same_page, 2), (without_links, 5), (one_large_page, 1)]
"""The pages of endless lists, and the number of requests after which the suite reads no further.

It stops at more than 400 channels (MAX_CHANNELS), or at a page without a new one.
"""


@pytest.fixture
def connect(tmp_path: Path) -> Callable[..., ApiClient]:
    """Return a function that makes a client of a target with these pages."""

    def client(page: Callable[[int], Page], contract: Any = None) -> ApiClient:
        def handler(request: httpx2.Request) -> httpx2.Response:
            if request.method == "DELETE":
                return httpx2.Response(200, json={}, request=request)
            channels, links = page(int(request.url.params.get("page", "1")))
            headers = {"Link": links} if links else {}
            return httpx2.Response(200, json=channels, headers=headers, request=request)

        transport = Transport(SETTINGS, Journal(tmp_path, "origin"), http_transport=httpx2.MockTransport(handler))
        return ApiClient(transport, contract or AnyResponse(), TOKEN, "CANVAS_TOKEN", 1)

    return client


@pytest.mark.parametrize(("page", "requests"), ENDLESS)
def test_endless_list_is_a_violation_in_tests(
    connect: Callable[..., ApiClient], page: Callable[[int], Page], requests: int
) -> None:
    client = connect(page)

    with pytest.raises(AssertionError, match="the list does not end: page"):
        client.list_channels()

    assert client.transport.sent == requests


@pytest.mark.parametrize(("page", "requests"), ENDLESS)
def test_endless_list_ends_in_the_clean_up(
    connect: Callable[..., ApiClient], page: Callable[[int], Page], requests: int
) -> None:
    client = connect(page)

    if page is same_page:  # the second page has nothing new
        assert len(list_unvalidated(client)) == 100
    else:
        with pytest.raises(Inconclusive, match="user 1 is not usable: the list does not end: it has more than 400"):
            list_unvalidated(client)

    assert client.transport.sent == requests


def test_endless_list_does_not_prevent_the_deletes_of_the_clean_up(connect: Callable[..., ApiClient]) -> None:
    client = connect(new_ids)
    client.transport.journal.record_creation(1, 7)

    with pytest.raises(Inconclusive, match="the list does not end: it has more than 400"):
        clean_up(client)

    assert {each.url for each in client.transport.exchanges if each.method == "DELETE"} == {f"{URL}/7"}


@pytest.mark.parametrize("size", [1, 50, 100])
def test_list_of_as_many_channels_as_older_canvas_allows_is_read(connect: Callable[..., ApiClient], size: int) -> None:
    def pages(page: int) -> Page:
        numbers = range(200)[(page - 1) * size : page * size]
        return [channel(number) for number in numbers], link(size, page + 1 if page * size < 200 else None)

    client = connect(pages)

    assert len(client.list_channels()) == 200
    assert len(list_unvalidated(client)) == 200


def test_page_of_more_channels_than_a_user_can_have_violates_the_contract(connect: Callable[..., ApiClient]) -> None:
    client = connect(one_large_page, Contract())

    with pytest.raises(AssertionError, match="a list of 1000 elements, which is more than a user can have channels"):
        client.list_page()


@pytest.mark.parametrize("number", ["9" * 19, "9" * 5000, ""])
def test_page_size_that_is_no_number_is_unknown(number: str) -> None:
    response = httpx2.Response(200, headers={"Link": f'<{URL}?per_page={number}>; rel="current"'})

    assert page_size(response) is None


def test_violations_of_a_large_response_are_few_and_short() -> None:
    body = [{"id": "x" * 10_000}] * MAX_CHANNELS
    response = httpx2.Response(200, json=body, headers={"Link": link(100)})

    violations = Contract().violations(LIST, response)

    assert 1 < len(violations) <= 100
    assert max(map(len, violations)) <= 2_000
