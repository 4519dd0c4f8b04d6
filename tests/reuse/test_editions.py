"""The editions that the overlays make of the contract: their differences, and their requests against the mock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from starlette.testclient import TestClient

from mockserver import World, create_app, read_world
from mockserver.contract import read_contract
from tests.conftest import START
from tests.reuse.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.reuse

EDITIONS = [overlay.stem for overlay in sorted((ROOT / "overlays").glob("*.yaml"))]
MEDIA_TYPES = {"application/json": "json", "application/x-www-form-urlencoded": "data"}
PUSH = "/users/self/communication_channels/push"
CHANNELS = "/users/{user_id}/communication_channels"


def edition(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "build" / f"{name}.yaml").read_text("utf-8"))
    return document


def resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Return the node, or the component that it references."""
    if "$ref" not in node:
        return node
    _, _, kind, name = node["$ref"].split("/")
    component: dict[str, Any] = document["components"][kind][name]
    return component


def requests(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a request for each example of each operation, with its required parameters where the document puts them."""
    for path, item in document["paths"].items():
        for method in item.keys() - {"parameters"}:
            operation = item[method]
            parameters = [resolved(document, p) for p in [*item.get("parameters", []), *operation["parameters"]]]
            values = {
                location: {p["name"]: p["example"] for p in parameters if p["in"] == location and p.get("required")}
                for location in ("path", "query")
            }
            url = path.format(**values["path"]).removeprefix("/")  # relative to the base URL of the client
            request = {"method": method, "url": url, "params": values["query"]}
            for body in bodies(document, operation):
                yield request | body


def bodies(document: dict[str, Any], operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each example of the body, by the keyword of the HTTP client; yield an empty dict when there is no body."""
    if "requestBody" not in operation:
        yield {}
        return
    for media_type, content in operation["requestBody"]["content"].items():
        for example in content["examples"].values():
            yield {MEDIA_TYPES[media_type]: resolved(document, example)["value"]}


def responses(document: dict[str, Any]) -> list[tuple[int, Any]]:
    """Send every request of the document to a new mock, in order, and return the statuses and bodies."""
    app = create_app(World(read_world(), lambda: START))
    headers = {"Authorization": "Bearer push-token"}
    with TestClient(app, base_url="http://canvas.test/api/v1/", headers=headers) as client:
        received = [client.request(**request) for request in requests(document)]
        return [(response.status_code, response.json()) for response in received]


@pytest.mark.parametrize("name", EDITIONS)
def test_requests_of_an_edition_get_the_responses_of_the_contract(name: str) -> None:
    received = responses(edition(name))

    assert received == responses(read_contract())
    # List; create an e-mail, an SMS and a push channel; delete the push token; delete channel 3, then by its address.
    assert [status for status, _ in received] == [200, 200, 200, 200, 200, 200, 404]


@pytest.mark.parametrize("name", ["push-token-in-query", "json-body", "bearer-only"])
def test_edition_defines_the_response_components_of_the_contract(name: str) -> None:
    document = edition(name)

    assert document["components"]["responses"] == read_contract()["components"]["responses"]
    assert document["openapi"] == "3.0.3"


def test_push_token_is_in_the_query_only() -> None:
    operation = edition("push-token-in-query")["paths"][PUSH]["delete"]

    token = operation["parameters"][-1]

    assert (token["name"], token["in"], token["required"]) == ("push_token", "query", True)
    assert "requestBody" not in operation


def test_body_of_a_new_channel_is_json_only() -> None:
    document = edition("json-body")

    assert list(document["paths"][CHANNELS]["post"]["requestBody"]["content"]) == ["application/json"]
    assert "communication_channel[" not in str(document)


def test_access_token_is_in_the_header_only() -> None:
    document = edition("bearer-only")
    operations = [item[method] for item in document["paths"].values() for method in item.keys() - {"parameters"}]

    assert list(document["components"]["securitySchemes"]) == ["bearer_token"]
    assert [operation["security"] for operation in operations] == [[{"bearer_token": []}]] * 5


class TestOpenApi31:
    def test_is_valid(self) -> None:
        document = edition("openapi-3.1")

        assert document["openapi"] == "3.1.1"
        assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []

    def test_nullable_properties_have_null_among_their_types(self) -> None:
        nullable = {name: schema for name, schema in properties(read_contract()) if schema.get("nullable")}

        converted = {name: schema for name, schema in properties(edition("openapi-3.1")) if "null" in schema["type"]}

        assert "nullable" not in str(edition("openapi-3.1"))
        assert {name: schema["type"] for name, schema in converted.items()} == {
            name: [schema["type"], "null"] for name, schema in nullable.items()
        }
        assert len(converted) == 9, "the contract has nine nullable properties"

    def test_null_and_a_number_are_valid_and_text_is_not(self) -> None:
        document = edition("openapi-3.1")
        channel = document["components"]["examples"]["DeletedEmail"]["value"]
        registry: Registry[Any] = Registry().with_resource("urn:contract", DRAFT202012.create_resource(document))
        schema = {"$ref": "urn:contract#/components/schemas/CommunicationChannel"}

        valid = [OAS31Validator(schema, registry=registry).is_valid({**channel, "position": p}) for p in (None, 4, "4")]

        assert valid == [True, True, False]


def properties(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and schema of every property with a type, as `Schema.property`."""
    for name, schema in document["components"]["schemas"].items():
        for key, value in schema.get("properties", {}).items():
            if "type" in value:
                yield f"{name}.{key}", value
