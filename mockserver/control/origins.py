"""The hosts at which clients may address the mock, and the origins of browser pages that may use it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

ANY = "*"
"""The name that stands for every host in the Host header, or for every origin."""

_AUTHORITY = re.compile(r"([a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::[0-9]{0,5})?", re.IGNORECASE)
_HTTP_ORIGIN = re.compile(r"https?://([^/?#@\s]+)", re.IGNORECASE)
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.IGNORECASE)
_MAX_LENGTH = 300


@dataclass(frozen=True)
class AllowedHosts:
    """Loopback and these hosts; `names` is None where the Host header is not checked.

    `origins` are origins, in lower case, whose pages may use the mock although their host is not allowed.
    """

    names: frozenset[str] | None = None
    origins: frozenset[str] = frozenset()

    def accepts_host(self, host: str, server: str | None) -> bool:
        """Return whether a Host header is accepted; `server` is the address at which the connection arrived."""
        if self.names is None or not host or ANY in self.names:
            return True
        name = host_name(host)
        return name is not None and (self._accepts_name(name) or (_is_address(name) and name == server))

    def accepts_origin(self, origin: str, host: str = "", *, is_name_needed: bool = False) -> bool:
        """Return whether pages of an origin may use the mock: those of an accepted host, and those of the mock itself.

        `host` is the Host header of the request, which a page of the mock itself has in its origin. With
        `is_name_needed`, the allowed origin `*` does not count.
        """
        if origin.lower() in self.origins or (ANY in self.origins and not is_name_needed):
            return True
        match = _HTTP_ORIGIN.fullmatch(origin) if len(origin) <= _MAX_LENGTH else None
        if match is None:
            return False
        name = host_name(match[1])
        return name is not None and (self._accepts_name(name) or match[1].lower() == host.lower())

    def _accepts_name(self, name: str) -> bool:
        return is_loopback(name) or (self.names is not None and name in self.names)


@lru_cache(maxsize=256)
def host_name(authority: str) -> str | None:
    """Return the canonical name or address in `name:port`, without brackets; None for malformed text."""
    match = _AUTHORITY.fullmatch(authority) if len(authority) <= _MAX_LENGTH else None
    if match is None:
        return None
    name = match[1].lower().removesuffix(".").strip("[]")
    return str(_address(name) or name)


@lru_cache(maxsize=256)
def is_loopback(name: str) -> bool:
    """Return whether a canonical name or address is this machine's own: localhost, its subdomains, 127.*, ::1."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _address(name)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped.is_loopback
    return address is not None and address.is_loopback


def is_origin(text: str) -> bool:
    """Return whether text is an origin as browsers send it: scheme, host and port, or `null`."""
    return text == "null" or (len(text) <= _MAX_LENGTH and _ORIGIN.fullmatch(text) is not None)


def _is_address(name: str) -> bool:
    return _address(name) is not None


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None
