"""The status line and headers of a response, written faster than uvicorn writes them.

uvicorn searches each name and each value with a regular expression, which takes longer than the mock needs for a list.
As in the validation of requests, the fast check only accepts: uvicorn writes, or refuses, every other head.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from mockserver.canvas.errors import Header

_IN_NAMES = (string.ascii_lowercase + string.digits + "-").encode()
_IN_VALUES = bytes({*range(256)} - {*range(32), 127})
_OF_THE_CONNECTION = frozenset({b"connection", b"transfer-encoding"})
"""Headers that change how uvicorn goes on."""


def write_head(cycle: RequestResponseCycle, message: Any) -> bool:
    """Write the head of a response that starts, and return whether that was possible; else uvicorn has to do it."""
    if cycle.response_started or cycle.disconnected or cycle.flow.write_paused:
        return False
    if cycle.access_log or not cycle.keep_alive:
        return False
    headers = [*cycle.default_headers, *message["headers"]]
    length = _content_length(headers)
    if length is None:
        return False
    cycle.response_started = True
    cycle.waiting_for_100_continue = False
    cycle.chunked_encoding = False
    cycle.expected_content_length = length
    lines = b"".join([b"%b: %b\r\n" % header for header in headers])
    cycle.transport.write(STATUS_LINE[message["status"]] + lines + b"\r\n")
    return True


def _content_length(headers: Sequence[Header]) -> int | None:
    """Return the length of the body; None if it is not known, or if uvicorn could refuse or change a header."""
    names, values = zip(*headers, strict=True)
    if names.count(b"content-length") != 1 or not _OF_THE_CONNECTION.isdisjoint(names):
        return None
    # `translate` deletes the permitted characters.
    if b"".join(names).translate(None, _IN_NAMES) or b"".join(values).translate(None, _IN_VALUES):
        return None
    return int(values[names.index(b"content-length")])
