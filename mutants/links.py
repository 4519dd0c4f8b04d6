"""Changes of the Link header that several mutants share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.api import handlers
from mockserver.api.pagination import Page

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.exchange import Request, Response
    from mutants.patching import PatchedMock


class PagePastTheEnd(Page):
    """A page past the end: no rows, the requested size, and the number for its `last` link."""

    @property
    def rows(self) -> slice:
        """No rows."""
        return slice(0)


def link_last_page_past_the_end(mock: PatchedMock, choose_last: Callable[[int, int], int]) -> None:
    """Link pages past the end to `choose_last(number, last)`, with the requested size and without a `next` link.

    `number` is that of the requested page, `last` that of the last page with rows.
    """

    def parse_page(original: Any, parameters: dict[str, object], *rest: Any) -> Page:
        page: Page = original(parameters, *rest)
        if page.last is not None:
            return page
        first: Page = original({**parameters, "page": "1"}, *rest)
        return PagePastTheEnd(page.number, first.size, choose_last(page.number, first.last or 1))

    mock.wrap(handlers, "parse_page", parse_page)


def change_link_header(mock: PatchedMock, change: Callable[[str, Request], str]) -> None:
    """Replace the Link header by `change(header, request)`."""

    def alter(request: Request, response: Response) -> None:
        if "link" in response.headers:
            response.headers["link"] = change(response.headers["link"], request)

    mock.on_response(alter)
