"""Faults of pages and of the Link header."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mockserver.api import handlers, pagination
from mockserver.api.pagination import Page
from mockserver.canvas import ruby
from mockserver.canvas.channels import ChannelList
from mockserver.canvas.errors import PageNotFound
from mutants.links import PagePastTheEnd, link_last_page_past_the_end
from mutants.mutant import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.exchange import Request, Response
    from mutants.patching import PatchedMock


def _change_parameters(mock: PatchedMock, change: Callable[[dict[str, object]], dict[str, object]]) -> None:
    """Select the page from the parameters that `change` returns for those of the request."""
    mock.wrap(handlers, "parse_page", lambda original, parameters, *rest: original(change({**parameters}), *rest))


def _change_size(mock: PatchedMock, size: Callable[[int, int], int]) -> None:
    """Let a page have `size(number, limit)` rows, for the number that Canvas reads in `per_page`."""

    def parse_size(value: object, max_size: int) -> int:
        return 10 if value is None else size(ruby.to_i(str(value)), max_size)

    mock.replace(pagination, "_size", parse_size)


def _select_rows(mock: PatchedMock, select: Callable[[int, int], slice]) -> None:
    """Return the rows `select(number, size)` for a page."""
    mock.replace(Page, "rows", property(lambda self: select(self.number, self.size)))


def _change_page_number(mock: PatchedMock, change: Callable[[str], int | str]) -> None:
    """Replace the text of `page` by what `change` returns for it, before the text is validated."""

    def replace_page(parameters: dict[str, object]) -> dict[str, object]:
        return {**parameters, "page": str(change(str(parameters["page"])))} if "page" in parameters else parameters

    _change_parameters(mock, replace_page)


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


def _change_link_header(mock: PatchedMock, change: Callable[[str, Request], str]) -> None:
    """Replace the Link header by `change(header, request)`."""

    def alter(request: Request, response: Response) -> None:
        if "link" in response.headers:
            response.headers["link"] = change(response.headers["link"], request)

    mock.on_response(alter)


# -- pages


@fault
def second_page_repeats_the_first(mock: PatchedMock) -> None:
    """The second page has the rows of the first."""
    _select_rows(mock, lambda number, size: slice((number - 1 - (number == 2)) * size, (number - (number == 2)) * size))


@fault
def pages_overlap_by_one(mock: PatchedMock) -> None:
    """Each page after the first starts with the last row of the previous page."""
    _select_rows(mock, lambda number, size: slice((start := max(0, (number - 1) * size - (number > 1))), start + size))


@fault
def pages_skip_one_row(mock: PatchedMock) -> None:
    """One row between two pages is on neither page."""
    _select_rows(mock, lambda number, size: slice((start := (number - 1) * (size + 1)), start + size))


@fault
def pages_lack_the_last_row(mock: PatchedMock) -> None:
    """A page of more than one row lacks its last row."""
    _select_rows(mock, lambda number, size: slice((number - 1) * size, number * size - (size > 1)))


@fault
def pages_have_one_row_too_many(mock: PatchedMock) -> None:
    """A page has one row more than requested."""
    _select_rows(mock, lambda number, size: slice((number - 1) * size, number * size + 1))


@fault
def page_is_ignored(mock: PatchedMock) -> None:
    """`page` has no effect; every page is the first."""
    _select_rows(mock, lambda number, size: slice(0, size))


@fault
def per_page_is_ignored(mock: PatchedMock) -> None:
    """`per_page` has no effect; a page has ten rows."""
    _change_parameters(mock, lambda parameters: {**parameters, "per_page": "10"})


@fault
def per_page_is_ignored_after_the_first_page(mock: PatchedMock) -> None:
    """`per_page` has no effect from the second page on; a page has ten rows."""

    def select(number: int, size: int) -> slice:
        start = (number - 1) * size
        return slice(start, start + (size if number == 1 else 10))

    _select_rows(mock, select)


@fault
def default_page_has_twenty_rows(mock: PatchedMock) -> None:
    """Without `per_page` a page has twenty rows instead of ten."""
    _change_parameters(mock, lambda parameters: {"per_page": "20", **parameters})


@fault
def per_page_has_no_limit(mock: PatchedMock) -> None:
    """`per_page` has no maximum."""
    _change_size(mock, lambda number, limit: max(1, number))


@fault
def per_page_has_two_limits(mock: PatchedMock) -> None:
    """`per_page` is limited to 100, but to 50 if it is over 500."""
    _change_size(mock, lambda number, limit: min(50 if number > 500 else limit, max(1, number)))


@fault
def rows_exceed_the_limit_in_links(mock: PatchedMock) -> None:
    """The links name a limit of 12 rows, but a page has up to 100."""
    _change_link_header(mock, lambda link, request: re.sub(r"per_page=\d{2,}", "per_page=12", link))


@fault
def rows_are_fewer_than_the_limit_in_links(mock: PatchedMock) -> None:
    """A page has up to 12 rows, but the links name a limit of 100."""
    _select_rows(mock, lambda number, size: slice((number - 1) * size, (number - 1) * size + min(12, size)))


@fault
def per_page_of_zero_is_ten(mock: PatchedMock) -> None:
    """per_page=0 selects ten rows instead of one."""
    _change_size(mock, lambda number, limit: min(limit, max(1, number)) if number else 10)


@fault
def negative_per_page_is_positive(mock: PatchedMock) -> None:
    """per_page=-5 selects five rows instead of one."""
    _change_size(mock, lambda number, limit: min(limit, max(1, abs(number))))


@fault
def per_page_must_be_a_number(mock: PatchedMock) -> None:
    """per_page=5abc selects one row; Canvas selects five."""

    def size(original: Any, value: object, max_size: int) -> Any:
        return original(value if value is None or str(value).isdigit() else "1", max_size)

    mock.wrap(pagination, "_size", size)


@fault
def too_large_per_page_is_rejected(mock: PatchedMock) -> None:
    """A `per_page` over 100 is rejected with 400."""

    def change(request: Request, response: Response) -> None:
        match = re.search(rb"per_page=(\d+)", request.query)
        if match and int(match[1]) > 100 and response.status == 200:
            response.status = 400
            response.json = {"errors": [{"message": "per_page is too large"}]}

    mock.on_response(change)


@fault
def page_zero_is_the_first(mock: PatchedMock) -> None:
    """page=0 returns the first page instead of 404."""
    _change_page_number(mock, lambda text: "1" if text == "0" else text)


@fault
def negative_pages_are_the_first(mock: PatchedMock) -> None:
    """A page below 1 returns the first page instead of 404."""
    _change_page_number(mock, lambda text: max(1, int(text)) if text.lstrip("+-").isdigit() else text)


@fault
def text_is_the_first_page(mock: PatchedMock) -> None:
    """page=abc returns the first page instead of 404."""
    _change_page_number(mock, lambda text: max(1, ruby.to_i(text)))


@fault
def malformed_page_is_empty(mock: PatchedMock) -> None:
    """page=0 and page=abc return 200 and an empty list instead of 404."""
    _change_page_number(mock, lambda text: ruby.integer(text) or 9999)


@fault
def malformed_page_returns_400(mock: PatchedMock) -> None:
    """page=0 and page=abc return 400 instead of 404."""
    mock.replace(PageNotFound, "status_code", 400)


@fault
def pages_past_the_end_are_404(mock: PatchedMock) -> None:
    """A page past the end returns 404 instead of an empty list."""

    def change(request: Request, response: Response) -> None:
        if request.is_list and response.body == b"[]" and b"page=" in request.query:
            response.status = 404
            response.json = {"errors": [{"message": "An error occurred.", "error_code": "not_found"}]}

    mock.on_response(change)


@fault
def pages_past_the_end_are_the_last(mock: PatchedMock) -> None:
    """A page past the end returns the rows of the last page."""

    def parse_page(original: Any, parameters: dict[str, object], *rest: Any) -> Page:
        first = original({**parameters, "page": "1"}, *rest)
        last_rows[:] = [first._replace(number=first.last).rows]
        selected: Page = original(parameters, *rest)
        return selected

    def page(original: Any, self: ChannelList, rows: slice) -> Any:
        return original(self, rows) or original(self, last_rows[0])

    last_rows: list[slice] = []
    mock.wrap(handlers, "parse_page", parse_page)
    mock.wrap(ChannelList, "page", page)


# -- the Link header


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
    """The links of a page past the end have neither the requested size nor 30."""
    mock.replace(pagination, "_SIZE_PAST_THE_END", 20)


@fault
def last_past_the_end_has_size_30(mock: PatchedMock) -> None:
    """A page past the end has a `last` link and no `next` link, and its links have per_page=30."""
    _change_links_past_the_end(mock, lambda numbers, page: numbers.update(last=numbers.pop("next") - 1))


@fault
def links_have_size_30(mock: PatchedMock) -> None:
    """The links of every page have per_page=30."""
    _change_link_header(mock, lambda link, request: re.sub(r"per_page=\d+", "per_page=30", link))


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
    """The `last` link does not count an incomplete last page."""

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
        last = max(1, -(-row_count[0] // size))
        return re.sub(r'([?&]page=)\d+(&per_page=\d+>; rel="last")', rf"\g<1>{last}\2", link)

    row_count = [1]
    mock.wrap(ChannelList, "page", page)
    _change_link_header(mock, change)


@fault
def links_have_another_host(mock: PatchedMock) -> None:
    """Links have another host than the request."""
    _change_link_header(mock, lambda link, request: link.replace(request.headers[b"host"].decode(), "canvas.internal"))


@fault
def links_lack_the_port(mock: PatchedMock) -> None:
    """Links have no port."""

    def change(link: str, request: Request) -> str:
        host = request.headers[b"host"].decode()
        return link.replace(host, host.partition(":")[0])

    _change_link_header(mock, change)


@fault
def links_change_the_scheme(mock: PatchedMock) -> None:
    """Links have the scheme https, although the request used http."""
    _change_link_header(mock, lambda link, request: link.replace("<http://", "<https://"))


@fault
def links_are_relative(mock: PatchedMock) -> None:
    """Links are paths without a scheme and host."""
    _change_link_header(mock, lambda link, request: link.replace(f"http://{request.headers[b'host'].decode()}", ""))


@fault
def links_lack_per_page(mock: PatchedMock) -> None:
    """Links have no `per_page`, so the next page has another size."""
    _change_link_header(mock, lambda link, request: re.sub(r"&per_page=\d+", "", link))


@fault
def links_drop_other_parameters(mock: PatchedMock) -> None:
    """Links lack the other query parameters of the request."""
    mock.wrap(handlers, "link_header", lambda original, url, parameters, page: original(url, (), page))


@fault
def links_decode_other_parameters(mock: PatchedMock) -> None:
    """Links repeat the other query parameters without their percent-encoding."""
    _change_link_header(mock, lambda link, request: unquote(link).replace(" ", "") if "%2B" in link else link)


@fault
def links_repeat_access_token(mock: PatchedMock) -> None:
    """Links repeat the query parameter `access_token`."""
    mock.replace(handlers, "_NOT_IN_LINKS", frozenset({"page", "per_page"}))


@fault
def links_contain_the_token_of_the_header(mock: PatchedMock) -> None:
    """Links contain the token of the Authorization header as `access_token`."""
    _change_link_header(
        mock, lambda link, request: link.replace("&per_page", f"&access_token={request.token}&per_page")
    )


@fault
def links_have_another_path(mock: PatchedMock) -> None:
    """Links have the path /api/v2 instead of /api/v1."""
    _change_link_header(mock, lambda link, request: link.replace("/api/v1/", "/api/v2/"))


@fault
def links_have_the_first_user(mock: PatchedMock) -> None:
    """Links always have the id of the first user."""
    _change_link_header(mock, lambda link, request: re.sub(r"/users/[^/]+/", "/users/1/", link))
