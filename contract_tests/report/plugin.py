"""The pytest plugin of the suite: progress, the record of the run, and its reports."""

from __future__ import annotations

import os
import sys
import time
import traceback
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract_tests.client.run.watchdog import LAST_RESORT, watched
from contract_tests.client.settings import PROFILES, Inconclusive, read_profile
from contract_tests.command.interruption import EndedBySignal, Interruption
from contract_tests.command.pytest_options import unknown_test_sentence
from contract_tests.oracle.canvas_age import estimate_age
from contract_tests.oracle.conditional_requests import conditional_request_note
from contract_tests.oracle.contract import Contract
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
from contract_tests.report import files
from contract_tests.report.console import Console
from contract_tests.report.formats import terminal
from contract_tests.report.formats.junit import failure_text
from contract_tests.report.names import remove_reports
from contract_tests.report.progress import Progress, standard_output
from contract_tests.report.record.account_notes import activity_after_tests, created_channels, editor_note
from contract_tests.report.record.limits import bounce_limits, limits
from contract_tests.report.record.outcomes import property_name
from contract_tests.report.record.recording import Recording, find_end
from contract_tests.report.record.run import ObservedDefect, Run
from contract_tests.report.record.verdict import verdict
from contract_tests.report.text import format_duration, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from contract_tests.account.baseline import Baseline
    from contract_tests.client.run.watchdog import Watchdog
    from contract_tests.client.transport import Transport

_SECTION = "progress"


