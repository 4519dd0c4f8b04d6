"""Faults of the Link header."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mockserver.api import handlers, pagination
from mockserver.api.pagination import Page
from mockserver.canvas.channels import ChannelList
from mutants.links import PagePastTheEnd, change_link_header, link_last_page_past_the_end
from mutants.mutant import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.exchange import Request, Response
    from mutants.patching import PatchedMock


def _change_links(mock: PatchedMock, change: Callable[[dict[str, int], Page], object]) -> None:
    """Change the page numbers of the links by `change(numbers, page)`."""

    def page_numbers(original: Any, page: Page) -> dict[str, int]:
        numbers: dict[str, int] = original(page)
        change(numbers, page)
        return numbers

    mock.wrap(pagination, "_page_numbers", page_numbers)


def _change_links_past_the_end(mock: PatchedMock, change: Callable[[dict[str, int], Page], object]) -> None:
    """Change the page numbers of the links of pages past the end by `change(numbers, page)`."""
    _change_links(mock, lambda numbers, page: change(numbers, page) if page.last is None else None)


@fault
def link_header_is_missing(mock: PatchedMock) -> None:
    """Lists have no Link header."""
    mock.on_response(lambda _request, response: response.headers.pop("link", None))


@fault
def link_header_is_missing_for_one_page(mock: PatchedMock) -> None:
    """A list of one page has no Link header."""

    def change(_request: Request, response: Response) -> None:
        if not re.search('rel="(next|prev)"', response.headers.get("link", "")):
            response.headers.pop("link", None)

    mock.on_response(change)


@fault
def next_is_missing(mock: PatchedMock) -> None:
    """No page has a `next` link."""
    _change_links(mock, lambda numbers, page: numbers.pop("next", None))


@fault
def next_is_missing_after_the_first_page(mock: PatchedMock) -> None:
    """Only the first page has a `next` link."""
    _change_links(mock, lambda numbers, page: numbers.pop("next", None) if page.number > 1 else None)


@fault
def last_page_has_a_next(mock: PatchedMock) -> None:
    """The last page has a `next` link."""

    def change(numbers: dict[str, int], page: Page) -> None:
        if page.number == page.last:
            numbers["next"] = page.number + 1

    _change_links(mock, change)


@fault
def page_past_the_end_has_next_and_last(mock: PatchedMock) -> None:
    """A page past the end has both a `next` and a `last` link."""
    _change_links_past_the_end(mock, lambda numbers, page: numbers.update(last=page.number))


@fault
def page_past_the_end_has_neither_next_nor_last(mock: PatchedMock) -> None:
    """A page past the end has neither a `next` nor a `last` link."""
    _change_links_past_the_end(mock, lambda numbers, page: numbers.pop("next"))


@fault
def next_past_the_end_is_the_same_page(mock: PatchedMock) -> None:
    """The `next` link of a page past the end points to the page itself."""
    _change_links_past_the_end(mock, lambda numbers, page: numbers.update(next=page.number))


@fault
def prev_past_the_end_is_the_first(mock: PatchedMock) -> None:
    """The `prev` link of a page past the end points to the first page."""
    _change_links_past_the_end(mock, lambda numbers, page: numbers.update(prev=1))


@fault
def last_past_the_end_is_too_high(mock: PatchedMock) -> None:
    """A page past the end has a `last` link to the page after it, and no `next` link."""

    def change(numbers: dict[str, int], page: Page) -> None:
        if isinstance(page, PagePastTheEnd):
            numbers["last"] += 1

    link_last_page_past_the_end(mock, lambda number, last: number)
    _change_links(mock, change)


@fault
def links_past_the_end_have_another_size(mock: PatchedMock) -> None:
    """The links of a page past the end have per_page=20, neither the requested size nor 30."""
    mock.replace(pagination, "_SIZE_PAST_THE_END", 20)


@fault
def last_past_the_end_has_size_30(mock: PatchedMock) -> None:
    """A page past the end has a `last` link and no `next` link, and its links have per_page=30."""
    _change_links_past_the_end(mock, lambda numbers, page: numbers.update(last=numbers.pop("next") - 1))


@fault
def links_have_size_30(mock: PatchedMock) -> None:
    """The links of every page have per_page=30."""
    change_link_header(mock, lambda link, request: re.sub(r"per_page=\d+", "per_page=30", link))


@fault
def next_skips_a_page(mock: PatchedMock) -> None:
    """The `next` link skips a page."""

    def change(numbers: dict[str, int], _page: Page) -> None:
        if "next" in numbers:
            numbers["next"] += 1

    _change_links(mock, change)


@fault
def prev_is_missing(mock: PatchedMock) -> None:
    """No page has a `prev` link."""
    _change_links(mock, lambda numbers, page: numbers.pop("prev", None))


@fault
def prev_is_the_first(mock: PatchedMock) -> None:
    """The `prev` link points to the first page."""
    _change_links(mock, lambda numbers, page: numbers.update(prev=1) if "prev" in numbers else None)


@fault
def first_page_has_a_prev(mock: PatchedMock) -> None:
    """The first page has a `prev` link."""
    _change_links(mock, lambda numbers, page: numbers.setdefault("prev", 0))


@fault
def first_is_page_zero(mock: PatchedMock) -> None:
    """The `first` link points to page 0."""
    _change_links(mock, lambda numbers, page: numbers.update(first=0))


@fault
def current_is_missing(mock: PatchedMock) -> None:
    """No page has a `current` link."""
    _change_links(mock, lambda numbers, page: numbers.pop("current"))


@fault
def last_is_one_too_high(mock: PatchedMock) -> None:
    """The `last` link points to the page after the last."""
    _change_links(mock, lambda numbers, page: numbers.update(last=page.last + 1) if page.last else None)


@fault
def last_is_rounded_down(mock: PatchedMock) -> None:
    """The `last` link does not count an incomplete last page, except on that page."""

    def parse_page(original: Any, parameters: Any, total: int, max_size: int) -> Page:
        page: Page = original(parameters, total, max_size)
        return page if page.last is None else page._replace(last=max(page.number, total // page.size))

    mock.wrap(handlers, "parse_page", parse_page)


@fault
def last_counts_deleted_channels(mock: PatchedMock) -> None:
    """The `last` link counts deleted channels."""

    def page(original: Any, self: ChannelList, rows: slice) -> Any:
        row_count[:] = [len(self.rows)]
        return original(self, rows)

    def change(link: str, _request: Request) -> str:
        match = re.search(r"per_page=(\d+)", link)
        size = int(match[1]) if match else 10
        last = max(1, math.ceil(row_count[0] / size))
        return re.sub(r'([?&]page=)\d+(&per_page=\d+>; rel="last")', rf"\g<1>{last}\2", link)

    row_count = [1]
    mock.wrap(ChannelList, "page", page)
    change_link_header(mock, change)


@fault
def links_have_another_host(mock: PatchedMock) -> None:
    """Links have another host than the request."""
    change_link_header(mock, lambda link, request: link.replace(request.headers[b"host"].decode(), "canvas.internal"))


@fault
def links_lack_the_port(mock: PatchedMock) -> None:
    """Links have no port."""

    def change(link: str, request: Request) -> str:
        host = request.headers[b"host"].decode()
        return link.replace(host, host.partition(":")[0])

    change_link_header(mock, change)


@fault
def links_change_the_scheme(mock: PatchedMock) -> None:
    """Links have the scheme https, although the request used http."""
    change_link_header(mock, lambda link, request: link.replace("<http://", "<https://"))


@fault
def links_are_relative(mock: PatchedMock) -> None:
    """Links are paths without a scheme and host."""
    change_link_header(mock, lambda link, request: link.replace(f"http://{request.headers[b'host'].decode()}", ""))


@fault
def links_lack_per_page(mock: PatchedMock) -> None:
    """Links have no `per_page`, so the next page has another size."""
    change_link_header(mock, lambda link, request: re.sub(r"&per_page=\d+", "", link))


@fault
def links_drop_other_parameters(mock: PatchedMock) -> None:
    """Links lack the other query parameters of the request."""
    mock.wrap(handlers, "link_header", lambda original, url, parameters, page: original(url, (), page))


@fault
def links_decode_other_parameters(mock: PatchedMock) -> None:
    """Links with an escaped plus sign repeat the other query parameters without their percent-encoding."""

    def change(link: str, _request: Request) -> str:
        return unquote(link).replace(" ", "") if "%2B" in link else link  # a URL with a space would be malformed

    change_link_header(mock, change)


@fault
def links_repeat_access_token(mock: PatchedMock) -> None:
    """Links repeat the query parameters `access_token` and `api_key`."""
    mock.replace(handlers, "_NOT_IN_LINKS", frozenset({"page", "per_page"}))


@fault
def links_contain_the_token_of_the_header(mock: PatchedMock) -> None:
    """Links contain the token of the Authorization header as `access_token`."""
    change_link_header(mock, lambda link, request: link.replace("&per_page", f"&access_token={request.token}&per_page"))


@fault
def links_have_another_path(mock: PatchedMock) -> None:
    """Links have the path /api/v2 instead of /api/v1."""
    change_link_header(mock, lambda link, request: link.replace("/api/v1/", "/api/v2/"))


@fault
def links_have_the_first_user(mock: PatchedMock) -> None:
    """Links always have the id of the first user."""
    change_link_header(mock, lambda link, request: re.sub(r"/users/[^/]+/", "/users/1/", link))
