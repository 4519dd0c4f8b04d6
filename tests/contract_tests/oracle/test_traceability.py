"""Traceability of Canvas's page, and the probes of the documented differences."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from contract_tests.client.api_client import ADDRESS, ApiClient
from contract_tests.client.request import CREATE, DELETE, LIST
from contract_tests.oracle.contract import Contract
from contract_tests.oracle.differences import PROBES, SCOPED
from contract_tests.oracle.outcome import Outcome, Status
from contract_tests.oracle.traceability import (
    DIFFERENCE_TEST,
    Difference,
    Promise,
    Promises,
    all_test_names,
    read_promises,
    sentence_table,
    unlisted_tests,
    unmatched_probes,
    unresolved_pointers,
    untested_sentences,
)

if TYPE_CHECKING:
    from contract_tests.client.request import Request

DOCS = Path(__file__).parents[3] / "docs"
TESTS = frozenset({"test_a::test_one", "test_a::test_two", DIFFERENCE_TEST})
NOT_DESCRIBED = ("the page does not describe ", "the maximum page size is not specified")
"""The starts of `page` in differences that the page does not describe: no server can follow it there."""


def promise(**parts: Any) -> Promises:
    """Return a page with one sentence."""
    defaults = {"id": "one", "text": "a sentence", "where": "a heading", "contract": "/paths"}
    return Promises((Promise(**{**defaults, "tests": ("test_a::test_one",), **parts}),), ())


def difference(**parts: Any) -> Promises:
    """Return a page with one difference."""
    return Promises((), (Difference("other", "as on the page", "as in Canvas", "8", "/paths", **parts),))


def outcome(test: str, status: Status) -> Outcome:
    return Outcome("", test, "", "", (), status)


class TestPromisesFile:
    def test_is_consistent(self) -> None:
        promises = read_promises()

        assert unresolved_pointers(promises, Contract().document) == []
        assert untested_sentences(promises, all_test_names()) == []
        assert unmatched_probes(promises, PROBES.keys()) == []
        assert len({each.id for each in promises.all}) == len(promises.all)

    def test_has_the_differences_of_the_document(self) -> None:
        text = (DOCS / "differences.md").read_text("utf-8")
        rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in text.splitlines() if "|" in line]

        assert rows[2:] == [(each.page, each.canvas, each.source) for each in read_promises().differences]

    def test_sources_are_sections_of_the_behaviour_document(self) -> None:
        sections = re.findall(r"^#+ ([\d.]+) ", (DOCS / "behaviour.md").read_text("utf-8"), re.MULTILINE)

        for each in read_promises().differences:
            assert set(each.source.split(", ")) <= set(sections), each.id

    def test_all_test_names_contains_the_tests_of_the_suite(self) -> None:
        names = all_test_names()

        assert {"test_documentation::test_every_sentence_of_the_page_has_a_test", DIFFERENCE_TEST} <= names


class TestConsistencyChecks:
    @pytest.mark.parametrize("pointer", ["/paths/nowhere", "/info/title/0x", "paths", "", "/tags/9", "/tags/name"])
    def test_unresolved_pointer_is_reported(self, pointer: str) -> None:
        assert unresolved_pointers(promise(contract=pointer), Contract().document) == [f"one: {pointer}"]

    def test_unknown_test_is_reported(self) -> None:
        unknown = promise(tests=("test_a::test_unknown",))

        assert untested_sentences(unknown, TESTS) == ["one: test_a::test_unknown"]
        assert untested_sentences(difference(), TESTS - {DIFFERENCE_TEST}) == [f"other: {DIFFERENCE_TEST}[other]"]

    def test_sentence_without_a_test_needs_a_reason(self) -> None:
        assert untested_sentences(promise(tests=()), TESTS) == ["one: no test"]
        assert untested_sentences(promise(tests=(), untestable="not observable"), TESTS) == []

    def test_difference_without_a_probe_needs_a_reason(self) -> None:
        assert unmatched_probes(difference(), set()) == ["other: no probe"]
        assert unmatched_probes(difference(untestable="not observable"), set()) == []

    def test_probe_without_a_difference_is_reported(self) -> None:
        assert unmatched_probes(difference(), {"other", "third"}) == ["third: no difference"]

    def test_test_of_a_rule_outside_the_page_is_listed(self) -> None:
        assert unlisted_tests(promise(), TESTS) == ["test_a::test_two", DIFFERENCE_TEST]


class TestSentenceTable:
    def test_status_of_a_sentence_combines_its_tests(self) -> None:
        promises = promise(tests=("test_a::test_one", "test_a::test_two"))
        one, two = outcome("test_a::test_one[x]", "passed"), outcome("test_a::test_two", "passed")
        skipped, failed = outcome("test_a::test_two", "skipped"), outcome("test_a::test_one[y]", "failed")

        assert status(promises, one, two) == "passed"
        assert status(promises, one, two, outcome("test_a::test_one[y]", "skipped")) == "passed"
        assert status(promises, one, skipped) == "skipped"
        assert status(promises, one) == "skipped"
        assert status(promises, one, two, failed) == "failed"
        assert status(promise(tests=(), untestable="not observable"), one) == "not testable"

    def test_status_of_a_difference_is_that_of_its_own_probe(self) -> None:
        own, another = outcome(f"{DIFFERENCE_TEST}[other]", "passed"), f"{DIFFERENCE_TEST}[third]"

        assert status(difference(), own, outcome(another, "failed")) == "passed"
        assert status(difference(), outcome(another, "passed")) == "skipped"

    def test_text_of_an_untestable_sentence_has_the_reason(self) -> None:
        (row,) = sentence_table(promise(tests=(), untestable="not observable"), [])

        assert row.text == "a sentence (not testable: not observable)"

    def test_has_a_row_for_each_sentence_and_difference(self) -> None:
        promises = read_promises()

        assert [row.id for row in sentence_table(promises, [])] == [each.id for each in promises.all]


def status(promises: Promises, *outcomes: Outcome) -> str:
    (row,) = sentence_table(promises, outcomes)
    return row.status


class PageTransport:
    """A transport to a Canvas that behaves as its page describes."""

    guard = SimpleNamespace(users_with_push_channel=frozenset())
    settings = SimpleNamespace(tokens={SCOPED: "scoped"})

    def send(self, request: Request) -> httpx2.Response:
        status, body = self.scoped_response(request) if request.token_name == SCOPED else self.response(request)
        return httpx2.Response(status, json=body)

    def scoped_response(self, request: Request) -> tuple[int, object]:
        """Return the response to a token whose only scope is deletion by id."""
        return (404, {}) if request.operation == DELETE else (401, {})

    def response(self, request: Request) -> tuple[int, object]:
        sent = dict(request.body)
        channel = {"id": 1, "position": 1, "user_id": 1, "bounce_count": 0, "last_bounce_at": None, **sent}
        if request.operation == LIST:
            return (200, []) if request.user == "self" else (403, {})
        if request.operation == CREATE and ("skip_confirmation" in sent or ADDRESS not in sent):
            return 400, {"errors": {"path": []}}
        return 200, {**channel, "address": sent.get(ADDRESS), "workflow_state": "active"}


@pytest.mark.parametrize("id_", [each.id for each in read_promises().differences if each.id in PROBES])
def test_probe_matches_a_server_that_follows_the_page(id_: str) -> None:
    page = next(each.page for each in read_promises().differences if each.id == id_)
    transport: Any = PageTransport()
    owner = ApiClient(transport, Contract(), None, "", 1)
    rejected = httpx2.Response(400, json={"errors": {"path_type": []}})
    fixtures = {
        "owner_creations": SimpleNamespace(unknown_type_response=rejected),
        "editing_owner": owner,
        "device": owner,
        "admin": owner.for_user(2),
    }
    request: Any = SimpleNamespace(getfixturevalue=fixtures.__getitem__)

    observation = PROBES[id_](owner, request)

    assert observation.matches_page == (not page.startswith(NOT_DESCRIBED))
    assert observation.description
