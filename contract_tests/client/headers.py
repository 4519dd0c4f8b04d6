"""Header values as the bytes that were received, one character for each byte, and as text for people."""

from __future__ import annotations

import httpx2

_LATIN_1 = "iso-8859-1"
_BODY_HEADERS = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


def with_plain_headers(response: httpx2.Response) -> httpx2.Response:
    """Return the response, with one character for each byte in its header values.

    The encoding of one header would otherwise depend on the bytes of all others.
    """
    response.headers.encoding = _LATIN_1
    return response


def header_bytes(value: str) -> bytes:
    """Return the bytes of a header value: one for each character, or UTF-8 if a character is above U+00FF."""
    try:
        return value.encode(_LATIN_1)
    except UnicodeEncodeError:
        return value.encode()


def readable(value: str) -> str:
    """Return a header value as text: UTF-8 if its bytes are valid UTF-8, one character for each byte otherwise."""
    try:
        return header_bytes(value).decode()
    except UnicodeDecodeError:
        return value


def received_headers(response: httpx2.Response) -> list[tuple[str, str]]:
    """Return the headers as text, with the names in the letter case received, which shows the age of a Canvas."""
    return [(name.decode(_LATIN_1), readable(value.decode(_LATIN_1))) for name, value in response.headers.raw]


def with_body(response: httpx2.Response, content: bytes) -> httpx2.Response:
    """Return the same response with this decoded body; header names keep their letter case."""
    headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _BODY_HEADERS]
    return httpx2.Response(response.status_code, headers=headers, content=content, request=response.request)
