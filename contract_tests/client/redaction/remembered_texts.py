"""Texts that were examined before, so that those that many responses contain are examined once."""

from __future__ import annotations

_MAX_TEXTS = 4_000
_MAX_LENGTH = 1_000
"""The number of characters of a text that is remembered; longer ones, such as bodies, are rarely repeated."""


class RememberedTexts:
    """A set of texts that uses little memory: it has no long text, and starts anew when it is full."""

    def __init__(self) -> None:
        self._texts: set[str] = set()

    def __contains__(self, text: object) -> bool:
        """Return whether the text is remembered."""
        return text in self._texts

    def add(self, text: str) -> None:
        """Remember the text, unless it is long."""
        if len(text) > _MAX_LENGTH:
            return
        if len(self._texts) >= _MAX_TEXTS:
            self._texts.clear()
        self._texts.add(text)

    def clear(self) -> None:
        """Forget all texts."""
        self._texts.clear()
