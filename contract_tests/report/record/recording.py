"""The recording of a run: the outcome of each test, and why the run ended early."""

from __future__ import annotations

import traceback
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from _pytest.outcomes import Exit  # the exception of pytest.exit has no public name to recognise

from contract_tests.client.observation import is_violation
from contract_tests.client.redaction.escapes import printable
from contract_tests.report.record.noted import noted_outcomes
from contract_tests.report.record.outcomes import error_text, skipped_outcome, test_name, violation_in_words
from contract_tests.report.record.run import SuiteError
from contract_tests.report.record.script import shell_script
from contract_tests.report.text import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contract_tests.client.exchange import Step
    from contract_tests.client.transport import Transport
    from contract_tests.oracle.outcome import Outcome, Status

_MAX_VIOLATION = 4_000
"""The number of characters of a violation that the reports show; detail has more."""

_NOT_LOADED = "The suite could not be loaded, which says nothing about the target: {}"
_INTERNAL = "The suite ended with an error of its own, which says nothing about the target: {}"


def find_end(error: BaseException) -> Exit | None:
    """Return the exception of a group, if any, that ends the run."""
    if isinstance(error, BaseExceptionGroup):
        return next((end for each in error.exceptions if (end := find_end(each)) is not None), None)
    return error if isinstance(error, Exit) else None


