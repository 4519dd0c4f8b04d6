"""What the suite writes of a run: a page, a HAR, the lines at the end, and how much of the contract was seen."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.coverage import Coverage, Part, measure
from contract_tests.record import Defect, Exchange, Outcome, Run, Sentence, Status
from contract_tests.report import har, html, table, terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

LIST, CREATE, PUSH, DELETE, BY_ADDRESS = OPERATIONS = (
    "list_communication_channels",
    "create_communication_channel",
    "delete_push_token",
    "delete_communication_channel",
    "delete_communication_channel_by_address",
)
DOCUMENT: dict[str, Any] = yaml.safe_load((Path(__file__).parents[1] / "openapi.yaml").read_text("utf-8"))
CHANNEL = {
    "id": "1",
    "position": 1,
    "workflow_state": "active",
    "user_id": "1",
    "created_at": None,
    "address": "jos\u00e9@example.com",
    "type": "email",
}
JSON = "application/json; charset=utf-8"
VOID_TAGS = {"meta", "br"}

PASSED = Outcome(
    "the list is in order", "test_listing::test_the_list_is_in_order", "By `position`.", "", (LIST,), "passed"
)
FAILED = Outcome(
    "a deleted channel is gone",
    "test_deletion::test_a_deleted_channel_is_gone[id]",
    "A second delete is 404 <b>for jos\u00e9</b>.",
    "/paths/~1users",
    (CREATE, DELETE),
    "failed",
    expected="404 & no more\n  than that",
    came_back='200 OK, {"address": "<script>alert(1)</script>\u2603\x1b[2J"}',
    script="curl -s \"$CANVAS_URL/a?b=1&c=<script>\" \\\n  -H 'Accept: \u2603'\ncurl -s x",
)
UNCHECKED = Outcome(
    "a device needs a token", "test_push::test_a_device", "It does.", "behaviour 9", (CREATE,), "not checked", "no SNS"
)


def exchange(operation: str, status: int, body: object, media_type: str = JSON, **changes: Any) -> Exchange:
    text = body if isinstance(body, str) else json.dumps(body)
    found = Exchange(
        number=1,
        test="test_listing::test_x",
        operation=operation,
        actor="CANVAS_TOKEN",
        method="GET",
        url="https://canvas.example/api/v1/users/self/communication_channels?page=1&kept=a+b%2Bc&empty=",
        request_headers=(("Authorization", "Bearer $CANVAS_TOKEN"),),
        request_body="",
        status=status,
        response_headers=(("Content-Type", media_type), ("link", "<x>"), ("Date", "today")),
        body=text,
        started=datetime(2026, 3, 2, 10, 15, tzinfo=UTC),
        seconds=0.0125,
    )
    return replace(found, **changes)


def a_run(*outcomes: Outcome) -> Run:
    return Run(
        target="https://canvas.example",
        profile="quick",
        seed=7,
        started=datetime(2026, 3, 2, 10, 15, tzinfo=UTC),
        seconds=83,
        requests=1234,
        budget=3000,
        rows="14 rows are in use.",
        tokens=("CANVAS_TOKEN",),
        outcomes=list(outcomes),
        exchanges=[exchange(LIST, 200, [{**CHANNEL, "pronouns": "<i>"}])],
        defects=[Defect("an empty type crashes", "It is 500.", 1)],
        notes=["The target has no SNS."],
        traceability=[Sentence("index.1", "Lists <channels>.", "/paths", ("test_listing::test_x",), "kept")],
    )


WHOLE = a_run(PASSED, FAILED, UNCHECKED)


class Page(HTMLParser):
    """The page as a browser would see it, if every tag is closed where it must be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID_TAGS:
            self._open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in self._open:
            self.texts[tag][-1] += data

    def values(self, attribute: str) -> list[str]:
        return [str(attributes[attribute]) for _, attributes in self.tags if attribute in attributes]


def page(run: Run) -> Page:
    return Page(html.document(run, measure(DOCUMENT, run.exchanges)))


def coverage(*exchanges: Exchange) -> Coverage:
    return measure(DOCUMENT, exchanges)


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    seen = page(WHOLE)

    assert {tag for tag, _ in seen.tags}.isdisjoint({"script", "link", "img", "iframe", "object", "base", "form"})
    assert not re.search(r"url\(|@import|https?:", seen.texts["style"][0])
    assert not seen.values("src")
    assert not [name for _, attributes in seen.tags for name in attributes if name.startswith("on")]


def test_the_page_s_links_lead_to_its_own_parts() -> None:
    seen = page(WHOLE)

    assert set(seen.values("href")) <= {f"#{name}" for name in seen.values("id")}
    assert "#failure-1" in seen.values("href")


def test_the_page_shows_what_came_back_as_text() -> None:
    seen = page(WHOLE)

    assert seen.texts["pre"] == [FAILED.script]
    assert FAILED.came_back in seen.texts["code"]
    assert FAILED.promise in seen.texts["p"]
    assert "position" in seen.texts["code"]


