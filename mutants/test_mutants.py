"""`make mutants`: no false alarm on the unmutated mock and on harmless ones, and every fault is caught."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mutants.catalogue import HARMLESS, SEEDS, UNMUTATED
from mutants.page import PAGE, catchers
from mutants.verdict import Verdict, judged, judged_by

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mutants.surgery import Mutant

    Record = Callable[[str, object], None]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_unmutated_mock_passes(seed: int, tmp_path: Path, record_property: Record) -> None:
    """The suite finds nothing wrong with a healthy server, whatever the seed."""
    verdict = judged(UNMUTATED, tmp_path, "--seed", str(seed))

    _record(record_property, "seed", f"seed {seed}", verdict)
    assert verdict.status == 0, verdict.output


@pytest.mark.parametrize("mutant", HARMLESS, ids=lambda mutant: mutant.name)
def test_a_harmless_mutant_passes(mutant: Mutant, tmp_path: Path, record_property: Record) -> None:
    """The suite finds nothing wrong with what Canvas may vary."""
    verdict = judged(mutant, tmp_path)

    _record(record_property, "harmless", mutant.name, verdict)
    assert verdict.status == 0, verdict.output


@pytest.fixture(scope="session")
def caught_before() -> dict[str, str]:
    """Each fault that docs/mutants.md has, with the test that caught it then: it is tried first."""
    return catchers(PAGE.read_text("utf-8")) if PAGE.exists() else {}


def test_a_fault_is_caught(
    mutant: Mutant, tmp_path: Path, record_property: Record, caught_before: dict[str, str]
) -> None:
    """The suite says of a faulty server that the contract is broken: exit status 1, and no other."""
    known = caught_before.get(mutant.name)
    verdict = judged_by(known, mutant, tmp_path) if known else judged(mutant, tmp_path)

    _record(record_property, "fault", mutant.name, verdict)
    assert verdict.status == 1, verdict.output


def _record(record: Record, kind: str, name: str, verdict: Verdict) -> None:
    record("kind", kind)
    record("name", name)
    record("status", verdict.status)
    record("test", verdict.test)
    record("promise", verdict.promise)
    record("seconds", f"{verdict.seconds:.1f}")
