"""The e-mail addresses that Canvas accepts (behaviour 5.3). Source in Canvas: lib/email_address_validator.rb."""

from __future__ import annotations

import re

_ATOM = r'[^\x00-\x20"(),.:;<>@\[\\\]\x7f]++'  # possessive: no character is given back, so no search is exponential
_QUOTED = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\x20-\x7e])*"'
_LITERAL = r"\[[\x21-\x5a\x5e-\x7e]*\]"

_WORD = rf"(?:{_ATOM}|{_QUOTED})+"
_DOMAIN_WORD = rf"(?:{_QUOTED})*{_ATOM}(?:{_ATOM}|{_QUOTED})*"

_ADDRESS = re.compile(
    rf"""
    (?P<local> \.* {_WORD} (?:\.+ {_WORD})* \.* )                   # dots anywhere, with at least one word
    @
    (?: \.* {_DOMAIN_WORD} (?:\.+ {_DOMAIN_WORD})* | {_LITERAL} )   # no dot at the end
    """,
    re.VERBOSE,
)
_ENCODED_WORD = re.compile(r"=\?[^?]+\?[bq]\?[^?]*\?=", re.IGNORECASE)


def is_email_address(text: str) -> bool:
    """Return whether the text is one bare address that Ruby's mail library parses and formats unchanged."""
    match = _ADDRESS.fullmatch(text)
    return match is not None and not _ENCODED_WORD.search(match["local"])
