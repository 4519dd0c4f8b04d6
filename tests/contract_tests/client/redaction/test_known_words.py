"""Vocabulary of the words that are shown."""

from __future__ import annotations

from contract_tests.client.redaction.known_words import vocabulary

_NAMES = """
    James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph
    Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Wilson Anderson Taylor Moore
    Rose Baker Cook Carter Mason Grace Hope Faith Joy Will Mark Bill Art Rich Penny Lily Violet Ivy Olive
"""


def test_vocabulary_has_no_names_of_people() -> None:
    assert [name for name in _NAMES.split() if name in vocabulary()] == []
