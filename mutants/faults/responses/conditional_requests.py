"""Faults of ETags and of If-None-Match."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from mockserver.api import response as api_response
from mutants.mutant import fault

if TYPE_CHECKING:
    from mutants.exchange import Request, Response
    from mutants.patching import PatchedMock


@fault
def etag_changes_every_time(mock: PatchedMock) -> None:
    """The ETag of an unchanged list changes with every request."""

    def change(_request: Request, response: Response) -> None:
        if "etag" in response.headers:
            response.headers["etag"] = f'W/"{next(numbers):032x}"'

    numbers = itertools.count(1)
    mock.on_response(change)


@fault
def etag_is_always_the_same(mock: PatchedMock) -> None:
    """Every response has the same ETag."""

    def change(_request: Request, response: Response) -> None:
        if "etag" in response.headers:
            response.headers["etag"] = f'W/"{0:032x}"'

    mock.on_response(change)


@fault
def etag_counts_the_rows(mock: PatchedMock) -> None:
    """The ETag of a list, and the decision for 304, depend only on the number of rows."""

    def change(request: Request, response: Response) -> None:
        if request.is_list and response.status == 200:
            etag = f'W/"{len(response.json):032x}"'
            response.headers["etag"] = etag
            if request.headers.get(b"if-none-match", b"").decode() == etag:
                response.set_empty(304)

    mock.on_response(change)


@fault
def unchanged_lists_have_another_etag(mock: PatchedMock) -> None:
    """A 304 has another ETag than the one in If-None-Match."""

    def change(_request: Request, response: Response) -> None:
        if response.status == 304:
            response.headers["etag"] = f'W/"{1:032x}"'

    mock.on_response(change)


@fault
def changed_lists_are_304(mock: PatchedMock) -> None:
    """A list returns 304 for every ETag that any list had before."""

    def change(request: Request, response: Response) -> None:
        if not request.is_list or response.status != 200:
            return
        if request.headers.get(b"if-none-match", b"").decode() in seen:
            response.set_empty(304)
        seen.add(response.headers["etag"])

    seen: set[str] = set()
    mock.on_response(change)


@fault
def any_if_none_match_matches(mock: PatchedMock) -> None:
    """Every value of If-None-Match returns 304."""
    mock.replace(api_response, "_matches", lambda if_none_match, etag: True)


@fault
def unchanged_lists_return_412(mock: PatchedMock) -> None:
    """An unchanged list returns 412 instead of 304."""
    mock.on_response(lambda _request, response: setattr(response, "status", 412) if response.status == 304 else None)
