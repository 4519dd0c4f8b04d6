"""Traceability of Canvas's API page: for each of its sentences the place in the contract, the tests, and their result.

The sentences, and the differences between the page and Canvas, are in promises.yaml.
"""

from __future__ import annotations

import ast
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from referencing import Registry
from referencing.exceptions import PointerToNowhere
from referencing.jsonschema import DRAFT4

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence, Set

    from contract_tests.oracle.outcome import Outcome

DIFFERENCE_TEST = "test_documentation::test_documented_difference_still_exists"
"""The test that runs the probe of each difference; the parameter is the id of the difference."""


class Promise(NamedTuple):
    """A sentence or table row of Canvas's page."""

    id: str
    text: str
    """The sentence, in the words of this project."""
    where: str
    """Its place on the page."""
    contract: str
    """Its place in openapi.yaml, as a JSON pointer."""
    tests: tuple[str, ...] = ()
    untestable: str = ""
    """The reason why no test can check it; empty if there are tests."""

    @property
    def all_tests(self) -> tuple[str, ...]:
        """The tests that check the sentence."""
        return self.tests


class Difference(NamedTuple):
    """A difference between Canvas and its page; `page` may start with "the page does not describe"."""

    id: str
    page: str
    canvas: str
    source: str
    """The sections of the behaviour document with the evidence, separated by commas."""
    contract: str
    """Its place in openapi.yaml, as a JSON pointer."""
    tests: tuple[str, ...] = ()
    untestable: str = ""
    """The reason why no probe can check it; empty if there is a probe."""

    @property
    def all_tests(self) -> tuple[str, ...]:
        """The probe of the difference, if it has one, and the tests that check it."""
        return self.tests if self.untestable else (f"{DIFFERENCE_TEST}[{self.id}]", *self.tests)

    @property
    def text(self) -> str:
        """The difference in one sentence, as reports show it."""
        return f"Documented difference. Page: {self.page}. Canvas: {self.canvas} (behaviour {self.source})"


class Promises(NamedTuple):
    """The content of promises.yaml."""

    sentences: tuple[Promise, ...]
    differences: tuple[Difference, ...]

    @property
    def all(self) -> tuple[Promise | Difference, ...]:
        """The sentences, then the differences."""
        return (*self.sentences, *self.differences)


class Sentence(NamedTuple):
    """A row of the traceability table: a sentence, its place in the contract, its tests, and their common status."""

    id: str
    text: str
    pointer: str
    tests: Sequence[str]
    status: str


@cache
def read_promises() -> Promises:
    """Read promises.yaml from the package."""
    text = resources.files("contract_tests").joinpath("oracle", "promises.yaml").read_text("utf-8")
    document = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
    return Promises(
        tuple(Promise(**_entry(each)) for each in document["sentences"]),
        tuple(Difference(**_entry(each)) for each in document["differences"]),
    )


@cache
def all_test_names() -> frozenset[str]:
    """Return the `module::function` of every test of the suite, whether this run selects it or not."""
    folder = resources.files("contract_tests")
    modules = [file for file in folder.iterdir() if file.name.startswith("test_") and file.name.endswith(".py")]
    return frozenset(
        f"{module.name.removesuffix('.py')}::{node.name}"
        for module in modules
        for node in ast.parse(module.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def unresolved_pointers(promises: Promises, document: dict[str, Any]) -> list[str]:
    """Return the sentences and differences whose pointer does not resolve in openapi.yaml."""
    return [f"{each.id}: {each.contract}" for each in promises.all if not _resolves(document, each.contract)]


def untested_sentences(promises: Promises, tests: Set[str]) -> list[str]:
    """Return the sentences and differences with an unknown test, or with neither a test nor a reason."""
    unknown = [f"{each.id}: {name}" for each in promises.all for name in each.all_tests if _function(name) not in tests]
    return unknown + [f"{each.id}: no test" for each in promises.all if not (each.all_tests or each.untestable)]


def unmatched_probes(promises: Promises, probes: Set[str]) -> list[str]:
    """Return the testable differences without a probe, and the probes without a testable difference."""
    testable = {each.id for each in promises.differences if not each.untestable}
    return [f"{id_}: no probe" for id_ in sorted(testable - probes)] + [
        f"{id_}: no difference" for id_ in sorted(probes - testable)
    ]


def unlisted_tests(promises: Promises, tests: Set[str]) -> list[str]:
    """Return the tests that belong to no sentence and no difference: they check rules that are not on the page."""
    return sorted(tests - {_function(name) for each in promises.all for name in each.all_tests})


def sentence_table(promises: Promises, outcomes: Iterable[Outcome]) -> tuple[Sentence, ...]:
    """Return a row for each sentence, then for each difference.

    The status is "failed" if one of the tests failed, "passed" if all of them passed, and "skipped" otherwise.
    It is "not testable" if there is no test.
    """
    statuses: dict[str, set[str]] = {}
    for outcome in outcomes:
        for name in {outcome.test, _function(outcome.test)}:
            statuses.setdefault(name, set()).add(outcome.status)
    return tuple(
        Sentence(each.id, _text(each), each.contract, each.all_tests, _status(each, statuses)) for each in promises.all
    )


def _entry(raw: dict[str, Any]) -> dict[str, Any]:
    return {**raw, "tests": tuple(raw.get("tests", ()))}


def _resolves(document: dict[str, Any], pointer: str) -> bool:
    resource = DRAFT4.create_resource(document)
    try:
        resource.pointer(pointer, Registry().resolver_with_root(resource))
    except (PointerToNowhere, ValueError):  # ValueError if the index of a list is not a number
        return False
    return pointer.startswith("/")


def _function(test: str) -> str:
    return test.partition("[")[0]


def _text(each: Promise | Difference) -> str:
    return f"{each.text} (not testable: {each.untestable})" if each.untestable else each.text


def _status(each: Promise | Difference, statuses: dict[str, set[str]]) -> str:
    if not each.all_tests:
        return "not testable"
    results = [statuses.get(name, set()) for name in each.all_tests]
    if any("failed" in result for result in results):
        return "failed"
    return "passed" if all("passed" in result for result in results) else "skipped"
