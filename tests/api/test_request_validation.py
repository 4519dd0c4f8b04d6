"""Validation of requests against the contract.

The mock validates with compiled schemas, which only accept, and consults Connexion's own validators for what those do
not accept. A property shows that the mock accepts the same requests as Connexion alone.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from connexion.exceptions import BadRequestProblem
from connexion.middleware.request_validation import RequestValidationOperation
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver import World, read_world
from mockserver.api.parameters import nest
from mockserver.api.request import SCOPE_KEY, ApiRequest
from mockserver.api.request_validation import NOT_IN_64_BITS, NOT_IN_DIGITS, RequestOperation
from tests.api.connexion_operations import (
    EXAMPLES,
    connexion_operations,
    discard,
    do_nothing,
    receive_empty_body,
)
from tests.channel_requests import FORM, OWN_CHANNELS, channel_form

if TYPE_CHECKING:
    from starlette.testclient import TestClient
    from starlette.types import Message

    from tests.conftest import ClientFactory

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

OPERATIONS = connexion_operations()
CONNEXION_REQUESTS = {
    name: RequestValidationOperation(do_nothing, operation=operation) for name, operation in OPERATIONS.items()
}
MOCK_REQUESTS = {
    name: RequestOperation(do_nothing, operation=operation, strict=False)
    for name, operation in connexion_operations().items()
}


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
    # A segment of a path is not empty.
    path = {p["name"]: draw(values_of[p["name"]].filter(bool)) for p in parameters if p["in"] == "path"}
    query = {p["name"]: draw(values_of[p["name"]]) for p in parameters if p["in"] == "query" and draw(st.booleans())}
    if not operation.request_body:
        return operation_id, path, query, None
    # Each parameter of the form is present in three of four requests.
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
