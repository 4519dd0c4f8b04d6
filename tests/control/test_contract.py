"""The control contract agrees with the code that it describes, and with the format of world files."""

from __future__ import annotations

from typing import Any

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

CONTRACT = read_control_contract()
SCHEMAS = CONTRACT["components"]["schemas"]


def test_contract_is_valid() -> None:
    validate(CONTRACT)


def test_nothing_of_the_control_api_is_in_the_contract_of_canvas() -> None:
    assert not [path for path in read_contract()["paths"] if "_mock" in path]


def test_names_of_violations_are_those_of_the_code() -> None:
    assert SCHEMAS["ContractViolation"]["properties"]["violation"]["enum"] == list(NAMES)


def test_operations_of_a_fault_are_those_of_the_two_documents() -> None:
    documents = read_contract(), read_supplement()

    ids = [each for document in documents for each in DocumentedResponses(document).operation_ids]

    assert sorted(SCHEMAS["FaultMatch"]["properties"]["operation_id"]["enum"]) == sorted(ids)


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
    values = {
        "world": "w",
        "snapshot": "s",
        "user_id": "1",
        "token_id": "1",
        "channel_id": "1",
        "fault_id": "1",
        "number": "1",
    }

    for path, item in CONTRACT["paths"].items():
        for method in item.keys() & {"get", "put", "post", "patch", "delete"}:
            if "text/event-stream" in item[method]["responses"].get("200", {}).get("content", {}):
                continue  # test_events.py reads the stream, which does not end
            response = client.request(
                method, f"/_mock{path.format_map(values)}", params={"timeout": 0} if "next" in path else {}
            )
            assert response.status_code < 500, (method, path, response.text)
            assert str(response.status_code) in item[method]["responses"], (method, path, response.text)


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
def test_mistake_in_a_parameter_names_it(path: str, text: str) -> None:
    response = TestClient(create_app(), base_url=ORIGIN).get(path)

    assert response.status_code == 400
    assert text in response.text


@pytest.mark.parametrize(
    ("body", "status"), [(b"[" * 200_000, 400), (b"\xff", 400), (b"", 400), (b"1" * (16 * 1024 * 1024 + 1), 413)]
)
def test_body_that_cannot_be_processed_is_a_problem(body: bytes, status: int) -> None:
    client = TestClient(create_app(), base_url=ORIGIN)

    response = client.put("/_mock/state", content=body, headers={"Content-Type": "application/json"})

    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
