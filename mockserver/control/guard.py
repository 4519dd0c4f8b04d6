"""Refusal of requests that a browser sends for a page of another host, and of unknown Host headers.

A page of any site can send forms to a mock on the reader's machine, with tokens that are public. With a DNS record that
changes to 127.0.0.1, the page can read the responses too; the Host header then has the site's name.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from starlette.responses import PlainTextResponse

from mockserver.address import HEADERS_KEY
from mockserver.control.access import READ_METHODS
from mockserver.control.origins import AllowedHosts, host_name, is_origin
from mockserver.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger("mockserver")

_MAX_SHOWN = 100
_PAGE_HEADERS = frozenset({b"origin", b"sec-fetch-site"})
"""Only a request with one of these headers can be refused because of its page; API clients send neither."""


def allowed_hosts(names: Collection[str] | None, origins: Collection[str] = ()) -> AllowedHosts:
    """Return the allowed hosts of these names and addresses; None disables the check of the Host header.

    `origins` are further origins whose pages may use the mock.
    """
    hosts = None if names is None else frozenset(_canonical(name) for name in names)
    return AllowedHosts(hosts, frozenset(map(str.lower, origins)))


class RequestGuard:
    """Passes on the requests of API clients and of pages of allowed hosts; responds 421 or 403 to all others.

    Without `has_cors`, preflight requests are passed on, too: Canvas responds 404, and they change nothing.
    A page whose origin is allowed by `*` only, not by name, changes nothing through the control API, unless that
    requires a token (`has_control_token`), which such a page does not know.
    """

    def __init__(
        self, app: ASGIApp, hosts: AllowedHosts, *, has_cors: bool = True, has_control_token: bool = False
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._has_cors = has_cors
        self._has_control_token = has_control_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process one request, and put its headers by name into the scope, for all that follow."""
        refusal = None
        if scope["type"] == "http":
            scope[HEADERS_KEY] = dict(scope["headers"])
            refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
            return
        what, option = refusal.reason, printable(refusal.option, 2 * _MAX_SHOWN)
        method, path = printable(scope["method"], _MAX_SHOWN), printable(scope["path"])
        log.warning(
            "%s %s is refused with %s: %s. To allow it, start with %s.", method, path, refusal.status, what, option
        )
        text = f"The mock refuses this request: {what}. To allow it, start the mock with {option}.\n"
        headers = {"Vary": "Origin", "X-Content-Type-Options": "nosniff"}
        await PlainTextResponse(text, refusal.status, headers)(scope, receive, send)

    def _refusal(self, scope: Scope) -> _Refusal | None:
        """Return why a request is refused; None if it is passed on."""
        refusal = self._refusal_of_host(_values(scope, b"host"), scope.get("server"))
        if refusal is not None or (not self._has_cors and scope["method"] == "OPTIONS"):
            return refusal
        may_be_of_page = not _PAGE_HEADERS.isdisjoint(scope[HEADERS_KEY])
        return self._refusal_of_page(scope) if may_be_of_page else None

    def _refusal_of_host(self, hosts: Iterable[str], server: tuple[str, int] | None) -> _Refusal | None:
        for host in hosts:
            if not self._hosts.accepts_host(host, server and server[0]):
                shown = printable(host, _MAX_SHOWN)
                option = f"--allow-host {host_name(host) or 'NAME'}"
                return _Refusal(421, f"the Host header {shown} is not a host of this mock", option)
        return None

    def _refusal_of_page(self, scope: Scope) -> _Refusal | None:
        method, host = scope["method"], _first_value(scope, b"host")
        is_change = "/_mock/" in scope["path"] and method not in READ_METHODS and not self._has_control_token
        origins = _values(scope, b"origin")
        for origin in origins:
            if not self._hosts.accepts_origin(origin, host, is_name_needed=is_change):
                return _foreign_page(origin)
        if not origins and _is_cross_site(scope):
            referer = _first_value(scope, b"referer")
            if not self._hosts.accepts_origin(_site(referer), host, is_name_needed=is_change):
                return _foreign_page(referer or "another site")
        return None


class _Refusal(NamedTuple):
    """A refused request: its status, the reason, and the option with which it would be accepted."""

    status: int
    reason: str
    option: str


def _values(scope: Scope, name: bytes) -> list[str]:
    """Return the values of a header that a client may have sent several times."""
    return [value.decode("latin-1") for header, value in scope["headers"] if header == name]


def _first_value(scope: Scope, name: bytes) -> str:
    """Return the first value of a header; an empty text without the header."""
    return next(iter(_values(scope, name)), "")


def _is_cross_site(scope: Scope) -> bool:
    """Return whether a page of another site loads this without an Origin header, as images and scripts are loaded.

    A link that a reader follows is not such a request.
    """
    if _values(scope, b"sec-fetch-site") != ["cross-site"]:
        return False
    mode, destination = _values(scope, b"sec-fetch-mode"), _values(scope, b"sec-fetch-dest")
    is_link = mode == ["navigate"] and destination == ["document"] and scope["method"] in {"GET", "HEAD"}
    return not is_link


def _site(url: str) -> str:
    """Return scheme, host and port of a URL."""
    return "/".join(url.split("/")[:3])


def _foreign_page(url: str) -> _Refusal:
    site = _site(url)
    reason = f"pages of {printable(site, _MAX_SHOWN)} may not use this mock"
    return _Refusal(403, reason, f"--allow-origin {site if is_origin(site) else 'ORIGIN'}")


def _canonical(name: str) -> str:
    """Return a name or an address as a Host header has it after `host_name`; IPv6 addresses may lack brackets."""
    return host_name(f"[{name}]" if ":" in name and not name.startswith("[") else name) or name
