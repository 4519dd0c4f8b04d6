"""Rules of Canvas's router that a path template of OpenAPI cannot express (behaviour 1.2)."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

from mockserver.api.errors import MalformedPath, UnknownRoute

_UNESCAPED = re.compile(rb"(?:/[A-Za-z0-9_.~@:+!$&'()*,;=-]+)+")
"""A path that is canonical but for its suffix: without escapes and empty segments."""
_SAFE = "@:+!$&'()*,;=~"
_FORMAT_INSIDE = re.compile(r"\.json/")
_ENDS_WITH_ADDRESS = re.compile(r"/communication_channels/[^/]+/[^/]+$")
_TYPE_WITH_DOT = re.compile(r"/communication_channels/[^/]*\.[^/]*/[^/]")


def canonical_path(raw: bytes) -> str:
    """Return the path in its canonical form: no needless escapes, no empty segments, no `.json` suffix.

    An address extends to the end of the path, so there `.json` belongs to the address.

    Raises MalformedPath if the decoded path is not UTF-8, and UnknownRoute for `.json` inside the path and for a type
    with a dot.
    """
    if _UNESCAPED.fullmatch(raw):
        path = raw.decode()
    else:
        try:
            segments = [unquote_to_bytes(segment).decode() for segment in raw.split(b"/")]
        except UnicodeDecodeError:
            raise MalformedPath from None
        path = "/" + "/".join(quote(segment, safe=_SAFE) for segment in segments if segment)
    if "." not in path:
        return path
    if _FORMAT_INSIDE.search(path) or _TYPE_WITH_DOT.search(path):
        raise UnknownRoute
    return path if _ENDS_WITH_ADDRESS.search(path) else path.removesuffix(".json")
