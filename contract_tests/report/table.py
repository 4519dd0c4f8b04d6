"""The table operation x property, and the verdict that follows from it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contract_tests.record import Outcome, Run


@dataclass(frozen=True, slots=True)
class Verdict:
    """One word, `kept`, `broken`, `kept as far as checked` or `not judged`, and the sentence that says why."""

    word: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many tests passed, failed, and did not check."""

    passed: int = 0
    failed: int = 0
    unchecked: int = 0

    @property
    def all(self) -> int:
        """How many tests there were."""
        return self.passed + self.failed + self.unchecked

    @property
    def worst(self) -> str:
        """The status that decides; empty where there was no test."""
        if self.failed:
            return "failed"
        if self.unchecked:
            return "not checked"
        return "passed" if self.passed else ""


@dataclass(frozen=True, slots=True)
class Row:
    """One property: its tests counted for each operation that they exercise, and each once in all."""

    group: str
    property: str
    promise: str
    cells: tuple[Tally, ...]
    total: Tally


def verdict(run: Run) -> Verdict:
    """What the run says of its target; what was not checked never looks like a full pass."""
    tally = count(run.outcomes)
    properties = len({outcome.property for outcome in run.outcomes})
    if tally.failed:
        broken = len({outcome.property for outcome in run.outcomes if outcome.status == "failed"})
        return Verdict("broken", f"The contract is broken: {broken} of {many(properties, 'property')} did not hold.")
    if not tally.passed:
        return Verdict("not judged", "Nothing was checked, so nothing is known.")
    if tally.unchecked:
        missing = len({outcome.property for outcome in run.outcomes if outcome.status == "not checked"})
        verb = "was" if missing == 1 else "were"
        sentence = f"{missing} of {many(properties, 'property')} {verb} not checked, or not in full."
        return Verdict("kept as far as checked", f"The contract is kept as far as it was checked: {sentence}")
    return Verdict("kept", f"The contract is kept: {many(properties, 'property')} held in {many(tally.all, 'test')}.")


def count(outcomes: Iterable[Outcome]) -> Tally:
    """The outcomes by status."""
    times = Counter(outcome.status for outcome in outcomes)
    return Tally(times["passed"], times["failed"], times["not checked"])


def rows(outcomes: Iterable[Outcome], operations: Sequence[str]) -> list[Row]:
    """A row for each property, by the module of its tests, with a cell for each operation."""
    properties: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        properties.setdefault((_group(outcome.test), outcome.property), []).append(outcome)
    return [
        Row(group, name, tests[0].promise, _cells(tests, operations), count(tests))
        for (group, name), tests in sorted(properties.items(), key=lambda item: item[0][0])
    ]


def totals(outcomes: Sequence[Outcome], operations: Sequence[str]) -> tuple[Tally, ...]:
    """The tests of each operation; one that exercises two operations counts for both."""
    return _cells(outcomes, operations)


def short_names(operations: Sequence[str]) -> list[str]:
    """The operationIds as verb and words, without the words that most of them share, if that leaves no two alike."""
    words = [operation.split("_") for operation in operations]
    uses = Counter(word for _, *rest in words for word in set(rest))
    names = [" ".join((verb, *(word for word in rest if 2 * uses[word] <= len(words)))) for verb, *rest in words]
    return names if len(set(names)) == len(names) else list(operations)


def _cells(outcomes: Sequence[Outcome], operations: Sequence[str]) -> tuple[Tally, ...]:
    return tuple(count(each for each in outcomes if operation in each.operations) for operation in operations)


def _group(test: str) -> str:
    """What the test's module is about: `deletion` of test_deletion."""
    module, found, _ = test.partition("::")
    return module.rpartition("/")[2].removesuffix(".py").rpartition(".")[2].removeprefix("test_") if found else ""


def duration(seconds: float) -> str:
    """The time as people say it."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def many(number: int, noun: str) -> str:
    """The number and its noun, in the plural where it is not one."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"
