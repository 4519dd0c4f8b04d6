"""The summary of a run in the terminal: plain text, wrapped at `width` columns except for scripts."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING

from contract_tests.client.redaction.escapes import printable
from contract_tests.oracle.coverage import KINDS
from contract_tests.report.record.groups import failure_groups, number_of_tests, source
from contract_tests.report.record.verdict import verdict
from contract_tests.report.table import count, rows, short_names, totals
from contract_tests.report.text import format_duration, plural, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contract_tests.oracle.coverage import Coverage
    from contract_tests.oracle.outcome import Outcome
    from contract_tests.report.record.groups import FailureGroup
    from contract_tests.report.record.run import Run
    from contract_tests.report.table import Tally

WIDTH = 100
_TABLE_LEGEND = "Numbers of tests: passed, failed (!), skipped (?). A dot: no test sent this request."
_MATRIX_TITLE = "Permission matrix: the expected response to each actor's requests for each user's channels"
_MATRIX_LEGEND = (
    "allowed: 200. denied: 403, or 401 on an older Canvas. 401 invalid: the body for an invalid token.",
    "A mark after a response: the test failed (!), or was not run (?).",
)
_MATRIX_COLUMN = 14
"""The width at which the heads of the matrix are wrapped; the matrix is then about WIDTH columns wide."""
_LABEL_WIDTH = 13
"""The width of a label such as `Expected` with its indent, to the left of its text."""
_SHOWN_GROUPS, _SHOWN_TESTS, _SHOWN_REASONS = 4, 3, 5
"""The number of causes of failures, of tests of the first cause, and of reasons of skipped tests that are shown."""
_SCREEN, _OTHER_LINES = 40, 8
"""The lines of a screen, and those that a run prints before the summary and after it."""
_SCRIPT_LINES = 16
"""The number of lines of the longest script that is printed; report.html has all scripts."""


def summary(run: Run, coverage: Coverage, width: int = WIDTH) -> list[str]:
    """Return the summary that fits a screen: what failed or was skipped, and the verdict."""
    has_failed = any(outcome.status == "failed" for outcome in run.outcomes)
    parts = [
        *([_fitting_failures(run, coverage, width)] if has_failed else []),
        *_after_failures(run, coverage, width),
    ]
    return _separated(parts)


def _fitting_failures(run: Run, coverage: Coverage, width: int) -> list[str]:
    """Return as many causes of the failed tests as fit a screen with the rest of the output; at least the first."""
    rest = _height(_separated(_after_failures(run, coverage, width)), width)
    lines: list[str] = []
    # The number of causes, and the number of lines of each text of the first one.
    for groups, size in ((_SHOWN_GROUPS, 3), (3, 3), (2, 3), (2, 2), (1, 2), (1, 1)):
        lines = failures(run.outcomes, width, groups, size)
        if _height(lines, width) + 1 + rest <= _SCREEN - _OTHER_LINES:  # 1 for the empty line between them
            break
    return lines


def _after_failures(run: Run, coverage: Coverage, width: int) -> list[list[str]]:
    """Return the parts of the summary that follow the failures."""
    has_failed = any(outcome.status == "failed" for outcome in run.outcomes)
    return [
        skipped(run.outcomes, width, _SHOWN_REASONS),
        [] if has_failed else defects(run, width),
        # The shares take two lines; the parts that were not received or are not documented follow.
        [] if has_failed or not run.exchanges else covered(coverage, width)[:2],
        run_details(run, width) if run.outcomes else [],
        _wrapped(verdict(run).sentence, width),
    ]


def full_summary(run: Run, coverage: Coverage, width: int = WIDTH) -> list[str]:
    """Return the summary with all details; the verdict is the last line."""
    parts = [
        failures(run.outcomes, width),
        skipped_properties(run.outcomes, width),
        defects(run, width),
        covered(coverage, width),
        run_details(run, width),
        _wrapped(verdict(run).sentence, width),
    ]
    return _separated(parts)


def tables(run: Run, coverage: Coverage, width: int = WIDTH) -> list[str]:
    """Return the table of properties and operations, and the permission matrix."""
    operations = [part.parent for part in coverage.of("operation")]
    return _separated([table(run.outcomes, operations, width) if run.outcomes else [], matrix(run.matrix, width)])


def table(outcomes: Sequence[Outcome], operations: Sequence[str], width: int = WIDTH) -> list[str]:
    """Return a line for each property and a column for each operation; the last column counts each test once."""
    found = rows(outcomes, operations)
    cells = [[_cell(tally) for tally in (*row.cells, row.total)] for row in found]
    sums = [_cell(tally) for tally in (*totals(outcomes, operations), count(outcomes))]
    heads = [name.split() for name in (*short_names(operations), "total")]
    columns = zip(heads, *cells, sums, strict=True)
    widths = [max(map(len, (*head, *column))) for head, *column in columns]
    name_width = max(width - sum(widths) - 2 * len(widths), 20)
    lines = _table_heads(heads, widths, name_width)
    group = ""
    for row, texts in zip(found, cells, strict=True):
        if row.group != group:
            group = row.group
            lines.append(group)
        lines += _table_lines(row.property, texts, widths, name_width)
    lines += [
        "-" * min(width, name_width + sum(widths) + 2 * len(widths)),
        *_table_lines("total", sums, widths, name_width, indent=""),
    ]
    return [*lines, *_wrapped(_TABLE_LEGEND, width)]


def matrix(rows: Sequence[tuple[str, ...]], width: int = WIDTH) -> list[str]:
    """Return the permission matrix; nothing if there are no rows."""
    if not rows:
        return []
    heads = _stacked([textwrap.wrap(head, _MATRIX_COLUMN) for head in rows[0]])
    lines = [*heads, *map(list, rows[1:])]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        _MATRIX_TITLE,
        *("  ".join(cell.ljust(size) for cell, size in zip(line, widths, strict=True)).rstrip() for line in lines),
        *(line for sentence in _MATRIX_LEGEND for line in _wrapped(sentence, width)),
    ]


def failures(outcomes: Iterable[Outcome], width: int = WIDTH, shown: int = _SHOWN_GROUPS, size: int = 3) -> list[str]:
    """Return the causes of the failed tests: the plainest with a script that can be pasted, others in short.

    At most `shown` of them, the first with texts of about `size` lines.
    """
    groups = failure_groups(outcomes)
    lines = []
    for number, group in enumerate(groups[:shown], 1):
        title = f"{number}. {group.title}"
        lines += ["", *_wrapped(f"{shortened(title, 3 * width)} ({number_of_tests(group)})", width)]
        if number == 1:
            lines += _details(group, width, size)
        else:
            lines += _labelled("Received", shortened(group.shortest.received, width - _LABEL_WIDTH), width)
    if len(groups) > shown:
        lines += ["", f"And {plural(len(groups) - shown, 'other group')} of failures in report.html."]
    return [plural(len(groups), "group") + " of failures, by operation and violation:", *lines] if groups else []


def _height(lines: Iterable[str], width: int) -> int:
    """Return the number of lines on a screen of this width, which wraps the long lines of scripts."""
    return sum(1 + max(len(line) - 1, 0) // width for line in lines)


def _details(group: FailureGroup, width: int, size: int) -> list[str]:
    shortest, origin = group.shortest, source(group.shortest)
    tests = [shortened(test, width - _LABEL_WIDTH) for test in group.tests[:_SHOWN_TESTS]]
    more = len(group.tests) - _SHOWN_TESTS
    lines = [
        *_labelled("Expected", shortened(f"{group.expected}{f' ({origin})' if origin else ''}", size * width), width),
        *_labelled("Received", shortened(shortest.received, size * width), width),
        *_labelled("Tests", "\n".join(tests), width),
        *([f"{'':{_LABEL_WIDTH}}and {more} more in report.html"] if more > 0 else []),
    ]
    script = printable(shortest.script).strip("\n").splitlines()
    if sum(1 + len(line) // width for line in script) > _SCRIPT_LINES:
        # The line on which the last request starts.
        start = max(index for index, line in enumerate(script) if line.startswith(("curl ", "channel", "# Set")))
        lines.append(
            f"  To reproduce: report.html has a script of {plural(shortest.steps, 'request')}, which ends with:"
        )
        lines += script[start : start + 5]
    elif script:
        lines += ["  To reproduce:", *script]
    return lines


def skipped(outcomes: Iterable[Outcome], width: int = WIDTH, limit: int | None = None) -> list[str]:
    """Return the reasons of skipped tests with the number of tests, the most frequent first; at most `limit`."""
    numbers = Counter(outcome.reason or "no reason given" for outcome in outcomes if outcome.status == "skipped")
    lines = []
    for reason, number in numbers.most_common(limit):
        lines += _wrapped(f"Skipped: {shortened(reason, 2 * width)} ({plural(number, 'test')})", width)
    rest = len(numbers) - (limit or len(numbers))
    return [*lines, *([f"And {plural(rest, 'other reason')} in report.html."] if rest > 0 else [])]


def skipped_properties(outcomes: Iterable[Outcome], width: int = WIDTH) -> list[str]:
    """Return the properties with skipped tests, grouped by reason."""
    reasons: dict[str, dict[str, int]] = {}
    for outcome in (each for each in outcomes if each.status == "skipped"):
        properties = reasons.setdefault(outcome.reason or "no reason given", {})
        properties[outcome.property] = properties.get(outcome.property, 0) + 1
    lines = []
    for reason, properties in reasons.items():
        lines += _wrapped(f"Skipped: {reason}", width)
        for name, number in properties.items():
            lines += _wrapped(name if number == 1 else f"{name} ({plural(number, 'test')})", width, "  ")
    return lines


def run_details(run: Run, width: int = WIDTH) -> list[str]:
    """Return the lines on target, settings, duration, age of the Canvas, created channels, and further notes."""
    settings = f"profile {run.profile}, seed {run.seed}, {run.requests:,} of {run.budget:,} requests"
    age = run.age.sentence if run.age else ""
    sentences = (f"{run.target}: {settings}, {format_duration(run.seconds)}.", age, run.rows, *run.notes)
    return [line for sentence in sentences for line in _wrapped(sentence, width)]


def defects(run: Run, width: int = WIDTH) -> list[str]:
    """Return the known defects of Canvas that the target showed."""
    return [
        line
        for defect in run.defects
        for line in _wrapped(
            f"Known defect of Canvas, in {plural(defect.number, 'response')}: {defect.name}. {defect.description}",
            width,
        )
    ]


def covered(coverage: Coverage, width: int = WIDTH) -> list[str]:
    """Return the coverage of the contract, the statuses that were not received, and the undocumented parts."""
    shares = (f"{len(coverage.received(kind))} of {len(coverage.of(kind))} {_plural(kind)}" for kind in KINDS)
    lines = _wrapped(f"Coverage of the contract: received {', '.join(shares)}.", width)
    statuses: dict[str, list[str]] = {}
    for part in coverage.not_received("status"):
        statuses.setdefault(part.parent, []).append(part.status)
    for operation, not_received in statuses.items():
        lines += _wrapped(f"Not received: {operation} {', '.join(not_received)}", width, "  ")
    for kind in KINDS:
        names = [" ".join(filter(None, part[1:])) for part in coverage.undocumented_of(kind)]
        if names:
            lines += _wrapped(f"Received but not documented, {_plural(kind)}: {', '.join(names)}", width, "  ")
    return lines


def _separated(parts: Iterable[list[str]]) -> list[str]:
    """Return the lines of all parts, separated by empty lines."""
    return [line for part in parts if part for line in ("", *part)][1:]


def _stacked(heads: list[list[str]]) -> list[list[str]]:
    """Return the lines of a header whose cells have several lines each, aligned at the bottom."""
    height = max(map(len, heads))
    return [list(line) for line in zip(*([""] * (height - len(head)) + head for head in heads), strict=True)]


def _table_heads(heads: list[list[str]], widths: list[int], name_width: int) -> list[str]:
    lines = [_table_line("", line, widths, name_width) for line in _stacked(heads)]
    return [*lines[:-1], "property".ljust(name_width) + lines[-1][name_width:]]


def _table_lines(name: str, texts: list[str], widths: list[int], name_width: int, indent: str = "  ") -> list[str]:
    first, *more = _wrapped(name, name_width, indent) or [indent]
    return [_table_line(first, texts, widths, name_width), *more]


def _table_line(name: str, texts: list[str], widths: list[int], name_width: int) -> str:
    cells = "".join(f"  {text:>{size}}" for text, size in zip(texts, widths, strict=True))
    return (name.ljust(name_width) + cells).rstrip()


def _cell(tally: Tally) -> str:
    numbers = ((tally.passed, ""), (tally.failed, "!"), (tally.skipped, "?"))
    return " ".join(f"{number}{mark}" for number, mark in numbers if number) or "."


def _labelled(label: str, text: str, width: int) -> list[str]:
    lines = [line for part in text.splitlines() for line in _wrapped(part.strip(), width - _LABEL_WIDTH)]
    return [f"  {'' if index else label:<{_LABEL_WIDTH - 2}}{line}" for index, line in enumerate(lines)]


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        printable(text), width, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False
    )


def _plural(kind: str) -> str:
    return f"{kind}es" if kind.endswith("s") else f"{kind}s"
