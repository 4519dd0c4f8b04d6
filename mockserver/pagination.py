"""Pages of a list, and the Link header that leads through them (behaviour 4.1 to 4.3; Canvas: lib/api.rb)."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from mockserver import ruby
from mockserver.errors import BadParameters, PageNotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LONGEST_HEADER = 6144
_ORDER = ("current", "next", "prev", "first", "last")
_PRIORITY = ("next", "last", "prev", "current", "first")


class Page(NamedTuple):
    """One page: its number from 1, and how many rows a page has."""

    number: int
    size: int
    malformed: bool = False
    """Whether more than its number was sent, as in `2.5`: Canvas then answers as for a page past the end."""

    @property
    def rows(self) -> slice:
        """The rows of the page in the whole list."""
        start = (self.number - 1) * self.size
        return slice(start, start if self.malformed else start + self.size)


def page_of(parameters: Mapping[str, object]) -> Page:
    """The page that `page` and `per_page` ask for.

    Raises PageNotFound for a page below 1 or no number, BadParameters for a list.
    """
    if not parameters:
        return Page(1, 10)
    page = parameters.get("page")
    malformed = page is not None and not ruby.is_integer(str(page))
    return Page(_number(page), _size(parameters.get("per_page")), malformed)


def link_header(url: str, kept: Sequence[tuple[str, str]], page: Page, total: int) -> str:
    """The Link header of `page` in a list of `total` rows; `kept` are the other query parameters."""
    prefix = f"<{url}?{urlencode(sorted(kept, key=itemgetter(0)))}&page=" if kept else f"<{url}?page="
    numbers = _numbers(page, page.number if page.malformed else max(1, -(-total // page.size)))
    links = {rel: f'{prefix}{numbers[rel]}&per_page={page.size}>; rel="{rel}"' for rel in _ORDER if rel in numbers}
    header = ",".join(links.values())
    return header if len(header) <= _LONGEST_HEADER else _that_fit(links)


def _numbers(page: Page, last: int) -> dict[str, int]:
    number = page.number
    numbers = {"current": number, "first": 1, "last": max(number, last)}
    if number < last:
        numbers["next"] = number + 1
    if number > 1:
        numbers["prev"] = number - 1
    return numbers


def _that_fit(links: dict[str, str]) -> str:
    """Canvas drops what does not fit into 6 KB, the least useful first."""
    fitting: dict[str, str] = {}
    for rel in _PRIORITY:
        if rel in links and sum(map(len, fitting.values())) + len(fitting) + len(links[rel]) <= _LONGEST_HEADER:
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
        return 10
    return min(100, max(1, ruby.to_i(_text("per_page", value))))


def _text(name: str, value: object) -> str:
    if isinstance(value, list | dict):
        raise BadParameters(f"{name} must be one number, not several")
    return str(value)