class ReportPlugin:
    """A pytest plugin that records the outcomes of a run and writes the reports at its end."""

    def __init__(self, config: pytest.Config, interruption: Interruption | None = None) -> None:
        self.interruption = interruption or Interruption()
        self.interruption.activity = lambda: activity_after_tests(self._recording.transport)
        self.folder = Path(os.environ.get("REPORTS") or config.invocation_params.dir / "reports")
        self.has_cleaned_up = True
        """Whether no clean-up failed so far."""
        self.exit_status: int | None = None
        """The exit status of the verdict; None before the reports are written."""
        self.stop_own_mock: Callable[[], object] = lambda: None
        """Stops the mock that the run has started, if there is one."""
        self.left_out = 0
        """The number of tests that do not belong to the profile."""
        self._config = config
        self._recording = Recording()
        self._console = Console(config, self._recording, os.environ)
        self._baseline: Baseline | None = None
        self._limits: Sequence[str] = ()
        self._notes: list[str] = []
        self._clean_up = ""
        self._started = datetime.now(UTC)
        self._clock = time.monotonic()
        self._progress = ExitStack()
        self._watching = ExitStack()
        self._watchdog: Watchdog | None = None

    # -- called by the fixtures

    def set_transport(self, transport: Transport) -> None:
        """Record the requests of this transport, and print the target and the limits of the run."""
        self._recording.transport = transport
        transport.redactor.add_own_text(str(self.folder))
        if self._watchdog is not None:
            transport.on_clean_up = self._watchdog.start_clean_up
        settings, size = transport.settings, transport.settings.limits
        rate = f", {settings.rate:g} a second" if settings.rate else ""
        self._console.print(f"Testing {settings.url} against the contract, with {', '.join(settings.tokens)}.")
        self._console.print(
            f"PROFILE={settings.profile} SEED={settings.seed}: "
            f"at most {size.budget:,} requests{rate}, at most {size.minutes} minutes."
        )
        if settings.is_read_only:
            self._console.print("Read-only run: it sends GET and HEAD, creates no channel, and deletes none.")

    def set_baseline(self, baseline: Baseline) -> Sequence[str]:
        """Report the rows of this account, print its capacity, and return the limits of the run."""
        self._baseline = baseline
        client, channels = baseline.client, baseline.channels_before
        self._limits = limits(client, Contract().document)
        self._console.print(f"User {client.id} has {plural(len(channels), 'channel')}.")
        if client.can_create:
            self._console.print("The suite creates at most 22, and deletes them.")
        if client.editor is not None:
            self._console.print(editor_note(client.editor))
        return self._limits

    def add_note(self, note: str) -> None:
        """Print a note, and add it to the reports; an empty text is none."""
        if note := self._recording.redacted(note):
            self._notes.append(note)
            self._console.print(note)

    def add_account_difference(self, user: int, differences: list[str]) -> None:
        """Add a failed outcome because the run changed an account."""
        transport = self._recording.transport
        steps = transport.steps if transport else []
        name = f"conftest::the account is unchanged after the run, user {user}"
        self._recording.outcomes[name] = Outcome(
            property="the account is unchanged after the run",
            test=name,
            rule="The channels that existed before the run exist unchanged after it, and there are no others.",
            source="behaviour 6",
            operations=(),
            status="failed",
            violation=self._recording.redacted(
                f"the channels of user {user} differ from those before the run: {'; '.join(differences)}"
            ),
            received=steps[-1].response if steps else "",
        )

    @contextmanager
    def tolerate_inconclusive(self) -> Iterator[None]:
        """Continue after an Inconclusive error of a clean-up; the verdict says how to remove the leftover channels."""
        try:
            yield
        except (Inconclusive, EndedBySignal) as error:
            self.has_cleaned_up = False
            is_signal = isinstance(error, EndedBySignal)
            sentence = "A third signal ended the clean-up." if is_signal else self._recording.redacted(str(error))
            reason = "" if sentence == self._recording.end else f"{sentence} "
            self._clean_up = (
                f"{reason}The journal in {self.folder} lists the leftover channels; the next run deletes them, "
                "and so does canvas-contract clean-up."
            )

    @contextmanager
    def tolerate_third_signal(self) -> Iterator[None]:
        """Continue after the end of a clean-up by the third signal, which also ends those that follow."""
        with suppress(EndedBySignal):
            yield

    # -- hooks of pytest

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Remove the reports of the last run, and print the progress from now on."""
        remove_reports(self.folder)
        output = self._watching.enter_context(standard_output())
        minutes = PROFILES[read_profile()].minutes
        self._watchdog = self._watching.enter_context(watched(minutes, self._report_by_force, output))
        interval = self._config.getoption("progress_interval")
        if not sys.stdout.isatty():
            progress = Progress(self._progress_line, self._progress.enter_context(standard_output()), interval)
            self._progress.callback(progress.stop)
            progress.start()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None]:
        """Write the reports when all fixtures have ended, print the summary, and set the exit status."""
        self.interruption.start_end()
        assert self._watchdog is not None
        self._watchdog.start_clean_up()
        try:
            yield
        except BaseException as error:  # noqa: BLE001  # the reports are written whatever happens
            self._recording.add_end_error(error, "".join(traceback.format_exception(error)))
        self._watchdog.start_end()
        self._progress.close()
        self._recording.add_noted_violations()
        self._explain_end(session)
        self.interruption.start_part(lambda: "The run writes its reports, which takes a few seconds")
        with self._watching:
            session.exitstatus = self.exit_status = self._report_at_end()

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """End the run with a sentence if an option or an argument is wrong."""
        try:
            return (yield)
        except pytest.UsageError as error:
            raise Inconclusive(unknown_test_sentence(" ".join(str(error).split()))) from None

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Record why the run ended early."""
        self._recording.add_interruption(excinfo.value)

    def pytest_internalerror(self, excrepr: object, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Record an error of pytest or of this plugin."""
        self._recording.add_end_error(excinfo.value, str(excrepr))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Record a module that cannot be loaded."""
        if report.failed:
            self._recording.add_collection_error(report)

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Record the tests that the run leaves out."""
        self._recording.deselect(items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Record the selected tests."""
        self._recording.select(session.items)
        self._console.start_section(_SECTION, "Progress of the tests")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Record that a test starts. Raises KeyboardInterrupt if code of the last test has caught this exception."""
        if self.interruption.name:
            raise KeyboardInterrupt(self.interruption.name)
        self._recording.start(item)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, nextitem: pytest.Item | None) -> None:
        """Let no signal interrupt the clean-up of the accounts, which follows the last test."""
        if nextitem is None:
            self.interruption.start_end()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """End the run if Hypothesis has caught an exception that ends it, and has not seen it a second time."""
        try:
            return (yield)
        except BaseExceptionGroup as group:
            if (end := find_end(group)) is not None:
                raise end from None
            raise

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Record the outcome of a test, and add the rule and the script to the text of a failure."""
        report = yield
        outcome = self._recording.add_report(item, call, report)
        if outcome is not None and outcome.status == "failed":
            report.outcome = "failed"
            report.longrepr = f"{failure_text(outcome)}\n\n{self._recording.redacted(str(report.longrepr or ''))}"
        elif report.failed:
            report.longrepr = self._recording.redacted(str(report.longrepr))
        if outcome is not None:
            self._console.show_progress(f"{self._progress_line()}: {outcome.property}")
        return report

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Suppress pytest's own progress characters."""
        if report.when == "call" or report.outcome != "passed":
            return ("error" if report.when != "call" and report.failed else report.outcome), "", ""
        return None

    # -- the record of the run

    def run(self) -> Run:
        """Return the record of the run."""
        recording, transport = self._recording, self._recording.transport
        outcomes = list(recording.outcomes.values())
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
            rows=created_channels(self._baseline, has_cleaned_up=self.has_cleaned_up) if self._baseline else "",
            tokens=tuple(transport.settings.tokens) if transport else (),
            outcomes=[*outcomes, *recording.deselected] if outcomes else [],
            selected=len(recording.selected),
            not_run=recording.not_run,
            end=recording.end,
            errors=recording.errors,
            clean_up=self._clean_up,
            unwritten=self._console.unwritten,
            left_out=self.left_out,
            exchanges=exchanges,
            notes=list(filter(None, (*self._notes, page_limit_note(exchanges), conditional_request_note(exchanges)))),
            age=estimate_age(exchanges),
            traceability=_sentences(outcomes),
            matrix=matrix_rows(outcomes, may_edit=self._baseline is None or self._baseline.client.editor is None),
            limits=(*self._limits, *bounce_limits(exchanges)),
            defects=[
                ObservedDefect(name, descriptions[name], number)
                for name, number in (transport.defects if transport else {}).items()
            ],
        )

    def _explain_end(self, session: pytest.Session) -> None:
        """Record why tests were not run, if no exception says it."""
        recording = self._recording
        recording.end = recording.end or self.interruption.sentence
        if recording.end or not recording.not_run:
            return
        if reason := session.shouldfail or session.shouldstop:
            recording.end = f"pytest ended it ({reason}), as -x and --maxfail require."
        elif not recording.outcomes and not recording.errors:
            recording.end = "An option of the run, such as --collect-only, prevents the tests."

    # -- the terminal

    def _report_at_end(self) -> int:
        """Write the reports, print the summary, and return the exit status; a third signal ends this."""
        run = self.run()
        try:
            with self.interruption.ended_by_third_signal():
                self._report(run)
        except EndedBySignal:
            sentence = "A third signal ended the writing of the reports, which may be incomplete."
            self._console.print_lines([f"Inconclusive: {sentence}"])
            return pytest.ExitCode.INTERRUPTED
        run.unwritten = run.unwritten or self._console.unwritten
        return verdict(run).exit_status

    def _report(self, run: Run) -> None:
        """Write the reports, and print the summary."""
        junit = self._config.getoption("canvas_junit")
        coverage = files.write_reports(run, self.folder, [Path(junit)] if junit else [])
        self._console.clear_progress()
        self._console.end_section(_SECTION)
        if self._config.getoption("canvas_summary") == "full":
            self._console.start_section("tables", "Tests of each property and operation")
            self._console.print_lines(terminal.tables(run, coverage))
            self._console.end_section("tables")
            self._console.print_lines(terminal.full_summary(run, coverage))
        else:
            self._console.print_lines(terminal.summary(run, coverage))
        self._console.print_lines([files.report_line(self.folder)])

    def _report_by_force(self) -> int:
        """Write the reports of a run that does not end, and return the exit status; the process then stops."""
        self._recording.end = self._recording.end or LAST_RESORT
        transport = self._recording.transport
        if not self._clean_up and transport is not None and transport.journal.path.exists():
            self._clean_up = (
                f"The clean-up did not end. The journal in {self.folder} lists the leftover channels; "
                "the next run deletes them."
            )
        self.stop_own_mock()
        run = self.run()
        self._report(run)
        return verdict(run).exit_status

    def _progress_line(self) -> str:
        """Return the line that says how far the run is."""
        recording = self._recording
        elapsed = format_duration(time.monotonic() - self._clock)
        if not recording.selected:
            return f"Loading the tests, {elapsed}"
        sent = recording.transport.sent if recording.transport else 0
        done = f"{len(recording.outcomes)} of {plural(len(recording.selected), 'test')}"
        return f"{done}, {plural(sent, 'request')}, {elapsed}, {recording.failed} failed so far"


def _sentences(outcomes: list[Outcome]) -> tuple[Sentence, ...]:
    """Return the rows of the traceability table, and a row for each test of a rule that is not on Canvas's page."""
    promises = read_promises()
    unlisted = unlisted_tests(promises, all_test_names())
    more = (Sentence(test.partition("::")[2], property_name(test), "", (test,), "not on the page") for test in unlisted)
    return (*sentence_table(promises, outcomes), *more)
