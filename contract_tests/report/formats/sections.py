"""The sections of docs/behaviour.md that a report quotes, so that it can be read without the repository."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

_HEADING = re.compile(r"^#{2,3} (\d+(?:\.\d+)?) (.+)$", re.MULTILINE)
_REFERENCE = re.compile(r"\bbehaviour (\d+(?:\.\d+)?(?:, \d+(?:\.\d+)?)*)")


class Section(NamedTuple):
    """A section of the document of Canvas's behaviour."""

    number: str
    title: str
    text: str
    """The text of the section, in Markdown."""


def read_sections() -> dict[str, Section]:
    """Return the sections by number; none if the document is not installed."""
    file = _document()
    if not file.exists():
        return {}
    text = file.read_text("utf-8")
    headings = list(_HEADING.finditer(text))
    ends = [each.start() for each in headings[1:]] + [len(text)]
    return {
        found[1]: Section(found[1], found[2], text[found.end() : end].strip())
        for found, end in zip(headings, ends, strict=True)
    }


def split_references(text: str) -> list[tuple[str, str]]:
    """Return the parts of a text, each with the number of the section to which it refers, or an empty text."""
    parts: list[tuple[str, str]] = []
    end = 0
    for found in _REFERENCE.finditer(text):
        parts.append((text[end : found.start(1)], ""))
        for index, number in enumerate(found[1].split(", ")):
            parts += [(", ", "")] if index else []
            parts.append((number, number))
        end = found.end()
    return [*parts, (text[end:], "")]


@cache
def _document() -> Path:
    """Return the path of behaviour.md: in a checkout, or in this package of an installed wheel."""
    root = Path(__file__).parent.parent.parent
    checkout = root.parent / "docs" / "behaviour.md"
    return checkout if checkout.exists() else root / "behaviour.md"
