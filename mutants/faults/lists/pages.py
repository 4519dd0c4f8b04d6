"""Faults of pages: the rows that `page` and `per_page` select."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mockserver.api import handlers, pagination
from mockserver.api.pagination import Page
from mockserver.canvas import ruby
from mockserver.canvas.channels import ChannelList
from mockserver.canvas.errors import PageNotFound
from mutants.links import change_link_header
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


@fault
def second_page_repeats_the_first(mock: PatchedMock) -> None:
    """The second page has the rows of the first."""

    def select(number: int, size: int) -> slice:
        shown = 1 if number == 2 else number
        return slice((shown - 1) * size, shown * size)

    _select_rows(mock, select)


@fault
def pages_overlap_by_one(mock: PatchedMock) -> None:
    """Each page after the first starts and ends one row too early."""

    def select(number: int, size: int) -> slice:
        start = (number - 1) * size
        if number > 1:
            start -= 1
        return slice(start, start + size)

    _select_rows(mock, select)


@fault
def pages_skip_one_row(mock: PatchedMock) -> None:
    """One row between two pages is on neither page."""

    def select(number: int, size: int) -> slice:
        start = (number - 1) * (size + 1)
        return slice(start, start + size)

    _select_rows(mock, select)


@fault
def pages_lack_the_last_row(mock: PatchedMock) -> None:
    """A full page of more than one row lacks its last row."""

    def select(number: int, size: int) -> slice:
        end = number * size
        return slice((number - 1) * size, end - 1 if size > 1 else end)

    _select_rows(mock, select)


@fault
def pages_have_one_row_too_many(mock: PatchedMock) -> None:
    """A page also contains the first row of the next page."""
    _select_rows(mock, lambda number, size: slice((number - 1) * size, number * size + 1))


@fault
def page_is_ignored(mock: PatchedMock) -> None:
    """Every page has the rows of the first page."""
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
    """The links have per_page=12 for every page of ten rows or more."""
    change_link_header(mock, lambda link, request: re.sub(r"per_page=\d{2,}", "per_page=12", link))


@fault
def rows_are_fewer_than_the_limit_in_links(mock: PatchedMock) -> None:
    """A page has at most 12 rows, but the links have the requested size, up to 100."""
    _select_rows(mock, lambda number, size: slice((number - 1) * size, (number - 1) * size + min(12, size)))


@fault
def per_page_of_zero_is_ten(mock: PatchedMock) -> None:
    """per_page=0 and per_page=abc select ten rows instead of one."""
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
    """`page` selects the page of the integer at its start, and the first page if there is none or it is below 1."""
    _change_page_number(mock, lambda text: max(1, ruby.to_i(text)))


@fault
def malformed_page_is_empty(mock: PatchedMock) -> None:
    """page=0 and page=abc return 200 and an empty list instead of 404."""
    page_past_the_end = 9999
    _change_page_number(mock, lambda text: ruby.integer(text) or page_past_the_end)


@fault
def malformed_page_returns_400(mock: PatchedMock) -> None:
    """page=0 and page=abc return 400 instead of 404."""
    mock.replace(PageNotFound, "status_code", 400)


@fault
def pages_past_the_end_are_404(mock: PatchedMock) -> None:
    """A page without channels returns 404 if the request has `page` or `per_page`."""

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
