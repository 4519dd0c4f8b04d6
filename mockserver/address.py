"""The origin of the mock for links in its responses and pages, and the keys of ASGI scopes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Scope

HEADERS_KEY = "mockserver.headers"
"""The key, in an ASGI scope, of the request's headers by name; of a repeated header the last value counts.

RequestGuard, which every request passes first, puts them there.
"""

PREFIX_KEY = "mockserver.prefix"
"""The key, in an ASGI scope, of the prefix that selected the request's world, such as `/worlds/one`."""

PROXY_PREFIX_KEY = "mockserver.proxy_prefix"
"""The key, in an ASGI scope, of the path at which a trusted proxy offers the mock, such as `/mocks/canvas`."""

TRANSPORT_EXTENSION = "mockserver.transport"
"""The key, in a scope's extensions, of the transport of the connection, if the server offers it."""

WHOLE_BODY_KEY = "mockserver.whole_body"
"""The key, in an ASGI scope, of whether the whole body had arrived when the application was called."""

_HOST = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?", re.ASCII)


def origin(scope: Scope, host: str) -> str:
    """Return scheme and host of a request: the Host header, or the server's address where that is malformed.

    The address of a Unix socket, a path without a port, is replaced with localhost.
    """
    if is_authority(host):
        return f"{scope['scheme']}://{host}"
    name, port = scope.get("server") or ("localhost", None)
    return f"{scope['scheme']}://{'localhost' if port is None else authority_of(name, port)}"


def is_authority(text: str) -> bool:
    """Return whether text is a host with an optional port, as a Host header has it."""
    return _HOST.fullmatch(text) is not None


def prefix(scope: Scope) -> str:
    """Return the part of the path before that of the API, which links keep: of a trusted proxy, and of a world."""
    return proxy_prefix(scope) + str(scope.get(PREFIX_KEY, ""))


def proxy_prefix(scope: Scope) -> str:
    """Return the path at which a trusted proxy offers the mock; empty without one."""
    return str(scope.get(PROXY_PREFIX_KEY, ""))


def authority_of(host: str, port: int | None) -> str:
    """Return host and port as a URL has them: an IPv6 address is in brackets."""
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"
