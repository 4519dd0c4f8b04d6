"""The proxy of the target, read from the environment as Python's HTTP clients do."""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import re
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx2

from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    import ssl
    from urllib.parse import SplitResult

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SCHEMES = ("http", "https", "socks5", "socks5h")


@dataclass(frozen=True)
class TargetProxy:
    """The proxy through which all requests to the target are sent."""

    url: str = field(repr=False)
    """The URL, which may contain a user name and a password."""
    variable: str
    """The name of the environment variable that has the URL."""

    @property
    def origin(self) -> str:
        """The URL without user name and password."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    @property
    def scheme(self) -> str:
        """The scheme of the URL."""
        return urlsplit(self.url).scheme

    def build(self, context: ssl.SSLContext | None) -> httpx2.Proxy:
        """Return the proxy for the HTTP client; an https proxy needs the context with the trusted certificates."""
        return httpx2.Proxy(self.url, ssl_context=context if self.scheme == "https" else None)


def find_proxy(url: str) -> TargetProxy | None:
    """Return the proxy for the target at `url`, or None if requests are sent to it directly. Raises Inconclusive.

    HTTPS_PROXY or HTTP_PROXY, by the scheme of the target, precedes ALL_PROXY; each name in lower case precedes the
    same name in upper case. NO_PROXY lists the hosts without a proxy.
    """
    target = urlsplit(url)
    proxies = urllib.request.getproxies()  # on macOS and Windows also the settings of the system
    # `proxy_bypass` also knows the exceptions in those settings
    scheme = next((name for name in (target.scheme, "all") if proxies.get(name)), None)
    if scheme is None or is_excluded(target, proxies.get("no", "")) or urllib.request.proxy_bypass(target.netloc):
        return None
    proxy = proxies[scheme].strip()
    found = TargetProxy(proxy if "://" in proxy else f"http://{proxy}", _variable(f"{scheme}_proxy"))
    _check(found)
    return found


def is_excluded(target: SplitResult, no_proxy: str) -> bool:
    """Return whether an entry of NO_PROXY matches the host of the target.

    An entry is a host with all its subdomains, an IP address, a network such as 10.0.0.0/8, or `*`; each with an
    optional port. A leading dot or `*.` has no effect, as in urllib, requests and curl; no other pattern with `*`
    matches. Of a URL, only host and port count.
    """
    host, port = (target.hostname or "").rstrip("."), target.port or _DEFAULT_PORTS[target.scheme]
    return any(_matches(entry.lower(), host, port) for entry in re.split(r"[,\s]+", no_proxy) if entry)


def _matches(entry: str, host: str, port: int) -> bool:
    if "://" in entry:
        entry = entry.partition("://")[2].partition("/")[0]
    match = re.fullmatch(r"(\[[^]]*\]|[^:]*):(\d+)", entry)
    if match:
        entry = match[1]
        if int(match[2]) != port:
            return False
    if entry == "*":
        return True
    entry = entry.strip("[]")
    try:
        address = ipaddress.ip_address(host)
        return address in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        name = entry.removeprefix("*").strip(".")
        return bool(name) and (host == name or host.endswith(f".{name}"))


def _variable(name: str) -> str:
    """Return the name of the variable in the letter case in which it is set; in upper case for a system setting."""
    return name if name in os.environ else name.upper()


def _is_valid(url: str) -> bool:
    """Return whether the URL has a host; an @ after it belongs to a password with an unencoded `/`, `?` or `#`."""
    try:
        parts = urlsplit(url)
        is_valid = bool(parts.hostname) and parts.port != 0 and "@" not in f"{parts.path}{parts.query}{parts.fragment}"
        httpx2.URL(url)
    except (ValueError, httpx2.InvalidURL):
        return False
    return is_valid


def _check(proxy: TargetProxy) -> None:
    """Raise Inconclusive if the proxy cannot be used. No sentence has a part of the URL, which may have a password."""
    if not _is_valid(proxy.url):
        encoding = (
            "; the special characters of its user name and password must be percent-encoded, such as %23 for #"
            if "@" in proxy.url
            else ""
        )
        raise Inconclusive(
            f"{proxy.variable} is no URL of a proxy; set it to one such as http://proxy.example.edu:3128{encoding}."
        )
    if proxy.scheme not in _SCHEMES:
        raise Inconclusive(
            f"{proxy.variable} is the URL of a {proxy.scheme} proxy, which is not supported; "
            "set it to the URL of an http or https proxy."
        )
    if proxy.scheme.startswith("socks") and importlib.util.find_spec("socksio") is None:
        raise Inconclusive(
            f"{proxy.variable} is the URL of a {proxy.scheme} proxy, which needs another package; "
            "run `pip install 'httpx2[socks]'`, or set it to the URL of an http proxy."
        )
