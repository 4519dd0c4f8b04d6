"""openapi.yaml: its validity, the order of its keys, and its examples against its schemas and against the mock."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from openapi_schema_validator import OAS30ReadValidator
from openapi_spec_validator import validate
from referencing import Registry
from referencing.jsonschema import DRAFT4

from mockserver.api.handlers import Handlers
from mockserver.contract import contract_file, read_contract
from tests.channel_requests import FORM, OWN_CHANNELS, channels_of, register_device, unregister_device

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

    from tests.conftest import ClientFactory

CONTRACT = read_contract()
VERBS = ["create", "delete", "list"]
KEYS = [
    "operationId",
    "summary",
    "description",
    "externalDocs",
    "tags",
    "security",
    "parameters",
    "requestBody",
    "responses",
]


def resolved(node: Any) -> Any:
    """Return the node, or the component that it references."""
    while isinstance(node, dict) and "$ref" in node:
        target: Any = CONTRACT
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the path, the method and the Operation Object of each operation."""
    for path, item in CONTRACT["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


def schemas_with_examples() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a name and a schema with examples, for every schema of the contract that has examples."""
    for _, _, operation in operations():
        name = operation["operationId"]
        if "requestBody" in operation:
            yield from ((f"{name} body", content) for content in operation["requestBody"]["content"].values())
        for status, response in operation["responses"].items():
            for media_type, content in resolved(response).get("content", {}).items():
                yield f"{name} {status} {media_type}", content
    for kind in ("parameters", "headers"):
        for name, item in CONTRACT["components"][kind].items():
            yield f"{kind} {name}", {"schema": item["schema"], "examples": {"it": {"value": item["example"]}}}
    for name, schema in CONTRACT["components"]["schemas"].items():
        for property_, inner in schema.get("properties", {}).items():
            if "example" in inner:
                yield f"{name}.{property_}", {"schema": inner, "examples": {"it": {"value": inner["example"]}}}


SCHEMAS_WITH_EXAMPLES = dict(schemas_with_examples())


def schema_errors(schema: Any, value: Any) -> list[str]:
    """Return the messages on the value; `schema` may reference components of the contract."""
    registry: Registry[Any] = Registry().with_resource("urn:contract", DRAFT4.create_resource(CONTRACT))
    validator = OAS30ReadValidator(_with_absolute_references(schema), registry=registry)
    return [error.message for error in validator.iter_errors(value)]


def _with_absolute_references(node: Any) -> Any:
    if isinstance(node, list):
        return [_with_absolute_references(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: f"urn:contract{value}" if key == "$ref" and isinstance(value, str) else _with_absolute_references(value)
        for key, value in node.items()
    }


class TestDocument:
    def test_is_valid_openapi(self) -> None:
        validate(CONTRACT)

    def test_every_operation_has_its_keys_in_the_same_order(self) -> None:
        for _, _, operation in operations():
            assert list(operation) == [key for key in KEYS if key in operation], operation["operationId"]

    def test_statuses_are_in_order_and_errors_are_shared(self) -> None:
        for _, _, operation in operations():
            responses = operation["responses"]

            assert list(responses) == sorted(responses)
            assert all("$ref" in response for status, response in responses.items() if status >= "300")

    def test_operation_id_is_a_verb_and_a_noun_and_has_a_handler(self) -> None:
        for _, _, operation in operations():
            operation_id = operation["operationId"]

            assert re.fullmatch(rf"({'|'.join(VERBS)})(_[a-z]+)+", operation_id), (
                f"{operation_id} does not start with a known verb; add the verb to VERBS in tests/api/test_contract.py"
            )
            assert callable(getattr(Handlers(), operation_id, None)), (
                f"{operation_id} has no handler; add a method of this name to mockserver/api/handlers.py"
            )

    def test_link_has_the_parameters_of_its_operation(self) -> None:
        parameters = {
            operation["operationId"]: {
                resolved(parameter)["name"] for parameter in CONTRACT["paths"][path]["parameters"]
            }
            for path, _, operation in operations()
            if "parameters" in CONTRACT["paths"][path]
        }

        for link in CONTRACT["components"]["links"].values():
            assert set(link["parameters"]) == parameters[link["operationId"]]

    def test_every_shared_component_is_used(self) -> None:
        text = contract_file().read_text("utf-8")

        for kind in ("parameters", "schemas", "responses", "headers", "links", "examples"):
            unused = [name for name in CONTRACT["components"][kind] if f"'#/components/{kind}/{name}'" not in text]
            assert unused == []


class TestExamples:
    @pytest.mark.parametrize("name", SCHEMAS_WITH_EXAMPLES)
    def test_every_example_is_valid_against_its_schema(self, name: str) -> None:
        content = SCHEMAS_WITH_EXAMPLES[name]

        assert content["examples"], "there is no example"
        for example_name, example in content["examples"].items():
            assert schema_errors(content["schema"], resolved(example)["value"]) == [], example_name

    def test_invalid_example_would_be_found(self) -> None:
        schema = CONTRACT["components"]["schemas"]["CommunicationChannel"]
        example = CONTRACT["components"]["examples"]["DeletedEmail"]["value"]

        assert schema_errors(schema, {**example, "id": "3"}) == ["'3' is not of type 'integer'"]
        assert schema_errors(schema, {**example, "workflow_state": "gone"}) != []

    def test_examples_are_the_responses_of_the_mock(self, client_for: ClientFactory, student: TestClient) -> None:
        examples = {name: example["value"] for name, example in CONTRACT["components"]["examples"].items()}

        assert student.get(OWN_CHANNELS).json() == examples["StudentChannels"]
        assert student.post(OWN_CHANNELS, data=examples["CreateEmail"]).json() == examples["CreatedEmail"]
        assert student.post(OWN_CHANNELS, data=examples["CreateEmail"]).json() == examples["DuplicateAddress"]
        assert student.delete(f"{OWN_CHANNELS}/3").json() == examples["DeletedEmail"]
        assert student.delete(f"{OWN_CHANNELS}/3").json() == examples["Missing"]
        assert student.get(channels_of(2)).json() == examples["Unauthorized"]
        assert student.get(OWN_CHANNELS, params={"as_user_id": "2"}).json() == examples["InvalidMasquerade"]
        assert (
            student.post(OWN_CHANNELS, data={"communication_channel[type]": "email"}).json() == examples["BlankAddress"]
        )
        assert student.post(OWN_CHANNELS, data=examples["CreatePush"]).json() == examples["SnsNotConfigured"]
        assert client_for().get(OWN_CHANNELS).json() == examples["NoToken"]
        assert client_for("unknown-token").get(OWN_CHANNELS).json() == examples["InvalidToken"]
        assert client_for("expired-token").get(OWN_CHANNELS).json() == examples["ExpiredToken"]

    def test_push_examples_are_the_responses_of_the_mock(self, client_for: ClientFactory) -> None:
        examples = {name: example["value"] for name, example in CONTRACT["components"]["examples"].items()}
        client = client_for("push-token")

        unprocessable = client.post(OWN_CHANNELS, data={"communication_channel[type]": "push"})
        client.post(OWN_CHANNELS, data=examples["CreatePush"])
        unregistered = client.request("DELETE", f"{OWN_CHANNELS}/push", data=examples["DeletePushToken"])

        assert unprocessable.json() == examples["BlankToken"]
        assert unregistered.json() == examples["PushTokenDeleted"]


class TestCanvasPage:
    """The curl commands of Canvas's page, with corrected quotes and with ids and tokens of the default world."""

    def test_list(self, student: TestClient) -> None:
        response = student.get(channels_of(1))

        assert [channel["position"] for channel in response.json()] == [1, 2, 3]

    def test_create(self, student: TestClient) -> None:
        body = "communication_channel[address]=new@example.com&communication_channel[type]=email"

        response = student.post(channels_of(1), content=body, headers=FORM)

        assert response.json()["address"] == "new@example.com"

    def test_delete_by_id(self, student: TestClient) -> None:
        response = student.delete(f"{channels_of(1)}/3")

        assert response.json()["id"] == 3

    def test_delete_by_type_and_address(self, student: TestClient) -> None:
        response = student.delete(f"{channels_of(1)}/sms/5550100@sms.example.com")

        assert response.json()["id"] == 2

    def test_delete_a_push_token(self, client_for: ClientFactory) -> None:
        client = client_for("push-token")
        register_device(client, "t")

        response = unregister_device(client, "t")

        assert response.json() == {"success": True}
