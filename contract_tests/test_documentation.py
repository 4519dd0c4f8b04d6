"""The contract document, its coverage of Canvas's page, and the documented differences from that page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from openapi_spec_validator import validate

from contract_tests.oracle.differences import PROBES
from contract_tests.oracle.traceability import (
    all_test_names,
    read_promises,
    unmatched_probes,
    unresolved_pointers,
    untested_sentences,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract_tests.client.api_client import ApiClient
    from contract_tests.oracle.contract import Contract
    from contract_tests.oracle.traceability import Difference

PROMISES = read_promises()
TESTED_DIFFERENCES = [difference for difference in PROMISES.differences if not difference.untestable]


@pytest.mark.cases(smoke=1)
def test_contract_is_a_valid_openapi_document(contract: Contract) -> None:
    """openapi.yaml is a valid OpenAPI 3.0 document."""
    validate(contract.document)


@pytest.mark.cases(smoke=1)
def test_every_example_is_valid_against_its_schema(contract: Contract) -> None:
    """Each example of a body in openapi.yaml is valid against the schema of that body."""
    for content in _contents(contract):
        for example in content.get("examples", {}).values():
            value = contract.resolve(example)["value"]
            assert not list(contract.validator(content["schema"]).iter_errors(value))


@pytest.mark.cases(smoke=1)
def test_every_link_refers_to_an_operation(contract: Contract) -> None:
    """Each Link Object in openapi.yaml refers to an operation of openapi.yaml."""
    targets = {link["operationId"] for link in contract.document["components"]["links"].values()}

    assert targets <= contract.operations().keys()


def test_every_sentence_of_the_page_is_in_the_contract(contract: Contract) -> None:
    """Each sentence of Canvas's page, and each documented difference, refers to a place in openapi.yaml."""
    unresolved = unresolved_pointers(PROMISES, contract.document)

    assert not unresolved, f"contract_tests/oracle/promises.yaml has unresolved pointers: {', '.join(unresolved)}"


def test_every_sentence_of_the_page_has_a_test() -> None:
    """Each sentence of Canvas's page, and each documented difference, has tests or a reason why it has none."""
    untested = untested_sentences(PROMISES, all_test_names())

    assert not untested, f"contract_tests/oracle/promises.yaml has sentences without tests: {', '.join(untested)}"


def test_every_documented_difference_has_a_probe() -> None:
    """Each documented difference has one probe, and each probe has a documented difference."""
    unmatched = unmatched_probes(PROMISES, PROBES.keys())

    assert not unmatched, (
        "contract_tests/oracle/promises.yaml and PROBES in contract_tests/oracle/differences.py differ: "
        f"{', '.join(unmatched)}"
    )


def test_contract_has_the_routes_of_the_page(contract: Contract) -> None:
    """openapi.yaml has the routes of Canvas's page and no others."""
    routes = {each.contract: each.id for each in PROMISES.sentences if each.id.endswith("-route")}
    operations = {
        f"/paths/{path.replace('/', '~1')}/{method}": operation["operationId"]
        for path, method, operation in _operations(contract)
    }

    without_sentence = [name for pointer, name in operations.items() if pointer not in routes]
    without_operation = [id_ for pointer, id_ in routes.items() if pointer not in operations]
    assert not without_sentence, (
        f"contract_tests/oracle/promises.yaml has no sentence for {', '.join(without_sentence)}; "
        "add one with an id that ends with -route"
    )
    assert not without_operation, (
        f"openapi.yaml has no operation for {', '.join(without_operation)} of contract_tests/oracle/promises.yaml; "
        "add the operation, or remove the sentence"
    )


@pytest.mark.cases(smoke=1)
def test_every_scope_is_a_method_and_a_route(contract: Contract) -> None:
    """The scope of each operation is its method and its route, with a colon before each path parameter."""
    declared = contract.document["components"]["securitySchemes"]["oauth2"]["flows"]["authorizationCode"]["scopes"]
    for path, method, operation in _operations(contract):
        route = re.sub(r"\{(\w+)\}", r":\1", path)
        scopes = [scope for each in operation["security"] for scope in each.get("oauth2", [])]
        name = operation["operationId"]
        assert scopes == [f"url:{method.upper()}|/api/v1{route}"], f"the scope of {name}"
        assert scopes[0] in declared, (
            f"openapi.yaml does not declare the scope of {name}; add it to components/securitySchemes/oauth2"
        )


@pytest.mark.parametrize("difference", TESTED_DIFFERENCES, ids=lambda difference: difference.id)
def test_documented_difference_still_exists(
    difference: Difference, owner: ApiClient, request: pytest.FixtureRequest
) -> None:
    """Canvas differs from its page as documented."""
    observation = PROBES[difference.id](owner, request)

    assert not observation.matches_page, (
        f"expected a difference from the page ({difference.page}), observed: {observation.description}"
    )
    assert observation.matches_canvas, (
        f"expected the behaviour of Canvas ({difference.canvas}), observed: {observation.description}"
    )


def _operations(contract: Contract) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the path, the method and the Operation Object of each operation."""
    for path, item in contract.document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


def _contents(contract: Contract) -> Iterator[dict[str, Any]]:
    """Yield each Media Type Object of the contract's requests and responses."""
    for operation in contract.operations().values():
        for body in (operation.get("requestBody", {}), *operation["responses"].values()):
            yield from contract.resolve(body).get("content", {}).values()
