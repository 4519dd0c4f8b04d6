"""The names of the reports; this module imports no package of the extra `contract`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PAGE, TRAFFIC, JUNIT = NAMES = ("report.html", "traffic.har", "junit.xml")

REPORTER = "canvas-contract-reporter"
"""The name of the pytest plugin that writes the reports."""


def remove_reports(folder: Path) -> None:
    """Remove the reports of an earlier run, so that nobody takes them for those of this one."""
    for name in NAMES:
        (folder / name).unlink(missing_ok=True)