def test_the_page_says_what_was_not_checked_and_why() -> None:
    seen = page(WHOLE)

    assert {"No SNS", "a device needs a token"} <= set(seen.texts["th"])
    assert {"The target has no SNS.", "1,234 of at most 3,000"} <= set(seen.texts["dd"])


@pytest.mark.parametrize(
    ("outcomes", "word", "sentence"),
    [
        ([PASSED], "kept", "The contract is kept: 1 property held in 1 test."),
        ([PASSED, UNCHECKED, FAILED], "broken", "The contract is broken: 1 of 3 properties did not hold."),
        ([PASSED, UNCHECKED], "kept as far as checked", "1 of 2 properties was not checked, or not in full."),
        ([UNCHECKED], "not judged", "Nothing was checked, so nothing is known."),
        ([], "not judged", "Nothing was checked, so nothing is known."),
    ],
)
def test_only_a_full_pass_is_called_kept(outcomes: list[Outcome], word: str, sentence: str) -> None:
    run = a_run(*outcomes)

    assert table.verdict(run).word == word
    assert sentence in page(run).texts["h1"][0]
    assert terminal.summary(run, coverage())[-1].endswith(sentence)


def test_a_har_holds_every_exchange_in_order() -> None:
    sent = [
        exchange(LIST, 200, [CHANNEL]),
        exchange(CREATE, 400, "", method="POST", request_body="a=\u2603", number=2),
    ]
    file = io.StringIO()

    har.write(sent, file)

    log = json.loads(file.getvalue())["log"]
    first, second = log["entries"]
    assert (log["version"], set(log)) == ("1.2", {"version", "creator", "pages", "entries"})
    assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(first)
    assert first["request"]["headers"] == [{"name": "Authorization", "value": "Bearer $CANVAS_TOKEN"}]
    assert first["request"]["queryString"][1:] == [{"name": "kept", "value": "a b+c"}, {"name": "empty", "value": ""}]
    assert first["response"]["content"] == {"size": len(sent[0].body), "mimeType": JSON, "text": sent[0].body}
    assert datetime.fromisoformat(first["startedDateTime"]) == sent[0].started
    assert (first["time"], first["timings"]["wait"], first["response"]["statusText"]) == (12.5, 12.5, "OK")
    assert (second["request"]["method"], second["request"]["bodySize"]) == ("POST", 5)
    assert second["request"]["postData"]["text"] == "a=\u2603"
    assert "postData" not in first["request"]


def test_a_har_is_written_entry_by_entry() -> None:
    file = io.StringIO()
    lengths = []

    def drawn() -> Iterator[Exchange]:
        for number in range(3):
            lengths.append(file.tell())
            yield exchange(LIST, 200, [], number=number)

    har.write(drawn(), file)

    assert lengths == sorted(set(lengths))


def test_a_run_without_traffic_is_an_empty_har() -> None:
    file = io.StringIO()

    har.write([], file)

    assert json.loads(file.getvalue())["log"]["entries"] == []


def test_what_an_answer_has_is_seen() -> None:
    found = coverage(exchange(LIST, 200, [CHANNEL, CHANNEL]), exchange(LIST, 200, []))

    assert found.seen("operation") == [Part("operation", LIST)]
    assert found.documented[Part("status", LIST, "200")] == 2
    assert found.documented[Part("field", LIST, "200", "[].address")] == 1
    assert found.documented[Part("header", LIST, "200", "Link")] == 2
    assert Part("header", LIST, "200", "ETag") in found.unseen("header")
    assert Part("field", LIST, "200", "[].bounce_count") in found.unseen("field")
    assert Part("status", CREATE, "200") in found.unseen("status")
    assert Part("field", CREATE, "200", "id") not in found.unseen("field")


def test_what_the_contract_does_not_have_is_named() -> None:
    found = coverage(
        exchange(LIST, 200, [{**CHANNEL, "pronouns": {"she": 1}}]),
        exchange(LIST, 418, "tea"),
        exchange(LIST, 404, "<p>", "text/html"),
        exchange(CREATE, 400, {"message": "of no shape"}),
        exchange(DELETE, 200, "no JSON"),
        exchange("", 500, "outside"),
    )

    assert {Part("header", "", "", "date"), Part("header", DELETE, "200", "Link")} < found.unexpected("header").keys()
    assert found.unexpected("status") == {Part("status", LIST, "418"): 1}
    assert found.unexpected("media type") == {Part("media type", LIST, "404", "text/html"): 1}
    assert {part[1:] for part in found.unexpected("field")} == {
        (LIST, "200", "[].pronouns"),
        (CREATE, "400", "a body of none of the documented shapes"),
        (DELETE, "200", "a body that is not JSON"),
    }
    assert not found.unexpected("operation")


