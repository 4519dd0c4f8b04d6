"""The status line and headers of a response, written faster than uvicorn writes them.

uvicorn searches each name and each value with a regular expression, which takes longer than the mock needs for a list.
As in the validation of requests, the fast check only accepts: uvicorn writes, or refuses, every other head.
"""

from __future__ import annotations

import string
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

_IN_NAMES = (string.ascii_lowercase + string.digits + "-").encode()
_IN_VALUES = bytes({*range(256)} - {*range(32), 127})
"""The characters that every name and every value may have; `translate` deletes them, and leaves the others."""

_OF_THE_CONNECTION = frozenset({b"connection", b"transfer-encoding"})
"""Headers that change how uvicorn goes on."""


def write_head(cycle: RequestResponseCycle, message: Any) -> bool:
    """Write the head of a response that starts, and return whether that was possible; else uvicorn has to do it."""
    if cycle.response_started or cycle.disconnected or cycle.flow.write_paused:
        return False
    if cycle.access_log or not cycle.keep_alive:
        return False
    headers = [*cycle.default_headers, *message["headers"]]
    names, values = zip(*headers, strict=True)
    index = _index_of_length(names)
    if index is None or b"".join(values).translate(None, _IN_VALUES):
        return False
    cycle.response_started = True
    cycle.waiting_for_100_continue = False
    cycle.chunked_encoding = False
    cycle.expected_content_length = int(values[index])
    lines = b"\r\n".join(map(b": ".join, headers))
    cycle.transport.write(b"%b%b\r\n\r\n" % (STATUS_LINE[message["status"]], lines))
    return True


@lru_cache(maxsize=256)
def _index_of_length(names: tuple[bytes, ...]) -> int | None:
    """Return the index of Content-Length; None without it, and if uvicorn could refuse or change one of the headers."""
    if b"content-length" not in names or not _OF_THE_CONNECTION.isdisjoint(names):
        return None
    return None if b"".join(names).translate(None, _IN_NAMES) else names.index(b"content-length")