def _skip_reason(report: pytest.TestReport) -> str:
    """Return the reason of a skipped test, which pytest reports after the file and the line."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr or "")
    return reason.removeprefix("Skipped: ")


class Recording:
    """The outcomes of the tests so far, and what prevented the others."""

    def __init__(self) -> None:
        self.transport: Transport | None = None
        self.outcomes: dict[str, Outcome] = {}
        """The outcomes by name of the test; one test has one outcome."""
        self.errors: list[SuiteError] = []
        self.deselected: list[Outcome] = []
        self.selected: list[str] = []
        """The names of the selected tests."""
        self.end = ""
        """The sentence that says why the run ended early."""
        self._current: pytest.Item | None = None
        self._first_exchange = 0
        """The number of exchanges before the current test."""
        self._errors_of_fixtures: list[BaseException] = []
        self._collection_error = ""

    @property
    def not_run(self) -> list[str]:
        """The names of the selected tests that did not run to their end."""
        ended = {*self.outcomes, *(error.test for error in self.errors)}
        return [name for name in self.selected if name not in ended]

    @property
    def failed(self) -> int:
        """The number of failed tests so far."""
        # The list is a copy: the thread of the progress reads this while outcomes are added.
        return sum(outcome.status == "failed" for outcome in list(self.outcomes.values()))

    def select(self, items: Iterable[pytest.Item]) -> None:
        """Record the selected tests."""
        self.selected = [test_name(item) for item in items]

    def deselect(self, items: Iterable[pytest.Item]) -> None:
        """Record tests as skipped that the run leaves out, so that a part of the suite is not reported as the whole."""
        self.deselected += [skipped_outcome(item, "deselected by an option of this run") for item in items]

    def start(self, item: pytest.Item) -> None:
        """Record that the test starts."""
        self._current = item
        self._first_exchange = len(self.transport.exchanges) if self.transport else 0

    def add_report(self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> Outcome | None:
        """Record a report of pytest, and return the outcome of the test if the report decides it.

        An error of a fixture that several tests share counts for the first of them; the others count as not run.
        """
        if report.passed and report.when != "call":
            return None
        if report.passed and self._has_observed_violation():
            return self._add_failure(item, report.duration)
        if report.passed or report.skipped:
            status: Status = "passed" if report.passed else "skipped"
            reason = "" if report.passed else self.redacted(_skip_reason(report))
            outcome = skipped_outcome(item, reason)
            return self._add(replace(outcome, status=status, operations=self._operations(), seconds=report.duration))
        error = call.excinfo.value if call.excinfo else None
        if any(error is each for each in self._errors_of_fixtures):
            return None
        if error is not None and report.when == "setup":
            self._errors_of_fixtures.append(error)
        return self._add_error(item, error, str(report.longrepr), report.duration)

    def add_interruption(self, error: BaseException) -> None:
        """Record why the run ended early, and the violation that the interrupted test has observed."""
        item = self._current
        if item is not None and test_name(item) not in self.outcomes and self._has_observed_violation():
            self._add_failure(item, 0.0)
        if isinstance(error, Exit):
            self.end = self.end or self.redacted(str(error.msg))
        elif self._collection_error:
            self.end = _NOT_LOADED.format(self._collection_error)
        elif isinstance(error, pytest.Session.Interrupted):
            self.end = self.end or self.redacted(f"{error}.")
        else:
            name = f" by {error}" if str(error) else ""
            self.end = self.end or f"The run was interrupted{name}; run it again."

    def add_end_error(self, error: BaseException, detail: str) -> None:
        """Record an error outside the tests, such as one at the end of the run; a violation is one of the last test."""
        if isinstance(error, Exit | KeyboardInterrupt):
            self.add_interruption(error)
        elif is_violation(error) and self._current is not None:
            self._add_error(self._current, error, detail, 0.0)
        else:
            self._add_source(error)
            message = self._first_line(error)
            self.errors.append(SuiteError("the run", message, self.redacted(detail)))
            self.end = self.end or _INTERNAL.format(message)

    def add_collection_error(self, report: pytest.CollectReport) -> None:
        """Record that a module of the suite cannot be loaded."""
        lines = [line for line in str(report.longrepr).splitlines() if line.strip()] or [""]
        self._collection_error = self._collection_error or f"{report.nodeid}: {lines[-1].removeprefix('E').strip()}"

    def add_noted_violations(self) -> None:
        """Add a failed outcome for each cause that responses of the set-up and the clean-up show, and no test does."""
        for outcome in list(noted_outcomes(self.transport, self.outcomes.values())) if self.transport else ():
            self.outcomes[outcome.test] = outcome

    def redacted(self, text: str) -> str:
        """Return the text as outputs show it: without tokens, personal data and unknown words of the target."""
        return self.transport.redactor.redact_text(text) if self.transport else printable(text)

    def without_tokens(self, text: str) -> str:
        """Return the text without tokens; its parts have been redacted before."""
        return self.transport.redactor.without_tokens(text) if self.transport else text

    def _add(self, outcome: Outcome) -> Outcome | None:
        """Record the outcome, unless the test has failed before."""
        before = self.outcomes.get(outcome.test)
        if before is not None and before.status == "failed":
            return None
        self.outcomes[outcome.test] = outcome
        return outcome

    def _add_error(self, item: pytest.Item, error: BaseException | None, detail: str, seconds: float) -> Outcome | None:
        """Record a violation, or an error after one, as a failure, and any other error as one of the suite."""
        if error is not None and (is_violation(error) or self._has_observed_violation()):
            return self._add_failure(item, seconds, error)
        self._add_source(error)
        message = self._first_line(error) if error is not None else self.redacted(detail.partition("\n")[0])
        self.outcomes.pop(test_name(item), None)  # the test has an outcome already if its tear-down fails
        self.errors.append(SuiteError(test_name(item), message, self.redacted(detail)))
        return None

    def _add_failure(self, item: pytest.Item, seconds: float, error: BaseException | None = None) -> Outcome | None:
        observed = self.transport.observed if self.transport else None
        steps: Sequence[Step] = self.transport.steps_of_test() if self.transport else ()
        text = error_text(error) if error is not None else ""
        if observed is not None:
            text, steps = observed.message, observed.steps
        text = self.redacted(text)
        return self._add(
            replace(
                skipped_outcome(item, ""),
                status="failed",
                operations=self._operations(),
                seconds=seconds,
                operation=next((name for step in reversed(steps) if (name := step.request.operation_id)), ""),
                violation=shortened(violation_in_words(text), _MAX_VIOLATION),
                detail=text,
                received=steps[-1].response if steps else "",
                script=shell_script(steps, self.transport.redactor) if self.transport and steps else "",
                steps=len(steps),
            )
        )

    def _has_observed_violation(self) -> bool:
        """Return whether the current test has observed a violation, even if the test did not end with it."""
        return self.transport is not None and self.transport.observed is not None

    def _first_line(self, error: BaseException) -> str:
        message = str(error).partition("\n")[0]
        return self.redacted(f"{type(error).__name__}: {message}" if message else type(error).__name__)

    def _add_source(self, error: BaseException | None) -> None:
        """Exclude the source lines in the traceback of an error of the suite from redaction."""
        if error is not None and self.transport is not None:
            for frame in traceback.extract_tb(error.__traceback__):
                self.transport.redactor.add_own_text(f"{frame.filename} {frame.name} {frame.line}")

    def _operations(self) -> tuple[str, ...]:
        """Return the operations of the requests that the current test sent."""
        sent = self.transport.exchanges[self._first_exchange :] if self.transport else []
        return tuple(dict.fromkeys(exchange.operation for exchange in sent if exchange.operation))
