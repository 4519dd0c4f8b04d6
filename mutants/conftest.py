"""Options of the mutation tests, and the page that a complete run writes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from mutants.catalogue import FAULTS
from mutants.page import PAGE, Row, render_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mutants.mutant import Mutant


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--every`. By default every fifth fault is run, because all take half an hour."""
    parser.addoption("--every", type=int, default=5, help="run every n-th fault; 1 runs all (default: 5)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Generate one test for each selected fault."""
    if metafunc.function.__name__ == "test_suite_detects_fault":
        faults = FAULTS[:: metafunc.config.getoption("every")]
        metafunc.parametrize("mutant", faults, ids=lambda mutant: mutant.name)


def pytest_configure(config: pytest.Config) -> None:
    """Register the result collector in the pytest-xdist controller, which receives the reports of all workers."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_ResultCollector(PAGE, FAULTS[:: config.getoption("every")]), "mutants-page")


class _ResultCollector:
    """The results of all runs; writes the page at the end of a complete run."""

    def __init__(self, page: Path, faults: Sequence[Mutant]) -> None:
        self._page = page
        self._faults = faults
        self._start = time.monotonic()
        self._rows: list[Row] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Store the result that a test has recorded."""
        recorded = {str(name): str(value) for name, value in report.user_properties}
        if report.when == "call" and recorded:
            seconds = float(recorded.pop("seconds"))
            self._rows.append(Row(**recorded, seconds=seconds))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the undetected faults and the false positives, and write the page of a complete run."""
        for row in self._rows:
            if row.is_unexpected:
                terminalreporter.write_line(row.message)
        text = render_page(self._rows, time.monotonic() - self._start, self._faults)
        if text is None:
            terminalreporter.write_line("Not all mutants were run; docs/mutants.md is unchanged.")
            return
        self._page.write_text(text, "utf-8")
        terminalreporter.write_line("docs/mutants.md was written.")
