"""The words that outputs may show: those of the suite, of the contract and of HTTP, and those that the suite sent."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from contract_tests.client.redaction.escapes import decoded
from contract_tests.client.redaction.words import CHUNK, WORD, parts, stripped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_DIGITS = 6
"""Longer numbers are shown only if they are ids, or numbers that the suite sent: others may be telephone numbers."""

_MAX_ID_DIGITS = 20
_MIN_RECEIVED_LENGTH = 4
"""Shorter words are not remembered: requests have them by chance, too."""
_MAX_RECEIVED = 1_000_000
"""The number of received words that are remembered; when it is reached, no further sent word becomes known."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]?\d\d)?|\d{8}T\d{6}Z?", re.ASCII)
_NUMBER = re.compile(r"\d+", re.ASCII)
_OWN_FILES = ("**/*.py", "**/*.yaml")
_MODULE_WITH_TOKENS = "mock_process.py"


class KnownWords:
    """The words that outputs may show.

    A word that the target sent before the suite did is not known, even if the suite repeats it, as it does with ETags.
    """

    def __init__(self, own_texts: Iterable[str] = ()) -> None:
        self._vocabulary = vocabulary()
        self._own: set[str] = set()
        self._addresses: set[str] = set()
        self._ids: set[str] = set()
        self._received: set[str] = set()
        for text in own_texts:
            self.add(text)

    def __contains__(self, word: object) -> bool:
        """Return whether the word, or each of its parts, is known."""
        if word in self._vocabulary or word in self._own:
            return True
        return isinstance(word, str) and self._is_composed(word)

    def has_text(self, chunk: str) -> bool:
        """Return whether the suite has sent exactly this chunk of text, or uses it; an address in any letter case."""
        return chunk in self._own or ("@" in chunk and chunk.lower() in self._addresses)

    def add(self, text: str) -> None:
        """Add the words of a text of the suite or of its user."""
        pieces = list(_pieces(text))
        self._own.update(pieces)
        self._addresses.update(piece.lower() for piece in pieces if "@" in piece)

    def add_sent(self, text: str) -> None:
        """Add the words of a request, except those that the target sent before."""
        if len(self._received) < _MAX_RECEIVED:
            self._own.update(
                piece for piece in _pieces(text) if self._received.isdisjoint(WORD.findall(decoded(piece)))
            )

    def add_received(self, text: str) -> None:
        """Remember the words of a response that are not known: the suite may repeat them in a request."""
        if len(self._received) < _MAX_RECEIVED:
            words = (word for found in CHUNK.finditer(text) for word in WORD.findall(decoded(found[0])))
            self._received.update(word for word in words if len(word) >= _MIN_RECEIVED_LENGTH and word not in self)

    def is_received(self, word: str) -> bool:
        """Return whether the target has sent this word, and the suite does not know it."""
        return word not in self and (word in self._received or len(self._received) >= _MAX_RECEIVED)

    def add_id(self, number: str) -> None:
        """Add the id of a user or a channel."""
        if len(number) <= _MAX_ID_DIGITS:
            self._ids.add(number)

    def _is_composed(self, word: str) -> bool:
        """Return whether the word is a short number, an id or a date, or consists of known parts."""
        if _NUMBER.fullmatch(word):
            return len(word) <= MAX_DIGITS or word in self._ids
        if _DATE.fullmatch(word):
            return True
        found = parts(word)
        # The parts together can be a telephone number, such as 555-010-0123.
        if sum(len(part) for part in found if part.isdecimal()) > MAX_DIGITS:
            return False
        return all(map(self._is_known_part, found))

    def _is_known_part(self, part: str) -> bool:
        return part in self._vocabulary or _is_short(part) or (part.isupper() and part.lower() in self._vocabulary)


def _is_short(part: str) -> bool:
    """Return whether the part is a letter or a short number."""
    return part.isascii() and (len(part) == 1 or (part.isdecimal() and len(part) <= MAX_DIGITS))


def _pieces(text: str) -> Iterator[str]:
    """Yield the chunks of the text, and their words."""
    for found in CHUNK.finditer(text):
        yield found[0]
        yield stripped(found[0])
        yield from WORD.findall(found[0])


@cache
def vocabulary() -> frozenset[str]:
    """Return the words of the contract, of the suite's own texts and of HTTP, without those of addresses."""
    chunks = {chunk for text in _texts() for chunk in text.split()}
    words = {word for chunk in chunks if "@" not in chunk for word in WORD.findall(chunk)}
    words |= {part for word in words for part in parts(word)}
    return frozenset(word for word in words if not word.isdecimal())


def _texts() -> Iterator[str]:
    """Yield the texts whose words may be shown."""
    yield (resources.files(__package__) / "vocabulary.txt").read_text("utf-8")
    package = Path(__file__).parent.parent.parent
    for pattern in _OWN_FILES:
        yield from (file.read_text("utf-8") for file in package.glob(pattern) if file.name != _MODULE_WITH_TOKENS)
    # The contract is beside the package in the repository, and in mockserver/ in an installed wheel.
    for file in (package.parent / "openapi.yaml", package.parent / "mockserver" / "openapi.yaml"):
        if file.exists():
            yield file.read_text("utf-8")
            return
