"""The words of a text: chunks between white space, quotes and brackets, and the words in a chunk."""

from __future__ import annotations

import re

CHUNK = re.compile(r"(?:&#?\w{1,31};|[^\s\"'`<>(){}\[\],;|])+")
"""Consecutive characters such as an address, a URL or a number; escaped characters are part of it."""

WORD = re.compile(r"[\w\u0080-\U0010ffff]+(?:-+[\w\u0080-\U0010ffff]+)*")
"""A word with its hyphens and underscores; other characters than those of ASCII are part of it."""

INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
"""A control character, or one without a width, such as those that reverse the direction of text."""

_PUNCTUATION = ".:!?=-+*/\\&#~^"


def stripped(chunk: str) -> str:
    """Return the chunk without punctuation at its ends; the chunk itself if it has nothing else."""
    return chunk.strip(_PUNCTUATION) or chunk


def parts(word: str) -> list[str]:
    """Return the parts of a word between hyphens and underscores."""
    return [part for part in re.split(r"[-_]+", word) if part]
