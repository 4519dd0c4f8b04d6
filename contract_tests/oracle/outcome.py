"""Outcomes of tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one test, without tokens and personal data."""

    property: str
    """The tested property of the API, such as "second delete is 404"."""
    test: str
    """The module and the name of the test: `test_deletion::test_second_delete_is_404[id]`."""
    rule: str
    """The rule of the contract that the test checks, in one or two sentences."""
    source: str
    """The source of the rule, such as "behaviour 6" or a JSON pointer into openapi.yaml; may be empty."""
    operations: tuple[str, ...]
    """The operationIds of the requests that the test sent."""
    status: Status
    reason: str = ""
    """The reason why the test was skipped."""
    operation: str = ""
    """The operationId of the request whose response is the violation; empty if there is none."""
    violation: str = ""
    """The violation in words, in the message of the test; empty if the test has no message in words."""
    detail: str = ""
    """The text of the exception that ended the test."""
    received: str = ""
    """The last response before the failure: `404 Not Found {...}`."""
    script: str = ""
    """The requests of a failed test as a shell script."""
    steps: int = 0
    """The number of requests in the script."""
    seconds: float = 0.0
