"""The table of properties and operations, and the verdict of a run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contract_tests.oracle.outcome import Outcome
    from contract_tests.report.record import Run


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a run: `passed`, `passed with skipped tests`, `failed` or `inconclusive`, and a sentence."""

    word: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Tally:
    """The numbers of passed, failed and skipped tests."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    @property
    def all(self) -> int:
        """The number of tests."""
        return self.passed + self.failed + self.skipped


@dataclass(frozen=True, slots=True)
class Row:
    """The tests of one property."""

    group: str
    """The module of the tests."""
    property: str
    rule: str
    cells: tuple[Tally, ...]
    """The tests of each operation; a test that uses two operations counts in both cells."""
    total: Tally


def verdict(run: Run) -> Verdict:
    """Return the verdict of the run; skipped tests and the limits of the run are always mentioned."""
    result = _verdict_of_tests(run)
    return Verdict(result.word, " ".join((result.sentence, *run.limits)))


def _verdict_of_tests(run: Run) -> Verdict:
    tally = count(run.outcomes)
    properties = len({outcome.property for outcome in run.outcomes})
    if tally.failed:
        failed = _properties_with("failed", run.outcomes)
        sentence = f"the target violates the contract in {failed} of {plural(properties, 'property')}."
        return Verdict("failed", f"Failed: {sentence}")
    if not tally.passed:
        return Verdict("inconclusive", "Inconclusive: no test ran.")
    if tally.skipped or run.limits:
        skipped = _properties_with("skipped", run.outcomes)
        verb = "was" if skipped == 1 else "were"
        sentence = f"{skipped} of {plural(properties, 'property')} {verb} skipped or tested in part."
        return Verdict("passed with skipped tests", f"Passed, with skipped tests: {sentence}")
    return Verdict("passed", f"Passed: {plural(properties, 'property')} in {plural(tally.all, 'test')}.")


def count(outcomes: Iterable[Outcome]) -> Tally:
    """Return the numbers of outcomes by status."""
    numbers = Counter(outcome.status for outcome in outcomes)
    return Tally(numbers["passed"], numbers["failed"], numbers["skipped"])


def rows(outcomes: Iterable[Outcome], operations: Sequence[str]) -> list[Row]:
    """Return a row for each property, with a cell for each operation, sorted by test module."""
    properties: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        properties.setdefault((_group(outcome.test), outcome.property), []).append(outcome)
    return [
        Row(group, name, tests[0].rule, _cells(tests, operations), count(tests))
        for (group, name), tests in sorted(properties.items(), key=lambda item: item[0][0])
    ]


def totals(outcomes: Sequence[Outcome], operations: Sequence[str]) -> tuple[Tally, ...]:
    """Return the tests of each operation; a test that uses two operations counts for both."""
    return _cells(outcomes, operations)


def short_names(operations: Sequence[str]) -> list[str]:
    """Return the operationIds without the words that most of them share; unchanged if two would become equal."""
    words = [operation.split("_") for operation in operations]
    uses = Counter(word for _, *rest in words for word in set(rest))
    names = [" ".join((verb, *(word for word in rest if 2 * uses[word] <= len(words)))) for verb, *rest in words]
    return names if len(set(names)) == len(names) else list(operations)


def format_duration(seconds: float) -> str:
    """Return the duration in minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def plural(number: int, noun: str) -> str:
    """Return the number with its noun, in the plural unless the number is 1."""
    nouns = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else nouns}"


def _properties_with(status: str, outcomes: Iterable[Outcome]) -> int:
    return len({outcome.property for outcome in outcomes if outcome.status == status})


def _cells(outcomes: Sequence[Outcome], operations: Sequence[str]) -> tuple[Tally, ...]:
    return tuple(count(each for each in outcomes if operation in each.operations) for operation in operations)


def _group(test: str) -> str:
    """Return the topic of the test's module: `deletion` for `test_deletion::test_a`."""
    module, found, _ = test.partition("::")
    return module.rpartition("/")[2].removesuffix(".py").rpartition(".")[2].removeprefix("test_") if found else ""
