"""The end of a run on the console: lines of plain text, at most `width` columns except for what is pasted."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from contract_tests.coverage import KINDS
from contract_tests.report.table import count, duration, many, rows, short_names, totals, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contract_tests.coverage import Coverage
    from contract_tests.record import Outcome, Run
    from contract_tests.report.table import Tally

WIDTH = 100
_LEGEND = "A number counts tests that passed, one with ! tests that failed, one with ? tests that were not checked."


def summary(run: Run, coverage: Coverage, width: int = WIDTH) -> list[str]:
    """Everything: the table, the failures, what was not checked, what was seen; the verdict comes last."""
    operations = [part.place for part in coverage.of("operation")]
    parts = [
        table(run.outcomes, operations, width),
        matrix(run.matrix),
        failures(run.outcomes, width),
        not_checked(run.outcomes, width),
        defects(run, width),
        covered(coverage, width),
        facts(run, width),
        _wrapped(verdict(run).sentence, width),
    ]
    lines = [line for part in parts if part for line in ("", *part)]
    return lines[1:]


def table(outcomes: Sequence[Outcome], operations: Sequence[str], width: int = WIDTH) -> list[str]:
    """A line for each property, a column for each operation, and each test counted once in the last column."""
    found = rows(outcomes, operations)
    cells = [[_cell(tally) for tally in (*row.cells, row.total)] for row in found]
    sums = [_cell(tally) for tally in (*totals(outcomes, operations), count(outcomes))]
    heads = [name.split() for name in (*short_names(operations), "in all")]
    columns = zip(heads, *cells, sums, strict=True)
    widths = [max(map(len, (*head, *column))) for head, *column in columns]
    room = max(width - sum(widths) - 2 * len(widths), 20)
    lines = _heads(heads, widths, room)
    group = ""
    for row, texts in zip(found, cells, strict=True):
        if row.group != group:
            group = row.group
            lines.append(group)
        lines += _line(row.property, texts, widths, room)
    lines += ["-" * min(width, room + sum(widths) + 2 * len(widths)), *_line("in all", sums, widths, room, indent="")]
    return [*lines, *_wrapped(_LEGEND, width)]


def matrix(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Who may do what to whose channels, and where the target lets others."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip() for row in rows]


def failures(outcomes: Iterable[Outcome], width: int = WIDTH) -> list[str]:
    """Each broken promise: what was expected, what came back, and a script that shows it, as it is to be pasted."""
    lines: list[str] = []
    for outcome in (each for each in outcomes if each.status == "failed"):
        lines += ["", *_wrapped(f"BROKEN: {outcome.property}", width)]
        lines += _labelled("Promise", outcome.promise, width)
        lines += _labelled("Promised in", outcome.section, width)
        lines += _labelled("Expected", outcome.expected, width)
        lines += _labelled("Came back", outcome.came_back, width)
        lines += _labelled("Test", outcome.test, width)
        if outcome.script:
            lines += ["  To repeat it:", *visible(outcome.script).strip("\n").splitlines()]
    return lines[1:]


def not_checked(outcomes: Iterable[Outcome], width: int = WIDTH) -> list[str]:
    """What was not checked, by the reason why."""
    reasons: dict[str, dict[str, int]] = {}
    for outcome in (each for each in outcomes if each.status == "not checked"):
        properties = reasons.setdefault(outcome.reason or "no reason is given", {})
        properties[outcome.property] = properties.get(outcome.property, 0) + 1
    lines = []
    for reason, properties in reasons.items():
        lines += _wrapped(f"Not checked: {reason}", width)
        for name, times in properties.items():
            lines += _wrapped(name if times == 1 else f"{name} ({many(times, 'test')})", width, "  ")
    return lines


def facts(run: Run, width: int = WIDTH) -> list[str]:
    """What was judged, how, and at what price."""
    how = f"profile {run.profile}, seed {run.seed}, {run.requests:,} of {run.budget:,} requests"
    sentences = (f"{run.target}: {how}, {duration(run.seconds)}.", run.rows, *run.notes)
    return [line for sentence in sentences for line in _wrapped(sentence, width)]


def defects(run: Run, width: int = WIDTH) -> list[str]:
    """The known defects of Canvas that were seen and tolerated."""
    return [
        line
        for defect in run.defects
        for line in _wrapped(f"Known defect, seen {many(defect.times, 'time')}: {defect.name}. {defect.says}", width)
    ]


def covered(coverage: Coverage, width: int = WIDTH) -> list[str]:
    """How much of the contract was seen, which statuses were not, and what is not in the contract."""
    shares = (f"{len(coverage.seen(kind))} of {len(coverage.of(kind))} {_plural(kind)}" for kind in KINDS)
    lines = _wrapped(f"Seen of the contract: {', '.join(shares)}.", width)
    statuses: dict[str, list[str]] = {}
    for part in coverage.unseen("status"):
        statuses.setdefault(part.place, []).append(part.status)
    for operation, missing in statuses.items():
        lines += _wrapped(f"Not seen: {operation} {', '.join(missing)}", width, "  ")
    for kind in KINDS:
        names = [" ".join(filter(None, part[1:])) for part in coverage.unexpected(kind)]
        lines += _wrapped(f"Not in the contract, {_plural(kind)}: {', '.join(names)}", width, "  ") if names else []
    return lines


def visible(text: str) -> str:
    """The text with what could command a terminal spelled out; an answer may hold anything."""
    return "".join(
        char if char.isprintable() or char in "\n\t" else char.encode("unicode_escape").decode("ascii") for char in text
    )


def _heads(heads: list[list[str]], widths: list[int], room: int) -> list[str]:
    height = max(map(len, heads))
    stacked = [[""] * (height - len(head)) + head for head in heads]
    lines = [_row("", list(level), widths, room) for level in zip(*stacked, strict=True)]
    return [*lines[:-1], "property".ljust(room) + lines[-1][room:]]


def _line(name: str, texts: list[str], widths: list[int], room: int, indent: str = "  ") -> list[str]:
    first, *more = _wrapped(name, room, indent) or [indent]
    return [_row(first, texts, widths, room), *more]


def _row(name: str, texts: list[str], widths: list[int], room: int) -> str:
    cells = "".join(f"  {text:>{size}}" for text, size in zip(texts, widths, strict=True))
    return (name.ljust(room) + cells).rstrip()


def _cell(tally: Tally) -> str:
    numbers = ((tally.passed, ""), (tally.failed, "!"), (tally.unchecked, "?"))
    return " ".join(f"{number}{mark}" for number, mark in numbers if number) or "."


def _labelled(label: str, text: str, width: int) -> list[str]:
    lines = [line for part in text.splitlines() for line in _wrapped(part.strip(), width - 15)]
    return [f"  {label if not place else '':<11}  {line}" for place, line in enumerate(lines)]


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        visible(text), width, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False
    )


def _plural(kind: str) -> str:
    return f"{kind}es" if kind.endswith("s") else f"{kind}s"
