"""The contract openapi.yaml, and the validation of responses against it."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from jsonschema import Draft4Validator
from openapi_schema_validator import OAS30Validator

from contract_tests.client.api_client import MAX_CHANNELS
from contract_tests.oracle.formats import check_formats, format_checker

if TYPE_CHECKING:
    import httpx2

_MAX_VIOLATIONS = 100
"""The number of violations of one response that are reported."""
_MAX_MESSAGE = 2_000
"""The length of a violation, which quotes the value."""
_MAX_REMEMBERED = 1_024
_MAX_REMEMBERED_SIZE = 32 * 1024
"""The number and the size of the bodies of which the violations are remembered: many responses have the same body."""


class Contract:
    """The parsed openapi.yaml. All instances share one `document`; do not modify it."""

    def __init__(self) -> None:
        self.document = _read_document(contract_file())
        items = (item for path in self.document["paths"].values() for item in path.values())
        self._operations = {
            item["operationId"]: item for item in items if isinstance(item, dict) and "operationId" in item
        }
        self._with_older_forms = with_older_forms(self.document)
        self._validators: dict[tuple[str, int, str], Draft4Validator] = {}
        self._format_checker = format_checker()
        self._remembered_violations = lru_cache(_MAX_REMEMBERED)(self._body_violations)

    def operations(self) -> dict[str, dict[str, Any]]:
        """Return the operations by operationId."""
        return self._operations

    def violations(self, operation: str, response: httpx2.Response, *, with_body: bool = True) -> list[str]:
        """Return the ways in which the response violates the description of the operation.

        `with_body` is false for a response to HEAD, which has no body.
        """
        documented = self._operations[operation]["responses"].get(str(response.status_code))
        if documented is None:
            return [f"status {response.status_code} is not documented for {operation}"]
        documented = _resolve(self._with_older_forms, documented)
        content = documented.get("content", {})
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        violations = self._missing_headers(documented, response)
        if not content:
            return violations
        if media_type not in content:
            return [*violations, f"content type {media_type!r} is not documented for status {response.status_code}"]
        if with_body and media_type.endswith("json"):
            is_small = len(response.content) <= _MAX_REMEMBERED_SIZE
            find = self._remembered_violations if is_small else self._body_violations
            violations += find(operation, response.status_code, media_type, response.content)
        return violations

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """Return the node, or the node to which its `$ref` points."""
        return _resolve(self.document, node)

    def validator(self, schema: dict[str, Any]) -> Draft4Validator:
        """Return a validator for a schema of this contract, which checks formats too."""
        validator: Draft4Validator = OAS30Validator(
            {**schema, "components": self.document["components"]}, format_checker=self._format_checker
        )
        return validator

    def _body_violations(self, operation: str, status: int, media_type: str, body: bytes) -> tuple[str, ...]:
        key = operation, status, media_type
        if key not in self._validators:
            documented = _resolve(self._with_older_forms, self._operations[operation]["responses"][str(status)])
            self._validators[key] = self.validator(documented["content"][media_type]["schema"])
        return tuple(_schema_violations(self._validators[key], body))

    def _missing_headers(self, documented: dict[str, Any], response: httpx2.Response) -> list[str]:
        headers = {name: self.resolve(header) for name, header in documented.get("headers", {}).items()}
        required = (name for name, header in headers.items() if header.get("required"))
        return [f"the required header {name} is absent" for name in required if name not in response.headers]


def with_older_forms(document: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of the contract that also allows what Canvas of 2023 returns.

    The `message` of an error with status 422 may be null (behaviour 15).
    """
    document = deepcopy(document)
    schemas = document["components"]["schemas"]
    error, response = deepcopy(schemas["ErrorDetail"]), deepcopy(schemas["ErrorResponse"])
    error["properties"]["message"]["nullable"] = True
    response["properties"]["errors"]["items"] = error
    content = document["components"]["responses"]["Unprocessable"]["content"]
    content["application/json"]["schema"] = response
    return document


def _resolve(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = document
        for key in node["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        node = target
    return node


def _schema_violations(validator: Draft4Validator, content: bytes) -> list[str]:
    try:
        body = json.loads(content)
    except ValueError:
        return ["the body is not valid JSON"]
    if isinstance(body, list) and len(body) > MAX_CHANNELS:
        return [f"the body is a list of {len(body)} elements, which is more than a user can have channels"]
    errors = islice(validator.iter_errors(body), _MAX_VIOLATIONS)
    return [f"{error.json_path}: {error.message}"[:_MAX_MESSAGE] for error in errors]


@cache
def _read_document(file: Path) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # not every PyYAML is built with libyaml
    document: dict[str, Any] = yaml.load(file.read_text("utf-8"), loader)  # noqa: S506  # it is a safe loader
    check_formats(document)
    return document


def contract_file() -> Path:
    """Return the path of openapi.yaml: in the root of a checkout, or in the mock's package of an installed wheel."""
    root = Path(__file__).parent.parent.parent
    checkout = root / "openapi.yaml"
    return checkout if checkout.exists() else root / "mockserver" / "openapi.yaml"
