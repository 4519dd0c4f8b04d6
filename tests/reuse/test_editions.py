"""Each edition that an overlay makes of the contract is what it says, and true of what the mock answers."""

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
    """The node, or the component that it names."""
    if "$ref" not in node:
        return node
    _, _, kind, name = node["$ref"].split("/")
    component: dict[str, Any] = document["components"][kind][name]
    return component


def requests(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A request for each example of each operation, made of what is required and where the document puts it."""
    for path, item in document["paths"].items():
        for method in item.keys() - {"parameters"}:
            operation = item[method]
            named = [resolved(document, p) for p in [*item.get("parameters", []), *operation["parameters"]]]
            values = {
                place: {p["name"]: p["example"] for p in named if p["in"] == place and p.get("required")}
                for place in ("path", "query")
            }
            request = {"method": method, "url": path.format(**values["path"])[1:], "params": values["query"]}
            for body in bodies(document, operation):
                yield request | body


def bodies(document: dict[str, Any], operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The body of each example, by the name that the client has for it; one empty answer where there is no body."""
    if "requestBody" not in operation:
        yield {}
        return
    for media_type, content in operation["requestBody"]["content"].items():
        for example in content["examples"].values():
            yield {MEDIA_TYPES[media_type]: resolved(document, example)["value"]}


def answers(document: dict[str, Any]) -> list[tuple[int, Any]]:
    """What a fresh mock says to every request of the document, in the document's order."""
    app = create_app(World(read_world(), lambda: START))
    headers = {"Authorization": "Bearer push-token"}
    with TestClient(app, base_url="http://canvas.test/api/v1/", headers=headers) as device:
        return [(answer.status_code, answer.json()) for answer in (device.request(**r) for r in requests(document))]


@pytest.mark.parametrize("name", EDITIONS)
def test_an_edition_s_own_requests_are_answered_like_the_contract_s(name: str) -> None:
    told = answers(edition(name))

    assert told == answers(read_contract())
    # List; create an e-mail, an SMS and a push channel; forget the device; delete channel 3, and again by its address.
    assert [status for status, _ in told] == [200, 200, 200, 200, 200, 200, 404]


@pytest.mark.parametrize("name", ["push-token-in-query", "json-body", "bearer-only"])
def test_an_edition_says_the_same_of_answers(name: str) -> None:
    changed = edition(name)

    assert changed["components"]["responses"] == read_contract()["components"]["responses"]
    assert changed["openapi"] == "3.0.3"


def test_the_push_token_is_in_the_query_and_nowhere_else() -> None:
    operation = edition("push-token-in-query")["paths"][PUSH]["delete"]

    token = operation["parameters"][-1]

    assert (token["name"], token["in"], token["required"]) == ("push_token", "query", True)
    assert "requestBody" not in operation


def test_a_new_channel_is_json_and_nothing_else() -> None:
    document = edition("json-body")

    assert list(document["paths"][CHANNELS]["post"]["requestBody"]["content"]) == ["application/json"]
    assert "communication_channel[" not in str(document)


def test_the_header_is_the_only_way_to_send_a_token() -> None:
    document = edition("bearer-only")
    operations = [item[method] for item in document["paths"].values() for method in item.keys() - {"parameters"}]

    assert list(document["components"]["securitySchemes"]) == ["bearer_token"]
    assert [operation["security"] for operation in operations] == [[{"bearer_token": []}]] * 5


class TestOpenApi31:
    def test_it_is_valid(self) -> None:
        document = edition("openapi-3.1")

        assert document["openapi"] == "3.1.1"
        assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []

    def test_what_was_nullable_has_null_among_its_types(self) -> None:
        before = {place: schema for place, schema in properties(read_contract()) if schema.get("nullable")}

        after = {place: schema for place, schema in properties(edition("openapi-3.1")) if "null" in schema["type"]}

        assert "nullable" not in str(edition("openapi-3.1"))
        assert {place: schema["type"] for place, schema in after.items()} == {
            place: [schema["type"], "null"] for place, schema in before.items()
        }
        assert len(after) == 9

    def test_null_and_a_value_fit_and_another_type_does_not(self) -> None:
        document = edition("openapi-3.1")
        channel = document["components"]["examples"]["DeletedEmail"]["value"]
        registry: Registry[Any] = Registry().with_resource("urn:it", DRAFT202012.create_resource(document))
        schema = {"$ref": "urn:it#/components/schemas/CommunicationChannel"}

        fits = [OAS31Validator(schema, registry=registry).is_valid({**channel, "position": p}) for p in (None, 4, "4")]

        assert fits == [True, True, False]


def properties(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property of a named schema that says its type, with its place."""
    for name, schema in document["components"]["schemas"].items():
        for key, value in schema.get("properties", {}).items():
            if "type" in value:
                yield f"{name}.{key}", value
