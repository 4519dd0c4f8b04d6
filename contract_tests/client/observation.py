"""The violations that the current test has observed, and the budget of requests for shrinking them.

Hypothesis repeats a failing example many times, to find a shorter one.
The limits of the run, and a target that stops, must not hide what a test has already observed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import hypothesis
import pytest
from hypothesis.errors import HypothesisException

from contract_tests.client.safety.guard import UnsafeRequestError
from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contract_tests.client.exchange import Step

_READING_ERRORS = (AssertionError, LookupError, TypeError, ValueError)
_SHRINKING_REQUESTS_PER_TEST = 200
_SHRINKING_REQUESTS_PER_RUN = 1_000
"""The numbers of requests after which the failing examples of a test, or of the run, are shrunk no further."""
_MAX_NOTED = 50
"""The number of violations outside the tests that are remembered."""


@dataclass(frozen=True, slots=True)
class ObservedViolation:
    """A violation, and the requests of the example that observed it."""

    message: str
    """The message of the exception."""
    steps: tuple[Step, ...]


class Observation:
    """The violation of the current test with the fewest requests, and the requests sent to find a shorter one."""

    def __init__(self) -> None:
        self.violation: ObservedViolation | None = None
        """The violation with the fewest requests, of those that the current test has observed."""
        self.noted: dict[tuple[str, str], ObservedViolation] = {}
        """The violations by responses outside the tests, by operation and message."""
        self.shrinking_requests = 0
        """The number of requests of this run that were sent to shrink failing examples."""
        self._shrinking_requests_of_test = 0

    def start_test(self) -> None:
        """Forget the violation of the previous test."""
        self.violation = None
        self._shrinking_requests_of_test = 0

    def record(self, error: BaseException | None, steps: Sequence[Step]) -> None:
        """Record the error if it is a violation, unless one with as few requests has been recorded."""
        if not is_violation(error):
            return
        if self.violation is None or len(steps) < len(self.violation.steps):
            message = str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
            self.violation = ObservedViolation(message, tuple(steps))

    def note(self, operation: str, message: str, steps: Sequence[Step]) -> None:
        """Remember a violation by a response outside the tests, such as one of the set-up or of the clean-up."""
        if len(self.noted) < _MAX_NOTED:
            self.noted.setdefault((operation, message), ObservedViolation(message, tuple(steps)))

    def count_request(self) -> bool:
        """Return whether a request only shrinks a failing example, and count it if so.

        Reject the example if the budget is used up: Hypothesis then ends soon, without further requests.
        """
        if self.violation is None or not hypothesis.currently_in_test_context():
            return False
        if (
            self._shrinking_requests_of_test >= _SHRINKING_REQUESTS_PER_TEST
            or self.shrinking_requests >= _SHRINKING_REQUESTS_PER_RUN
        ):
            hypothesis.reject()
        self._shrinking_requests_of_test += 1
        self.shrinking_requests += 1
        return True


def is_violation(error: BaseException | None) -> bool:
    """Return whether the target caused the error that ended a test or an example.

    It is a failed assertion, or an error of reading a response that is not as documented.
    Every other error, such as one of Hypothesis or of the safety guard, is an error of the suite.
    """
    if isinstance(error, BaseExceptionGroup):
        return all(map(is_violation, error.exceptions))
    if isinstance(error, HypothesisException | UnsafeRequestError | Inconclusive):
        return False
    if isinstance(error, AttributeError):  # a violation if a JSON value is not of the documented type
        return isinstance(error.obj, dict | list | str | int | float | None)
    # `type`, because the exception of pytest.xfail is a subclass
    return isinstance(error, _READING_ERRORS) or type(error) is pytest.fail.Exception
