"""The page docs/mutants.md: each mutant, and the property of the suite that detects it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mutants.catalogue import EQUIVALENT_VARIANTS, FAULTS, SEEDS
from mutants.suite import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mutants.mutant import Mutant


PAGE = ROOT / "docs" / "mutants.md"

_DETECTED = re.compile(r"^\| (\S+) \| [^|]+ \| (test_\S+) \|", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """One row of the page: the result of a run of the suite on one mutant."""

    kind: str
    """`seed` for the unmutated mock with one seed, `equivalent`, or `fault`."""
    name: str
    status: str
    """The exit status of the suite."""
    test: str
    """The first failing test; empty if none failed."""
    description: str
    """The first paragraph of that test's docstring."""
    seconds: float

    @property
    def is_unexpected(self) -> bool:
        """Whether the suite did not detect a fault, or failed without one."""
        return self.status != ("1" if self.kind == "fault" else "0")

    @property
    def message(self) -> str:
        """The unexpected result, in one line."""
        result = "NOT DETECTED" if self.kind == "fault" else "FALSE POSITIVE"
        return f"{result:<16}{self.name}: exit status {self.status} {self.test}".rstrip()


Results = dict[tuple[str, str], Row]
"""The rows by kind and name."""


def read_detecting_tests(text: str) -> dict[str, str]:
    """Return the name of each fault on the page, with the test that detected it."""
    return dict(_DETECTED.findall(text))


def render_page(rows: Sequence[Row], seconds: float, faults: Sequence[Mutant] = FAULTS) -> str | None:
    """Return the page for a run with these faults, which took `seconds`; None unless every mutant was run."""
    results = {(row.kind, row.name): row for row in rows}
    required = [
        *(("seed", f"seed {seed}") for seed in SEEDS),
        *(("equivalent", mutant.name) for mutant in EQUIVALENT_VARIANTS),
        *(("fault", mutant.name) for mutant in faults),
    ]
    if any(key not in results for key in required):
        return None
    lines = (
        *_summary(results, seconds, faults),
        *_property_table(results, faults),
        *_fault_tables(results, faults),
        *_variant_table(results),
    )
    return "\n".join(lines) + "\n"


def _summary(results: Results, seconds: float, faults: Sequence[Mutant]) -> Iterator[str]:
    detected = sum(not results["fault", mutant.name].is_unexpected for mutant in faults)
    failed_seeds = sum(row.is_unexpected for (kind, _), row in results.items() if kind == "seed")
    failed_variants = sum(results["equivalent", mutant.name].is_unexpected for mutant in EQUIVALENT_VARIANTS)
    yield from (
        "# Faults that the suite detects",
        "",
        "`make mutants` writes this page.",
        "It changes one thing in the mock at a time and runs `canvas-contract` on the changed mock.",
        "A run stops at its first failure, so the table names one property for each fault, even if several detect it.",
        "The next run tries that property first, and the whole suite only if that property passes.",
        "",
        f"- {datetime.now(UTC):%Y-%m-%d}, profile default, {seconds / 60:.0f} minutes on 2 workers",
        f"- unmutated mock: {len(SEEDS)} seeds, {failed_seeds} false positives",
        f"- equivalent variants: {len(EQUIVALENT_VARIANTS)}, {failed_variants} false positives",
        f"- faults: {len(faults)} of {len(FAULTS)} were run, {detected} detected; `ARGS='--every 1'` runs all",
        "",
    )


def _property_table(results: Results, faults: Sequence[Mutant]) -> Iterator[str]:
    tests = (results["fault", mutant.name].test for mutant in faults)
    counts = Counter(test for test in tests if test)
    yield from (
        "## Properties",
        "",
        "The number of faults that each property was the first to detect.",
        "",
        "| test | faults |",
        "|---|---|",
        *(f"| {test} | {count} |" for test, count in counts.most_common()),
        "",
    )


def _fault_tables(results: Results, faults: Sequence[Mutant]) -> Iterator[str]:
    yield from ("## Faults", "")
    group = ""
    for mutant in faults:
        if mutant.group != group:
            if group:
                yield ""
            group = mutant.group
            yield from (f"### {group.capitalize()}", "")
            yield from ("| fault | behaviour | detected by | property | seconds |", "|---|---|---|---|---|")
        row = results["fault", mutant.name]
        test = "**nothing**" if row.is_unexpected else row.test
        cells = (mutant.name, _cell(mutant.sentence), test, _cell(row.description), f"{row.seconds:.0f}")
        yield f"| {' | '.join(cells)} |"
    yield ""


def _variant_table(results: Results) -> Iterator[str]:
    yield from (
        "## Equivalent variants",
        "",
        "Differences that Canvas instances may have; the suite must pass with each of them.",
        "",
        "| variant | behaviour | seconds |",
        "|---|---|---|",
    )
    for mutant in EQUIVALENT_VARIANTS:
        seconds = results["equivalent", mutant.name].seconds
        yield f"| {mutant.name} | {_cell(mutant.sentence)} | {seconds:.0f} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
