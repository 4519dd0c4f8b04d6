"""The pytest plugin of the suite, whose hooks record the outcomes, show the progress, and write the reports."""

from __future__ import annotations

import sys
import traceback
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from contract_tests.client.run.watchdog import watched
from contract_tests.client.settings import PROFILES, Inconclusive, read_profile
from contract_tests.command.interruption import Interruption
from contract_tests.command.pytest_options import unknown_test_sentence
from contract_tests.report.formats.junit import failure_text
from contract_tests.report.names import remove_reports
from contract_tests.report.progress import Progress, standard_output
from contract_tests.report.record.recording import find_end
from contract_tests.report.reporter import PROGRESS, Reporter

if TYPE_CHECKING:
    from collections.abc import Generator

    from contract_tests.client.run.watchdog import Watchdog


class ReportPlugin:
    """A pytest plugin that hands over to the reporter what happens in a run."""

    def __init__(self, config: pytest.Config, interruption: Interruption | None = None) -> None:
        self.reporter = Reporter(config, interruption or Interruption())
        self.exit_status: int | None = None
        """The exit status of the verdict; None before the reports are written."""
        self._config = config
        self._recording = self.reporter.recording
        self._progress = ExitStack()
        self._watching = ExitStack()
        self._watchdog: Watchdog | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Remove the reports of an earlier run, and start the watchdog and the output of the progress."""
        remove_reports(self.reporter.folder)
        output = self._watching.enter_context(standard_output())
        minutes = PROFILES[read_profile()].minutes
        self._watchdog = self._watching.enter_context(watched(minutes, self.reporter.report_by_force, output))
        self.reporter.on_clean_up = self._watchdog.start_clean_up
        interval = self._config.getoption("progress_interval")
        if not sys.stdout.isatty():  # a terminal shows the progress in one line, after each test
            progress = Progress(self.reporter.progress_line, self._progress.enter_context(standard_output()), interval)
            self._progress.callback(progress.stop)
            progress.start()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None]:
        """Write the reports when all fixtures have ended, print the summary, and set the exit status."""
        self.reporter.interruption.start_reports()
        assert self._watchdog is not None
        self._watchdog.start_clean_up()
        try:
            yield
        except BaseException as error:  # noqa: BLE001  # the reports are written whatever happens
            self._recording.add_end_error(error, "".join(traceback.format_exception(error)))
        self._watchdog.start_reports()
        self._progress.close()
        self._recording.add_noted_violations()
        self.reporter.explain_end(session)
        self.reporter.interruption.start_part(lambda: "The run writes its reports, which takes a few seconds")
        with self._watching:
            session.exitstatus = self.exit_status = self.reporter.report_at_end()

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
        self.reporter.console.start_section(PROGRESS, "Progress of the tests")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Record that a test starts. Raises KeyboardInterrupt if code of the last test has caught this exception."""
        if self.reporter.interruption.name:
            raise KeyboardInterrupt(self.reporter.interruption.name)
        self._recording.start(item)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, nextitem: pytest.Item | None) -> None:
        """Let no signal interrupt the clean-up of the accounts, which follows the last test."""
        if nextitem is None:
            self.reporter.interruption.start_reports()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """End the run if an exception that ends it is in a group: Hypothesis has caught it and could not repeat it."""
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
            report.outcome = "failed"  # also if the test has caught the violation and passed
            report.longrepr = f"{failure_text(outcome)}\n\n{self._recording.redacted(str(report.longrepr or ''))}"
        elif report.failed:
            report.longrepr = self._recording.redacted(str(report.longrepr))
        if outcome is not None:
            self.reporter.console.show_progress(f"{self.reporter.progress_line()}: {outcome.property}")
        return report

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Suppress pytest's own progress characters."""
        if report.when == "call" or report.outcome != "passed":
            return ("error" if report.when != "call" and report.failed else report.outcome), "", ""
        return None
