"""What Canvas's router does that an OpenAPI path cannot say (behaviour 1.2)."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

from mockserver.errors import MalformedPath, UnknownRoute

_PLAIN = re.compile(rb"(?:/[A-Za-z0-9_.~@:+!$&'()*,;=-]+)+")
_SAFE = "@:+!$&'()*,;=~"
_NO_FORMAT_INSIDE = re.compile(r"\.json/")
_ADDRESS = re.compile(r"/communication_channels/[^/]+/[^/]+$")
_DOTTED_TYPE = re.compile(r"/communication_channels/[^/]*\.[^/]*/[^/]")


def canonical_path(raw: bytes) -> str:
    """The path with one spelling of every segment: needless escapes undone, empty segments and a `.json` dropped.

    An address runs to the end of the path, so there `.json` is part of it.

    Raises MalformedPath for what is not UTF-8, UnknownRoute for a `.json` inside the path and a type with a dot.
    """
    if _PLAIN.fullmatch(raw):
        path = raw.decode()
    else:
        try:
            segments = [unquote_to_bytes(segment).decode() for segment in raw.split(b"/")]
        except UnicodeDecodeError:
            raise MalformedPath from None
        path = "/" + "/".join(quote(segment, safe=_SAFE) for segment in segments if segment)
    if "." not in path:
        return path
    if _NO_FORMAT_INSIDE.search(path) or _DOTTED_TYPE.search(path):
        raise UnknownRoute
    return path if _ADDRESS.search(path) else path.removesuffix(".json")
