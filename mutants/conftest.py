"""Progress while the mutants run, and the page that a whole run writes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from mutants.catalogue import FAULTS
from mutants.page import PAGE, Row, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mutants.surgery import Mutant


def pytest_addoption(parser: pytest.Parser) -> None:
    """All faults take longer than most people wait for; a fifth of each kind is tried unless more is asked for."""
    parser.addoption("--every", type=int, default=5, help="try every so many'th fault; 1 tries all (default: 5)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each fault that is tried."""
    if metafunc.function.__name__ == "test_a_fault_is_caught":
        faults = FAULTS[:: metafunc.config.getoption("every")]
        metafunc.parametrize("mutant", faults, ids=lambda mutant: mutant.name)


def pytest_configure(config: pytest.Config) -> None:
    """Collect the rows in the one process that sees every test."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Collector(PAGE, FAULTS[:: config.getoption("every")]), "mutants-page")


class _Collector:
    """What every run said, and the page once all of them have spoken."""

    def __init__(self, page: Path, faults: Sequence[Mutant]) -> None:
        self._page = page
        self._faults = faults
        self._start = time.monotonic()
        self._rows: list[Row] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a run said."""
        said = {str(name): str(value) for name, value in report.user_properties}
        if report.when == "call" and said:
            row = Row(said["kind"], said["name"], said["status"], said["test"], said["promise"], float(said["seconds"]))
            self._rows.append(row)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name the survivors and the false alarms, and write the page of a whole run."""
        for row in self._rows:
            if row.is_wrong:
                terminalreporter.write_line(row.complaint)
        text = text_of(self._rows, time.monotonic() - self._start, self._faults)
        if text is None:
            terminalreporter.write_line("A part of the mutants ran: docs/mutants.md is as it was.")
            return
        self._page.write_text(text, "utf-8")
        terminalreporter.write_line("docs/mutants.md is written.")
