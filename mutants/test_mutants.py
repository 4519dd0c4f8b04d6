"""Mutation tests of the suite, run by `make mutants`: no false positives, and every fault is detected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mutants.catalogue import EQUIVALENT_VARIANTS, SEEDS, UNMUTATED
from mutants.page import PAGE, read_detecting_tests
from mutants.suite import SuiteRun, run_suite, run_test_then_suite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mutants.mutant import Mutant

    Record = Callable[[str, object], None]


@pytest.mark.parametrize("seed", SEEDS)
def test_suite_passes_unmutated_mock(seed: int, tmp_path: Path, record_property: Record) -> None:
    """The suite passes the unmutated mock with every seed."""
    run = run_suite(UNMUTATED, tmp_path, "--seed", str(seed))

    _record(record_property, "seed", f"seed {seed}", run)
    assert run.status == 0, run.output


@pytest.mark.parametrize("mutant", EQUIVALENT_VARIANTS, ids=lambda mutant: mutant.name)
def test_suite_passes_equivalent_variant(mutant: Mutant, tmp_path: Path, record_property: Record) -> None:
    """The suite passes a mock that differs only where Canvas instances may differ."""
    run = run_suite(mutant, tmp_path)

    _record(record_property, "equivalent", mutant.name, run)
    assert run.status == 0, run.output


@pytest.fixture(scope="session")
def detecting_tests() -> dict[str, str]:
    """The test that detected each fault in the run that docs/mutants.md shows."""
    return read_detecting_tests(PAGE.read_text("utf-8")) if PAGE.exists() else {}


def test_suite_detects_fault(
    mutant: Mutant, tmp_path: Path, record_property: Record, detecting_tests: dict[str, str]
) -> None:
    """The suite reports a violation of the contract for a faulty mock: exit status 1, and no other."""
    test = detecting_tests.get(mutant.name)
    run = run_test_then_suite(test, mutant, tmp_path) if test else run_suite(mutant, tmp_path)

    _record(record_property, "fault", mutant.name, run)
    assert run.status == 1, run.output


def _record(record_property: Record, kind: str, name: str, run: SuiteRun) -> None:
    record_property("kind", kind)
    record_property("name", name)
    record_property("status", run.status)
    record_property("test", run.test)
    record_property("description", run.description)
    record_property("seconds", f"{run.seconds:.1f}")
