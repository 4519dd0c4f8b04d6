"""Coverage of the contract by recorded exchanges."""

from __future__ import annotations

import pytest

from contract_tests.oracle.coverage import Part
from tests.contract_tests.samples import CHANNEL, CREATE, DELETE, DOCUMENT, LIST, coverage, exchange


def test_parts_of_responses_are_counted() -> None:
    covered = coverage(exchange(LIST, 200, [CHANNEL, CHANNEL]), exchange(LIST, 200, []))

    assert covered.received("operation") == [Part("operation", LIST)]
    assert covered.documented[Part("status", LIST, "200")] == 2
    assert covered.documented[Part("field", LIST, "200", "[].address")] == 1
    assert covered.documented[Part("header", LIST, "200", "Link")] == 2
    assert Part("header", LIST, "200", "ETag") in covered.not_received("header")
    assert Part("field", LIST, "200", "[].bounce_count") in covered.not_received("field")
    assert Part("status", CREATE, "200") in covered.not_received("status")
    assert Part("field", CREATE, "200", "id") not in covered.not_received("field")


def test_undocumented_parts_are_listed() -> None:
    covered = coverage(
        exchange(LIST, 200, [{**CHANNEL, "pronouns": {"she": 1}}]),
        exchange(LIST, 418, "tea"),
        exchange(LIST, 404, "<p>", "text/html"),
        exchange(CREATE, 400, {"message": "another structure"}),
        exchange(DELETE, 200, "no JSON"),
        exchange("", 500, "outside"),
    )

    headers = covered.undocumented_of("header").keys()
    assert {Part("header", "", "", "date"), Part("header", DELETE, "200", "Link")} < headers
    assert covered.undocumented_of("status") == {Part("status", LIST, "418"): 1}
    assert covered.undocumented_of("media type") == {Part("media type", LIST, "404", "text/html"): 1}
    assert {part[1:] for part in covered.undocumented_of("field")} == {
        (LIST, "200", "[].pronouns"),
        (CREATE, "400", "a body that matches none of the documented schemas"),
        (DELETE, "200", "a body that is not JSON"),
    }
    assert not covered.undocumented_of("operation")


ATTRIBUTE = {"attribute": "path", "message": "has been taken", "type": "taken"}
ERRORS: list[tuple[str, int, object, str, set[str]]] = [
    (CREATE, 400, {"errors": {"type": "SNS"}}, "RefusalReason", {"errors", "errors.type"}),
    (CREATE, 400, {"errors": {"type": [ATTRIBUTE]}}, "ValidationErrors",
     {"errors", "errors.*", *(f"errors.*[].{name}" for name in ATTRIBUTE)}),
    (CREATE, 422, {"errors": [{"message": "", "field": None}]}, "ErrorResponse",
     {"errors", "errors[].field", "errors[].message"}),
    (LIST, 401, {"errors": "no", "merged_into_user_id": "2"}, "MasqueradeRefusal", {"errors", "merged_into_user_id"}),
]  # fmt: skip


def test_response_to_head_has_no_fields() -> None:
    covered = coverage(exchange(LIST, 200, "", method="HEAD"))

    assert covered.documented[Part("header", LIST, "200", "Link")] == 1
    assert not covered.undocumented_of("field")


@pytest.mark.parametrize(("operation", "status", "body", "schema", "fields"), ERRORS)
def test_fields_of_an_error_belong_to_its_schema(
    operation: str, status: int, body: object, schema: str, fields: set[str]
) -> None:
    covered = coverage(exchange(operation, status, body))

    assert {part.name for part in covered.received("field")} == fields
    assert {part.parent for part in covered.received("field")} == {schema}
    assert not covered.undocumented_of("field")


def test_every_operation_and_status_of_the_contract_is_a_part() -> None:
    covered = coverage()
    items = [item for path in DOCUMENT["paths"].values() for item in path.values() if "operationId" in item]

    assert [part.parent for part in covered.of("operation")] == [item["operationId"] for item in items]
    assert len(covered.of("status")) == sum(len(item["responses"]) for item in items)
