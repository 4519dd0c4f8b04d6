"""Follows a run of pytest, shows how far it is, and tells at the end what was kept, broken and not checked."""

from __future__ import annotations

import inspect
import os
import re
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.account import rows_used
from contract_tests.actors import matrix
from contract_tests.contract import Contract
from contract_tests.coverage import measure
from contract_tests.defects import KNOWN
from contract_tests.record import Defect, Outcome, Run, Sentence
from contract_tests.report import har, html, terminal
from contract_tests.script import shell_script
from contract_tests.settings import NotJudged
from contract_tests.stock import room_left
from contract_tests.traceability import read_promises, table, undocumented, written_tests

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from contract_tests.stock import Stock
    from contract_tests.wire import Wire

_SECTION = re.compile(r"\s*\((behaviour [\d., ]+)\)")


class Reporter:
    """A plugin of pytest; the run's outcomes are in `outcomes` as they come."""

    def __init__(self, config: pytest.Config) -> None:
        self.folder = Path(os.environ.get("REPORTS") or config.invocation_params.dir / "reports")
        self.outcomes: list[Outcome] = []
        self._config = config
        self._wire: Wire | None = None
        self._stock: Stock | None = None
        self._started = datetime.now(UTC)
        self._clock = time.monotonic()
        self._total = 0
        self._left_out: list[Outcome] = []
        self._first_exchange = 0
        self.is_tidy = True
        """Whether cleaning up could be done."""

    # -- what the fixtures tell it

    def watch(self, wire: Wire) -> None:
        """Take what goes over this wire as the run's."""
        self._wire = wire
        settings, limits = wire.settings, wire.settings.limits
        pace = f"{settings.rate:g} a second" if settings.rate else "as fast as it goes"
        self._say(
            f"Judging {settings.url} with {', '.join(settings.tokens)}; "
            f"PROFILE={settings.profile} SEED={settings.seed}; "
            f"at most {limits.budget:,} requests, {pace}, {limits.minutes} minutes."
        )

    def rows_of(self, stock: Stock) -> None:
        """Take this as the account whose rows are counted."""
        self._stock = stock
        self._say(
            f"User {stock.caller.id} has {len(stock.before)} channels; at most 20 rows are added, "
            f"and there is room for {room_left(stock.before)} or fewer."
        )

    def account_differs(self, user: int, differences: list[str]) -> None:
        """Take it as broken that an account was left as it was not found: a failure of its own, in JUnit too."""
        steps = self._wire.steps if self._wire else []
        outcome = Outcome(
            property="the account is as it was found",
            test="conftest::the account is as it was found",
            promise="What was there before is there afterwards, identical, and nothing else.",
            section="behaviour 6",
            operations=(),
            status="failed",
            expected=f"the channels of user {user} as they were: {'; '.join(differences)}",
            came_back=steps[-1].answer if steps else "",
        )
        self.outcomes.append(outcome)
        name, told = f"{outcome.property}, user {user}", self._masked(_told(outcome))
        place = ("conftest.py", None, name)
        report = pytest.TestReport(f"conftest.py::{name}", place, {}, "failed", told, "call")
        self._config.hook.pytest_runtest_logreport(report=report)

    @contextmanager
    def as_far_as_possible(self) -> Iterator[None]:
        """Clean up; where the target has gone away, say what the next run must remove, and go on."""
        try:
            yield
        except NotJudged as error:
            self.is_tidy = False
            self._say(f"{error} What is left there stands in the journal, and the next run from here removes it.")

    # -- pytest's hooks

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None]:
        """What is found when all tests are over counts like any of them."""
        yield
        if not self.is_tidy:
            session.exitstatus = 2
        if session.exitstatus == 0 and any(outcome.status == "failed" for outcome in self.outcomes):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Tell only where the signal was taken: pytest fails over an interrupted frame that stands at no line."""
        excinfo.traceback = excinfo.traceback[-1:]

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """What was left out by choice is not checked either: no part of the suite looks like the whole."""
        self._left_out += [_described(item, "it was left out of this run") for item in items]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count what is to come."""
        self._total = len(session.items)

    def pytest_runtest_setup(self) -> None:
        """Note where the test's requests begin."""
        self._first_exchange = len(self._wire.exchanges) if self._wire else 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Take in what became of a test."""
        report = yield
        if report.when == "call" or report.outcome != "passed":
            outcome = self._outcome(item, call, report)
            self.outcomes.append(outcome)
            if outcome.status == "failed":
                report.longrepr = self._masked(f"{_told(outcome)}\n\n{report.longrepr}")
            self._show(outcome)
        return report

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Leave the console to the line of progress."""
        if report.when == "call" or report.outcome != "passed":
            return ("error" if report.when != "call" and report.failed else report.outcome), "", ""
        return None

    def pytest_terminal_summary(self) -> None:
        """Tell the run: on the console, as a page to mail, and as traffic for other tools."""
        self._clear()
        if self._wire is None or not self.outcomes:
            return
        run = self.run()
        coverage = measure(Contract().document, run.exchanges)
        self.folder.mkdir(parents=True, exist_ok=True)
        page, traffic = self.folder / "report.html", self.folder / "traffic.har"
        page.write_text(html.document(run, coverage), "utf-8")
        with traffic.open("w", encoding="utf-8") as file:
            har.write(run.exchanges, file)
        for line in terminal.summary(run, coverage):
            self._say(line)
        self._say(f"Written: {page}, {traffic}")

    # -- what it all came to

    def run(self) -> Run:
        """The run as the reports tell it."""
        wire = self._wire
        says = {defect.name: defect.says for defect in KNOWN}
        return Run(
            target=wire.settings.url if wire else "",
            profile=wire.settings.profile if wire else "",
            seed=wire.settings.seed if wire else 0,
            started=self._started,
            seconds=time.monotonic() - self._clock,
            requests=wire.sent if wire else 0,
            budget=wire.settings.limits.budget if wire else 0,
            rows=self._rows(),
            tokens=tuple(wire.settings.tokens) if wire else (),
            outcomes=[*self.outcomes, *self._left_out],
            exchanges=wire.exchanges if wire else [],
            traceability=_sentences(self.outcomes),
            matrix=matrix(self.outcomes),
            defects=[Defect(name, says[name], times) for name, times in (wire.defects if wire else {}).items()],
        )

    def _rows(self) -> str:
        if self._stock is None:
            return ""
        caller = self._stock.caller
        live = sum(user == caller.id for user in caller.wire.journal.live.values())
        state = f"{live} of them not deleted" if live else "all deleted"
        return f"The suite holds {rows_used(caller)} rows, {state}, in the account of user {caller.id}."

    def _outcome(self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> Outcome:
        outcome = replace(_described(item, ""), operations=self._operations(), status="passed", seconds=report.duration)
        if report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            return replace(outcome, status="not checked", reason=reason.removeprefix("Skipped: "))
        if not report.failed or call.excinfo is None:
            return outcome
        steps = self._wire.steps if self._wire else []
        return replace(
            outcome,
            status="failed",
            expected=self._masked(str(call.excinfo.value)),
            came_back=steps[-1].answer if steps else "",
            script=shell_script(steps, self._wire.mask) if self._wire else "",
        )

    def _operations(self) -> tuple[str, ...]:
        sent = self._wire.exchanges[self._first_exchange :] if self._wire else []
        return tuple(dict.fromkeys(exchange.operation for exchange in sent if exchange.operation))

    def _masked(self, text: str) -> str:
        return self._wire.mask.text(text) if self._wire else text

    # -- the console

    def _show(self, outcome: Outcome) -> None:
        if not sys.stderr.isatty():
            return
        broken = sum(each.status == "failed" for each in self.outcomes)
        sent = self._wire.sent if self._wire else 0
        line = f"{len(self.outcomes)}/{self._total}  {broken} broken  {sent} requests  {outcome.property}"
        print(f"\r\x1b[K{line[:100]}", end="", file=sys.stderr, flush=True)

    def _clear(self) -> None:
        if sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _say(self, line: str) -> None:
        writer: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        capture: Any = self._config.pluginmanager.get_plugin("capturemanager")
        with capture.global_and_fixture_disabled():
            writer.ensure_newline()
            writer.write_line(self._masked(line))


def _described(item: pytest.Item, reason: str) -> Outcome:
    """A test that was not run, for this reason."""
    promise, section = _promise(item)
    name = getattr(item, "originalname", None) or item.name.partition("[")[0]
    test = f"{item.path.stem}::{item.name}"
    return Outcome(_property(name), test, promise, section, (), "not checked", reason)


def _promise(item: pytest.Item) -> tuple[str, str]:
    """What the test's docstring promises, and where that is written."""
    text = " ".join((inspect.getdoc(getattr(item, "obj", None)) or item.name).split())
    found = _SECTION.search(text)
    return _SECTION.sub("", text), found[1] if found else ""


def _sentences(outcomes: list[Outcome]) -> tuple[Sentence, ...]:
    """Each sentence of Canvas's page with its state, then the properties that are held and not on the page."""
    promises = read_promises()
    beyond = undocumented(promises, written_tests())
    more = (Sentence(test.partition("::")[2], _property(test), "", (test,), "beyond the page") for test in beyond)
    return (*table(promises, outcomes), *more)


def _property(test: str) -> str:
    """A test's name as a fact."""
    return test.rpartition("::")[2].removeprefix("test_").replace("_s_", "'s_").replace("_", " ")


def _told(outcome: Outcome) -> str:
    """A failure for JUnit, whose readers see nothing else."""
    promise = f"{outcome.promise} ({outcome.section})" if outcome.section else outcome.promise
    told = f"The promise: {promise}\n\nExpected: {outcome.expected}\n\nCame back: {outcome.came_back}"
    return f"{told}\n\nTo repeat it:\n{outcome.script}" if outcome.script else told
