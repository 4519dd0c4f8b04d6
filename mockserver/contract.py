"""The contract, openapi.yaml, and the supplement: operations that the mock serves and the contract does not have."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.resources.abc import Traversable

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C loader is ten times faster


def contract_file() -> Traversable:
    """Return openapi.yaml: in the package of a wheel, above it in a checkout."""
    packaged = resources.files("mockserver").joinpath("openapi.yaml")
    return packaged if packaged.is_file() else Path(__file__).parent.parent / "openapi.yaml"


def read_contract() -> dict[str, Any]:
    """Return the contract as a document with unresolved references."""
    return _read(contract_file())


def read_supplement() -> dict[str, Any]:
    """Return the supplement: operations of Canvas that clients of this API need and the contract leaves out."""
    return _read(resources.files("mockserver.api").joinpath("supplement.yaml"))


def compile_schema(schema: dict[str, Any]) -> Callable[[Any], bool]:
    """Compile a schema of the contract to a function that returns whether a value is valid."""
    return jsonschema_rs.Draft4Validator(_to_json_schema(schema)).is_valid


def _read(file: Traversable) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load(file.read_text("utf-8"), _LOADER)  # noqa: S506  # it is a safe loader
    return document


def _to_json_schema(schema: Any) -> Any:
    """Return an OpenAPI schema as JSON Schema, which has no `nullable`. Connexion checks none of the formats used."""
    if isinstance(schema, list):
        return [_to_json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    converted = {key: _to_json_schema(value) for key, value in schema.items()}
    if converted.get("nullable") is True:
        converted["type"] = [converted["type"], "null"]
    return converted
