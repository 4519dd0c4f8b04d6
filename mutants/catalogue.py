"""The mutants on which the suite is run: faults, equivalent variants, and the unmutated mock with several seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mutants.equivalent_variants import EQUIVALENT_VARIANTS
from mutants.faults import FAULTS
from mutants.mutant import Mutant

if TYPE_CHECKING:
    from mutants.patching import PatchedMock


def unmutated(_mock: PatchedMock) -> None:
    """The mock is unchanged."""


UNMUTATED = Mutant(unmutated, is_equivalent=True)
SEEDS = tuple(range(1, 21))
"""The seeds with which the suite is run on the unmutated mock."""

__all__ = ["EQUIVALENT_VARIANTS", "FAULTS", "SEEDS", "UNMUTATED", "find_mutant"]


def find_mutant(name: str) -> Mutant | None:
    """Return the mutant with this name; None if there is none."""
    return next((each for each in (UNMUTATED, *EQUIVALENT_VARIANTS, *FAULTS) if each.name == name), None)
