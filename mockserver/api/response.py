"""Responses in Canvas's format: JSON bodies, error bodies, and the headers of every response (behaviour 8, 9)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from mockserver.canvas.errors import JSON, CanvasError, Forbidden, Header
from mockserver.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Message

    from mockserver.api.request import ApiRequest
    from mockserver.canvas.accounts import Account
    from mockserver.canvas.authentication import Caller

RESPONSE_KEY = "mockserver.response"
"""The key of the ApiResponse in an ASGI scope. The middleware puts it there and sends no messages, so its value is
encoded once."""

VIOLATION_HEADER = b"x-contract-violation"

_MAX_VIOLATION_LENGTH = 1000
_MEASURES = "b=1378436;m=1378436;u=0.01;y=0.00;d=0.00;"
"""The memory in KB and the seconds of user, system and database time that Canvas measures."""
_ETAG_DIGITS = 32
"""An ETag has this many of the first hexadecimal digits of a SHA-256, as in Rack."""
_STRING_IDS = "application/json+canvas-string-ids"
_ESCAPES = [(c.encode(), f"\\u{ord(c):04x}".encode()) for c in "<>&\u2028\u2029"]
_ASCII_ESCAPES = [(raw, escaped) for raw, escaped in _ESCAPES if raw.isascii()]
_CONSTANT_HEADERS: list[Header] = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-xss-protection", b"1; mode=block"),
    (b"x-download-options", b"noopen"),
    (b"x-permitted-cross-domain-policies", b"none"),
    (b"referrer-policy", b"no-referrer-when-downgrade"),
    (b"x-runtime", b"0.001000"),
]


class EncodedItem:
    """The JSON of an item of a list, which never changes, and the last check that accepted it."""

    __slots__ = ("accepted_by", "json")

    def __init__(self, value: object) -> None:
        self.json = bytes(memoryview(encode(value)))  # a copy, which takes less memory than orjson's buffer
        self.accepted_by: Callable[[Any], bool] | None = None

    def is_accepted_by(self, check: Callable[[Any], bool]) -> bool:
        """Return whether a check accepts the item; if it does, `accepted_by` remembers the check."""
        is_accepted = check(orjson.loads(self.json))
        if is_accepted:
            self.accepted_by = check
        return is_accepted

    def __deepcopy__(self, _memo: object) -> EncodedItem:
        """Return the item itself: copies of a channel may share what never changes."""
        return self


@dataclass(slots=True)
class ApiResponse:
    """A handler's result: a value, and the headers that belong to it."""

    value: object
    """A JSON value, or text of another media type; a list may have items that are encoded already."""
    status: int = 200
    headers: list[Header] = field(default_factory=list)
    media_type: bytes = JSON
    body: bytes | None = None
    """The encoded value, once it is needed; None before."""
    items: list[EncodedItem] | None = field(default=None, init=False)
    """The encoded items, if the body is exactly these in a JSON list; None otherwise."""

    def encode(self) -> bytes:
        """Return the body. The value is encoded once, so that the bytes that were validated are those that are sent."""
        if self.body is None:
            self.body = self._encoded_value()
        return self.body

    def _encoded_value(self) -> bytes:
        if self.media_type != JSON:
            return str(self.value).encode()
        if not isinstance(self.value, list):
            return encode(self.value)
        self.items = [item if isinstance(item, EncodedItem) else EncodedItem(item) for item in self.value]
        return b"[%b]" % b",".join([item.json for item in self.items])


def error_response(error: CanvasError, *, unauthorized_status: int, report_id: int | None) -> ApiResponse:
    """Return the response for an error; no other function converts errors to responses."""
    status = unauthorized_status if isinstance(error, Forbidden) else error.status_code
    value = error.body()
    if report_id is not None and error.reported and isinstance(value, dict):
        value["error_report_id"] = report_id
    return ApiResponse(value, status, error.headers(), error.media_type)


def encode(value: object) -> bytes:
    """Encode a value as Canvas's JSON: raw UTF-8, with `<`, `>`, `&` and two line separators escaped."""
    body = orjson.dumps(value)
    for raw, escaped in _ASCII_ESCAPES if body.isascii() else _ESCAPES:
        body = body.replace(raw, escaped)
    return body


