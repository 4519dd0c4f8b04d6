"""The e-mail addresses that Canvas accepts (behaviour 5.3). Source in Canvas: lib/email_address_validator.rb."""

from __future__ import annotations

import re

_ATOM = r'[^\x00-\x20"(),.:;<>@\[\\\]\x7f]+'
_QUOTED = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\x20-\x7e])*"'
_LITERAL = r"\[[\x21-\x5a\x5e-\x7e]*\]"

_ADDRESS = re.compile(
    rf"""
    \.* (?:{_ATOM}|{_QUOTED}) (?:\.+ (?:{_ATOM}|{_QUOTED}))* \.*   # dots anywhere, if there is a word
    @
    (?: \.* {_ATOM} (?:\.+ {_ATOM})* | {_LITERAL} )                # no dot at the end
    """,
    re.VERBOSE,
)


def is_email_address(text: str) -> bool:
    """Return whether the text is one bare address that Ruby's mail library parses and formats unchanged."""
    return _ADDRESS.fullmatch(text) is not None
