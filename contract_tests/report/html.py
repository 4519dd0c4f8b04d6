"""report.html: one HTML file that loads nothing, runs no script, and can be mailed and printed."""

from __future__ import annotations

from collections import Counter
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from contract_tests.oracle.coverage import KINDS
from contract_tests.oracle.permissions import FAILED_MARK, SKIPPED_MARK
from contract_tests.report.table import count, format_duration, plural, rows, short_names, totals, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract_tests.oracle.coverage import Coverage
    from contract_tests.oracle.outcome import Outcome
    from contract_tests.report.record import Run
    from contract_tests.report.table import Row


def render(run: Run, coverage: Coverage) -> str:
    """Return the report as HTML; all text of the run is escaped."""
    operations = [part.parent for part in coverage.of("operation")]
    names = short_names(operations)
    environment = Environment(
        loader=FunctionLoader(_read), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(capital=_capital, duration=format_duration, plural=plural)
    return environment.get_template("report.html").render(
        run=run,
        coverage=coverage,
        kinds=KINDS,
        verdict=verdict(run),
        tally=count(run.outcomes),
        operations=list(zip(operations, names, strict=True)),
        groups=_groups(rows(run.outcomes, operations)),
        totals=totals(run.outcomes, operations),
        failures=_grouped(run.outcomes, "failed", "property"),
        skipped=_grouped(run.outcomes, "skipped", "reason"),
        statuses=_statuses(coverage),
        details=[(kind, _details(coverage, kind)) for kind in ("field", "media type", "header")],
        sentence_statuses=Counter(sentence.status for sentence in run.traceability),
        failed_mark=FAILED_MARK,
        skipped_mark=SKIPPED_MARK,
    )


def _read(name: str) -> str:
    return (resources.files(__package__) / name).read_text("utf-8")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _groups(rows_: Iterable[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows_:
        groups.setdefault(row.group, []).append(row)
    return groups


def _grouped(outcomes: Iterable[Outcome], status: str, key: str) -> dict[str, list[Outcome]]:
    """Return the outcomes with this status, grouped by the attribute `key`."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.status == status:
            groups.setdefault(getattr(outcome, key), []).append(outcome)
    return groups


def _statuses(coverage: Coverage) -> dict[str, Any]:
    """Return all statuses as `heads`, and by operation and status the number of responses and if it is documented."""
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
