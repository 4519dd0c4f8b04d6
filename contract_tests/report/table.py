"""The table of properties and operations."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contract_tests.oracle.outcome import Outcome


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


def _cells(outcomes: Sequence[Outcome], operations: Sequence[str]) -> tuple[Tally, ...]:
    return tuple(count(each for each in outcomes if operation in each.operations) for operation in operations)


def _group(test: str) -> str:
    """Return the topic of the test's module: `deletion` for `test_deletion::test_a`; empty for a name without one."""
    module, found, _ = test.partition("::")
    return module.rpartition("/")[2].removesuffix(".py").rpartition(".")[2].removeprefix("test_") if found else ""
