"""The headers of a trusted reverse proxy: scheme, host and path prefix as the client of the proxy used them."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from mockserver.address import PROXY_PREFIX_KEY, is_authority

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Receive, Scope, Send

ANY = "*"
"""The name that stands for every address."""

_PATH_PREFIX = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)+")
"""A path without empty segments, and without the segments `.` and `..`."""

_FORWARDED = frozenset({b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-prefix"})


class TrustedProxy:
    """Applies X-Forwarded-Proto, -Host and -Prefix from trusted addresses, and removes them from all requests.

    `trusted` are addresses, networks such as `172.16.0.0/12`, or `*`. A connection without an address is one of a Unix
    socket, which only processes of this machine can open; it is trusted. Of several values in one header the last
    counts, since the nearest proxy wrote it. Malformed values are ignored.
    """

    def __init__(self, app: ASGIApp, trusted: Collection[str]) -> None:
        self._app = app
        self._trusts_any = ANY in trusted
        self._networks = [network(name) for name in trusted if name != ANY]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process one request."""
        if scope["type"] == "http" and any(name in _FORWARDED for name, _ in scope["headers"]):
            scope = self._forwarded(scope)
        await self._app(scope, receive, send)

    def _forwarded(self, scope: Scope) -> Scope:
        """Return the scope as the client of the proxy addressed the mock."""
        headers = [(name, value) for name, value in scope["headers"] if name not in _FORWARDED]
        inner = {**scope, "headers": headers}
        if not self._trusts(scope.get("client")):
            return inner
        values = {name: _last(value) for name, value in scope["headers"] if name in _FORWARDED}
        scheme = values.get(b"x-forwarded-proto", "").lower()
        if scheme in {"http", "https"}:
            inner["scheme"] = scheme
        host = values.get(b"x-forwarded-host", "")
        if is_authority(host):
            others = [(name, value) for name, value in headers if name != b"host"]
            inner["headers"] = [*others, (b"host", host.encode("latin-1"))]
        path = values.get(b"x-forwarded-prefix", "").rstrip("/")
        if _PATH_PREFIX.fullmatch(path):
            inner[PROXY_PREFIX_KEY] = path
        return inner

    def _trusts(self, client: tuple[str, int] | None) -> bool:
        if self._trusts_any or client is None:
            return True
        address = ip_address(client[0].partition("%")[0])  # without the zone of an IPv6 address
        return any(address in trusted for trusted in self._networks)


def network(name: str) -> IPv4Network | IPv6Network:
    """Return the network of an address or a network. Raises ValueError."""
    return ip_network(name.removeprefix("[").removesuffix("]"), strict=False)


def _last(value: bytes) -> str:
    return value.decode("latin-1").rpartition(",")[2].strip(" \t")
