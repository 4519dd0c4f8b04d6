"""Errors of a request itself, found before Canvas's rules are applied.

CanvasError
|-- UnknownRoute, UnknownMethod, MalformedPath, MalformedMediaType     HTML pages of Canvas, before any controller
|-- MalformedJson                                                       Canvas crashes with a 500 in plain text
`-- BodyTooLarge, IncompleteBody, ContractViolation                    limits of the mock, and its strict mode
"""

from __future__ import annotations

import re
from typing import ClassVar

from mockserver.canvas.errors import HTML, CanvasError, Header

_PAGE = "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"

_HTML_TYPE = b"text/html"
_SUFFIX = re.compile(r"\.(\w+)/?$")
_MEDIA_TYPES = {
    "atom": b"application/atom+xml",
    "csv": b"text/csv",
    "html": _HTML_TYPE,
    "js": b"text/javascript",
    "json": b"application/json",
    "pdf": b"application/pdf",
    "txt": b"text/plain",
    "xml": b"application/xml",
}
"""The media types of the responses for unknown routes, by the suffix of the path."""


class _HtmlPage(CanvasError):
    media_type = HTML
    title: ClassVar[str]

    def body(self) -> object:
        return _PAGE.format(title=self.title)


class UnknownRoute(_HtmlPage):
    """No route has this path and method; Canvas sends no 405 for a known path (behaviour 1.3).

    The response is an HTML page, or an empty body of another type that the client requests.
    """

    status_code = 404
    title = "Page Not Found"
    media_type = _HTML_TYPE

    def negotiate(self, accept: str, path: str) -> None:
        """Set the media type from the Accept header, or from the path's suffix where Rails ignores that header.

        Rails ignores the header of a browser, which has `*/*` among other types.
        """
        is_ignored = not accept or ("*/*" in accept and "," in accept)
        self.media_type = _from_suffix(path) if is_ignored else _from_accept(accept)

    def body(self) -> object:
        return super().body() if self.media_type == _HTML_TYPE else ""

    def headers(self) -> list[Header]:
        return [(b"cache-control", b"no-store"), (b"pragma", b"no-cache")]


class UnknownMethod(_HtmlPage):
    """Rails does not know the method (behaviour 1.3)."""

    status_code = 405
    title = "Method Not Allowed"


class MalformedPath(_HtmlPage):
    """The decoded path is not UTF-8 (behaviour 1.2)."""

    status_code = 400
    title = "Bad Request"


class MalformedMediaType(_HtmlPage):
    """The Content-Type of the body does not have the form type/subtype (behaviour 10.2)."""

    status_code = 406
    title = "Not Acceptable"


def _from_accept(accept: str) -> bytes:
    accepted = (media_type.partition(";")[0].strip().encode("latin-1") for media_type in accept.split(","))
    return next((media_type for media_type in accepted if media_type in _MEDIA_TYPES.values()), _HTML_TYPE)


def _from_suffix(path: str) -> bytes:
    suffix = _SUFFIX.search(path)
    return _MEDIA_TYPES.get(suffix[1], _HTML_TYPE) if suffix else _HTML_TYPE


class ContractViolation(CanvasError):
    """In strict mode: the request violates the contract; one message for each violation."""

    status_code = 400

    def __init__(self, violations: list[str]) -> None:
        super().__init__("; ".join(violations))
        self.violations = violations

    def body(self) -> object:
        return {"errors": [{"message": text, "error_code": "contract_violation"} for text in self.violations]}


class MalformedJson(CanvasError):
    """A JSON body cannot be parsed; Canvas crashes with a 500 in plain text (behaviour 10.2), the mock sends 400."""

    status_code = 400

    def __init__(self) -> None:
        super().__init__("the body is not valid JSON")


class BodyTooLarge(CanvasError):
    """The body exceeds the mock's limit."""

    status_code = 413


class IncompleteBody(CanvasError):
    """The announced body does not arrive, or stops before its end."""

    status_code = 408
