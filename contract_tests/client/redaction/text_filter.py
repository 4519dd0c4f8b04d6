"""The filter of texts: it shows known words, numbers and dates, and replaces every other word by its pseudonym."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from contract_tests.client.redaction.escapes import decoded
from contract_tests.client.redaction.remembered_texts import RememberedTexts
from contract_tests.client.redaction.words import CHUNK, INVISIBLE, WORD, stripped

if TYPE_CHECKING:
    from collections.abc import Callable

    from contract_tests.client.redaction.known_words import KnownWords
    from contract_tests.client.redaction.tokens import TokenFinder

PSEUDONYM = re.compile(r"redacted-[0-9a-f]{10}")

_DATE_OR_DIGITS = re.compile(
    r"(?P<date>(?<!\d)\d{4}-\d\d-\d\d(?![\d-])(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?)"
    r"|(?<!\w)(?P<digits>\+?\(?\d{1,6}(?:[\s().-]{1,3}\d{1,6}){1,8}+|\+\d{7,18})(?!\w)",
    re.ASCII,
)
"""A date with its time, or groups of digits such as those of a telephone number."""

_TIME = re.compile(
    r"(?:\d{4}-\d\d-\d\d)?T?\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?|\d{4}-\d\d-\d\d", re.ASCII
)
_MIN_PHONE_DIGITS = 7
_MIN_LAST_GROUP, _MIN_GROUPS = 4, 5
"""Digits in the last group, or groups, of a telephone number that has only white space between its groups."""
_SEGMENT = re.compile(r"([/?&=:])")
_CODES = (
    *("email", "sms", "push", "slack", "twitter", "active", "unconfirmed", "retired", "bouncing"),
    *("unauthorized", "unauthenticated", "invalid", "blank", "taken", "not_found", "true", "false", "null"),
)
"""Values with a fixed spelling, to which a wrong value may be similar."""

_SIMILARITY = 0.75
_MAX_CODE_LENGTH = 20


class TextFilter:
    """The filter of the texts of a run.

    `pseudonym` returns the pseudonym of a word; if `has_hints`, a code to which the word is similar follows it.
    """

    def __init__(
        self, known: KnownWords, tokens: TokenFinder, pseudonym: Callable[[str], str], *, has_hints: bool = False
    ) -> None:
        self._known = known
        self._tokens = tokens
        self._pseudonym = pseudonym
        self._has_hints = has_hints
        self._unchanged = RememberedTexts()
        """Texts that are shown as they are, and remain so: known words only become more."""

    def filter(self, text: str) -> str:
        """Return the text with pseudonyms for the words that are not known, and variables for tokens."""
        if text in self._unchanged:
            return text
        shown = _DATE_OR_DIGITS.sub(self._shown_digits, self._tokens.replace(text))
        shown = CHUNK.sub(lambda found: self._shown_chunk(found[0]), shown)
        if shown == text:
            self._unchanged.add(text)
        return shown

    def _shown_chunk(self, chunk: str) -> str:
        core = stripped(chunk)
        if self._known.has_text(chunk) or self._known.has_text(core) or PSEUDONYM.fullmatch(core):
            return chunk
        if _TIME.fullmatch(core):
            return chunk
        if ("%" in chunk or "&" in chunk or "\\" in chunk) and (plain := decoded(chunk)) != chunk:
            return self._escaped_chunk(chunk, plain)
        if not chunk.isprintable() and (visible := INVISIBLE.sub("", chunk)) != chunk:
            return self._interrupted_chunk(chunk, visible)
        if "@" not in chunk:
            return WORD.sub(self._shown_word, chunk)
        return "".join(map(self._shown_segment, _SEGMENT.split(chunk)))

    def _escaped_chunk(self, chunk: str, plain: str) -> str:
        """Return the chunk if its decoded text `plain` may be shown as it is, and otherwise the filtered text.

        If the filtered text is not one chunk without escapes, return the pseudonym of the chunk.
        """
        shown = self.filter(plain)
        if shown == plain:
            return chunk
        is_chunk = CHUNK.fullmatch(shown) and "%" not in shown and "&" not in shown and "\\" not in shown
        return shown if is_chunk else self._pseudonym(stripped(plain))

    def _interrupted_chunk(self, chunk: str, visible: str) -> str:
        """Return the chunk if it may be shown without its invisible characters, or its pseudonym with these."""
        if visible and self.filter(visible) != visible:
            return self._pseudonym(stripped(visible)) + "".join(dict.fromkeys(INVISIBLE.findall(chunk)))
        return chunk

    def _shown_segment(self, segment: str) -> str:
        """Return a part of a chunk as it may be shown; an unknown address is replaced as a whole."""
        core = stripped(segment)
        if self._known.has_text(core):
            return segment
        if "@" not in core.strip("@"):
            return WORD.sub(self._shown_word, segment)
        start = segment.index(core)
        return f"{segment[:start]}{self._pseudonym(core)}{segment[start + len(core) :]}"

    def _shown_word(self, found: re.Match[str]) -> str:
        word = found[0]
        if word in self._known or PSEUDONYM.fullmatch(word):
            return word
        return f"{self._pseudonym(word)}{self._hint(word) if self._has_hints else ''}"

    def _shown_digits(self, found: re.Match[str]) -> str:
        """Return the date or the digits; the pseudonym of a telephone number that the suite does not use."""
        text = found[0]
        if found["date"] or self._known.has_text(text) or not _is_phone(text):
            return text
        return self._pseudonym(text)

    def phone_numbers(self, text: str) -> set[str]:
        """Return the digits of the telephone numbers in the text that the suite does not use."""
        found = (each for each in _DATE_OR_DIGITS.finditer(text) if self._shown_digits(each) != each[0])
        return {re.sub(r"\D", "", each[0]) for each in found}

    def _hint(self, word: str) -> str:
        if len(word) > _MAX_CODE_LENGTH:
            return ""
        similar = difflib.get_close_matches(word.lower(), _CODES, 1, _SIMILARITY)
        return f" ({len(word)} characters, similar to {similar[0]})" if similar else ""


def _is_phone(text: str) -> bool:
    """Return whether groups of digits are a telephone number, and not a list of numbers or a sum."""
    groups = re.findall(r"\d+", text)
    if sum(map(len, groups)) < _MIN_PHONE_DIGITS or (len(groups) == 1 and "+" not in text):
        return False
    if len(groups) == 2 and re.fullmatch(r"\d+\.\d+", text):  # a decimal number, unless it has too many digits
        return len(groups[0]) + len(groups[1]) > 2 * _MIN_PHONE_DIGITS
    if re.search(r"[+().-]", text):
        return True
    is_long = len(groups[-1]) >= _MIN_LAST_GROUP or len(groups) >= _MIN_GROUPS
    return is_long and "\n" not in text and min(map(len, groups)) > 1
