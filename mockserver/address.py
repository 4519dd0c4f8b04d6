"""The origin of the mock for links in its responses and pages, and the keys of ASGI scopes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Scope

HEADERS_KEY = "mockserver.headers"
"""The key, in an ASGI scope, of the request's headers by name; of a repeated header the last value counts."""

PREFIX_KEY = "mockserver.prefix"
"""The key, in an ASGI scope, of the part of the path that selects a world, such as `/worlds/one`."""

TRANSPORT_EXTENSION = "mockserver.transport"
"""The key, in a scope's extensions, of the transport of the connection, if the server offers it."""

_HOST = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?", re.ASCII)


def origin(scope: Scope, host: str) -> str:
    """Return scheme and host of a request: the Host header, or the server's address where that is malformed."""
    authority = host if _HOST.fullmatch(host) else authority_of(*(scope.get("server") or ("localhost", None)))
    return f"{scope['scheme']}://{authority}"


def prefix(scope: Scope) -> str:
    """Return the part of the request's path that selects a world, and that links keep; empty for the default world."""
    return str(scope.get(PREFIX_KEY, ""))


def authority_of(host: str, port: int | None) -> str:
    """Return host and port as a URL has them: an IPv6 address is in brackets."""
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"
