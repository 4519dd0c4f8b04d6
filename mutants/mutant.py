"""Mutants: named changes of the mock, either faults or equivalent variants."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.patching import PatchedMock


@dataclass(frozen=True)
class Mutant:
    """A change of the mock: a fault, which the suite must detect, or an equivalent variant, which it must pass."""

    apply: Callable[[PatchedMock], None]
    is_equivalent: bool = False
    variables: dict[str, str] = field(default_factory=dict)
    """The environment variables of the suite that differ from those for the default world."""

    @property
    def name(self) -> str:
        """The name of the function, with hyphens."""
        return self.apply.__name__.replace("_", "-")

    @property
    def sentence(self) -> str:
        """The description of the change, in one sentence."""
        return (self.apply.__doc__ or "").strip()

    @property
    def group(self) -> str:
        """The name of the function's module, with spaces."""
        return self.apply.__module__.rpartition(".")[2].replace("_", " ")


def fault(apply: Callable[[PatchedMock], None]) -> Mutant:
    """Return a fault with the name of the function."""
    return Mutant(apply)


def equivalent(apply: Callable[[PatchedMock], None]) -> Mutant:
    """Return an equivalent variant with the name of the function."""
    return Mutant(apply, is_equivalent=True)


def with_variables(**variables: str) -> Callable[[Mutant], Mutant]:
    """Return a decorator that sets environment variables of the suite for a mutant."""
    return lambda mutant: replace(mutant, variables=variables)


def mutants_of(*modules: object) -> tuple[Mutant, ...]:
    """Return the mutants that the modules define, in the order of their definition."""
    return tuple(each for module in modules for each in vars(module).values() if isinstance(each, Mutant))
