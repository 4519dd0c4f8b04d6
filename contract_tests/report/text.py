"""Text of the reports: short, and with numbers that have their nouns."""

from __future__ import annotations


def shortened(text: str, length: int) -> str:
    """Return the text, cut to this length with ` ...` at its end."""
    return text if len(text) <= length else f"{text[: length - 4]} ..."


def plural(number: int, noun: str) -> str:
    """Return the number with its noun, in the plural unless the number is 1."""
    nouns = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else nouns}"


def format_duration(seconds: float) -> str:
    """Return the duration in minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def capital(text: str) -> str:
    """Return the text with its first letter in upper case."""
    return text[:1].upper() + text[1:]
