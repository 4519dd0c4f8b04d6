"""The files of a run: report.html, junit.xml and traffic.har."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from contract_tests.oracle.contract import Contract
from contract_tests.oracle.coverage import measure_coverage
from contract_tests.report.formats import har, html, junit
from contract_tests.report.names import JUNIT, PAGE, TRAFFIC
from contract_tests.report.record import Run

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from contract_tests.oracle.coverage import Coverage


def write_reports(run: Run, folder: Path, more_junit: Iterable[Path] = ()) -> Coverage:
    """Write the reports of the run, and return the coverage that they contain.

    `more_junit` are further paths for junit.xml.
    """
    coverage = measure_coverage(Contract().document, run.exchanges)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PAGE).write_text(html.render(run, coverage), "utf-8", "replace")
    for file in (folder / JUNIT, *more_junit):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(junit.render(run))
    with (folder / TRAFFIC).open("w", encoding="utf-8") as traffic:
        har.write(run.exchanges, traffic)
    return coverage


def write_refusal(reason: str, folder: Path, more_junit: Iterable[Path] = ()) -> None:
    """Write the reports of a run that was refused before it started."""
    run = Run("", "", 0, datetime.now(UTC), seconds=0.0, requests=0, budget=0, rows="", tokens=(), end=reason)
    write_reports(run, folder, more_junit)


def report_line(folder: Path) -> str:
    """Return the last line of a run, which names its reports."""
    return f"Reports: {', '.join(str(folder / name) for name in (PAGE, JUNIT, TRAFFIC))}"
