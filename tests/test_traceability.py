"""The sentences of Canvas's page: what is missing, dangling or no longer true is noticed."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from contract_tests.caller import ADDRESS, CREATE, DELETE, LIST, Caller
from contract_tests.contract import Contract
from contract_tests.probes import PROBES, SCOPED
from contract_tests.record import Outcome, Status
from contract_tests.traceability import (
    PROBE,
    Difference,
    Promise,
    Promises,
    dangling,
    read_promises,
    table,
    undocumented,
    unprobed,
    untested,
    written_tests,
)

if TYPE_CHECKING:
    from contract_tests.call import Call

DOCS = Path(__file__).parent.parent / "docs"
TESTS = frozenset({"test_a::test_one", "test_a::test_two", PROBE})
SILENT = ("nothing of ", "pages have a maximum size that is not specified")


def promise(**parts: Any) -> Promises:
    """A page of one sentence."""
    defaults = {"id": "one", "says": "it is so", "where": "its place", "contract": "/paths"}
    return Promises((Promise(**{**defaults, "tests": ("test_a::test_one",), **parts}),), ())


def difference(**parts: Any) -> Promises:
    """A page of one difference."""
    return Promises((), (Difference("other", "it is so", "it is not", "8", "/paths", **parts),))


def outcome(test: str, status: Status) -> Outcome:
    return Outcome("", test, "", "", (), status)


class TestTheFile:
    def test_it_holds_together(self) -> None:
        promises = read_promises()

        assert dangling(promises, Contract().document) == []
        assert untested(promises, written_tests()) == []
        assert unprobed(promises, PROBES.keys()) == []
        assert len({each.id for each in promises.all}) == len(promises.all)

    def test_it_tells_what_the_document_tells(self) -> None:
        text = (DOCS / "differences.md").read_text("utf-8")
        rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in text.splitlines() if "|" in line]

        assert rows[2:] == [(each.page, each.canvas, each.source) for each in read_promises().differences]

    def test_its_sources_are_sections(self) -> None:
        sections = re.findall(r"^#+ ([\d.]+) ", (DOCS / "behaviour.md").read_text("utf-8"), re.MULTILINE)

        for each in read_promises().differences:
            assert set(each.source.split(", ")) <= set(sections), each.id

    def test_its_tests_are_those_that_pytest_finds(self) -> None:
        assert {"test_promises::test_every_sentence_has_a_test", PROBE} <= written_tests()


class TestFaults:
    @pytest.mark.parametrize("pointer", ["/paths/nowhere", "/info/title/0x", "paths", "", "/tags/9", "/tags/name"])
    def test_a_pointer_that_leads_nowhere_is_noticed(self, pointer: str) -> None:
        assert dangling(promise(contract=pointer), Contract().document) == [f"one: {pointer}"]

    def test_a_test_that_does_not_exist_is_noticed(self) -> None:
        assert untested(promise(tests=("test_a::test_gone",)), TESTS) == ["one: test_a::test_gone"]
        assert untested(difference(), TESTS - {PROBE}) == [f"other: {PROBE}[other]"]

    def test_a_sentence_without_a_test_needs_a_reason(self) -> None:
        assert untested(promise(tests=()), TESTS) == ["one: no test"]
        assert untested(promise(tests=(), unasked="it cannot be seen"), TESTS) == []

    def test_a_difference_without_a_probe_is_noticed(self) -> None:
        assert unprobed(difference(), set()) == ["other: no probe"]
        assert unprobed(difference(unasked="it cannot be seen"), set()) == []

    def test_a_probe_without_a_difference_is_noticed(self) -> None:
        assert unprobed(difference(), {"other", "third"}) == ["third: no difference"]

    def test_a_test_beyond_the_page_is_listed(self) -> None:
        assert undocumented(promise(), TESTS) == ["test_a::test_two", PROBE]


class TestTable:
    def test_a_sentence_stands_as_its_tests_do(self) -> None:
        promises = promise(tests=("test_a::test_one", "test_a::test_two"))
        one, two = outcome("test_a::test_one[x]", "passed"), outcome("test_a::test_two", "passed")
        skipped, failed = outcome("test_a::test_two", "not checked"), outcome("test_a::test_one[y]", "failed")

        assert state(promises, one, two) == "tested"
        assert state(promises, one, two, outcome("test_a::test_one[y]", "not checked")) == "tested"
        assert state(promises, one, skipped) == "not checked in this run"
        assert state(promises, one) == "not checked in this run"
        assert state(promises, one, two, failed) == "failed"
        assert state(promise(tests=(), unasked="it cannot be seen"), one) == "no test"

    def test_a_difference_stands_as_its_own_probe_does(self) -> None:
        assert (
            state(difference(), outcome(f"{PROBE}[other]", "passed"), outcome(f"{PROBE}[third]", "failed")) == "tested"
        )
        assert state(difference(), outcome(f"{PROBE}[third]", "passed")) == "not checked in this run"

    def test_it_says_why_nobody_is_asked(self) -> None:
        (row,) = table(promise(tests=(), unasked="it cannot be seen"), [])

        assert row.says == "it is so (not asked: it cannot be seen)"

    def test_it_has_a_row_for_each_sentence_and_difference(self) -> None:
        promises = read_promises()

        assert [row.id for row in table(promises, [])] == [each.id for each in promises.all]


def state(promises: Promises, *outcomes: Outcome) -> str:
    (row,) = table(promises, outcomes)
    return row.state


class AsThePageSays:
    """A wire to a Canvas that does what its page says."""

    fence = SimpleNamespace(foreign_push=frozenset())
    settings = SimpleNamespace(tokens={SCOPED: "scoped"})

    def send(self, call: Call) -> httpx2.Response:
        status, body = self.scoped(call) if call.token_name == SCOPED else self.answer(call)
        return httpx2.Response(status, json=body)

    def scoped(self, call: Call) -> tuple[int, object]:
        """One scope for each operation: deletion by id is all that this token may."""
        return (404, {}) if call.operation == DELETE else (401, {})

    def answer(self, call: Call) -> tuple[int, object]:
        sent = dict(call.body)
        channel = {"id": 1, "position": 1, "user_id": 1, "bounce_count": 0, "last_bounce_at": None, **sent}
        if call.operation == LIST:
            return (200, []) if call.user == "self" else (403, {})
        if call.operation == CREATE and ("skip_confirmation" in sent or ADDRESS not in sent):
            return 400, {"errors": {"path": []}}
        return 200, {**channel, "address": sent.get(ADDRESS), "workflow_state": "active"}


@pytest.mark.parametrize("id_", [each.id for each in read_promises().differences if each.id in PROBES])
def test_a_page_that_has_come_true_is_told(id_: str) -> None:
    page = next(each.page for each in read_promises().differences if each.id == id_)
    wire: Any = AsThePageSays()
    owner = Caller(wire, Contract(), None, "", 1)
    refused = httpx2.Response(400, json={"errors": {"path_type": []}})
    fixtures = {
        "owner_stock": SimpleNamespace(unchecked=refused, is_fresh=True),
        "device": owner,
        "admin": owner.about(2),
    }
    request: Any = SimpleNamespace(getfixturevalue=fixtures.__getitem__)

    seen = PROBES[id_](owner, request)

    assert seen.page == (not page.startswith(SILENT))
    assert seen.what
