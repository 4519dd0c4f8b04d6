"""Responses of a gateway before Canvas, such as a firewall or a login page, which are not responses of Canvas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from contract_tests.client.body import json_object

if TYPE_CHECKING:
    import httpx2

_CANVAS_HEADERS = frozenset(
    {
        "x-canvas-meta",
        "x-canvas-real-user-id",
        "x-canvas-user-id",
        "x-rate-limit-remaining",
        "x-request-context-id",
        "x-request-cost",
        "x-session-id",
    }
)
"""Headers that Canvas sends, and no gateway (behaviour 9)."""

_DENIALS = frozenset({401, 403})
_BLOCKING_PAGE = re.compile(
    r"\b(access denied.{1,400}reference #|attention required|captcha|cloudflare|imperva|incapsula|fortigate|fortiweb|"
    r"mod_security|modsecurity|request rejected|requested url was rejected|sucuri|support id|"
    r"web application firewall)",
    re.IGNORECASE | re.DOTALL,
)
"""The words of the pages with which firewalls block a request, under any status."""

_MAX_PAGE = 20_000
"""The number of characters of a page that are searched for these words."""
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")


def gateway_sentence(method: str, response: httpx2.Response) -> str | None:
    """Return one sentence on the response if a gateway sends it in place of Canvas; None if Canvas may send it.

    Canvas denies a request with a JSON body that has `errors` (behaviour 2, 3.1). Another body, in a response that
    has none of Canvas's own headers, is no denial.
    """
    if _is_from_canvas(response) or (method == "HEAD" and "json" in _media_type(response)):
        return None
    media_type = _media_type(response)
    is_blocking_page = "html" in media_type and _BLOCKING_PAGE.search(response.text[:_MAX_PAGE]) is not None
    if response.status_code not in _DENIALS and not is_blocking_page:
        return None
    if response.headers.get("www-authenticate", "").lower().startswith(("basic", "digest", "negotiate", "ntlm")):
        cause = "requires a login of its own; request access without it from its administrator"
    else:
        cause = "blocks it; ask its administrator to allow the requests of the suite"
    return (
        f"The response to a {method} request is not Canvas's ({response.status_code}, {media_type or 'no media type'}, "
        f"no body of Canvas): a gateway or firewall before the target {cause}."
    )


def redirect_sentence(origin: str, url: str) -> str | None:
    """Return one sentence if the URL of a redirect has another origin than the target; None otherwise."""
    try:
        to, target = urlsplit(url), urlsplit(origin)
        port, is_same_host = to.port, to.hostname == target.hostname
    except ValueError:
        return "The target redirects to an invalid URL; set CANVAS_URL to the origin of the Canvas."
    default = {"http": 80, "https": 443}
    is_same_port = (port or default.get(to.scheme)) == (target.port or default.get(target.scheme))
    if is_same_host and is_same_port and to.scheme == target.scheme:
        return None
    if is_same_host and (target.scheme, to.scheme) == ("http", "https"):
        return f"The target redirects http to https; set CANVAS_URL to https://{to.netloc.lower()}."
    return "The target redirects to another origin; set CANVAS_URL to the origin of the Canvas."


def _is_from_canvas(response: httpx2.Response) -> bool:
    has_header = not _CANVAS_HEADERS.isdisjoint(name.lower() for name in response.headers)
    is_challenge = response.headers.get("www-authenticate", "").startswith("Bearer")
    return has_header or is_challenge or ("json" in _media_type(response) and "errors" in json_object(response))


def _media_type(response: httpx2.Response) -> str:
    text = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return text if _MEDIA_TYPE.fullmatch(text) else ""
