"""The pytest plugin of the suite: progress, the record of the run, and its reports."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.account.clean_up import rows_used
from contract_tests.account.preflight import remaining_capacity
from contract_tests.client.settings import Inconclusive
from contract_tests.oracle.canvas_age import estimate_age
from contract_tests.oracle.contract import Contract
from contract_tests.oracle.coverage import measure_coverage
from contract_tests.oracle.known_defects import KNOWN_DEFECTS
from contract_tests.oracle.outcome import Outcome
from contract_tests.oracle.page_limit import page_limit_note
from contract_tests.oracle.permissions import matrix_rows
from contract_tests.oracle.traceability import (
    Sentence,
    all_test_names,
    read_promises,
    sentence_table,
    unlisted_tests,
)
from contract_tests.report import har, html, terminal
from contract_tests.report.limits import limits
from contract_tests.report.outcomes import failure_text, property_name, skipped_outcome
from contract_tests.report.record import ObservedDefect, Run
from contract_tests.report.script import shell_script
from contract_tests.report.table import plural

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from contract_tests.account.baseline import Baseline
    from contract_tests.client.editor import Editor
    from contract_tests.client.journal import Journal
    from contract_tests.client.transport import Transport


class ReportPlugin:
    """A pytest plugin that records the outcomes of a run and writes the reports at its end."""

    def __init__(self, config: pytest.Config) -> None:
        self.folder = Path(os.environ.get("REPORTS") or config.invocation_params.dir / "reports")
        self.outcomes: list[Outcome] = []
        """The outcomes of the tests so far."""
        self.has_cleaned_up = True
        """Whether no clean-up failed so far."""
        self._config = config
        self._transport: Transport | None = None
        self._baseline: Baseline | None = None
        self._limits: Sequence[str] = ()
        self._started = datetime.now(UTC)
        self._clock = time.monotonic()
        self._number_of_tests = 0
        self._deselected: list[Outcome] = []
        self._first_exchange = 0

    # -- called by the fixtures

    def set_transport(self, transport: Transport) -> None:
        """Record the requests of this transport, and print the target and the limits of the run."""
        self._transport = transport
        settings, size = transport.settings, transport.settings.limits
        rate = f", {settings.rate:g} a second" if settings.rate else ""
        self._print(f"Testing {settings.url} against the contract, with {', '.join(settings.tokens)}.")
        self._print(
            f"PROFILE={settings.profile} SEED={settings.seed}: "
            f"at most {size.budget:,} requests{rate}, at most {size.minutes} minutes."
        )
        if settings.is_read_only:
            self._print("Read-only run: it sends GET and HEAD, creates no channel, and deletes none.")

    def set_baseline(self, baseline: Baseline) -> Sequence[str]:
        """Report the rows of this account, print its capacity, and return the limits of the run."""
        self._baseline = baseline
        client, channels = baseline.client, baseline.channels_before
        self._limits = limits(client, Contract().document)
        self._print(f"User {client.id} has {plural(len(channels), 'channel')}.")
        if client.can_create:
            capacity = remaining_capacity(channels)
            self._print(f"The suite creates at most 20, and deletes them; Canvas accepts at most {capacity} more.")
        if client.editor is not None:
            self._print(_editor_note(client.editor))
        return self._limits

    def add_account_difference(self, user: int, differences: list[str]) -> None:
        """Add a failed outcome because the run changed an account, and report it to JUnit, too."""
        steps = self._transport.steps if self._transport else []
        outcome = Outcome(
            property="the account is unchanged after the run",
            test="conftest::the account is unchanged after the run",
            rule="The channels that existed before the run exist unchanged after it, and there are no others.",
            source="behaviour 6",
            operations=(),
            status="failed",
            violation=f"the channels of user {user} differ from those before the run: {'; '.join(differences)}",
            received=steps[-1].response if steps else "",
        )
        self.outcomes.append(outcome)
        name, text = f"{outcome.property}, user {user}", self._redacted(failure_text(outcome))
        location = ("conftest.py", None, name)
        report = pytest.TestReport(f"conftest.py::{name}", location, {}, "failed", text, "call")
        self._config.hook.pytest_runtest_logreport(report=report)

    @contextmanager
    def tolerate_inconclusive(self) -> Iterator[None]:
        """Continue after an Inconclusive error of a clean-up, and print how to remove the leftover channels."""
        try:
            yield
        except Inconclusive as error:
            self.has_cleaned_up = False
            self._print(f"{error} The journal in {self.folder} lists the leftover channels; the next run deletes them.")

    # -- hooks of pytest

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None]:
        """Set the exit status: 2 if a clean-up failed, 1 if an account was changed."""
        yield
        if not self.has_cleaned_up:
            session.exitstatus = 2
        if session.exitstatus == 0 and any(outcome.status == "failed" for outcome in self.outcomes):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Cut the traceback: pytest fails to format one with a frame that has no line number."""
        excinfo.traceback = excinfo.traceback[-1:]

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Record deselected tests as skipped, so that a part of the suite is not reported as the whole."""
        self._deselected += [skipped_outcome(item, "deselected by an option of this run") for item in items]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Store the number of tests, for the progress line."""
        self._number_of_tests = len(session.items)

    def pytest_runtest_setup(self) -> None:
        """Store the position of the test's first request."""
        self._first_exchange = len(self._transport.exchanges) if self._transport else 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Record the outcome of a test, and add the rule and the script to the text of a failure."""
        report = yield
        if report.when == "call" or report.outcome != "passed":
            outcome = self._outcome(item, call, report)
            self.outcomes.append(outcome)
            if outcome.status == "failed":
                report.longrepr = self._redacted(f"{failure_text(outcome)}\n\n{report.longrepr}")
            self._show_progress(outcome)
        return report

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Suppress pytest's own progress characters."""
        if report.when == "call" or report.outcome != "passed":
            return ("error" if report.when != "call" and report.failed else report.outcome), "", ""
        return None

    def pytest_terminal_summary(self) -> None:
        """Write report.html and traffic.har, and print the summary."""
        self._clear_progress()
        if self._transport is None or not self.outcomes:
            return
        run = self.run()
        coverage = measure_coverage(Contract().document, run.exchanges)
        self.folder.mkdir(parents=True, exist_ok=True)
        page, traffic = self.folder / "report.html", self.folder / "traffic.har"
        page.write_text(html.render(run, coverage), "utf-8")
        with traffic.open("w", encoding="utf-8") as file:
            har.write(run.exchanges, file)
        for line in terminal.summary(run, coverage):
            self._print(line)
        self._print(f"Reports: {page}, {traffic}")

    # -- the record of the run

    def run(self) -> Run:
        """Return the record of the run."""
        transport = self._transport
        exchanges = transport.exchanges if transport else []
        descriptions = {defect.name: defect.description for defect in KNOWN_DEFECTS}
        return Run(
            target=transport.settings.url if transport else "",
            profile=transport.settings.profile if transport else "",
            seed=transport.settings.seed if transport else 0,
            started=self._started,
            seconds=time.monotonic() - self._clock,
            requests=transport.sent if transport else 0,
            budget=transport.settings.limits.budget if transport else 0,
            rows=self._rows(),
            tokens=tuple(transport.settings.tokens) if transport else (),
            outcomes=[*self.outcomes, *self._deselected],
            exchanges=exchanges,
            notes=[note for note in (page_limit_note(exchanges),) if note],
            age=estimate_age(exchanges),
            traceability=_sentences(self.outcomes),
            matrix=matrix_rows(self.outcomes, may_edit=self._baseline is None or self._baseline.client.editor is None),
            limits=self._limits,
            defects=[
                ObservedDefect(name, descriptions[name], number)
                for name, number in (transport.defects if transport else {}).items()
            ],
        )

    def _rows(self) -> str:
        if self._baseline is None:
            return ""
        client, journal = self._baseline.client, self._baseline.client.transport.journal
        if client.transport.guard.is_read_only:
            return f"The run was read-only: it created no channel and deleted none.{_leftover_note(journal)}"
        leftover = sum(user == client.id for user in journal.live.values())
        note = f" {_editor_note(client.editor)}" if client.editor else ""
        return (
            f"Channels that the suite created for user {client.id}: {rows_used(client)}. "
            f"Leftover channels: {leftover or 'none'}.{note}"
        )

    def _outcome(self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> Outcome:
        outcome = replace(
            skipped_outcome(item, ""), operations=self._operations(), status="passed", seconds=report.duration
        )
        if report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            return replace(outcome, status="skipped", reason=reason.removeprefix("Skipped: "))
        if not report.failed or call.excinfo is None:
            return outcome
        steps = self._transport.steps if self._transport else []
        return replace(
            outcome,
            status="failed",
            violation=self._redacted(str(call.excinfo.value)),
            received=steps[-1].response if steps else "",
            script=shell_script(steps, self._transport.redactor) if self._transport else "",
        )

    def _operations(self) -> tuple[str, ...]:
        """Return the operations of the requests that the current test sent."""
        sent = self._transport.exchanges[self._first_exchange :] if self._transport else []
        return tuple(dict.fromkeys(exchange.operation for exchange in sent if exchange.operation))

    def _redacted(self, text: str) -> str:
        return self._transport.redactor.redact_text(text) if self._transport else text

    # -- the terminal

    def _show_progress(self, outcome: Outcome) -> None:
        if not sys.stderr.isatty():
            return
        failed = sum(each.status == "failed" for each in self.outcomes)
        sent = self._transport.sent if self._transport else 0
        progress = f"Test {len(self.outcomes)} of {self._number_of_tests}, {failed} failed, {sent} requests"
        line = f"{progress}: {outcome.property}"
        print(f"\r\x1b[K{line[:100]}", end="", file=sys.stderr, flush=True)

    def _clear_progress(self) -> None:
        if sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _print(self, line: str) -> None:
        writer: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        capture: Any = self._config.pluginmanager.get_plugin("capturemanager")
        with capture.global_and_fixture_disabled():
            writer.ensure_newline()
            writer.write_line(self._redacted(line))


def _editor_note(editor: Editor) -> str:
    """Return a sentence on the token that creates and deletes channels in place of the user's."""
    use = f"the tests use {editor.token_name} for this" if editor.token else "tests that create channels are skipped"
    return f"Users of this Canvas may not edit their channels: {use}."


def _leftover_note(journal: Journal) -> str:
    """Return a sentence on the leftover channels of an earlier run, which a read-only run does not delete."""
    if not journal.live:
        return ""
    ids = ", ".join(map(str, sorted(journal.live)))
    return (
        f" The journal {journal.path.name} of an earlier run lists leftover channels: {ids}. "
        "The next run that is not read-only deletes them."
    )


def _sentences(outcomes: list[Outcome]) -> tuple[Sentence, ...]:
    """Return the rows of the traceability table, and a row for each test of a rule that is not on Canvas's page."""
    promises = read_promises()
    unlisted = unlisted_tests(promises, all_test_names())
    more = (Sentence(test.partition("::")[2], property_name(test), "", (test,), "not on the page") for test in unlisted)
    return (*sentence_table(promises, outcomes), *more)
