"""openapi.yaml itself: valid, in one order, with examples that fit their schemas and are what the mock answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from openapi_schema_validator import OAS30ReadValidator
from openapi_spec_validator import validate
from referencing import Registry
from referencing.jsonschema import DRAFT4

from mockserver.contract import contract_file, read_contract
from mockserver.handlers import Handlers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

    from tests.conftest import Login

CONTRACT = read_contract()
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
SELF = "users/self/communication_channels"


def resolved(node: Any) -> Any:
    """The node, or what its reference names."""
    while isinstance(node, dict) and "$ref" in node:
        target: Any = CONTRACT
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in CONTRACT["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


def contents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every place of the contract that has a schema and examples for it, by name."""
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


CONTENTS = dict(contents())


def complaints(schema: Any, value: Any) -> list[str]:
    registry: Registry[Any] = Registry().with_resource("urn:contract", DRAFT4.create_resource(CONTRACT))
    absolute = _absolute(schema)
    return [error.message for error in OAS30ReadValidator(absolute, registry=registry).iter_errors(value)]


def _absolute(node: Any) -> Any:
    if isinstance(node, list):
        return [_absolute(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: f"urn:contract{value}" if key == "$ref" and isinstance(value, str) else _absolute(value)
        for key, value in node.items()
    }


def test_the_contract_is_valid() -> None:
    validate(CONTRACT)


@pytest.mark.parametrize("place", CONTENTS)
def test_every_example_fits_its_schema(place: str) -> None:
    content = CONTENTS[place]

    assert content["examples"], "a place without an example"
    for name, example in content["examples"].items():
        assert complaints(content["schema"], resolved(example)["value"]) == [], name


def test_an_example_that_does_not_fit_would_be_noticed() -> None:
    schema = CONTRACT["components"]["schemas"]["CommunicationChannel"]
    example = CONTRACT["components"]["examples"]["DeletedEmail"]["value"]

    assert complaints(schema, {**example, "id": "3"}) == ["'3' is not of type 'integer'"]
    assert complaints(schema, {**example, "workflow_state": "gone"}) != []


def test_every_operation_has_its_keys_in_one_order() -> None:
    for _, _, operation in operations():
        assert list(operation) == [key for key in KEYS if key in operation], operation["operationId"]


def test_statuses_stand_in_order_and_errors_are_shared() -> None:
    for _, _, operation in operations():
        responses = operation["responses"]
        assert list(responses) == sorted(responses)
        assert all("$ref" in response for status, response in responses.items() if status >= "300")


def test_operation_ids_are_verb_and_noun_and_each_has_a_handler() -> None:
    for _, _, operation in operations():
        assert re.fullmatch(r"(list|create|delete)(_[a-z]+)+", operation["operationId"])
        assert callable(getattr(Handlers(), operation["operationId"]))


def test_links_name_operations_and_parameters_that_are_there() -> None:
    parameters = {
        operation["operationId"]: {resolved(parameter)["name"] for parameter in CONTRACT["paths"][path]["parameters"]}
        for path, _, operation in operations()
        if "parameters" in CONTRACT["paths"][path]
    }

    for link in CONTRACT["components"]["links"].values():
        assert set(link["parameters"]) == parameters[link["operationId"]]


def test_every_shared_component_is_used() -> None:
    text = contract_file().read_text("utf-8")

    for kind in ("parameters", "schemas", "responses", "headers", "links", "examples"):
        unused = [name for name in CONTRACT["components"][kind] if f"'#/components/{kind}/{name}'" not in text]
        assert unused == []


def test_the_examples_tell_what_the_mock_answers(login: Login, student: TestClient) -> None:
    examples = {name: example["value"] for name, example in CONTRACT["components"]["examples"].items()}

    assert student.get(SELF).json() == examples["StudentChannels"]
    assert student.post(SELF, data=examples["CreateEmail"]).json() == examples["CreatedEmail"]
    assert student.post(SELF, data=examples["CreateEmail"]).json() == examples["DuplicateAddress"]
    assert student.delete(f"{SELF}/3").json() == examples["DeletedEmail"]
    assert student.delete(f"{SELF}/3").json() == examples["Missing"]
    assert student.get("users/2/communication_channels").json() == examples["Unauthorized"]
    assert student.get(SELF, params={"as_user_id": "2"}).json() == examples["InvalidMasquerade"]
    assert student.post(SELF, data={"communication_channel[type]": "email"}).json() == examples["BlankAddress"]
    assert student.post(SELF, data=examples["CreatePush"]).json() == examples["SnsNotConfigured"]
    assert login().get(SELF).json() == examples["NoToken"]
    assert login("unknown-token").get(SELF).json() == examples["InvalidToken"]
    assert login("expired-token").get(SELF).json() == examples["ExpiredToken"]


def test_the_push_examples_tell_what_the_mock_answers(login: Login) -> None:
    examples = {name: example["value"] for name, example in CONTRACT["components"]["examples"].items()}
    phone = login("push-token")

    unprocessable = phone.post(SELF, data={"communication_channel[type]": "push"})
    phone.post(SELF, data=examples["CreatePush"])
    forgotten = phone.request("DELETE", f"{SELF}/push", data=examples["DeletePushToken"])

    assert unprocessable.json() == examples["BlankToken"]
    assert forgotten.json() == examples["PushTokenDeleted"]


class TestPublicPage:
    """The curl calls of Canvas's page, their quoting mended, with this world's ids and tokens."""

    def test_list(self, student: TestClient) -> None:
        response = student.get("users/1/communication_channels")

        assert [channel["position"] for channel in response.json()] == [1, 2, 3]

    def test_create(self, student: TestClient) -> None:
        body = "communication_channel[address]=new@example.com&communication_channel[type]=email"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}

        response = student.post("users/1/communication_channels", content=body, headers=headers)

        assert response.json()["address"] == "new@example.com"

    def test_delete_by_id(self, student: TestClient) -> None:
        assert student.delete("users/1/communication_channels/3").json()["id"] == 3

    def test_delete_by_type_and_address(self, student: TestClient) -> None:
        response = student.delete("users/1/communication_channels/sms/5550100@sms.example.com")

        assert response.json()["id"] == 2

    def test_delete_a_push_token(self, login: Login) -> None:
        phone = login("push-token")
        phone.post(SELF, data={"communication_channel[type]": "push", "communication_channel[token]": "t"})

        response = phone.request("DELETE", f"{SELF}/push", data={"push_token": "t"})

        assert response.json() == {"success": True}
