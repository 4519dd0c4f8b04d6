"""docs/mutants.md: which fault which property caught."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mutants.catalogue import FAULTS, HARMLESS, SEEDS
from mutants.verdict import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mutants.surgery import Mutant


PAGE = ROOT / "docs" / "mutants.md"

_CAUGHT = re.compile(r"^\| (\S+) \| [^|]+ \| (test_\S+) \|", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """What one run of the suite said of one mutant."""

    kind: str
    name: str
    status: str
    test: str
    promise: str
    seconds: float

    @property
    def is_wrong(self) -> bool:
        """Whether a fault was not caught, or something harmless was blamed."""
        return self.status != ("1" if self.kind == "fault" else "0")

    @property
    def complaint(self) -> str:
        """What is wrong, in one line."""
        what = "NOT CAUGHT" if self.kind == "fault" else "FALSE ALARM"
        return f"{what:<12}{self.name}: exit status {self.status} {self.test}".rstrip()


def catchers(text: str) -> dict[str, str]:
    """What caught each fault, read back from the page."""
    return dict(_CAUGHT.findall(text))


def text_of(rows: Sequence[Row], seconds: float, faults: Sequence[Mutant] = FAULTS) -> str | None:
    """The page of a run of these faults; None unless all of them ran."""
    found = {(row.kind, row.name): row for row in rows}
    wanted = [
        *(("seed", f"seed {seed}") for seed in SEEDS),
        *(("harmless", mutant.name) for mutant in HARMLESS),
        *(("fault", mutant.name) for mutant in faults),
    ]
    if any(key not in found for key in wanted):
        return None
    return "\n".join(_lines(found, seconds, faults)) + "\n"


def _lines(found: dict[tuple[str, str], Row], seconds: float, tried: Sequence[Mutant]) -> Iterator[str]:
    faults = [found["fault", mutant.name] for mutant in tried]
    caught = sum(not row.is_wrong for row in faults)
    bad_seeds = sum(row.is_wrong for key, row in found.items() if key[0] == "seed")
    alarms = sum(found["harmless", mutant.name].is_wrong for mutant in HARMLESS)
    yield from (
        "# Faults that the suite catches",
        "",
        "`make mutants` writes this page.",
        "It puts one difference at a time into the mock and runs `canvas-contract` on it, each in its own process.",
        "A run stops at its first failure, so the table names one property for each fault, not all that would see it.",
        "The next time that property is tried first, and the whole suite where it catches nothing.",
        "",
        f"- {datetime.now(UTC):%Y-%m-%d}, profile default, {seconds / 60:.0f} minutes on 2 workers",
        f"- unmutated: {len(SEEDS)} seeds, {bad_seeds} false alarms",
        f"- harmless: {len(HARMLESS)} variants, {alarms} false alarms",
        f"- faults: {len(tried)} of the {len(FAULTS)} that there are, {caught} caught; `ARGS='--every 1'` tries all",
        "",
        "## Properties",
        "",
        "How many faults each property was the first to catch.",
        "",
        "| property | faults |",
        "|---|---|",
        *(f"| {test} | {count} |" for test, count in Counter(row.test for row in faults if row.test).most_common()),
        "",
        "## Faults",
        "",
        *_table(tried, "fault", found),
        "## Harmless",
        "",
        "What Canvas may vary; the suite must not fail on it.",
        "",
        "| variant | what is different | seconds |",
        "|---|---|---|",
        *(
            f"| {mutant.name} | {_cell(mutant.sentence)} | {found['harmless', mutant.name].seconds:.0f} |"
            for mutant in HARMLESS
        ),
    )


def _table(mutants: Iterable[Mutant], kind: str, found: dict[tuple[str, str], Row]) -> Iterator[str]:
    group = ""
    for mutant in mutants:
        if mutant.group != group:
            if group:
                yield ""
            group = mutant.group
            yield from (f"### {group.capitalize()}", "")
            yield from ("| fault | what is wrong | caught by | its promise | seconds |", "|---|---|---|---|---|")
        row = found[kind, mutant.name]
        by = "**nothing**" if row.is_wrong else row.test
        cells = (mutant.name, _cell(mutant.sentence), by, _cell(row.promise), f"{row.seconds:.0f}")
        yield f"| {' | '.join(cells)} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
