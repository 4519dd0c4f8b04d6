"""Pages of a list, and the Link header (behaviour 4.1 to 4.3). Source in Canvas: lib/api.rb."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from mockserver.canvas import ruby
from mockserver.canvas.errors import BadParameters, PageNotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DEFAULT_SIZE = 10
_MAX_SIZE = 100
_MAX_HEADER_LENGTH = 6144
_ORDER = ("current", "next", "prev", "first", "last")
_PRIORITY = ("next", "last", "prev", "current", "first")


class Page(NamedTuple):
    """One page of a list: its number, from 1, and its size in rows."""

    number: int
    size: int
    malformed: bool = False
    """Whether the number was followed by other text, as in `2.5`. Canvas then sends an empty page."""

    @property
    def rows(self) -> slice:
        """The rows of the page in the whole list."""
        start = (self.number - 1) * self.size
        return slice(start, start if self.malformed else start + self.size)


def parse_page(parameters: Mapping[str, object]) -> Page:
    """Return the page selected by `page` and `per_page`.

    Raises PageNotFound for a number below 1 and for text that is no number, BadParameters for a list of numbers.
    """
    if not parameters:
        return Page(1, _DEFAULT_SIZE)
    page = parameters.get("page")
    malformed = page is not None and not ruby.is_integer(str(page))
    return Page(_number(page), _size(parameters.get("per_page")), malformed)


def link_header(url: str, parameters: Sequence[tuple[str, str]], page: Page, total: int) -> str:
    """Return the Link header of a page of a list with `total` rows; `parameters` are the query's other parameters."""
    prefix = f"<{url}?{urlencode(sorted(parameters, key=itemgetter(0)))}&page=" if parameters else f"<{url}?page="
    numbers = _page_numbers(page, page.number if page.malformed else max(1, -(-total // page.size)))
    links = {rel: f'{prefix}{numbers[rel]}&per_page={page.size}>; rel="{rel}"' for rel in _ORDER if rel in numbers}
    header = ",".join(links.values())
    return header if len(header) <= _MAX_HEADER_LENGTH else _shortened(links)


def _page_numbers(page: Page, last: int) -> dict[str, int]:
    """Return the page number of each link relation."""
    number = page.number
    numbers = {"current": number, "first": 1, "last": max(number, last)}
    if number < last:
        numbers["next"] = number + 1
    if number > 1:
        numbers["prev"] = number - 1
    return numbers


def _shortened(links: dict[str, str]) -> str:
    """Return the header with the links that fit into 6 KB; Canvas drops the least useful links first."""
    fitting: dict[str, str] = {}
    for rel in _PRIORITY:
        if rel in links and sum(map(len, fitting.values())) + len(fitting) + len(links[rel]) <= _MAX_HEADER_LENGTH:
            fitting[rel] = links[rel]
    return ",".join(fitting[rel] for rel in _ORDER if rel in fitting)


def _number(value: object) -> int:
    if value is None:
        return 1
    number = ruby.integer(_text("page", value))
    if number < 1:
        raise PageNotFound
    return number


def _size(value: object) -> int:
    if value is None:
        return _DEFAULT_SIZE
    return min(_MAX_SIZE, max(1, ruby.to_i(_text("per_page", value))))


def _text(name: str, value: object) -> str:
    if isinstance(value, list | dict):
        raise BadParameters(f"{name} must be one number, not several")
    return str(value)
