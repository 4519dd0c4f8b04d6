"""Pages of a list, and the Link header (behaviour 4.1 to 4.3). Source in Canvas: lib/api.rb."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from mockserver.canvas import ruby
from mockserver.canvas.errors import BadParameters, PageNotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DEFAULT_SIZE = 10
_SIZE_PAST_THE_END = 30
"""The size that Canvas names in the links of a page past the end, whatever size was requested."""
_MAX_HEADER_LENGTH = 6144
_PRIORITY = ("next", "last", "prev", "current", "first")


class Page(NamedTuple):
    """One page of a list: its number, from 1, and its size in rows."""

    number: int
    size: int
    last: int | None
    """The number of the last page; None for a page past the end, of which Canvas does not know it."""

    @property
    def rows(self) -> slice:
        """The rows of the page in the whole list."""
        return slice(0) if self.last is None else slice((self.number - 1) * self.size, self.number * self.size)


def parse_page(parameters: Mapping[str, object], total: int, max_size: int) -> Page:
    """Return the page of a list with `total` rows that `page` and `per_page` select (behaviour 4.1, 4.2).

    Text that only starts with a number, such as `2.5`, selects a page past the end.
    Raises PageNotFound for a number below 1 and for text that is not a number, and BadParameters for a list of numbers.
    """
    size = _size(parameters.get("per_page"), max_size)
    last = max(1, -(-total // size))
    page = parameters.get("page")
    if page is None:
        return Page(1, size, last)
    text = _text("page", page)
    number = ruby.integer(text)
    if ruby.is_integer(text) and 1 <= number <= last:
        return Page(number, size, last)
    number = ruby.to_i(text) if number >= 1 else 0
    if number < 1:
        raise PageNotFound
    return Page(number, _SIZE_PAST_THE_END, None)


def link_header(url: str, parameters: Sequence[tuple[str, str]], page: Page) -> str:
    """Return the Link header of a page; `parameters` are the query's other parameters."""
    encoded = sorted([urlencode([pair]) for pair in parameters], key=lambda text: text.partition("=")[0])
    prefix = f"<{url}?{'&'.join([*encoded, 'page='])}"
    suffix = f"&per_page={page.size}>"
    links = {rel: f'{prefix}{number}{suffix}; rel="{rel}"' for rel, number in _page_numbers(page).items()}
    header = ",".join(links.values())
    return header if len(header) <= _MAX_HEADER_LENGTH else _shortened(links)


def _page_numbers(page: Page) -> dict[str, int]:
    """Return the page number of each link relation, in Canvas's order.

    A page past the end has a next page and no last one.
    """
    numbers = {"current": page.number}
    if page.last is None or page.number < page.last:
        numbers["next"] = page.number + 1
    if page.number > 1:
        numbers["prev"] = page.number - 1
    numbers["first"] = 1
    if page.last is not None:
        numbers["last"] = page.last
    return numbers


def _shortened(links: dict[str, str]) -> str:
    """Return the header with the links that fit into 6 KB; Canvas drops the least useful links first."""
    fitting: dict[str, str] = {}
    for rel in _PRIORITY:
        if rel in links and sum(map(len, fitting.values())) + len(fitting) + len(links[rel]) <= _MAX_HEADER_LENGTH:
            fitting[rel] = links[rel]
    return ",".join(link for rel, link in links.items() if rel in fitting)


def _size(value: object, max_size: int) -> int:
    size = _DEFAULT_SIZE if value is None else ruby.to_i(_text("per_page", value))
    return min(max_size, max(1, size))


def _text(name: str, value: object) -> str:
    if isinstance(value, list | dict):
        raise BadParameters(f"{name} must be one number, not several")
    return str(value)
