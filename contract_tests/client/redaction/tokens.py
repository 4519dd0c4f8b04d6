"""Tokens in text, also in another letter case, cut at the ends, or interrupted by line breaks."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, quote_plus

from contract_tests.client.redaction.remembered_texts import RememberedTexts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

MIN_LENGTH = 5
"""Shorter tokens are not searched for: replacing `a` everywhere would garble every sentence.

No real token is shorter.
"""
_MIN_CUT_LENGTH = 8
"""Shorter tokens are searched for as a whole only."""

_INTERRUPTION = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
"""White space, control characters and characters without a width, which do not separate the parts of a token."""


class _Form(NamedTuple):
    """A token in one encoding, in lower case."""

    variable: str
    text: str
    cut: int
    """The number of characters that an occurrence may lack."""

    @property
    def core(self) -> str:
        """The characters that every occurrence has."""
        return self.text[self.cut : len(self.text) - self.cut]


class _Occurrence(NamedTuple):
    start: int
    end: int
    variable: str


class TokenFinder:
    """Finder of the tokens of a run, each by the name of its variable."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        forms = {
            text.lower(): _Form(name, text.lower(), len(text) // 4 if len(text) >= _MIN_CUT_LENGTH else 0)
            for name, token in reversed(list(tokens.items()))  # of equal tokens, the first name remains
            if len(token) >= MIN_LENGTH
            for text in (quote_plus(token), quote(token, safe=""), token)
        }
        self._forms = sorted(forms.values(), key=lambda form: -len(form.text))
        self._cores = {form.core for form in self._forms}
        self._without_token = RememberedTexts()

    def contains(self, text: str) -> bool:
        """Return whether the text may contain a token."""
        if text in self._without_token:
            return False
        compact = _INTERRUPTION.sub("", _lower(text))
        if any(core in compact for core in self._cores):
            return True
        self._without_token.add(text)
        return False

    def replace(self, text: str, replacement: Callable[[str], str] = "${}".format) -> str:
        """Return the text with each token replaced; `replacement` returns the text for the name of a variable."""
        if not self.contains(text):
            return text
        parts: list[str] = []
        end = 0
        for found in self._occurrences(text):
            parts += [text[end : found.start], replacement(found.variable)]
            end = found.end
        return "".join([*parts, text[end:]])

    def _occurrences(self, text: str) -> Iterator[_Occurrence]:
        """Yield the occurrences in their order; of two that overlap, that of the longer token."""
        lower = _lower(text)
        compact = "".join(lower[start:end] for start, end in _text_parts(lower))
        # the position in the text of each character of `compact`
        positions = [position for start, end in _text_parts(lower) for position in range(start, end)]
        found: list[_Occurrence] = []
        for form in self._forms:
            found += [
                _Occurrence(positions[start], positions[end - 1] + 1, form.variable)
                for start, end in _matches(form, compact)
            ]
        end = 0
        for each in sorted(found, key=lambda occurrence: (occurrence.start, -occurrence.end)):
            if each.start >= end:
                yield each
                end = each.end


def _lower(text: str) -> str:
    """Return the text in lower case, with each character at its place."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)


def _text_parts(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each part without interruptions."""
    end = 0
    for gap in _INTERRUPTION.finditer(text):
        yield end, gap.start()
        end = gap.end()
    yield end, len(text)


def _matches(form: _Form, text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each occurrence of a token, or of nearly the whole token."""
    core, cut = form.core, form.cut
    first, last = form.text[:cut], form.text[cut + len(core) :]
    start = text.find(core)
    while start >= 0:
        end = start + len(core)
        before = _common_length(reversed(text[max(0, start - cut) : start]), reversed(first))
        after = _common_length(text[end : end + cut], last)
        if before + after >= cut:
            yield start - before, end + after
        start = text.find(core, end)


def _common_length(one: Iterable[str], other: Iterable[str]) -> int:
    """Return the number of characters that both texts have in common at their start."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
