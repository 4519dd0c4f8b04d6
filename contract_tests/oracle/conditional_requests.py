"""Conditional requests of a run: whether the target returns 304 for an unchanged list (behaviour 9).

A web server before Canvas may remove ETags, or change them and not recognise them later, so that it never returns 304.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract_tests.client.request import LIST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract_tests.client.exchange import Exchange

_NO_ETAG = "The lists of the target have no ETag: no client can use If-None-Match."
_NO_304 = (
    "The target never returned 304: it, or a web server before it, does not know its own ETags again in If-None-Match."
)


def conditional_request_note(exchanges: Iterable[Exchange]) -> str:
    """Return a sentence if clients cannot save the transfer of an unchanged list; an empty text otherwise."""
    lists = [exchange for exchange in exchanges if exchange.operation == LIST and exchange.status in {200, 304}]
    if not lists or any(exchange.status == 304 for exchange in lists):
        return ""
    bodies: dict[tuple[str, str], str] = {}
    """The body of each list, by its URL and ETag."""
    for exchange in lists:
        sent, received = _header(exchange.request_headers, "if-none-match"), _header(exchange.response_headers, "etag")
        if sent and bodies.get((exchange.url, sent)) == exchange.body:
            return _NO_304
        if received:
            bodies[exchange.url, received] = exchange.body
    return "" if bodies else _NO_ETAG


def _header(headers: Iterable[tuple[str, str]], name: str) -> str:
    return next((value for each, value in headers if each.lower() == name), "")
