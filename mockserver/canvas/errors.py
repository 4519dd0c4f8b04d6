"""Canvas's errors as facts of the domain, each with Canvas's status and body.

CanvasError
|-- RateLimitExceeded                                                  plain text, before authentication
|-- Unauthenticated, InvalidToken, InsufficientScopes, InvalidMasquerade
|-- Forbidden
|-- NotFound, PageNotFound
|-- ValidationFailed, Refused, RecordInvalid
|-- BadParameters                                                      Canvas crashes with a 500
`-- LimitExceeded                                                      limits of the mock's state
"""

from __future__ import annotations

Header = tuple[bytes, bytes]

JSON = b"application/json; charset=utf-8"
HTML = b"text/html; charset=utf-8"
TEXT = b"text/plain; charset=utf-8"

_CHALLENGE: Header = (b"www-authenticate", b'Bearer realm="canvas-lms"')


class CanvasError(Exception):
    """A request whose response is not 200."""

    status_code: int
    media_type: bytes = JSON
    reported: bool = False
    """Whether Canvas creates an error report for the failure, and may show an `error_report_id` (behaviour 10.1)."""

    def body(self) -> object:
        """Return the response's body: a JSON value, or text where `media_type` is not JSON."""
        return {"errors": [{"message": str(self)}]}

    def headers(self) -> list[Header]:
        """Return the headers that only this failure has."""
        return []


class RateLimitExceeded(CanvasError):
    """The token's budget is spent (behaviour 9): 429 on hosted Canvas since October 2025, 403 elsewhere."""

    media_type = TEXT

    def __init__(self, status: int, remaining: float) -> None:
        self.status_code = status
        self.remaining = remaining
        super().__init__("Rate Limit Exceeded")

    def body(self) -> object:
        reason = "Forbidden" if self.status_code == 403 else "Too Many Requests"
        return f"{self.status_code} {reason} (Rate Limit Exceeded)\n"

    def headers(self) -> list[Header]:
        return [(b"x-rate-limit-remaining", repr(self.remaining).encode())]


class Unauthenticated(CanvasError):
    """The request has no token (behaviour 2)."""

    status_code = 401

    def __init__(self) -> None:
        super().__init__("user authorization required")

    def body(self) -> object:
        return {"status": "unauthenticated", "errors": [{"message": str(self)}]}

    def headers(self) -> list[Header]:
        return [_CHALLENGE]


class InvalidToken(CanvasError):
    """The request has a token that is unknown, expired or revoked (behaviour 2)."""

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
    """The developer key enforces scopes, and the token lacks the required one; no challenge (behaviour 2)."""

    status_code = 401
    reported = True

    def __init__(self) -> None:
        super().__init__("Insufficient scopes on access token.")


class InvalidMasquerade(CanvasError):
    """The caller may not act as that user, or the user does not exist (behaviour 3.6)."""

    status_code = 401

    def body(self) -> object:
        return {"errors": "Invalid as_user_id"}


class Forbidden(CanvasError):
    """The caller lacks the permission (behaviour 3.1); 401 in Canvas before about 2024."""

    status_code = 403

    def __init__(self) -> None:
        super().__init__("user not authorized to perform that action")

    def body(self) -> object:
        return {"status": "unauthorized", "errors": [{"message": str(self)}]}

    def headers(self) -> list[Header]:
        return [(b"cache-control", b"no-store"), (b"pragma", b"no-cache")]


class NotFound(CanvasError):
    """The user does not exist, or the user has no such channel (behaviour 3.5)."""

    status_code = 404
    reported = True

    def __init__(self) -> None:
        super().__init__("The specified resource does not exist.")


class PageNotFound(CanvasError):
    """The page number is below 1 or is not a number (behaviour 4.2)."""

    status_code = 404
    reported = True

    def body(self) -> object:
        return {"errors": [{"message": "An error occurred.", "error_code": "not_found"}]}


class ValidationFailed(CanvasError):
    """The channel was not saved; `failures` is a list of (attribute, message, type) (behaviour 5.2)."""

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
    """Canvas does not accept this type of channel from this caller (behaviour 5.6, 5.7)."""

    status_code = 400

    def body(self) -> object:
        return {"errors": {"type": str(self)}}


class RecordInvalid(CanvasError):
    """A push channel was requested without a push token (behaviour 5.7)."""

    status_code = 422

    def body(self) -> object:
        return {"errors": [{"field": "token", "message": "can't be blank", "error_code": "blank"}]}


class BadParameters(CanvasError):
    """Canvas crashes with a 500 on these parameters; the mock sends 400 and names the mistake."""

    status_code = 400


class LimitExceeded(CanvasError):
    """The state has reached a limit of the mock; Canvas has no such limit."""

    status_code = 400