ATTRIBUTE = {"attribute": "path", "message": "has been taken", "type": "taken"}
SHAPES: list[tuple[str, int, object, str, set[str]]] = [
    (CREATE, 400, {"errors": {"type": "SNS"}}, "RefusalReason", {"errors", "errors.type"}),
    (CREATE, 400, {"errors": {"type": [ATTRIBUTE]}}, "ValidationErrors",
     {"errors", "errors.*", *(f"errors.*[].{name}" for name in ATTRIBUTE)}),
    (CREATE, 422, {"errors": [{"message": "", "field": None}]}, "ErrorResponse",
     {"errors", "errors[].field", "errors[].message"}),
    (LIST, 401, {"errors": "no", "merged_into_user_id": "2"}, "MasqueradeRefusal", {"errors", "merged_into_user_id"}),
]  # fmt: skip


def test_an_answer_to_head_has_no_body_to_judge() -> None:
    found = coverage(exchange(LIST, 200, "", method="HEAD"))

    assert found.documented[Part("header", LIST, "200", "Link")] == 1
    assert not found.unexpected("field")


@pytest.mark.parametrize(("operation", "status", "body", "shape", "fields"), SHAPES)
def test_an_error_is_known_by_its_shape(
    operation: str, status: int, body: object, shape: str, fields: set[str]
) -> None:
    found = coverage(exchange(operation, status, body))

    assert {part.name for part in found.seen("field")} == fields
    assert {part.place for part in found.seen("field")} == {shape}
    assert not found.unexpected("field")


def test_every_operation_and_status_of_the_contract_is_counted() -> None:
    found = coverage()
    items = [item for path in DOCUMENT["paths"].values() for item in path.values() if "operationId" in item]

    assert [part.place for part in found.of("operation")] == list(OPERATIONS)
    assert len(found.of("status")) == sum(len(item["responses"]) for item in items)


def test_operations_have_short_names() -> None:
    assert table.short_names(OPERATIONS) == [
        "list channels",
        "create",
        "delete push token",
        "delete",
        "delete by address",
    ]
    assert table.short_names(["get", "get_x", "put_x"]) == ["get", "get_x", "put_x"]


def test_properties_are_grouped_by_the_module_of_their_tests() -> None:
    tests = ["test_ids::test_a[b/c::d]", "suite/test_ids.py::test_a", "the account is as it was"]

    assert [row.group for row in table.rows([replace(PASSED, test=test) for test in tests], ())] == ["", "ids"]


OUTCOMES = st.lists(
    st.builds(
        Outcome,
        property=st.sampled_from(["pages join", "a very long promise " * 4, "an id is kept"]),
        test=st.sampled_from(["test_paging::test_a", "test_ids::test_b[a/b]", "test_c"]),
        promise=st.just(""),
        section=st.just(""),
        operations=st.sets(st.sampled_from(OPERATIONS)).map(tuple),
        status=st.sampled_from(get_args(Status)),
    ),
    min_size=1,
    max_size=200,
)


@given(OUTCOMES)
def test_the_table_adds_up(outcomes: list[Outcome]) -> None:
    lines = terminal.table(outcomes, OPERATIONS)

    start = next(place for place, line in enumerate(lines) if line.startswith("property "))
    cut = [re.split(r"\s{2,}", line.strip()) for line in lines[start + 1 :]]
    *properties, total = [[_numbers(cell) for cell in cells[1:]] for cells in cut if len(cells) == 7]
    assert total == [[sum(cell) for cell in zip(*column, strict=True)] for column in zip(*properties, strict=True)]
    for operation, cell in zip((*OPERATIONS, None), total, strict=True):
        counted = [each.status for each in outcomes if operation in (None, *each.operations)]
        assert cell == [counted.count(status) for status in get_args(Status)]
    assert max(map(len, lines)) <= 100


def test_a_failure_is_told_with_a_script_as_it_is_to_be_pasted() -> None:
    lines = terminal.failures(WHOLE.outcomes)

    assert lines[0] == "BROKEN: a deleted channel is gone"
    assert "\n".join(lines).endswith(FAILED.script)
    assert lines[lines.index("  Expected     404 & no more") + 1].strip() == "than that"


def test_an_answer_cannot_command_the_terminal() -> None:
    text = "\n".join(terminal.summary(WHOLE, coverage()))

    assert "\x1b" not in text
    assert "\\x1b[2J" in text


def test_what_was_not_checked_is_told_by_its_reason() -> None:
    assert terminal.not_checked([UNCHECKED, UNCHECKED, PASSED]) == [
        "Not checked: no SNS",
        "  a device needs a token (2 tests)",
    ]


def _numbers(cell: str) -> list[int]:
    marks = {"": 0, "!": 0, "?": 0}
    for number, mark in re.findall(r"(\d+)([!?]?)", cell):
        marks[mark] += int(number)
    return list(marks.values())
