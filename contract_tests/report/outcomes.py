"""Outcomes of the tests that pytest collects, and their text in JUnit."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

from contract_tests.oracle.outcome import Outcome

if TYPE_CHECKING:
    import pytest

_SOURCE = re.compile(r"\s*\((behaviour [\d., ]+)\)")


def skipped_outcome(item: pytest.Item, reason: str) -> Outcome:
    """Return the outcome of a test that was not run. Its rule and source come from the docstring of the test."""
    rule, source = _rule(item)
    name = getattr(item, "originalname", None) or item.name.partition("[")[0]
    test = f"{item.path.stem}::{item.name}"
    return Outcome(property_name(name), test, rule, source, (), "skipped", reason)


def property_name(test: str) -> str:
    """Return the property that a test checks: its name, as words."""
    return test.rpartition("::")[2].removeprefix("test_").replace("_s_", "'s_").replace("_", " ")


def failure_text(outcome: Outcome) -> str:
    """Return the text of a failure in JUnit: the rule, the assertion, the response, and a script."""
    rule = f"{outcome.rule} ({outcome.source})" if outcome.source else outcome.rule
    text = f"Rule: {rule}\n\nViolation: {outcome.violation}\n\nReceived: {outcome.received}"
    return f"{text}\n\nTo reproduce:\n{outcome.script}" if outcome.script else text


def _rule(item: pytest.Item) -> tuple[str, str]:
    """Return the rule in the test's docstring, and the section that the docstring names in brackets."""
    text = " ".join((inspect.getdoc(getattr(item, "obj", None)) or item.name).split())
    source = _SOURCE.search(text)
    return _SOURCE.sub("", text), source[1] if source else ""
