"""Outcomes of the tests that pytest collects, and what the exceptions of failed tests say in words."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

from contract_tests.client.observation import is_violation
from contract_tests.oracle.outcome import Outcome

if TYPE_CHECKING:
    import pytest

_SOURCE = re.compile(r"\s*\((behaviour [\d., ]+)\)")
_SCHEMATHESIS = re.compile(r"- ST\d+ ([^\n]+)\n+\s*([^\n]+)")
_HYPOTHESIS = re.compile(r"Hypothesis found \d+ distinct failures?")
_EXCEPTION = re.compile(r"[A-Z]\w*(?:Error|Exception|Iteration): ")


def skipped_outcome(item: pytest.Item, reason: str) -> Outcome:
    """Return the outcome of a skipped test, from which `Recording` makes those of the other tests.

    Its rule and source come from the docstring of the test.
    """
    rule, source = _rule(item)
    name = getattr(item, "originalname", None) or item.name.partition("[")[0]
    return Outcome(property_name(name), test_name(item), rule, source, (), "skipped", reason)


def test_name(item: pytest.Item) -> str:
    """Return the module and the name of a test, as reports show them."""
    return f"{item.path.stem}::{item.name}"


def property_name(test: str) -> str:
    """Return the property that a test checks: its name, as words, with a genitive for `_s_`."""
    return test.rpartition("::")[2].removeprefix("test_").replace("_s_", "'s_").replace("_", " ")


def error_text(error: BaseException) -> str:
    """Return the text of an error: of a group, that of its first violation; with the type if it is no assertion."""
    # A group of Schemathesis has the text of its violations.
    while isinstance(error, BaseExceptionGroup) and not _SCHEMATHESIS.search(str(error)):
        error = next(filter(is_violation, error.exceptions), error.exceptions[0])
    message = str(getattr(error, "msg", None) or error)  # pytest's exceptions have the text in `msg`
    return message if is_assertion(error) else f"{type(error).__name__}: {message}"


def is_assertion(error: BaseException) -> bool:
    """Return whether the error is a failed assertion, in the form of Python, pytest or Schemathesis."""
    return isinstance(error, AssertionError | BaseExceptionGroup) or type(error).__name__ == "Failed"


def violation_in_words(text: str) -> str:
    """Return the violation in a text of `error_text`; an empty text if it is not in words, such as `assert 1 == 2`."""
    if found := _SCHEMATHESIS.search(text):
        return f"The response violates openapi.yaml: {found[1]}: {found[2]}"
    if _EXCEPTION.match(text):
        return f"the response cannot be read as the contract describes it ({text.splitlines()[0]})"
    message = text.partition("\nassert ")[0].strip()
    if message.startswith(("assert ", "Falsifying ")) or _HYPOTHESIS.match(message):
        return ""
    return message


def _rule(item: pytest.Item) -> tuple[str, str]:
    """Return the rule in the test's docstring, and the section that the docstring names in brackets."""
    text = " ".join((inspect.getdoc(getattr(item, "obj", None)) or item.name).split())
    source = _SOURCE.search(text)
    return _SOURCE.sub("", text), source[1] if source else ""
