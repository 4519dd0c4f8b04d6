"""The control contract agrees with the code that it describes, and with the format of world files."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import pytest
from openapi_spec_validator import validate
from starlette.testclient import TestClient

from mockserver import create_app
from mockserver.canvas.seed import _packaged
from mockserver.canvas.yaml_document import parse_document
from mockserver.contract import read_contract, read_supplement
from mockserver.control.api import _contract_text, read_control_contract
from mockserver.control.faults.documented import DocumentedResponses
from mockserver.control.faults.violations import NAMES
from tests.conftest import ORIGIN
from tests.in_process_client import InProcessClient
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import ServerFactory

CONTRACT = read_control_contract()
SCHEMAS = CONTRACT["components"]["schemas"]
JSON = {"Content-Type": "application/json"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the method, a path and the description of each operation."""
    names = "world", "snapshot", "user_id", "token_id", "channel_id", "fault_id", "number"
    for path, item in CONTRACT["paths"].items():
        for method in item.keys() & {"get", "put", "post", "patch", "delete"}:
            yield method, "/_mock" + path.format_map(dict.fromkeys(names, "1")), item[method]


def limit_of(method: str) -> int:
    """Return the bytes that a body may have: with PUT, which sends world documents, 16 MiB; else 1 MiB."""
    return (16 if method == "put" else 1) * 1024 * 1024


def test_contract_is_valid() -> None:
    validate(CONTRACT)


def test_nothing_of_the_control_api_is_in_the_contract_of_canvas() -> None:
    assert not [path for path in read_contract()["paths"] if "_mock" in path]


def test_names_of_violations_are_those_of_the_code() -> None:
    assert SCHEMAS["ContractViolation"]["properties"]["violation"]["enum"] == list(NAMES)


def test_operations_of_a_fault_and_of_the_journal_are_those_of_the_two_documents() -> None:
    documents = read_contract(), read_supplement()

    ids = [each for document in documents for each in DocumentedResponses(document).operation_ids]

    for place, schema in (
        ("schemas/FaultMatch", SCHEMAS["FaultMatch"]["properties"]["operation_id"]),
        ("schemas/RequestOperation", SCHEMAS["RequestOperation"]),
    ):
        known = {each for each in schema["enum"] if each}  # "" stands for a path without an operation
        assert known == {*ids}, f"add the operation to components/{place} in mockserver/control/openapi.yaml"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (["properties", "users", "items"], "UserEntry"),
        (["properties", "users", "items", "properties", "channels", "items"], "ChannelEntry"),
        (["properties", "users", "items", "properties", "tokens", "items", "anyOf", 1], "TokenEntry"),
        (["properties", "users", "items", "properties", "channels", "items", "properties", "bounces"], "Bounces"),
        (["properties", "account"], "Account"),
        ([], "WorldDocument"),
    ],
)
def test_world_documents_have_the_fields_of_world_files(path: list[Any], name: str) -> None:
    schema: Any = parse_document(_packaged("world.schema.yaml")).value
    for step in path:
        schema = schema[step]

    assert SCHEMAS[name]["properties"].keys() == schema["properties"].keys()
    assert set(SCHEMAS[name].get("required", [])) == set(schema.get("required", []))
    for field, described in SCHEMAS[name]["properties"].items():
        limits = {
            key: described[key] for key in ("minimum", "maximum", "minLength", "maxLength", "enum") if key in described
        }
        expected = schema["properties"][field]
        assert limits == {key: expected[key] for key in limits}, field


def test_every_operation_is_served() -> None:
    client = TestClient(create_app(), base_url=ORIGIN, raise_server_exceptions=False)

    for method, path, operation in operations():
        if operation["operationId"] == "stream_events":
            continue  # test_events.py reads the stream, which does not end
        no_wait = {"timeout": 0} if "next" in path else {}
        response = client.request(method, path, params=no_wait)
        assert response.status_code < 500, (method, path, response.text)
        assert str(response.status_code) in operation["responses"], (method, path, response.text)


@pytest.mark.parametrize("is_declared", [True, False])
def test_body_over_the_limit_of_the_method_is_413(*, is_declared: bool) -> None:
    client = InProcessClient(create_app(), base_url=ORIGIN)

    for method, path, _ in operations():
        body = b" " * (limit_of(method) + 1)
        content = body if is_declared else iter([body])  # httpx2 declares no length of an iterator
        response = client.request(method, path, content=content, headers=JSON)
        assert (response.status_code, response.json()["code"]) == (413, "body_too_large"), (method, path)
        assert f"at most {limit_of(method)} bytes" in response.json()["detail"]


