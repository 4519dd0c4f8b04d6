"""Tokens on the command line, where every user of the machine can read them in the list of processes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WORDS = r"(?:token|secret|password|passwd|bearer|authorization|api[-_]?key)"
_NAMED = re.compile(
    rf"(?P<option>--[\w.-]*{_WORDS}[\w.-]*|-token[\w-]*)(?:[=:\s].*)?"
    rf"|(?P<variable>[a-z_]\w*{_WORDS}\w*|{_WORDS}\w*)\s*[=:](?!:).*"
    r"|.*[?&](?P<parameter>access_token)=.*"
    r"|.*\b(?P<header>authorization)\s*:.*",
    re.IGNORECASE | re.DOTALL,
)
"""An argument such as `--token`, `--canvas-token=value`, `TOKEN=value`, a header, or a URL with `access_token`.

The id of a test, such as `test_tokens::test_a`, is none of them.
"""

_CANVAS_TOKEN = re.compile(r"(?<!\w)\d+~\w{32,}")
_OPAQUE = re.compile(r"[\w~+/=-]{20,}")
"""A word that can be a token, and hardly the name of a test or of an option."""

_SHORTEST_TOKEN = 8
"""The length from which a token is replaced wherever it is in a text."""


def token_argument_error(arguments: Iterable[str], variables: Mapping[str, str]) -> str:
    """Return the sentence on an argument that contains a token, without the token; empty if there is none.

    `variables` are those of the environment, whose tokens are recognised wherever they are.
    """
    tokens = {value for name, value in variables.items() if re.fullmatch(r"CANVAS_\w*TOKEN", name) and value}
    for argument in arguments:
        if named := _NAMED.fullmatch(argument):
            return _sentence(next(name for name in named.groups() if name))
        # A value follows `=`, or directly a short option such as -k.
        values = {argument, argument.partition("=")[2], argument[2:] if argument.startswith("-") else argument}
        if _CANVAS_TOKEN.search(argument) or not tokens.isdisjoint(values) or _has_word(argument, tokens):
            return _sentence("An argument")
    return ""


def _has_word(argument: str, tokens: Iterable[str]) -> bool:
    """Return whether a word of the argument is one of the tokens; short tokens, which can be usual words, are none."""
    long_tokens = (token for token in tokens if len(token) >= _SHORTEST_TOKEN)
    return any(re.search(rf"(?<![\w~-]){re.escape(token)}(?![\w~-])", argument) for token in long_tokens)


def without_tokens(text: str, variables: Mapping[str, str]) -> str:
    """Return the text with the names of the variables in place of their tokens, unless a token is a short word."""
    for name, value in variables.items():
        if re.fullmatch(r"CANVAS_\w*TOKEN", name) and len(value) >= _SHORTEST_TOKEN:
            text = text.replace(value, f"${name}")
    return text


def without_values(message: str) -> str:
    """Return an error message of a parser of options without values that can be tokens.

    These are the values of unknown options, and a word that pytest reports as not found.
    """
    start, separator, arguments = message.partition("unrecognized arguments: ")
    if separator:
        names = [each.partition("=")[0] for each in arguments.split() if each.startswith("-")]
        return start + separator + (" ".join(names) or "not shown, because they may contain a token")
    start, separator, word = message.partition("not found: ")
    return f"{start}{separator}(not shown)" if separator and _OPAQUE.match(word) and "/" not in word else message


def _sentence(name: str) -> str:
    return (
        f"{name} puts a token on the command line, where the list of processes shows it to every user of the machine; "
        "put it into the environment instead, with `read -rs CANVAS_TOKEN; export CANVAS_TOKEN` or as a secret of the "
        "CI system."
    )
