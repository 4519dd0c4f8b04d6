r"""Escapes in text: characters that an output makes visible, and escaped characters that hide a text.

The encodings are those of URLs (`%61`), of HTML (`&#97;`), and of JSON, JavaScript and Python (`\u0061`, `\x61`).
"""

from __future__ import annotations

import html
import re
from urllib.parse import unquote

_MAX_ENCODINGS = 4
"""The number of encodings inside one another that are decoded."""

_BACKSLASH = re.compile(r"\\(?:u\{?([0-9a-fA-F]{1,6})\}?|x([0-9a-fA-F]{2})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_ENTITY = re.compile(r"&(?:#[xX]?[0-9a-fA-F]{1,8};?|\w{1,31};)")
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0"}
_LAST_CHARACTER = 0x10FFFF


def printable(text: str) -> str:
    """Return the text with control characters escaped: a response could contain commands for the terminal.

    This includes the C1 controls, the characters that reverse the direction of text or have no width, the separators
    of lines and paragraphs, and what XML does not allow.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else _escaped(char) for char in text)


def one_line(text: str) -> str:
    """Return the text with all control characters escaped, also the ends of lines."""
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def decoded(text: str) -> str:
    """Return the text without its escapes, and the text itself if it has none."""
    for _ in range(_MAX_ENCODINGS):
        before = text
        if "\\" in text:
            text = _BACKSLASH.sub(_backslash_character, text)
        if "&" in text:
            text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
        if "%" in text:
            text = unquote(text, errors="replace")
        if text == before:
            break
    return text


def _backslash_character(found: re.Match[str]) -> str:
    number = found[1] or found[2] or found[3]
    if number is None:
        return _CONTROLS.get(found[4], found[4])
    value = int(number, 16)
    return chr(value) if value <= _LAST_CHARACTER else found[0]


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
