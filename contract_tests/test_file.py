"""The contract itself: valid, with true examples and links that lead somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openapi_spec_validator import validate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract_tests.contract import Contract


def test_the_file_is_valid(contract: Contract) -> None:
    """openapi.yaml is an OpenAPI 3.0 document."""
    validate(contract.document)


def test_every_example_fits_its_schema(contract: Contract) -> None:
    """Each example of a body is valid against the body's schema."""
    for content in _contents(contract):
        for example in content.get("examples", {}).values():
            value = contract.resolve(example)["value"]
            assert not list(contract.validator(content["schema"]).iter_errors(value))


def test_every_link_names_an_operation(contract: Contract) -> None:
    """Each link leads to an operation that exists."""
    targets = {link["operationId"] for link in contract.document["components"]["links"].values()}

    assert targets <= contract.operations().keys()


def _contents(contract: Contract) -> Iterator[dict[str, Any]]:
    for operation in contract.operations().values():
        holders = [operation.get("requestBody", {}), *operation["responses"].values()]
        for holder in holders:
            yield from contract.resolve(holder).get("content", {}).values()