def complete(request: ApiRequest, response: ApiResponse) -> tuple[Message, bytes]:
    """Return the start message and the body, after string ids, ETag and 304, with the headers of every response."""
    status, body = response.status, response.encode()
    headers = [(b"content-type", response.media_type), *response.headers]
    if _STRING_IDS in request.accept and body.startswith((b"{", b"[")):
        body = encode(with_string_ids(orjson.loads(body)))
    if status == 200:
        etag = f'W/"{hashlib.sha256(body).hexdigest()[:_ETAG_DIGITS]}"'
        headers += (b"etag", etag.encode()), (b"cache-control", b"max-age=0, private, must-revalidate")
        if request.if_none_match and request.method in {"GET", "HEAD"} and _matches(request.if_none_match, etag):
            status, body = 304, b""
            headers = [header for header in headers if header[0] != b"content-type"]
    elif not any(name == b"cache-control" for name, _ in headers):
        headers.append((b"cache-control", b"no-cache"))
    headers += _request_headers(request)
    sent_body = b"" if request.method == "HEAD" else body
    if status != 304:
        # A client that sent POST waits for as many bytes as Content-Length states, even if the method is now HEAD.
        length = len(sent_body if request.has_overridden_method else body)
        headers.append((b"content-length", b"%d" % length))
    return {"type": "http.response.start", "status": status, "headers": headers}, sent_body


def with_string_ids(value: object) -> object:
    """Return the value with every `id` and `..._id` as text, for clients without 64-bit integers (behaviour 8)."""
    if isinstance(value, list):
        return [with_string_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: str(inner) if isinstance(inner, int) and (key == "id" or key.endswith("_id")) else with_string_ids(inner)
        for key, inner in value.items()
    }


def _matches(if_none_match: str, etag: str) -> bool:
    candidates = {candidate.strip() for candidate in if_none_match.split(",")}
    return "*" in candidates or etag in candidates or etag.removeprefix("W/") in candidates


def _request_headers(request: ApiRequest) -> list[Header]:
    """Return the constant headers and those that depend on the request."""
    id_ = _uuid(request.world.request_ids.getrandbits)
    headers = [*_CONSTANT_HEADERS, (b"x-request-context-id", id_), _meta_header(request.action, *_token_ids(request))]
    if request.caller is not None:
        headers += _user_headers(request.caller, request.world.account)
    if request.action or not request.operation_id:  # Canvas sets this header when it selects the action
        headers.append(_frame_header(request.origin))
    if request.operation_id:  # Canvas reports no cost for a path without a route
        headers.append(_number_header(b"x-request-cost", request.cost))
        headers.append(_number_header(b"x-rate-limit-remaining", request.rate_limit_remaining))
    if request.violations:
        headers.append((VIOLATION_HEADER, _header_value(request.violations)))
    return headers


def _uuid(bits: Callable[[int], int]) -> bytes:
    """Return a random UUID (version 4) as text; `uuid.UUID` takes more than twice as long.

    `bits(n)` returns n random bits. In RFC 9562, the digit 4 is the version, and 0x8000 is the variant.
    """
    return b"%08x-%04x-4%03x-%04x-%012x" % (bits(32), bits(16), bits(12), 0x8000 | bits(14), bits(48))


def _token_ids(request: ApiRequest) -> tuple[int | None, int | None]:
    """Return the global ids of the token and its developer key; None without a valid token."""
    token = request.valid_token
    if token is None:
        return None, None
    account = request.world.account
    return account.global_id(token.id), account.global_id(token.developer_key_id)


@lru_cache(maxsize=8192)
def _meta_header(action: str, token_id: int | None, developer_key_id: int | None) -> Header:
    """Return X-Canvas-Meta: token and developer key if the token is valid, action, measures."""
    token = "" if token_id is None else f"at={token_id};dk={developer_key_id};"
    return b"x-canvas-meta", f"{token}{action}{_MEASURES}".encode()


def _frame_header(origin: str) -> Header:
    host = origin.partition("://")[2]
    return b"content-security-policy", f"frame-ancestors 'self' {host};".encode("latin-1")


def _user_headers(caller: Caller, account: Account) -> list[Header]:
    """Return the headers that name the user as whom the request is processed and, with `as_user_id`, the caller."""
    headers = [_number_header(b"x-canvas-user-id", account.global_id(caller.user.id))]
    if caller.is_masquerading:
        headers.append(_number_header(b"x-canvas-real-user-id", account.global_id(caller.real_user.id)))
    return headers


@lru_cache(maxsize=8192, typed=True)
def _number_header(name: bytes, number: float) -> Header:
    return name, repr(number).encode()


def _header_value(violations: list[str]) -> bytes:
    text = printable(" ".join("; ".join(violations).split()))
    return text.encode("ascii", "backslashreplace")[:_MAX_VIOLATION_LENGTH]
