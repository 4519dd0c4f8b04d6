"""report.html: one HTML file that loads nothing, runs no script, and can be mailed and printed."""

from __future__ import annotations

from collections import Counter
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from contract_tests.client.redaction.escapes import printable
from contract_tests.oracle.coverage import KINDS
from contract_tests.oracle.permissions import FAILED_MARK, SKIPPED_MARK
from contract_tests.report.formats.sections import read_sections, split_references
from contract_tests.report.record.groups import failure_groups, source
from contract_tests.report.record.verdict import not_run_sentence, verdict
from contract_tests.report.table import count, rows, short_names, totals
from contract_tests.report.text import capital, format_duration, plural, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract_tests.oracle.coverage import Coverage
    from contract_tests.oracle.outcome import Outcome
    from contract_tests.report.formats.sections import Section
    from contract_tests.report.record.run import Run
    from contract_tests.report.table import Row


def render(run: Run, coverage: Coverage) -> str:
    """Return the report as HTML; all text of the run is escaped."""
    operations = [part.parent for part in coverage.of("operation")]
    failures = failure_groups(run.outcomes)
    sections = _CitedSections()
    return (
        _environment()
        .get_template("report.html")
        .render(
            run=run,
            coverage=coverage,
            kinds=KINDS,
            verdict=verdict(run),
            not_run=not_run_sentence(run),
            tally=count(run.outcomes),
            operations=list(zip(operations, short_names(operations), strict=True)),
            groups=_groups(rows(run.outcomes, operations)),
            totals=totals(run.outcomes, operations),
            failures=failures,
            failure_numbers={
                each.property: index for index, group in enumerate(failures, 1) for each in group.outcomes
            },
            skipped=_skipped(run.outcomes),
            statuses=_statuses(coverage),
            details=[(kind, _details(coverage, kind)) for kind in ("field", "media type", "header")],
            sentence_statuses=Counter(sentence.status for sentence in run.traceability),
            sections=sections,
            failed_mark=FAILED_MARK,
            skipped_mark=SKIPPED_MARK,
        )
    )


class _CitedSections:
    """The sections of the behaviour document that the page cites, and quotes at its end."""

    def __init__(self) -> None:
        self._sections = read_sections()
        self._cited: set[str] = set()

    def references(self, text: str) -> list[tuple[str, str]]:
        """Return the parts of a text, each with the number of the section to which it is a link, and record these."""
        parts = [(part, number if number in self._sections else "") for part, number in split_references(text)]
        self._cited |= {number for _, number in parts if number}
        return parts

    def cited(self) -> list[Section]:
        """Return the sections that were cited so far, in their order."""
        return [section for number, section in self._sections.items() if number in self._cited]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    environment.filters.update(
        capital=capital,
        duration=format_duration,
        plural=plural,
        shortened=shortened,
        source=source,
    )
    return environment


def _visible(value: object) -> object:
    """Return the value of an expression with its control characters made visible; markup is that of the template."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _read(name: str) -> str:
    return (resources.files(__package__) / name).read_text("utf-8")


def _groups(rows_: Iterable[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows_:
        groups.setdefault(row.group, []).append(row)
    return groups


def _skipped(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """Return the skipped tests, grouped by reason."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.status == "skipped":
            groups.setdefault(outcome.reason, []).append(outcome)
    return groups


def _statuses(coverage: Coverage) -> dict[str, Any]:
    """Return all statuses as `heads`, and the statuses of each operation as `operations`.

    Each status of an operation has the number of responses, and whether it is documented.
    """
    parts = {**coverage.of("status"), **coverage.undocumented_of("status")}
    heads = sorted({part.status for part in parts})
    operations: dict[str, dict[str, tuple[int, bool]]] = {}
    for part, number in parts.items():
        operations.setdefault(part.parent, {})[part.status] = (number, part in coverage.documented)
    return {"heads": heads, "operations": operations}


def _details(coverage: Coverage, kind: str) -> dict[str, tuple[list[str], list[str]]]:
    """Return by operation or schema the documented parts that were received, and those that were not.

    Parts of a status that was not received are left out.
    """
    not_received = set(coverage.not_received(kind))
    details: dict[str, tuple[list[str], list[str]]] = {}
    for part, number in coverage.of(kind).items():
        if number or part in not_received:
            names = details.setdefault(part.parent, ([], []))[0 if number else 1]
            names.append(part.name if kind == "field" else f"{part.name} of {part.status}")
    return details
