"""The files of a run: report.html, junit.xml and traffic.har."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from contract_tests.client.run.folder import reason_of
from contract_tests.oracle.contract import Contract
from contract_tests.oracle.coverage import measure_coverage
from contract_tests.report.formats import har, html, junit
from contract_tests.report.names import JUNIT, PAGE, TRAFFIC
from contract_tests.report.record.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from typing import TextIO

    from contract_tests.oracle.coverage import Coverage


def write_reports(run: Run, folder: Path, more_junit: Iterable[Path] = ()) -> Coverage:
    """Write the reports of the run as far as possible, and return the coverage that they contain.

    `more_junit` are further paths for junit.xml.
    A report that cannot be written is recorded in `run`, makes its verdict inconclusive, and leaves no file.
    """
    coverage = measure_coverage(Contract().document, run.exchanges)
    contents: dict[Path, Callable[[TextIO], object]] = {
        folder / TRAFFIC: lambda file: har.write(run.exchanges, file),
        folder / PAGE: lambda file: file.write(html.render(run, coverage)),
        **dict.fromkeys((folder / JUNIT, *more_junit), lambda file: file.write(junit.render(run).decode())),
    }
    errors = _write_all(contents)
    if errors:
        names = " and ".join(str(file) for file in errors)
        reason = next(iter(errors.values()))
        run.unwritten = f"{run.unwritten} {names} cannot be written ({reason}); free space, and run again.".strip()
        # The verdict has changed in the reports that were written.
        _write_all({file: write for file, write in contents.items() if file not in errors})
    return coverage


def _write_all(contents: dict[Path, Callable[[TextIO], object]]) -> dict[Path, str]:
    """Write each file, and return why each of the others, which are removed, cannot be written."""
    errors = {}
    for path, write in contents.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
                write(file)
        except BaseException as error:
            with suppress(OSError):  # an incomplete report is removed
                path.unlink(missing_ok=True)
            if not isinstance(error, OSError):
                raise
            errors[path] = reason_of(error)
    return errors


def write_refusal(reason: str, folder: Path, more_junit: Iterable[Path] = ()) -> None:
    """Write the reports of a run that was refused before it started."""
    run = Run("", "", 0, datetime.now(UTC), seconds=0.0, requests=0, budget=0, rows="", tokens=(), end=reason)
    write_reports(run, folder, more_junit)


def report_line(folder: Path) -> str:
    """Return the last line of a run, which names its reports."""
    files = [str(folder / name) for name in (PAGE, JUNIT, TRAFFIC) if (folder / name).is_file()]
    return f"Reports: {', '.join(files) or 'none'}"
