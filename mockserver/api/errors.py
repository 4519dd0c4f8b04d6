"""Errors of a request itself, found before Canvas's rules are applied.

CanvasError
|-- UnknownRoute, UnknownMethod, MalformedPath, MalformedMediaType     HTML pages of Canvas, before any controller
|-- MalformedJson                                                       Canvas sends an empty 400
`-- BodyTooLarge, IncompleteBody, ContractViolation                    limits of the mock, and its strict mode
"""

from __future__ import annotations

from typing import ClassVar

from mockserver.canvas.errors import HTML, CanvasError

_HTML = "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"


class _HtmlPage(CanvasError):
    media_type = HTML
    title: ClassVar[str]

    def body(self) -> object:
        return _HTML.format(title=self.title)


class UnknownRoute(_HtmlPage):
    """No route has this path and method; Canvas sends no 405 for a known path (behaviour 1.3)."""

    status_code = 404
    title = "Page Not Found"


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


class ContractViolation(CanvasError):
    """In strict mode: the request violates the contract; one message for each violation."""

    status_code = 400

    def __init__(self, violations: list[str]) -> None:
        super().__init__("; ".join(violations))
        self.violations = violations

    def body(self) -> object:
        return {"errors": [{"message": text, "error_code": "contract_broken"} for text in self.violations]}


class MalformedJson(CanvasError):
    """A JSON body cannot be parsed; Canvas sends an empty 400 (behaviour 10.2)."""

    status_code = 400

    def body(self) -> object:
        return ""


class BodyTooLarge(CanvasError):
    """The body exceeds the mock's limit."""

    status_code = 413


class IncompleteBody(CanvasError):
    """The announced body does not arrive, or stops before its end."""

    status_code = 408
