"""Reporter: collects what the fixtures and the hooks report about a run, and writes the reports at its end."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract_tests.client.run.watchdog import LAST_RESORT
from contract_tests.client.safety.addresses import POSSIBLE_KEYS
from contract_tests.client.settings import Inconclusive
from contract_tests.command.interruption import EndedBySignal
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
from contract_tests.report.record.account_notes import activity_after_tests, created_channels, editor_note
from contract_tests.report.record.limits import bounce_limits, limits
from contract_tests.report.record.outcomes import property_name
from contract_tests.report.record.recording import Recording
from contract_tests.report.record.run import ObservedDefect, Run
from contract_tests.report.record.verdict import verdict
from contract_tests.report.text import format_duration, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from contract_tests.account.baseline import Baseline
    from contract_tests.client.transport import Transport
    from contract_tests.command.interruption import Interruption

PROGRESS = "progress"
"""The name of the part of the log with the progress of the tests."""


class Reporter:
    """The record of a run that is in progress, its output in the terminal, and its reports."""

    def __init__(self, config: pytest.Config, interruption: Interruption) -> None:
        self.interruption = interruption
        self.interruption.activity = lambda: activity_after_tests(self.recording.transport)
        self.folder = Path(os.environ.get("REPORTS") or config.invocation_params.dir / "reports")
        self.has_cleaned_up = True
        """Whether no clean-up failed so far."""
        self.stop_own_mock: Callable[[], object] = lambda: None
        """Stops the mock that the run has started, if there is one."""
        self.on_clean_up: Callable[[], None] = lambda: None
        """Called when the clean-up starts."""
        self.left_out = 0
        """The number of tests that do not belong to the profile."""
        self.recording = Recording()
        self.console = Console(config, self.recording, os.environ)
        self._config = config
        self._baseline: Baseline | None = None
        self._limits: Sequence[str] = ()
        self._notes: list[str] = []
        self._clean_up = ""
        self._started = datetime.now(UTC)
        self._clock = time.monotonic()

    # -- called by the fixtures

    def set_transport(self, transport: Transport) -> None:
        """Record the requests of this transport, and print the target and the limits of the run."""
        self.recording.transport = transport
        transport.redactor.add_own_text(str(self.folder))  # messages name it
        transport.on_clean_up = self.on_clean_up
        settings, size = transport.settings, transport.settings.limits
        rate = f", {settings.rate:g} a second" if settings.rate else ""
        self.console.print(f"Testing {settings.url} against the contract, with {', '.join(settings.tokens)}.")
        self.console.print(
            f"PROFILE={settings.profile} SEED={settings.seed}: "
            f"at most {size.budget:,} requests{rate}, at most {size.minutes} minutes."
        )
        if settings.is_read_only:
            self.console.print("Read-only run: it sends GET and HEAD, creates no channel, and deletes none.")

    def set_baseline(self, baseline: Baseline) -> Sequence[str]:
        """Record the account for the reports, print its number of channels, and return the limits of the run."""
        self._baseline = baseline
        client, channels = baseline.client, baseline.channels_before
        self._limits = limits(client, Contract().document)
        self.console.print(f"User {client.id} has {plural(len(channels), 'channel')}.")
        if client.can_create:
            self.console.print(f"The suite creates at most {len(POSSIBLE_KEYS)}, and deletes them.")
        if client.editor is not None:
            self.console.print(editor_note(client.editor))
        return self._limits

    def add_note(self, note: str) -> None:
        """Print a note, and add it to the reports; an empty text is none."""
        if note := self.recording.redacted(note):
            self._notes.append(note)
            self.console.print(note)

    def add_account_difference(self, user: int, differences: list[str]) -> None:
        """Add a failed outcome because the run changed an account."""
        transport = self.recording.transport
        steps = transport.steps if transport else []
        name = f"conftest::the account is unchanged after the run, user {user}"
        self.recording.outcomes[name] = Outcome(
            property="the account is unchanged after the run",
            test=name,
            rule="The channels that existed before the run exist unchanged after it, and there are no others.",
            source="behaviour 6",
            operations=(),
            status="failed",
            violation=self.recording.redacted(
                f"the channels of user {user} differ from those before the run: {'; '.join(differences)}"
            ),
            received=steps[-1].response if steps else "",
        )

    @contextmanager
    def tolerate_inconclusive(self) -> Iterator[None]:
        """Continue if an Inconclusive error or the third signal ends a clean-up.

        The verdict then says how to remove the leftover channels.
        """
        try:
            yield
        except (Inconclusive, EndedBySignal) as error:
            self.has_cleaned_up = False
            is_signal = isinstance(error, EndedBySignal)
            sentence = "A third signal ended the clean-up." if is_signal else self.recording.redacted(str(error))
            reason = "" if sentence == self.recording.end else f"{sentence} "  # the verdict has the end as well
            self._clean_up = (
                f"{reason}The journal in {self.folder} lists the leftover channels; the next run deletes them, "
                "and so does canvas-contract clean-up."
            )

    @contextmanager
    def tolerate_third_signal(self) -> Iterator[None]:
        """Continue after the end of a clean-up by the third signal, which also ends those that follow."""
        with suppress(EndedBySignal):
            yield

    # -- the record of the run

    def run(self) -> Run:
        """Return the record of the run."""
        recording, transport = self.recording, self.recording.transport
        outcomes = list(recording.outcomes.values())
        exchanges = transport.exchanges if transport else []
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
            outcomes=[*outcomes, *recording.deselected] if outcomes else [],  # deselected tests alone are no result
            selected=len(recording.selected),
            not_run=recording.not_run,
            end=recording.end,
            errors=recording.errors,
            clean_up=self._clean_up,
            unwritten=self.console.unwritten,
            left_out=self.left_out,
            exchanges=exchanges,
            notes=list(filter(None, (*self._notes, page_limit_note(exchanges), conditional_request_note(exchanges)))),
            age=estimate_age(exchanges),
            traceability=_sentences(outcomes),
            matrix=matrix_rows(outcomes, may_edit=self._baseline is None or self._baseline.client.editor is None),
            limits=(*self._limits, *bounce_limits(exchanges)),
            defects=_observed_defects(transport.defects) if transport else [],
        )

    def explain_end(self, session: pytest.Session) -> None:
        """Record why tests were not run, unless an exception has given the reason."""
        recording = self.recording
        recording.end = recording.end or self.interruption.sentence
        if recording.end or not recording.not_run:
            return
        if reason := session.shouldfail or session.shouldstop:
            recording.end = f"pytest ended it ({reason}), as -x and --maxfail require."
        elif not recording.outcomes and not recording.errors:
            recording.end = "An option of the run, such as --collect-only, prevents the tests."

    # -- the terminal and the reports

    def report_at_end(self) -> int:
        """Write the reports, print the summary, and return the exit status; a third signal ends this."""
        run = self.run()
        try:
            with self.interruption.ended_by_third_signal():
                self._report(run)
        except EndedBySignal:
            sentence = "A third signal ended the writing of the reports, which may be incomplete."
            self.console.print_lines([f"Inconclusive: {sentence}"])
            return pytest.ExitCode.INTERRUPTED
        run.unwritten = run.unwritten or self.console.unwritten  # of the summary
        return verdict(run).exit_status

    def _report(self, run: Run) -> None:
        """Write the reports, and print the summary."""
        junit = self._config.getoption("canvas_junit")
        coverage = files.write_reports(run, self.folder, [Path(junit)] if junit else [])
        self.console.clear_progress()
        self.console.end_section(PROGRESS)
        if self._config.getoption("canvas_summary") == "full":
            self.console.start_section("tables", "Tests of each property and operation")
            self.console.print_lines(terminal.tables(run, coverage))
            self.console.end_section("tables")
            self.console.print_lines(terminal.full_summary(run, coverage))
        else:
            self.console.print_lines(terminal.summary(run, coverage))
        self.console.print_lines([files.report_line(self.folder)])

    def report_by_force(self) -> int:
        """Write the reports of a run that does not end, and return the exit status; the process then stops."""
        self.recording.end = self.recording.end or LAST_RESORT
        transport = self.recording.transport
        if not self._clean_up and transport is not None and transport.journal.path.exists():
            self._clean_up = (
                f"The clean-up did not end. The journal in {self.folder} lists the leftover channels; "
                "the next run deletes them."
            )
        self.stop_own_mock()
        run = self.run()
        self._report(run)
        return verdict(run).exit_status

    def progress_line(self) -> str:
        """Return the line that says how far the run is."""
        recording = self.recording
        elapsed = format_duration(time.monotonic() - self._clock)
        if not recording.selected:
            return f"Loading the tests, {elapsed}"
        sent = recording.transport.sent if recording.transport else 0
        done = f"{len(recording.outcomes)} of {plural(len(recording.selected), 'test')}"
        return f"{done}, {plural(sent, 'request')}, {elapsed}, {recording.failed} failed so far"


def _observed_defects(numbers: Mapping[str, int]) -> list[ObservedDefect]:
    """Return the known defects with these names, each with its number of responses."""
    descriptions = {defect.name: defect.description for defect in KNOWN_DEFECTS}
    return [ObservedDefect(name, descriptions[name], number) for name, number in numbers.items()]


def _sentences(outcomes: list[Outcome]) -> tuple[Sentence, ...]:
    """Return the rows of the traceability table, and a row for each test of a rule that is not on Canvas's page."""
    promises = read_promises()
    unlisted = unlisted_tests(promises, all_test_names())
    more = (Sentence(test.partition("::")[2], property_name(test), "", (test,), "not on the page") for test in unlisted)
    return (*sentence_table(promises, outcomes), *more)
