"""Options of pytest that the contract tests do not support, and the files of tests on the command line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

FOLDER = Path(__file__).parent.parent
"""The folder of the contract tests."""

_ONE_PROCESS = "The contract tests run in one process; leave out {}."
_NO_DEBUGGER = "The contract tests have a time limit, and so no debugger can stop them; leave out {}."
_NO_CACHE = "The contract tests do not store the results of a run; leave out {}."
_UNREDACTED = "The contract tests redact their own outputs only, and {} would show responses as received; leave it out."
_NEEDED = "The contract tests need pytest's plugin {0}; leave out -p no:{0}."
_NEEDED_PLUGINS = ("terminal", "capture", "junitxml", "python", "hypothesispytest")

_UNSUPPORTED = {
    "numprocesses": ("-n", _ONE_PROCESS),
    "dist": ("--dist", _ONE_PROCESS),
    "distload": ("-d", _ONE_PROCESS),
    "tx": ("--tx", _ONE_PROCESS),
    "looponfail": ("--looponfail", _ONE_PROCESS),
    "forked": ("--forked", _ONE_PROCESS),
    "usepdb": ("--pdb", _NO_DEBUGGER),
    "trace": ("--trace", _NO_DEBUGGER),
    "debug": ("--debug", _UNREDACTED),
    "pastebin": ("--pastebin", _UNREDACTED),
}
"""The option and the sentence for each attribute of pytest's options."""

_UNKNOWN = {
    **dict.fromkeys(
        ("-n", "--numprocesses", "--dist", "-d", "--tx", "-f", "--looponfail", "--forked", "--boxed"), _ONE_PROCESS
    ),
    **dict.fromkeys(
        ("--lf", "--last-failed", "--ff", "--failed-first", "--nf", "--new-first", "--cache-clear", "--cache-show"),
        _NO_CACHE,
    ),
    **dict.fromkeys(
        ("--sw", "--stepwise", "--sw-skip", "--stepwise-skip", "--sw-reset", "--stepwise-reset"), _NO_CACHE
    ),
}
"""The sentence for options that pytest does not know without their plugins."""


def unknown_option_sentence(message: str) -> str:
    """Return the sentence on an option in this message that pytest does not know; empty for another option."""
    for word in message.split():
        option = word if word.startswith("--") else word[:2]  # without a value such as the 4 of -n4
        if option in _UNKNOWN:
            return _UNKNOWN[option].format(option)
    return ""


def unsupported_option_sentence(config: pytest.Config) -> str:
    """Return the sentence on an option that the contract tests do not support; empty if there is none."""
    for attribute, (option, sentence) in _UNSUPPORTED.items():
        value = getattr(config.option, attribute, None)
        if value and value != "no":  # the default of --dist
            return sentence.format(option)
    return ""


def blocked_plugin_sentence(plugins: pytest.PytestPluginManager) -> str:
    """Return the sentence on a plugin that the contract tests need and `-p no:NAME` blocks; empty if there is none."""
    return next((_NEEDED.format(name) for name in _NEEDED_PLUGINS if plugins.is_blocked(name)), "")


def unknown_test_sentence(message: str) -> str:
    """Return the sentence on a test that pytest's message reports as not found; any other message as a sentence."""
    found = re.match(r"not found: (.+?)(?:\s*\(no match|$)", message)
    if found is None:
        return f"{message.rstrip('.')}."
    name = found[1].replace(f"{FOLDER.resolve()}/", "").replace(f"{FOLDER}/", "")
    return f"The contract tests have no test {name!r}; name another, or select tests with -k."


def select_files(config: pytest.Config) -> str:
    """Let pytest load only the files of tests on the command line, if there are any.

    Returns the sentence on an argument that is no file of the contract tests; empty if there is none.
    """
    names = [name for name in config.args if name != str(FOLDER)]  # every run has the folder as its first argument
    selected = []
    for name in names:
        path, separator, test = name.partition("::")
        file = _find(path, config.invocation_params.dir)
        if file is None:
            return (
                f"{path!r} is no file of the contract tests; name one such as contract_tests/test_tokens.py, or select "
                "tests with -k."
            )
        selected.append(f"{file}{separator}{test}")
    config.args = selected or config.args
    return ""


def _find(name: str, directory: Path) -> Path | None:
    """Return the file or the folder of the contract tests with this name; None if there is none.

    The name is relative to the directory, or else to the folder of the contract tests or to its parent folder.
    """
    given = (directory / name).resolve()
    if given.is_relative_to(FOLDER.resolve()):
        path = given
    else:
        parts = Path(name).parts
        path = FOLDER.joinpath(*(parts[1:] if parts[:1] == (FOLDER.name,) else parts))
    path = path.resolve()
    is_test = (
        path.parent == FOLDER.resolve() and path.name.startswith("test_") and path.suffix == ".py" and path.is_file()
    )
    return path if is_test or path == FOLDER.resolve() else None
