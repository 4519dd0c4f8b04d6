"""Responses with a secret somewhere, in many encodings, and the search for what is left of it in an output."""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import httpx2
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

JSON = "application/json; charset=utf-8"
TOKEN = "7~Kq3vZr8LmXw2TbNcYd5Hs9PfGjUe4RaQx6BvMt1"
CHANNEL = {
    "id": 5,
    "user_id": 1,
    "position": 1,
    "type": "email",
    "workflow_state": "active",
    "created_at": "2026-01-05T08:00:00Z",
}

ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "swapped case": str.swapcase,
    "without its ends": lambda text: text[2:-3],
    "without its end": lambda text: text[: -len(text) // 6],
    "without its start": lambda text: text[len(text) // 6 :],
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "percent twice": lambda text: quote("".join(f"%{byte:02x}" for byte in text.encode())),
    "quoted": lambda text: quote(text, safe=""),
    "Base64": lambda text: base64.b64encode(text.encode()).decode(),
    "Base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "Basic": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "HTML": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "HTML, hexadecimal": lambda text: "".join(f"&#x{ord(char):x};" for char in text),
    "JSON": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "Python": lambda text: "".join(f"\\x{ord(char):02x}" if ord(char) < 256 else char for char in text),
    "reversed": lambda text: text[::-1],
    "two lines": lambda text: f"{text[: len(text) // 2]}\n{text[len(text) // 2 :]}",
    "zero width": "\u200b".join,
    "in a sentence": lambda text: f"The user {text} is unknown.",
    "in a word": lambda text: f"user-{text}-active",
    "in a URL": lambda text: f"https://canvas.example.edu/login?token={quote(text)}&page=1",
}


@dataclass(frozen=True)
class Leak:
    """A secret, its encoding, and the place at which a response has it."""

    secret: str
    encoding: str
    place: str
    status: int

    @property
    def text(self) -> str:
        """The encoded secret."""
        return ENCODINGS[self.encoding](self.secret)


def json_response(status: int, body: Any, **headers: str) -> httpx2.Response:
    """Return a JSON response as Canvas sends it."""
    content = json.dumps(body).encode()
    return httpx2.Response(status, headers={"Content-Type": JSON, **headers}, content=content)


def _header(leak: Leak, name: str) -> httpx2.Response:
    value = leak.text.replace("\n", " ").encode()
    headers = [(b"Content-Type", JSON.encode()), (name.encode(), value)]
    return httpx2.Response(leak.status, headers=headers, content=b"[]")


def _header_name(leak: Leak) -> httpx2.Response:
    name = re.sub(r"[^\w.~!#$%&'*+^|-]", "-", leak.text, flags=re.ASCII)
    return httpx2.Response(leak.status, headers={"Content-Type": JSON, f"X-{name}": "1"}, content=b"[]")


def _body(leak: Leak, media_type: str, encoding: str = "utf-8") -> httpx2.Response:
    return httpx2.Response(leak.status, headers={"Content-Type": media_type}, content=leak.text.encode(encoding))


def _repeated_key(leak: Leak) -> httpx2.Response:
    content = f'{{"message": {json.dumps(leak.text)}, "message": "active"}}'
    return httpx2.Response(leak.status, headers={"Content-Type": JSON}, content=content.encode())


def _in_channel(leak: Leak, field: str) -> httpx2.Response:
    return json_response(leak.status, [{**CHANNEL, field: leak.text}])


def _in_errors(leak: Leak, body: Any) -> httpx2.Response:
    return json_response(leak.status, {"errors": body})


PLACES: dict[str, Callable[[Leak], httpx2.Response]] = {
    **{
        f"field {name}": lambda leak, name=name: _in_channel(leak, name)  # type: ignore[misc]  # a default binds it
        for name in (*CHANNEL, "address", "last_bounce_summary", "name", "path")
    },
    "key": lambda leak: json_response(leak.status, {leak.text: 1}),
    "key of a channel": lambda leak: _in_channel(leak, leak.text),
    "key of errors": lambda leak: _in_errors(leak, {leak.text: [{"message": "is invalid", "type": "invalid"}]}),
    "nested": lambda leak: json_response(leak.status, {"user": {"profile": [{"text": [leak.text]}]}}),
    "text in a list": lambda leak: json_response(leak.status, [leak.text]),
    "JSON text": lambda leak: json_response(leak.status, leak.text),
    "message": lambda leak: _in_errors(leak, [{"message": leak.text}]),
    "error type": lambda leak: _in_errors(leak, {"address": [{"message": "is invalid", "type": leak.text}]}),
    "errors": lambda leak: _in_errors(leak, leak.text),
    "status": lambda leak: json_response(leak.status, {"status": leak.text, "errors": []}),
    "JSON in text": lambda leak: _in_errors(leak, [{"message": json.dumps({"user": leak.text})}]),
    "repeated key": _repeated_key,
    **{
        f"header {name}": lambda leak, name=name: _header(leak, name)  # type: ignore[misc]  # a default binds it
        for name in ("ETag", "Link", "Location", "Server", "Set-Cookie", "WWW-Authenticate", "X-Request-Id", "X-User")
    },
    "header name": _header_name,
    "media type": lambda leak: _body(leak, f"text/{quote(leak.text)}"),
    "text": lambda leak: _body(leak, "text/plain; charset=utf-8"),
    "text in UTF-16": lambda leak: _body(leak, "text/plain; charset=utf-16", "utf-16"),
    "page": lambda leak: _body(leak, "text/html; charset=utf-8"),
    "no media type": lambda leak: _body(leak, ""),
    "malformed JSON": lambda leak: _body(leak, JSON),
    "reason phrase": lambda leak: httpx2.Response(
        leak.status,
        headers={"Content-Type": JSON},
        content=b"[]",
        extensions={"reason_phrase": leak.text.replace("\n", " ").encode("ascii", "replace")},
    ),
}
"""The response to a leak, by the place of its secret."""

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"
SECRETS = st.one_of(
    st.just(TOKEN),
    st.text(ALPHABET, min_size=24, max_size=64).map("7~{}".format),
    st.sampled_from(
        ("Rosalind Bakewell", "Rose Baker", "Sheldon Lee Cooper", "Anne-Marie O'Neill", "J\u00f6rg M\u00fcller")
    ),
    st.from_regex(r"[a-z]{4,9}\.[a-z]{5,9}@[a-z]{4,9}\.(edu|org|test)", fullmatch=True),
)
PHONES = st.sampled_from(("+14155550133", "(415) 555-0133", "415-555-0133", "415.555.0133", "+49 30 901820"))
_PHONE_ENCODINGS = ("HTML", "JSON", "in a sentence", "in a URL", "in a word", "percent", "plain", "quoted", "two lines")
"""The encodings of all digits in order: a part of a telephone number is a number like others."""

_PLACES = st.sampled_from(sorted(PLACES))
_STATUSES = st.sampled_from((200, 200, 400, 401, 403, 404, 422, 500))
LEAKS = st.one_of(
    st.builds(Leak, SECRETS, st.sampled_from(sorted(ENCODINGS)), _PLACES, _STATUSES),
    st.builds(Leak, PHONES, st.sampled_from(_PHONE_ENCODINGS), _PLACES, _STATUSES),
)


def remains(leak: Leak, outputs: str) -> list[str]:
    """Return the parts of the secret, plain or encoded, that the outputs contain; a part has most of its characters."""
    texts = {_compact(each) for each in (outputs, html.unescape(outputs), unquote(outputs), _unescaped(outputs))}
    parts = {part for form in (leak.secret, leak.text) for part in _parts(_compact(form), leak)}
    return [part for part in parts if any(part in text for text in texts)]


def _parts(text: str, leak: Leak) -> set[str]:
    """Return the words of the secret, and all parts of the text that have two thirds of its length.

    If other words surround the secret in the text, its parts can be theirs: only the words of the secret are returned.
    """
    size = max(min(len(text), 5), len(text) * 2 // 3)
    words = {word for word in re.findall(r"\w{5,}", leak.secret.lower()) if not word.isdecimal()}
    surrounding = {"in a sentence", "in a word", "in a URL"}
    if leak.encoding in surrounding and text != _compact(leak.secret):
        return words
    return {text[start : start + size] for start in range(len(text) - size + 1)} | words


def _compact(text: str) -> str:
    """Return the text in lower case, without white space and zero-width spaces."""
    return "".join(text.split()).replace("\u200b", "").lower()


def _unescaped(text: str) -> str:
    r"""Return the text with characters in place of their escapes, such as \u0041 and \x41."""
    return re.sub(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})", lambda found: chr(int(found[1] or found[2], 16)), text)
