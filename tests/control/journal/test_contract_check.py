"""The request journal shows what violates the contract in requests with a fault, and in the responses to them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from mockserver.api.bodies import BodyReader
from mockserver.api.errors import BodyTooLarge, IncompleteBody
from tests.control.conftest import CHANNELS, STUDENT

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from mockserver.canvas.errors import CanvasError

LIST = "list_communication_channels"
CREATE = "create_communication_channel"
UNAVAILABLE = {"kind": "server_error", "status": 503}
JSON = {"Content-Type": "application/json"}
STRING_IDS = {"Accept": "application/json+canvas-string-ids"}


def entry(control: TestClient, method: str = "GET", path: str = CHANNELS, **sent: Any) -> dict[str, Any]:
    """Send a request, and return its entry in the journal."""
    with suppress(ConnectionAbortedError):  # of a fault that drops the connection
        control.request(method, path, **{**sent, "headers": {**STUDENT, **sent.get("headers", {})}})
    [found] = control.get("/_mock/requests", params={"limit": 1}).json()
    request: dict[str, Any] = found
    return request


def add(control: TestClient, effect: dict[str, Any], **fault: Any) -> None:
    assert control.post("/_mock/faults", json={"effect": effect, **fault}).status_code == 201


OUTSIDE_THE_BODY = [
    (UNAVAILABLE, f"{LIST}: 503 application/json is not documented"),
    ({**UNAVAILABLE, "source": "gateway"}, f"{LIST}: 503 text/html is not documented"),
    ({"violation": "undocumented_status"}, f"{LIST}: 202 application/json is not documented"),
    ({"violation": "wrong_content_type"}, f"{LIST}: 200 text/html is not documented"),
    ({"violation": "missing_link_header"}, "Difference: link"),
]
"""Effects on the status or the headers, of the kind contract_violation by default, and a part of the violation."""


@pytest.mark.parametrize(
    ("effect", "text"),
    [
        *OUTSIDE_THE_BODY,
        ({"kind": "malformed_body"}, f"{LIST}: the body of the response is not JSON"),
        ({"kind": "truncated_body"}, f"{LIST}: the body of the response is not JSON"),
        ({"violation": "missing_field"}, "'workflow_state' is a required property"),
        ({"violation": "text_instead_of_number"}, "'1' is not of type 'integer'"),
        ({"violation": "unknown_enum_value"}, "'pending' is not one of"),
        ({"violation": "null_address"}, "None is not of type 'string'"),
        ({"violation": "malformed_time"}, "is not a 'date-time'"),
        ({"violation": "object_instead_of_list"}, "is not of type 'array'"),
    ],
)
def test_violation_in_the_response_is_listed(control: TestClient, effect: dict[str, Any], text: str) -> None:
    add(control, {"kind": "contract_violation", **effect})

    found = entry(control)

    assert (found["violations"], len(found["response_violations"])) == ([], 1)
    assert text in found["response_violations"][0]


@pytest.mark.parametrize(
    ("effect", "fault"),
    [
        ({"kind": "documented_response", "status": 404}, {}),
        ({"kind": "delay"}, {"delay": {"min_seconds": 0}}),
        ({"kind": "dropped_connection", "time": "before_change"}, {}),
        ({"kind": "dropped_connection", "time": "after_change"}, {}),
        (UNAVAILABLE, {"match": {"operation_id": CREATE}}),
    ],
)
def test_other_responses_have_no_violation(control: TestClient, effect: dict[str, Any], fault: dict[str, Any]) -> None:
    add(control, effect, **fault)

    assert entry(control)["response_violations"] == []


@pytest.mark.parametrize(("effect", "text"), OUTSIDE_THE_BODY)
@pytest.mark.parametrize(("method", "headers"), [("HEAD", {}), ("GET", STRING_IDS)])
def test_status_and_headers_are_validated_without_a_described_body(
    control: TestClient, method: str, headers: dict[str, str], effect: dict[str, Any], text: str
) -> None:
    add(control, {"kind": "contract_violation", **effect})

    [found] = entry(control, method, headers=headers)["response_violations"]

    assert text in found


@pytest.mark.parametrize("kind", ["malformed_body", "truncated_body"])
def test_malformed_json_with_string_ids_is_listed(control: TestClient, kind: str) -> None:
    add(control, {"kind": kind})

    found = entry(control, headers=STRING_IDS)

    assert found["response_violations"] == [f"{LIST}: the body of the response is not JSON"]


@pytest.mark.parametrize(
    "effect", [{"kind": "contract_violation", "violation": "missing_field"}, {"kind": "malformed_body"}]
)
def test_absent_body_of_head_has_no_violation(control: TestClient, effect: dict[str, Any]) -> None:
    add(control, effect)

    assert entry(control, "HEAD")["response_violations"] == []


def test_body_with_string_ids_has_no_violation(control: TestClient) -> None:
    add(control, {"kind": "contract_violation", "violation": "missing_field"})

    assert entry(control, headers=STRING_IDS)["response_violations"] == []


def test_response_without_an_operation_has_no_violation(control: TestClient) -> None:
    add(control, UNAVAILABLE)

    assert entry(control, path="/api/v1/nowhere")["response_violations"] == []


@pytest.mark.parametrize("has_fault", [False, True])
@pytest.mark.parametrize("error", [BodyTooLarge, IncompleteBody])
def test_response_of_a_limit_of_the_mock_has_no_violation(
    control: TestClient, monkeypatch: pytest.MonkeyPatch, error: type[CanvasError], *, has_fault: bool
) -> None:
    if has_fault:
        add(control, {"kind": "malformed_body"})

    async def read(*_: object) -> bytes:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(BodyReader, "read", read)
        control.post(CHANNELS, headers=STUDENT)

    [found] = control.get("/_mock/requests").json()
    assert (found["status"], found["response_violations"]) == (error.status_code, [])


@pytest.mark.parametrize(
    "effect",
    [
        UNAVAILABLE,
        {**UNAVAILABLE, "source": "gateway"},
        {"kind": "documented_response", "status": 401},
        {"kind": "dropped_connection", "time": "before_change"},
        {"kind": "dropped_connection", "time": "after_change"},
        {"kind": "malformed_body"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("GET", f"{CHANNELS}?perpage=5&page=x", {}),
        ("POST", CHANNELS, {"content": b"{", "headers": JSON}),
        ("POST", CHANNELS, {"data": {"communication_channel[type]": "fax"}}),
        ("DELETE", f"{CHANNELS}/x", {}),
        ("GET", "/api/v1/nowhere?perpage=5", {}),
    ],
)
def test_violations_of_a_request_are_those_of_the_same_request_without_a_fault(
    control: TestClient, effect: dict[str, Any], method: str, path: str, sent: dict[str, Any]
) -> None:
    expected = entry(control, method, path, **sent)["violations"]
    assert bool(expected) == ("nowhere" not in path)  # a path without an operation has nothing to violate
    add(control, effect)

    assert entry(control, method, path, **sent)["violations"] == expected


def test_violations_of_a_request_with_a_preference_are_listed(control: TestClient) -> None:
    found = entry(control, path=f"{CHANNELS}?perpage=5", headers={"Prefer": "code=404"})

    assert found["violations"] == [f"{LIST}: there is no parameter perpage; the contract has per_page"]
    assert found["response_violations"] == []