def test_body_whose_declared_length_is_over_the_limit_is_not_awaited(served: str) -> None:
    connection = HTTPConnection(served.removeprefix("http://"), timeout=HANG_SECONDS)
    connection.putrequest("POST", "/_mock/faults")
    connection.putheader("Content-Length", str(limit_of("post") + 1))
    connection.endheaders()

    response = connection.getresponse()

    assert (response.status, json.load(response)["code"]) == (413, "body_too_large")
    connection.close()


def test_body_that_stops_is_408(serve: ServerFactory) -> None:
    connection = HTTPConnection(serve(body_timeout=0.01).removeprefix("http://"), timeout=HANG_SECONDS)
    connection.putrequest("POST", "/_mock/faults")
    connection.putheader("Content-Length", "100")
    connection.endheaders(b"{")

    response = connection.getresponse()

    assert (response.status, json.load(response)["code"]) == (408, "incomplete_body")
    connection.close()


def test_body_at_the_limit_is_accepted_and_413_is_documented() -> None:
    client = InProcessClient(create_app(), base_url=ORIGIN)

    for method, path, operation in operations():
        if "requestBody" in operation:
            response = client.request(method, path, content=b" " * limit_of(method), headers=JSON)
            assert (response.status_code, response.json()["code"]) == (400, "invalid_request"), (method, path)
            assert "413" in operation["responses"], (method, path)


def test_unknown_path_and_method_are_problems() -> None:
    client = TestClient(create_app(), base_url=ORIGIN)

    for method, path, status in (("GET", "/_mock/nowhere", 404), ("GET", "/_mock/reset", 405)):
        response = client.request(method, path)
        assert (response.status_code, response.json()["code"]) == (status, "unknown_operation")


def test_contract_is_served_as_yaml_and_with_the_server_of_the_world_as_json() -> None:
    client = TestClient(create_app(), base_url=ORIGIN)

    assert client.get("/_mock/openapi.yaml").text == _contract_text()
    assert client.get("/worlds/one/_mock/openapi.json").json()["servers"] == [{"url": f"{ORIGIN}/worlds/one/_mock"}]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/_mock/requests?limitt=1", "no query parameter limitt; the nearest is limit"),
        ("/_mock/health?x=1", "no query parameter x; it has: none"),
        ("/_mock/outbox/next?timeout=120", "query parameter timeout: 120"),
        ("/_mock/requests?operation_id=list_channels", "query parameter operation_id: 'list_channels' is not one of"),
    ],
)
def test_mistake_in_a_parameter_is_named(path: str, text: str) -> None:
    response = TestClient(create_app(), base_url=ORIGIN).get(path)

    assert response.status_code == 400
    assert text in response.text


@pytest.mark.parametrize(("body", "status"), [(b"[" * 200_000, 400), (b"\xff", 400), (b"", 400)])
def test_body_that_cannot_be_processed_is_a_problem(body: bytes, status: int) -> None:
    client = TestClient(create_app(), base_url=ORIGIN)

    response = client.put("/_mock/state", content=body, headers=JSON)

    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.parametrize(
    ("path", "media_type", "status"),
    [
        ("account", None, 415),
        ("account", b"\xe9/json", 415),
        ("account", b"application/JSON", 200),
        ("account", b"application/json ; charset=utf-8", 200),
        ("reset", b"\xe9/json", 204),  # an operation without a body ignores the media type
    ],
)
def test_media_type_of_a_body_is_compared_without_case(path: str, media_type: bytes | None, status: int) -> None:
    client = InProcessClient(create_app(), base_url=ORIGIN)
    headers = [] if media_type is None else [(b"Content-Type", media_type)]

    response = client.request(
        "PATCH" if path == "account" else "POST", f"/_mock/{path}", content=b"{}", headers=headers
    )

    assert response.status_code == status, response.text


def test_body_without_a_declared_length_is_accepted() -> None:
    client = InProcessClient(create_app(), base_url=ORIGIN)

    response = client.patch("/_mock/account", content=iter([b"{", b"}"]), headers=JSON)

    assert response.status_code == 200, response.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_contract_has_no_other_methods_than_get_and_head(method: str) -> None:
    client = InProcessClient(create_app(), base_url=ORIGIN)

    response = client.request(method, "/_mock/openapi.json")

    assert (response.status_code, response.json()["code"]) == (405, "unknown_operation")
