"""Texts of the fields with personal data, which other fields may repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from contract_tests.client.redaction.remembered_texts import RememberedTexts
from contract_tests.client.redaction.words import CHUNK, stripped

if TYPE_CHECKING:
    from collections.abc import Callable, Container

_MAX_WORDS = 24
"""The number of words by which a text is recognised: the first ones of a longer text."""
_MIN_LENGTH = 5
"""Shorter texts are not recognised: replacing `a` everywhere would garble every sentence."""
_END: Any = None
"""The key of the text that ends at a node."""


class _Word(NamedTuple):
    """A word without the punctuation around it, and its place in a text."""

    word: str
    start: int
    end: int


class PersonalTexts:
    """A tree of the words of texts; the time to find one does not depend on their number."""

    def __init__(self) -> None:
        self._root: dict[str | None, Any] = {}
        self._unchanged = RememberedTexts()
        """Texts that contain none of the texts so far."""

    def add(self, text: str, known: Container[str]) -> None:
        """Add a text, unless it is too short or one known word, such as `active`."""
        words = [stripped(chunk) for chunk in CHUNK.findall(text)][:_MAX_WORDS]
        if len(text) < _MIN_LENGTH or not words or (len(words) == 1 and words[0] in known):
            return
        node = self._root
        for word in words:
            node = node.setdefault(word, {})
        if _END not in node:
            node[_END] = text
            self._unchanged.clear()

    def replace(self, text: str, pseudonym: Callable[[str], str]) -> str:
        """Return the text with each of the added texts replaced by its pseudonym, the longest first."""
        if not self._root or text in self._unchanged:
            return text
        if not any(stripped(chunk) in self._root for chunk in set(CHUNK.findall(text))):
            self._unchanged.add(text)
            return text
        words = _words(text)
        parts: list[str] = []
        end = index = 0
        while index < len(words):
            number, original = self._longest(words, index)
            if number:
                parts += [text[end : words[index].start], pseudonym(original)]
                end = words[index + number - 1].end
            index += number or 1
        return "".join([*parts, text[end:]]) if parts else text

    def _longest(self, words: list[_Word], index: int) -> tuple[int, str]:
        """Return the number of words of the longest text that starts at this word, and the text."""
        node, found = self._root, (0, "")
        for number, each in enumerate(words[index : index + _MAX_WORDS], 1):
            if each.word not in node:
                break
            node = node[each.word]
            if _END in node:
                found = number, node[_END]
        return found


def _words(text: str) -> list[_Word]:
    words = []
    for found in CHUNK.finditer(text):
        word = stripped(found[0])
        start = found.start() + found[0].index(word)
        words.append(_Word(word, start, start + len(word)))
    return words
