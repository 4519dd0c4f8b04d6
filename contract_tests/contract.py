"""What openapi.yaml promises of an answer, and whether an answer keeps it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from jsonschema import Draft4Validator
from openapi_schema_validator import OAS30Validator

if TYPE_CHECKING:
    import httpx2


class Contract:
    """openapi.yaml, parsed once in a run; answers are held against it. Its document is shared, and never changed."""

    def __init__(self) -> None:
        self.document = _document(contract_file())
        items = (item for path in self.document["paths"].values() for item in path.values())
        self._operations = {
            item["operationId"]: item for item in items if isinstance(item, dict) and "operationId" in item
        }
        self._validators: dict[tuple[str, int, str], Draft4Validator] = {}

    def operations(self) -> dict[str, dict[str, Any]]:
        """Every operation by its operationId."""
        return self._operations

    def breaches(self, operation: str, answer: httpx2.Response, *, with_body: bool = True) -> list[str]:
        """In what way the answer breaks the operation's promise; empty if it keeps it."""
        response = self._operations[operation]["responses"].get(str(answer.status_code))
        if response is None:
            return [f"status {answer.status_code} is not documented for {operation}"]
        response = self.resolve(response)
        content = response.get("content", {})
        media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        found = self._missing_headers(response, answer)
        if not content:
            return found
        if media_type not in content:
            return [*found, f"content type {media_type!r} is not documented for status {answer.status_code}"]
        if with_body and media_type.endswith("json"):
            key = operation, answer.status_code, media_type
            if key not in self._validators:
                self._validators[key] = self.validator(content[media_type]["schema"])
            found += _misfits(self._validators[key], answer)
        return found

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """The node itself, or what its reference points at."""
        while "$ref" in node:
            found: Any = self.document
            for key in node["$ref"].removeprefix("#/").split("/"):
                found = found[key]
            node = found
        return node

    def validator(self, schema: dict[str, Any]) -> Draft4Validator:
        """A validator for a schema of this contract."""
        found: Draft4Validator = OAS30Validator({**schema, "components": self.document["components"]})
        return found

    def _missing_headers(self, response: dict[str, Any], answer: httpx2.Response) -> list[str]:
        declared = {name: self.resolve(header) for name, header in response.get("headers", {}).items()}
        wanted = (name for name, header in declared.items() if header.get("required"))
        return [f"the header {name} is missing" for name in wanted if name not in answer.headers]


def _misfits(validator: Draft4Validator, answer: httpx2.Response) -> list[str]:
    try:
        body = answer.json()
    except ValueError:
        return ["the body is not JSON"]
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]


@cache
def _document(file: Path) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # not every PyYAML is built with libyaml
    document: dict[str, Any] = yaml.load(file.read_text("utf-8"), loader)  # noqa: S506  # it is a safe loader
    return document


def contract_file() -> Path:
    """openapi.yaml as the checkout holds it, or as the wheel carries it: once, beside the mock."""
    root = Path(__file__).parent.parent
    checkout = root / "openapi.yaml"
    return checkout if checkout.exists() else root / "mockserver" / "openapi.yaml"
