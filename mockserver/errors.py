"""What can go wrong, as facts of the domain; each knows how Canvas says it.

CanvasError
|-- UnknownRoute, UnknownMethod, MalformedPath, NotAMediaType   pages of HTML, before any controller
|-- RateLimitExceeded                                            plain text, before authentication
|-- Unauthenticated, InvalidToken, InsufficientScopes, InvalidMasquerade
|-- Forbidden
|-- NotFound, PageNotFound
|-- ValidationFailed, Refused, RecordInvalid
`-- BadParameters, BodyCutShort, BodyTooLarge, ContractBroken, Unparsable     where Canvas crashes, or does not look
"""

from __future__ import annotations

from typing import ClassVar

Header = tuple[bytes, bytes]

JSON = b"application/json; charset=utf-8"
HTML = b"text/html; charset=utf-8"
TEXT = b"text/plain; charset=utf-8"

_HTML = "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
_CHALLENGE: Header = (b"www-authenticate", b'Bearer realm="canvas-lms"')


class CanvasError(Exception):
    """A request that is not answered with 200."""

    status_code: int
    media_type: ClassVar[bytes] = JSON
    reported: bool = False
    """Whether Canvas records it, and may then show an `error_report_id` (behaviour 10.1)."""

    def body(self) -> object:
        """The answer's body: a JSON value, or text where `media_type` is not JSON."""
        return {"errors": [{"message": str(self)}]}

    def headers(self) -> list[Header]:
        """Headers that this failure alone has."""
        return []


class _Page(CanvasError):
    media_type = HTML
    title: ClassVar[str]

    def body(self) -> object:
        return _HTML.format(title=self.title)


class UnknownRoute(_Page):
    """No route has this path and method; Canvas has no 405 for known paths (behaviour 1.3)."""

    status_code = 404
    title = "Page Not Found"


class UnknownMethod(_Page):
    """A method that Rails does not know (behaviour 1.3)."""

    status_code = 405
    title = "Method Not Allowed"


class MalformedPath(_Page):
    """A path that is not UTF-8 once decoded (behaviour 1.2)."""

    status_code = 400
    title = "Bad Request"


class NotAMediaType(_Page):
    """A body whose Content-Type is not of the form type/subtype (behaviour 10.2)."""

    status_code = 406
    title = "Not Acceptable"


class RateLimitExceeded(CanvasError):
    """The token's budget is spent (behaviour 9); 403, or 429 where Canvas is so configured."""

    media_type = TEXT

    def __init__(self, status: int) -> None:
        self.status_code = status
        super().__init__("Rate Limit Exceeded")

    def body(self) -> object:
        reason = "Forbidden" if self.status_code == 403 else "Too Many Requests"
        return f"{self.status_code} {reason} (Rate Limit Exceeded)\n"

    def headers(self) -> list[Header]:
        return [(b"x-rate-limit-remaining", b"0.0")]


class Unauthenticated(CanvasError):
    """There is no token (behaviour 2)."""

    status_code = 401

    def __init__(self) -> None:
        super().__init__("user authorization required")

    def body(self) -> object:
        return {"status": "unauthenticated", "errors": [{"message": str(self)}]}

    def headers(self) -> list[Header]:
        return [_CHALLENGE]


class InvalidToken(CanvasError):
    """There is a token, and Canvas does not take it (behaviour 2)."""

    status_code = 401

    def __init__(self, state: str = "Invalid", expired_at: str | None = None) -> None:
        super().__init__(f"{state} access token.")
        self.expired_at = expired_at
        self.reported = state != "Invalid"  # unknown tokens are on Canvas's ignore list

    def body(self) -> object:
        expiry = {"expired_at": self.expired_at} if self.expired_at else {}
        return {"errors": [{"message": str(self), **expiry}]}

    def headers(self) -> list[Header]:
        return [_CHALLENGE]


class InsufficientScopes(CanvasError):
    """The developer key enforces scopes, and the token has not this one; no challenge (behaviour 2)."""

    status_code = 401
    reported = True

    def __init__(self) -> None:
        super().__init__("Insufficient scopes on access token.")


class InvalidMasquerade(CanvasError):
    """The caller may not act as that user, or nobody is that user (behaviour 3.6)."""

    status_code = 401

    def body(self) -> object:
        return {"errors": "Invalid as_user_id"}


class Forbidden(CanvasError):
    """The caller is known and may not do this (behaviour 3.1); 401 in Canvas before about 2024."""

    status_code = 403

    def __init__(self) -> None:
        super().__init__("user not authorized to perform that action")

    def body(self) -> object:
        return {"status": "unauthorized", "errors": [{"message": str(self)}]}

    def headers(self) -> list[Header]:
        return [(b"cache-control", b"no-store"), (b"pragma", b"no-cache")]


class NotFound(CanvasError):
    """No such user, or no such channel of that user (behaviour 3.5)."""

    status_code = 404
    reported = True

    def __init__(self) -> None:
        super().__init__("The specified resource does not exist.")


class PageNotFound(CanvasError):
    """A page number below 1, or no number (behaviour 4.2)."""

    status_code = 404
    reported = True

    def body(self) -> object:
        return {"errors": [{"message": "An error occurred.", "error_code": "not_found"}]}


class ValidationFailed(CanvasError):
    """The channel was not saved; `failures` is (attribute, message, type) (behaviour 5.2)."""

    status_code = 400

    def __init__(self, *failures: tuple[str, str, str]) -> None:
        super().__init__(failures)
        self.failures = failures

    def body(self) -> object:
        errors: dict[str, list[dict[str, str]]] = {}
        for attribute, message, kind in self.failures:
            errors.setdefault(attribute, []).append({"attribute": attribute, "message": message, "type": kind})
        return {"errors": errors}


class Refused(CanvasError):
    """This kind of channel is not taken from this caller (behaviour 5.6, 5.7)."""

    status_code = 400

    def body(self) -> object:
        return {"errors": {"type": str(self)}}


class RecordInvalid(CanvasError):
    """A push channel without a device token (behaviour 5.7)."""

    status_code = 422

    def body(self) -> object:
        return {"errors": [{"field": "token", "message": "can't be blank", "error_code": "blank"}]}


class BadParameters(CanvasError):
    """Parameters on which Canvas fails with an accidental 500; the mock says what is wrong instead."""

    status_code = 400


class ContractBroken(CanvasError):
    """In strict mode: the request breaks the contract; one message for each breach."""

    status_code = 400

    def __init__(self, breaches: list[str]) -> None:
        super().__init__("; ".join(breaches))
        self.breaches = breaches

    def body(self) -> object:
        return {"errors": [{"message": breach, "error_code": "contract_broken"} for breach in self.breaches]}


class Unparsable(CanvasError):
    """A JSON body that does not parse: Canvas answers a bare 400 (behaviour 10.2)."""

    status_code = 400

    def body(self) -> object:
        return ""


class BodyTooLarge(CanvasError):
    """The body is over the mock's limit."""

    status_code = 413


class BodyCutShort(CanvasError):
    """The body that was announced does not come, or stops before its end."""

    status_code = 408
