"""Validation of requests and responses against the contract.

The mock validates with compiled schemas, which only accept, and consults Connexion's own validators for what those do
not accept. Properties show that the mock accepts no request and sends no response that Connexion alone would reject.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from connexion.exceptions import BadRequestProblem, NonConformingResponse
from connexion.middleware.request_validation import RequestValidationOperation
from connexion.middleware.response_validation import ResponseValidationOperation
from connexion.resolver import Resolver
from connexion.spec import Specification
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver import World, read_world
from mockserver.api.parameters import nest
from mockserver.api.request import SCOPE_KEY, ApiRequest
from mockserver.api.request_validation import NOT_IN_64_BITS, NOT_IN_DIGITS, RequestOperation
from mockserver.api.response import RESPONSE_KEY, ApiResponse, EncodedItem
from mockserver.api.response_validation import ResponseOperation
from mockserver.contract import compile_schema, read_contract
from tests.channel_requests import FORM, OWN_CHANNELS, channel_form

if TYPE_CHECKING:
    from starlette.testclient import TestClient
    from starlette.types import Message, Receive, Scope, Send

    from tests.conftest import ClientFactory

EXAMPLES = int(os.environ.get("VALIDATION_EXAMPLES", "400"))
"""The number of generated requests, and of responses."""

CONTRACT = read_contract()
WORLD = World(read_world())
FORM_TYPE = FORM["Content-Type"]

unusual_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
numbers = st.integers(-3, 120).map(str) | st.sampled_from(
    ["0", "-0", "+1", "1.0", "1_0", " 1", "٣", "1e2", "9" * 19, "9" * 25]
)
booleans = st.sampled_from(["true", "false", "True", "FALSE", "1", "0", "yes", "no", "", "on"])
types = st.sampled_from(["email", "sms", "push", "EMAIL", "fax", "", "email "])
addresses = st.sampled_from(["a@b.c", "", " ", "a" * 255, "é" * 255, "a" * 256, "5550100"])
user_ids = st.sampled_from(
    ["self", "1", "007", "SELF", "1" * 19, "1" * 20, "sis_user_id:x", "sis_user_id:", "hex:uuid:6", "nope:1"]
)
any_value = unusual_text | numbers | booleans | types | addresses | user_ids

values_of = {
    "user_id": user_ids | unusual_text,
    "id": numbers | unusual_text,
    "type": types | unusual_text,
    "address": addresses | unusual_text,
    "page": numbers | unusual_text,
    "per_page": numbers | unusual_text,
    "as_user_id": user_ids | unusual_text,
    "communication_channel[address]": addresses | unusual_text,
    "communication_channel[type]": types | unusual_text,
    "communication_channel[token]": any_value,
    "skip_confirmation": booleans | unusual_text,
    "push_token": any_value,
}

Parameters = tuple[str, dict[str, str], dict[str, str], dict[str, str] | None]
"""An operationId, and the parameters of path, query and form."""


def _operations() -> dict[str, Any]:
    """Return Connexion's operations by operationId, of a new copy of the contract, because Connexion modifies it."""
    specification = Specification.load(read_contract())
    resolver = Resolver(lambda _name: lambda: None)
    return {
        operation["operationId"]: specification.operation_cls.from_spec(
            specification, path=path, method=method, resolver=resolver
        )
        for path, item in CONTRACT["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


async def do_nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """The application behind a validation of requests, or of the response that the scope already has."""


async def send_response_of_scope(scope: Scope, _receive: Receive, send: Send) -> None:
    """The application behind Connexion's validation of responses: sends the response that the scope has."""
    await send(scope["start"])
    await send(scope["message"])


async def receive_empty_body() -> Message:
    return {"type": "http.request", "body": b""}


async def discard(_message: Message) -> None:
    """Do nothing with a message."""


OPERATIONS = _operations()
CONNEXION_REQUESTS = {
    name: RequestValidationOperation(do_nothing, operation=operation) for name, operation in OPERATIONS.items()
}
MOCK_REQUESTS = {
    name: RequestOperation(do_nothing, operation=operation, strict=False) for name, operation in _operations().items()
}
CONNEXION_RESPONSES = {
    name: ResponseValidationOperation(send_response_of_scope, operation=operation)
    for name, operation in _operations().items()
}
MOCK_RESPONSES = {name: ResponseOperation(do_nothing, operation=operation) for name, operation in _operations().items()}


def connexion_accepts(name: str, path: dict[str, str], query: dict[str, str], form: dict[str, str] | None) -> bool:
    """Return whether Connexion's own validation accepts the request."""
    body = urlencode(form or {}).encode()
    headers = [(b"content-type", FORM_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    scope = {
        "type": "http",
        "path": "/",
        "headers": headers if form is not None else [],
        "query_string": urlencode(query).encode(),
        "path_params": path,
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    try:
        asyncio.run(CONNEXION_REQUESTS[name](scope, receive, discard))
    except BadRequestProblem:
        return False
    return True


def violations(name: str, path: dict[str, str], query: dict[str, str], form: dict[str, str] | None) -> list[str]:
    """Return the violations that the mock finds in the request."""
    parameters = {**nest((form or {}).items()), **query}
    request = ApiRequest(WORLD, "POST", "/", "", "", dict(query), parameters, path_parameters=path)
    request.media_type = FORM_TYPE if form is not None else None
    asyncio.run(MOCK_REQUESTS[name]({"type": "http", SCOPE_KEY: request}, receive_empty_body, discard))
    return request.violations


@st.composite
def valid_and_invalid_requests(draw: st.DrawFn) -> Parameters:
    """Draw an operation with valid and invalid parameters; each parameter that is not in the path may be absent."""
    operation_id = draw(st.sampled_from(sorted(OPERATIONS)))
    operation = OPERATIONS[operation_id]
    parameters = sorted(operation.parameters, key=lambda parameter: str(parameter["name"]))
    path = {p["name"]: draw(values_of[p["name"]].filter(bool)) for p in parameters if p["in"] == "path"}
    query = {p["name"]: draw(values_of[p["name"]]) for p in parameters if p["in"] == "query" and draw(st.booleans())}
    if not operation.request_body:
        return operation_id, path, query, None
    names = operation.body_schema(FORM_TYPE)["properties"]
    form = {name: draw(values_of[name]) for name in names if draw(st.integers(0, 3))}
    return operation_id, path, query, form


class TestRequestValidation:
    @pytest.mark.slow
    @settings(max_examples=EXAMPLES)
    @given(parameters=valid_and_invalid_requests())
    def test_mock_and_connexion_agree_on_every_request(self, parameters: Parameters) -> None:
        name, path, query, form = parameters

        found = [
            text
            for text in violations(name, path, query, form)
            if not text.endswith((NOT_IN_DIGITS, NOT_IN_64_BITS))  # Connexion does not find these
        ]

        assert (found == []) == connexion_accepts(name, path, query, form), found

    @pytest.mark.parametrize("number", [" 2 ", "+2", "1_0", "٣"])
    def test_number_that_only_some_parsers_accept_is_a_violation(self, number: str) -> None:
        found = violations("list_communication_channels", {"user_id": "self"}, {"page": number}, None)

        assert found == [f"list_communication_channels: query parameter page: {number!r} is not written in digits"]

    @pytest.mark.parametrize("number", ["2", "007", "9" * 25])
    def test_number_in_digits_is_no_violation(self, number: str) -> None:
        found = violations("list_communication_channels", {"user_id": "self"}, {"page": number}, None)

        assert found == []

    @pytest.mark.parametrize("id_", ["9223372036854775808", "9" * 5000, "-9223372036854775809"])
    def test_id_above_64_bits_is_a_violation(self, id_: str) -> None:
        found = violations("delete_communication_channel", {"user_id": "self", "id": id_}, {}, None)

        assert any(text.endswith(NOT_IN_64_BITS) for text in found), found

    @pytest.mark.parametrize("id_", ["9223372036854775807", "0009223372036854775807"])
    def test_largest_64_bit_id_is_no_violation(self, id_: str) -> None:
        assert violations("delete_communication_channel", {"user_id": "self", "id": id_}, {}, None) == []

    @pytest.mark.parametrize(
        ("query", "status", "violation"),
        [
            ("page=%202%20", 200, "query parameter page: ' 2 ' is not written in digits"),
            ("page[]=1", 400, "query parameter page: one value belongs here, not several"),
            ("per_page[a]=1", 400, "query parameter per_page: one value belongs here, not several"),
        ],
    )
    def test_violation_is_reported_in_a_header(
        self, student: TestClient, query: str, status: int, violation: str
    ) -> None:
        response = student.get(f"{OWN_CHANNELS}?{query}")

        assert response.status_code == status
        assert response.headers["x-contract-violation"] == f"list_communication_channels: {violation}"

    def test_invalid_field_is_reported_among_3000_other_fields(self, student: TestClient) -> None:
        body = {"communication_channel": {"type": "fax", "address": "x", **{f"k{n}": "v" for n in range(3000)}}}

        response = student.post(OWN_CHANNELS, json=body)

        assert response.status_code == 200
        assert "'fax' is not one of" in response.headers["x-contract-violation"]


class TestStrictMode:
    def test_response_lists_every_violation(self, client_for: ClientFactory) -> None:
        client = client_for("student-token", strict=True)

        response = client.post(
            OWN_CHANNELS,
            params={"as_user_id": ""},
            data={"communication_channel[type]": "fax", "skip_confirmation": "perhaps"},
        )

        assert response.status_code == 400
        errors = response.json()["errors"]
        assert {error["error_code"] for error in errors} == {"contract_violation"}
        messages = " ".join(error["message"] for error in errors)
        assert "query parameter as_user_id" in messages
        assert "'fax' is not one of ['email', 'sms', 'push'] - 'communication_channel[type]'" in messages
        assert "Wrong type, expected 'boolean' for requestBody parameter 'skip_confirmation'" in messages

    def test_rejected_request_changes_nothing(self, client_for: ClientFactory) -> None:
        client = client_for("student-token", strict=True)

        client.post(OWN_CHANNELS, data=channel_form("x", "fax"))

        assert len(client.get(OWN_CHANNELS).json()) == 3

    def test_request_without_a_violation_is_processed_as_usual(self, client_for: ClientFactory) -> None:
        response = client_for("student-token", strict=True).post(OWN_CHANNELS, data=channel_form("n@x.org"))

        assert response.status_code == 200

    @pytest.mark.parametrize(
        ("method", "path"),
        [("GET", "users/self"), ("POST", f"{OWN_CHANNELS}/1"), ("GET", OWN_CHANNELS)],
    )
    def test_unknown_parameter_is_rejected_by_each_operation(
        self, client_for: ClientFactory, method: str, path: str
    ) -> None:
        response = client_for("site-admin-token", strict=True).request(method, f"{path}?nothing=1")

        assert response.status_code == 400
        assert "there is no parameter nothing" in response.json()["errors"][0]["message"]

    @pytest.mark.parametrize("query", ["page=0", "per_page=101", "per_page=x", "page=1.5"])
    def test_page_outside_the_range_of_the_contract_is_rejected(self, client_for: ClientFactory, query: str) -> None:
        response = client_for("student-token", strict=True).get(f"{OWN_CHANNELS}?{query}")

        assert response.status_code == 400


def channel() -> dict[str, Any]:
    return dict(CONTRACT["components"]["examples"]["DeletedEmail"]["value"])


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 9)
    | st.sampled_from(["", "x", "retired", "active", "2026-01-05T08:00:00Z"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["errors", "message"]), inner, max_size=2)
    ),
    max_leaves=4,
)
bodies = st.one_of(
    st.builds(
        lambda key, value: {**channel(), key: value}, st.sampled_from([*channel(), "bounce_count", "more"]), json_values
    ),
    st.builds(lambda key: {k: v for k, v in channel().items() if k != key}, st.sampled_from([*channel(), "none"])),
    st.lists(st.just(channel()), max_size=2),
    st.just({"success": True}),
    json_values,
)


def mock_sends(name: str, status: int, body: object, headers: list[tuple[bytes, bytes]]) -> bool:
    """Return whether the mock's validation of an operation accepts this response."""
    scope = {"type": "http", RESPONSE_KEY: ApiResponse(body, status, headers)}
    try:
        asyncio.run(MOCK_RESPONSES[name](scope, receive_empty_body, discard))
    except NonConformingResponse:
        return False
    return True


def connexion_sends(name: str, status: int, body: object, headers: list[tuple[bytes, bytes]]) -> bool:
    """Return whether Connexion's own validation sends this response."""
    all_headers = [(b"content-type", b"application/json"), *headers]
    start = {"type": "http.response.start", "status": status, "headers": all_headers}
    message = {"type": "http.response.body", "body": json.dumps(body).encode()}
    sent = []

    async def send(message: Message) -> None:
        sent.append(message)

    try:
        scope = {"type": "http", "start": start, "message": message}
        asyncio.run(CONNEXION_RESPONSES[name](scope, receive_empty_body, send))
    except NonConformingResponse:
        return False
    return len(sent) == 2


class TestResponseValidation:
    @pytest.mark.slow
    @settings(max_examples=EXAMPLES)
    @given(
        name=st.sampled_from(sorted(OPERATIONS)),
        status=st.sampled_from([200, 400, 401, 403, 404, 422, 429]),
        body=bodies,
        headers=st.lists(st.sampled_from([(b"link", b"<x>"), (b"etag", b"x")]), unique=True),
    )
    def test_mock_sends_no_response_that_connexion_rejects(
        self, name: str, status: int, body: object, headers: list[tuple[bytes, bytes]]
    ) -> None:
        sent_by_mock = mock_sends(name, status, body, headers)

        assert not sent_by_mock or connexion_sends(name, status, body, headers)

    @pytest.mark.parametrize("value", ["30/05/2012 17:00", "2012-05-30", "2012-05-30T17:00:00", "2012-02-30T17:00:00Z"])
    @pytest.mark.parametrize("field", ["created_at", "last_bounce_at", "last_suppression_bounce_at"])
    def test_time_in_another_format_is_not_sent(self, field: str, value: str) -> None:
        assert not mock_sends("create_communication_channel", 200, {**channel(), field: value}, [])

    @pytest.mark.parametrize("field", ["id", "user_id"])
    def test_id_above_64_bits_is_not_sent(self, field: str) -> None:
        assert not mock_sends("create_communication_channel", 200, {**channel(), field: 2**63}, [])
        assert mock_sends("create_communication_channel", 200, {**channel(), field: 2**63 - 1}, [])

    def test_format_without_a_check_is_refused(self) -> None:
        with pytest.raises(ValueError, match="the format 'uuid'; add its check"):
            compile_schema({"type": "object", "properties": {"id": {"type": "string", "format": "uuid"}}})

    def test_undocumented_status_is_not_sent(self) -> None:
        assert not mock_sends("create_communication_channel", 201, channel(), [])

    def test_list_without_a_link_header_is_not_sent(self) -> None:
        assert not mock_sends("list_communication_channels", 200, [channel()], [])

    def test_channel_that_becomes_invalid_is_no_longer_sent(self, student: TestClient, world: World) -> None:
        before = student.get(OWN_CHANNELS)
        world.channels[1].workflow_state = "nonsense"
        after = student.get(OWN_CHANNELS)

        assert (before.status_code, after.status_code) == (200, 500)

    def test_list_with_one_invalid_item_is_not_sent(self) -> None:
        items = [EncodedItem(channel()) for _ in range(3)]
        link = [(b"link", b"<x>")]

        assert mock_sends("list_communication_channels", 200, items, link)
        assert not mock_sends("list_communication_channels", 200, [*items, {**channel(), "id": "x"}], link)
        assert not mock_sends("list_communication_channels", 200, [*items, EncodedItem({"id": 1})], link)

    def test_encoded_item_is_validated_against_each_schema(self) -> None:
        item = EncodedItem(1)

        assert item.is_accepted_by(compile_schema({"type": "integer"}))
        assert not item.is_accepted_by(compile_schema({"type": "string"}))

    def test_list_with_a_maximum_length_is_validated_as_a_whole(self) -> None:
        operation = _operations()["list_communication_channels"]
        operation.responses["200"]["content"]["application/json"]["schema"]["maxItems"] = 1
        validation = ResponseOperation(do_nothing, operation=operation)
        item = EncodedItem(channel())

        assert validation.accepts(ApiResponse([item], 200, [(b"link", b"<x>")]))
        assert not validation.accepts(ApiResponse([item, item], 200, [(b"link", b"<x>")]))

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_response_of_the_contract_is_sent(self, name: str) -> None:
        bodies = {"list_communication_channels": [channel()], "delete_push_token": {"success": True}}

        assert mock_sends(name, 200, bodies.get(name, channel()), [(b"link", b"<x>")])
