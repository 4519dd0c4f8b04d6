"""How Ruby and Rails read numbers and truth from text."""

from __future__ import annotations

import re

_LEADING_INTEGER = re.compile(r"\s*([+-]?\d+(?:_\d+)*)", re.ASCII)
_OCTAL = re.compile(r"\s*(0[0-7_]*[0-7])\s*", re.ASCII)
_LONGEST_NUMBER = 100
_TRUE_WORDS = frozenset({"yes", "y", "true", "t", "on", "1"})


def to_i(text: str) -> int:
    """Ruby's `to_i`: the integer at the start, or 0."""
    match = _LEADING_INTEGER.match(text[:_LONGEST_NUMBER])
    return int(match[1]) if match else 0


def integer(text: str) -> int:
    """Ruby's `Integer(text)`, else its `to_i`: blanks, 0x, octal and underscores count."""
    number = _whole(text[:_LONGEST_NUMBER])
    return to_i(text) if number is None else number


def is_integer(text: str) -> bool:
    """Whether Ruby's `Integer(text)` takes all of the text, and not just its beginning as `to_i` does."""
    return _whole(text[:_LONGEST_NUMBER]) is not None


def _whole(text: str) -> int | None:
    if not text.isascii():
        return None
    try:
        return int(text.strip(), 0)
    except ValueError:
        octal = _OCTAL.fullmatch(text)
        return int(octal[1], 8) if octal else None


def is_true(value: object) -> bool:
    """Whether Canvas takes the value for true: a word, or text that begins with a non-zero integer (behaviour 5.8)."""
    if isinstance(value, bool):
        return value
    text = "" if value is None else str(value)
    return text.lower() in _TRUE_WORDS or to_i(text) != 0
