"""The largest page of a target, from the Link headers of its lists (behaviour 4.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from contract_tests.client.api_client import USUAL_PAGE_LIMIT
from contract_tests.client.request import LIST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract_tests.client.exchange import Exchange

_SIZE = re.compile(r'[?&]per_page=(\d{1,18})(?!\d)[^>]{0,2000}>; *rel="?current"?')
"""The page size in the link `current`; the limits of length keep the search fast."""


def page_limit_note(exchanges: Iterable[Exchange]) -> str:
    """Return a sentence about a page limit other than the usual one; an empty text for the usual one."""
    limits = dict.fromkeys(limit for exchange in exchanges if (limit := _limit(exchange)) is not None)
    if not limits.keys() - {USUAL_PAGE_LIMIT}:
        return ""
    sizes = " or ".join(map(str, limits))
    return f"The largest page of the target has {sizes} channels; on hosted Canvas it has {USUAL_PAGE_LIMIT}."


def _limit(exchange: Exchange) -> int | None:
    """Return the page limit that a response shows; None if the requested page size is not above the limit.

    Requests with a page number are left out: after the last page, the links do not show the limit (behaviour 4.2).
    """
    query = parse_qs(urlsplit(exchange.url).query)
    requested = query.get("per_page", ["0"])[-1]
    if exchange.operation != LIST or exchange.status != 200 or "page" in query or not requested.isdecimal():
        return None
    link = next((value for name, value in exchange.response_headers if name.lower() == "link"), "")
    match = _SIZE.search(link)
    return int(match[1]) if match and int(match[1]) < int(requested) else None
