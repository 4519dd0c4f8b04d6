"""The report to mail to a colleague: one HTML file that loads nothing, runs no script, and prints."""

from __future__ import annotations

from collections import Counter
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from contract_tests.coverage import KINDS
from contract_tests.report.table import count, duration, many, rows, short_names, totals, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract_tests.coverage import Coverage
    from contract_tests.record import Outcome, Run
    from contract_tests.report.table import Row


def document(run: Run, coverage: Coverage) -> str:
    """The whole report; every text of the run is escaped."""
    operations = [part.place for part in coverage.of("operation")]
    names = short_names(operations)
    environment = Environment(
        loader=FunctionLoader(_read), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(capital=_capital, duration=duration, many=many)
    return environment.get_template("report.html").render(
        run=run,
        coverage=coverage,
        kinds=KINDS,
        verdict=verdict(run),
        tally=count(run.outcomes),
        operations=list(zip(operations, names, strict=True)),
        groups=_groups(rows(run.outcomes, operations)),
        totals=totals(run.outcomes, operations),
        failures=_by(run.outcomes, "failed", "property"),
        unchecked=_by(run.outcomes, "not checked", "reason"),
        statuses=_statuses(coverage),
        details=[(kind, _details(coverage, kind)) for kind in ("field", "media type", "header")],
        states=Counter(sentence[4] for sentence in run.traceability),
    )


def _read(name: str) -> str:
    return (resources.files(__package__) / name).read_text("utf-8")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _groups(found: Iterable[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in found:
        groups.setdefault(row.group, []).append(row)
    return groups


def _by(outcomes: Iterable[Outcome], status: str, key: str) -> dict[str, list[Outcome]]:
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.status == status:
            groups.setdefault(getattr(outcome, key), []).append(outcome)
    return groups


def _statuses(coverage: Coverage) -> dict[str, Any]:
    """The statuses, documented or seen, and for each operation how often each was seen and whether it is documented."""
    parts = {**coverage.of("status"), **coverage.unexpected("status")}
    heads = sorted({part.status for part in parts})
    places: dict[str, dict[str, tuple[int, bool]]] = {}
    for part, times in parts.items():
        places.setdefault(part.place, {})[part.status] = (times, part in coverage.documented)
    return {"heads": heads, "places": places}


def _details(coverage: Coverage, kind: str) -> dict[str, tuple[list[str], list[str]]]:
    """For each place the names of its documented parts that were seen, and of those that were not though they could."""
    unseen = set(coverage.unseen(kind))
    found: dict[str, tuple[list[str], list[str]]] = {}
    for part, times in coverage.of(kind).items():
        if times or part in unseen:
            names = found.setdefault(part.place, ([], []))[0 if times else 1]
            names.append(part.name if kind == "field" else f"{part.name} of {part.status}")
    return found
