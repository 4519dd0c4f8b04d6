"""Answers as bytes: JSON as Canvas writes it, errors, and the headers that every answer has (behaviour 8, 9)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

import orjson

from mockserver.errors import JSON, CanvasError, Forbidden, Header

if TYPE_CHECKING:
    from random import Random

    from starlette.types import Message, Send

    from mockserver.call import Call

BREACH_HEADER = b"x-contract-violation"

_LONGEST_BREACH = 1000
_STRING_IDS = "application/json+canvas-string-ids"
_ESCAPES = [(c.encode(), f"\\u{ord(c):04x}".encode()) for c in "<>&\u2028\u2029"]
_ESCAPES_IN_ASCII = [(raw, escaped) for raw, escaped in _ESCAPES if raw.isascii()]
_ALWAYS: list[Header] = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-xss-protection", b"1; mode=block"),
    (b"x-download-options", b"noopen"),
    (b"x-permitted-cross-domain-policies", b"none"),
    (b"referrer-policy", b"no-referrer-when-downgrade"),
    (b"content-security-policy", b"frame-ancestors 'self';"),
    (b"x-runtime", b"0.001000"),
]


@dataclass(slots=True)
class Answer:
    """What a handler says: a value, and headers that belong to it."""

    value: object
    status: int = 200
    headers: list[Header] = field(default_factory=list)
    media_type: bytes = JSON

    async def send(self, send: Send) -> None:
        """Say it in ASGI."""
        body = encode(self.value) if self.media_type == JSON else str(self.value).encode()
        headers = [(b"content-type", self.media_type), *self.headers]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def answer_to(error: CanvasError, *, unauthorized_status: int, report_id: int | None) -> Answer:
    """The one place where a failure becomes an answer."""
    status = unauthorized_status if isinstance(error, Forbidden) else error.status_code
    value = error.body()
    if report_id is not None and error.reported and isinstance(value, dict):
        value["error_report_id"] = report_id
    return Answer(value, status, error.headers(), error.media_type)


def encode(value: object) -> bytes:
    """JSON as Canvas writes it: raw UTF-8, with `<`, `>`, `&` and two line separators escaped."""
    if value == "":
        return b""
    body = orjson.dumps(value)
    for raw, escaped in _ESCAPES_IN_ASCII if body.isascii() else _ESCAPES:
        body = body.replace(raw, escaped)
    return body


def finish(call: Call, random: Random, start: Message, body: bytes) -> tuple[Message, bytes]:
    """Complete an answer: string ids, ETag and 304, and the headers that all answers have."""
    headers: list[Header] = start["headers"]
    status: int = start["status"]
    if _STRING_IDS in call.accept and body.startswith((b"{", b"[")):
        body = encode(with_string_ids(orjson.loads(body)))
    if status == 200:
        etag = f'W/"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        headers += (b"etag", etag.encode()), (b"cache-control", b"max-age=0, private, must-revalidate")
        if call.if_none_match and call.method in {"GET", "HEAD"} and _matches(call.if_none_match, etag):
            status, body = 304, b""
            headers = [header for header in headers if header[0] != b"content-type"]
    elif not any(name == b"cache-control" for name, _ in headers):
        headers.append((b"cache-control", b"no-cache"))
    headers += _of_call(call, random)
    sent = b"" if call.method == "HEAD" else body
    if status != 304:
        length = len(sent if call.stands_in else body)  # who sent a POST waits for all that is announced
        headers.append((b"content-length", b"%d" % length))
    return {**start, "status": status, "headers": headers}, sent


def with_string_ids(value: object) -> object:
    """The value with every `id` and `..._id` as text, for clients without 64-bit integers (behaviour 8)."""
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


def _of_call(call: Call, random: Random) -> list[Header]:
    id_ = UUID(int=random.getrandbits(128), version=4)
    headers = [*_ALWAYS, (b"x-request-context-id", str(id_).encode())]
    if call.action:
        headers.append((b"x-canvas-meta", call.action.encode()))
    if call.caller is not None:
        headers.append((b"x-canvas-user-id", b"%d" % call.caller.user.id))
        if call.caller.real_user is not call.caller.user:
            headers.append((b"x-canvas-real-user-id", b"%d" % call.caller.real_user.id))
    if call.budget is not None:
        headers.append((b"x-request-cost", b"0.0412"))
        headers.append((b"x-rate-limit-remaining", b"%.2f" % call.budget))
    if call.breaches:
        headers.append((BREACH_HEADER, _one_line(call.breaches)))
    return headers


def _one_line(breaches: list[str]) -> bytes:
    text = " ".join("; ".join(breaches).split())
    return text.encode("ascii", "backslashreplace")[:_LONGEST_BREACH]
