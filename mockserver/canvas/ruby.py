"""How Ruby and Rails convert text to numbers and booleans."""

from __future__ import annotations

import re

_LEADING_INTEGER = re.compile(r"\s*([+-]?\d+(?:_\d+)*)", re.ASCII)
_OCTAL = re.compile(r"\s*(0[0-7_]*[0-7])\s*", re.ASCII)
_MAX_LENGTH = 100
"""The number of characters that are read, so that no text takes long to parse."""

_TRUE_WORDS = frozenset({"yes", "y", "true", "t", "on", "1"})


def to_i(text: str) -> int:
    """Return what Ruby's `String#to_i` returns: the integer at the start of the text, or 0."""
    match = _LEADING_INTEGER.match(text[:_MAX_LENGTH])
    return int(match[1]) if match else 0


def integer(text: str) -> int:
    """Return what Ruby's `Integer(text)` returns (with blanks, 0x, octal digits or underscores), or else `to_i`."""
    number = _strict_integer(text[:_MAX_LENGTH])
    return to_i(text) if number is None else number


def is_integer(text: str) -> bool:
    """Return whether Ruby's `Integer(text)` accepts the whole text."""
    return _strict_integer(text[:_MAX_LENGTH]) is not None


def _strict_integer(text: str) -> int | None:
    if not text.isascii():
        return None
    try:
        return int(text.strip(), 0)
    except ValueError:
        octal = _OCTAL.fullmatch(text)
        return int(octal[1], 8) if octal else None


def is_true(value: object) -> bool:
    """Return whether Canvas reads the value as true: a word, or text that starts with a non-zero integer.

    Lists and objects are false (behaviour 5.4, 5.8).
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, list | dict):
        return False
    text = "" if value is None else str(value)
    return text.lower() in _TRUE_WORDS or to_i(text) != 0
