"""Everything that is tried on the suite."""

from __future__ import annotations

from mutants import harmless
from mutants.faults import FAULTS
from mutants.surgery import Mutant, Surgery, mutants_of


def unmutated(_mock: Surgery) -> None:
    """Nothing is different."""


UNMUTATED = Mutant(unmutated, harmless=True)
HARMLESS = mutants_of(harmless)
SEEDS = tuple(range(1, 21))

__all__ = ["FAULTS", "HARMLESS", "SEEDS", "UNMUTATED", "mutant_named"]


def mutant_named(name: str) -> Mutant | None:
    """The mutant of this name, or None."""
    return next((each for each in (UNMUTATED, *HARMLESS, *FAULTS) if each.name == name), None)
