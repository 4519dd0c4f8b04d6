"""Each sentence of Canvas's page: where the contract has it, which tests hold it, and how it stands after a run.

The sentences, and the differences between the page and Canvas, are data: promises.yaml.
"""

from __future__ import annotations

import ast
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from referencing import Registry
from referencing.exceptions import PointerToNowhere
from referencing.jsonschema import DRAFT4

from contract_tests.record import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Set

    from contract_tests.record import Outcome

PROBE = "test_differences::test_a_known_difference_is_still_one"
"""The test that asks about every difference, each under its id."""


class Promise(NamedTuple):
    """A sentence or table row of the page; without tests, `unasked` says why no server can be asked about it."""

    id: str
    says: str
    where: str
    contract: str
    tests: tuple[str, ...] = ()
    unasked: str = ""

    @property
    def named(self) -> tuple[str, ...]:
        """The tests that hold it."""
        return self.tests


class Difference(NamedTuple):
    """What the page says and what Canvas does instead; `source` names sections of the behaviour document.

    A page that is silent says "nothing of ...".
    """

    id: str
    page: str
    canvas: str
    source: str
    contract: str
    tests: tuple[str, ...] = ()
    unasked: str = ""

    @property
    def says(self) -> str:
        """Both, in one sentence."""
        return f"Known difference. The page: {self.page}. Canvas: {self.canvas} (behaviour {self.source})"

    @property
    def named(self) -> tuple[str, ...]:
        """The tests that hold it, its own probe first."""
        return self.tests if self.unasked else (f"{PROBE}[{self.id}]", *self.tests)


class Promises(NamedTuple):
    """All that the page promises, and where Canvas does otherwise."""

    sentences: tuple[Promise, ...]
    differences: tuple[Difference, ...]

    @property
    def all(self) -> tuple[Promise | Difference, ...]:
        """The sentences, then the differences."""
        return (*self.sentences, *self.differences)


def read_promises() -> Promises:
    """promises.yaml, as the package carries it."""
    text = resources.files("contract_tests").joinpath("promises.yaml").read_text("utf-8")
    found = yaml.safe_load(text)
    return Promises(
        tuple(Promise(**_entry(each)) for each in found["sentences"]),
        tuple(Difference(**_entry(each)) for each in found["differences"]),
    )


def written_tests() -> frozenset[str]:
    """Every test of the suite as `module::function`, selected in this run or not."""
    folder = resources.files("contract_tests")
    modules = [file for file in folder.iterdir() if file.name.startswith("test_") and file.name.endswith(".py")]
    return frozenset(
        f"{module.name.removesuffix('.py')}::{node.name}"
        for module in modules
        for node in ast.parse(module.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def dangling(promises: Promises, document: dict[str, Any]) -> list[str]:
    """The promises whose pointer leads nowhere in openapi.yaml."""
    return [f"{each.id}: {each.contract}" for each in promises.all if not _resolves(document, each.contract)]


def untested(promises: Promises, tests: Set[str]) -> list[str]:
    """The promises that name a test that does not exist, or neither a test nor a reason."""
    missing = [f"{each.id}: {name}" for each in promises.all for name in each.named if _function(name) not in tests]
    return missing + [f"{each.id}: no test" for each in promises.all if not (each.named or each.unasked)]


def unprobed(promises: Promises, probes: Set[str]) -> list[str]:
    """The differences that nothing asks about, and the probes that ask about no difference."""
    asked = {each.id for each in promises.differences if not each.unasked}
    return [f"{id_}: no probe" for id_ in sorted(asked - probes)] + [
        f"{id_}: no difference" for id_ in sorted(probes - asked)
    ]


def undocumented(promises: Promises, tests: Set[str]) -> list[str]:
    """The tests that hold rules beyond the page: no sentence or difference names them."""
    return sorted(tests - {_function(name) for each in promises.all for name in each.named})


def table(promises: Promises, outcomes: Iterable[Outcome]) -> tuple[Sentence, ...]:
    """Each sentence, then each difference, with its state after a run.

    "tested" means that every one of its tests passed; one that failed makes it "failed", one that was skipped or
    not selected "not checked in this run". What no server can be asked about has "no test", and says why.
    """
    statuses: dict[str, set[str]] = {}
    for outcome in outcomes:
        for name in {outcome.test, _function(outcome.test)}:
            statuses.setdefault(name, set()).add(outcome.status)
    return tuple(
        Sentence(each.id, _says(each), each.contract, each.named, _state(each, statuses)) for each in promises.all
    )


def _entry(raw: dict[str, Any]) -> dict[str, Any]:
    return {**raw, "tests": tuple(raw.get("tests", ()))}


def _resolves(document: dict[str, Any], pointer: str) -> bool:
    resource = DRAFT4.create_resource(document)
    try:
        resource.pointer(pointer, Registry().resolver_with_root(resource))
    except (PointerToNowhere, ValueError):  # the latter for a word where a list wants a number
        return False
    return pointer.startswith("/")


def _function(test: str) -> str:
    return test.partition("[")[0]


def _says(each: Promise | Difference) -> str:
    return f"{each.says} (not asked: {each.unasked})" if each.unasked else each.says


def _state(each: Promise | Difference, statuses: dict[str, set[str]]) -> str:
    if not each.named:
        return "no test"
    found = [statuses.get(name, set()) for name in each.named]
    if any("failed" in one for one in found):
        return "failed"
    return "tested" if all("passed" in one for one in found) else "not checked in this run"
