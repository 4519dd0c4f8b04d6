"""The summary in the terminal."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from contract_tests.oracle.outcome import Outcome, Status
from contract_tests.report.formats import terminal
from tests.contract_tests.samples import DELETE, FAILED, OPERATIONS, PASSED, SAMPLE_RUN, SKIPPED, coverage, sample_run

OUTCOMES = st.lists(
    st.builds(
        Outcome,
        property=st.sampled_from(["pages contain every channel", "a property with a long name " * 4, "ids are stable"]),
        test=st.sampled_from(["test_paging::test_a", "test_ids::test_b[a/b]", "test_c"]),
        rule=st.just(""),
        source=st.just(""),
        operations=st.sets(st.sampled_from(OPERATIONS)).map(tuple),
        status=st.sampled_from(get_args(Status)),
    ),
    min_size=1,
    max_size=200,
)


@given(OUTCOMES)
def test_table_adds_up(outcomes: list[Outcome]) -> None:
    lines = terminal.table(outcomes, OPERATIONS)

    start = next(place for place, line in enumerate(lines) if line.startswith("property "))
    rows = [re.split(r"\s{2,}", line.strip()) for line in lines[start + 1 :]]
    # A row of numbers has a name, the five operations and a total.
    *properties, total = [[_counts(cell) for cell in cells[1:]] for cells in rows if len(cells) == 7]
    assert total == [[sum(cell) for cell in zip(*column, strict=True)] for column in zip(*properties, strict=True)]
    for operation, cell in zip((*OPERATIONS, None), total, strict=True):
        counted = [each.status for each in outcomes if operation in (None, *each.operations)]
        assert cell == [counted.count(status) for status in get_args(Status)]
    assert max(map(len, lines)) <= 100


def test_failure_has_its_rule_and_an_unwrapped_script() -> None:
    lines = terminal.failures(SAMPLE_RUN.outcomes)

    assert lines[:3] == [
        "1 group of failures, by operation and violation:",
        "",
        f"1. {DELETE}: 404 & nothing (1 test)",
    ]
    assert lines[3].split(maxsplit=1) == ["Expected", f"{FAILED.rule} ({FAILED.source})"]
    assert "\n".join(lines).endswith(FAILED.script)


def test_control_characters_of_a_response_are_escaped() -> None:
    text = "\n".join(terminal.summary(SAMPLE_RUN, coverage()))

    assert "\x1b" not in text
    assert "\\x1b[2J" in text


def test_failures_of_hundreds_of_tests_fit_a_screen() -> None:
    script = "\n".join(["curl -sS a"] * 12)
    outcomes = [
        replace(FAILED, test=f"test_a::test[{index}]", violation=f"cause {index % 9 * 'x'}", script=script)
        for index in range(300)
    ]

    lines = terminal.summary(sample_run(*outcomes), coverage())

    assert len(lines) <= 32
    assert "and 31 more in report.html" in " ".join(lines), "the first of 9 causes has 34 tests, of which 3 are shown"
    assert re.search(r"\nAnd [5-8] other groups of failures in report\.html\.\n", "\n".join(lines))


def test_skipped_tests_are_grouped_by_reason() -> None:
    assert terminal.skipped([SKIPPED, SKIPPED, PASSED]) == ["Skipped: no SNS (2 tests)"]
    assert terminal.skipped_properties([SKIPPED, SKIPPED, PASSED]) == [
        "Skipped: no SNS",
        f"  {SKIPPED.property} (2 tests)",
    ]


def _counts(cell: str) -> list[int]:
    """Return the numbers of passed, failed (!) and skipped (?) tests in a cell."""
    marks = {"": 0, "!": 0, "?": 0}
    for number, mark in re.findall(r"(\d+)([!?]?)", cell):
        marks[mark] += int(number)
    return list(marks.values())
