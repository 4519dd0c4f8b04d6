"""Redaction of access tokens in recorded requests, whatever the place and the encoding in which they were sent."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.control.request_journal import Entry

REDACTED = "TOKEN"
"""The text that replaces a token."""

_CREDENTIALS = frozenset({b"authorization", b"proxy-authorization"})
_CONTROL_TOKEN = b"x-mock-control-token"
_MIN_LENGTH = 8
"""The length from which a token is replaced wherever it occurs; a shorter one could be a part of any word."""
_MAX_LENGTH = 500
"""The length up to which other encodings of a token are found; no token of Canvas is so long."""
_PARAMETER = re.compile(
    r"(?P<form>(?:^|[?&])access(?:_|%5f)token=)[^&\s<>\"]*"
    r'|(?P<json>"access_token"\s*:\s*")(?:[^"\\]|\\.)*'
    r"|(?P<multipart>name=\"?access_token\"?[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n).*?(?=\r?\n--|\Z)",
    re.IGNORECASE | re.DOTALL,
)
"""The parameter `access_token` in a query, a form, JSON, and a multipart body."""


class Redaction:
    """Replaces the tokens of one request by `mark`."""

    def __init__(self, entry: Entry, mark: str = REDACTED) -> None:
        self._mark = mark
        self._tokens = _pattern(tuple(sorted(_sent_tokens(entry))))

    def text(self, data: bytes) -> str:
        """Return bytes as text: a path, a query or a body. Bytes that are not UTF-8 are replaced."""
        text = _PARAMETER.sub(
            lambda match: f"{match[match.lastgroup or 0]}{self._mark}", data.decode("utf-8", "replace")
        )
        return self._tokens.sub(lambda _: self._mark, text) if self._tokens else text

    def header(self, name: bytes, value: bytes) -> str:
        """Return the value of a header; credentials are replaced whole, after their scheme."""
        if name == _CONTROL_TOKEN:
            return self._mark
        if name not in _CREDENTIALS:
            return self.text(value)
        scheme, credentials = _credentials(value)
        return f"{scheme} {self._mark}".strip() if credentials else scheme


def _sent_tokens(entry: Entry) -> set[str]:
    """Return the tokens that are replaced wherever they occur."""
    sent = {_credentials(value)[1] for name, value in entry.headers if name in _CREDENTIALS}
    return {token for token in {*sent, entry.token or ""} if len(token) >= _MIN_LENGTH}


def _credentials(value: bytes) -> tuple[str, str]:
    """Return the scheme and the credentials of a header; a single word is the credentials, unless it is a scheme."""
    scheme, _, credentials = value.decode("utf-8", "replace").strip().partition(" ")
    if not credentials and scheme.lower() not in {"bearer", "basic"}:
        return "", scheme
    return scheme, credentials.strip()


@lru_cache(maxsize=64)
def _pattern(tokens: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return a pattern of these tokens, the longest first; None without tokens."""
    ordered = sorted(tokens, key=len, reverse=True)
    return re.compile("|".join(map(_in_any_encoding, ordered)), re.IGNORECASE) if ordered else None


def _in_any_encoding(token: str) -> str:
    """Return a regular expression of a token that is plain, percent-encoded, or escaped in JSON."""
    if len(token) > _MAX_LENGTH:
        return re.escape(token)
    return "".join(
        rf"(?:\\?{re.escape(char)}|{''.join(f'%{byte:02x}' for byte in char.encode())}|\\u{ord(char):04x})"
        for char in token
    )
