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
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
"""The range of the format int64."""


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


def parse_contract(text: str) -> dict[str, Any]:
    """Return the OpenAPI document in a YAML text, with unresolved references."""
    document: dict[str, Any] = yaml.load(text, _LOADER)  # noqa: S506  # it is a safe loader
    return document


def compile_schema(schema: dict[str, Any]) -> Callable[[Any], bool]:
    """Compile a schema of the contract to a function that returns whether a value is valid.

    Raises ValueError if the schema uses a format that the function would not check.
    """
    # Connexion uses draft 4 as well: `exclusiveMinimum` is a boolean, as in OpenAPI 3.0.
    return jsonschema_rs.Draft4Validator(_to_json_schema(schema), validate_formats=True).is_valid


def _read(file: Traversable) -> dict[str, Any]:
    return parse_contract(file.read_text("utf-8"))


def _to_json_schema(schema: Any) -> Any:
    """Return an OpenAPI schema as JSON Schema, which has no `nullable` and no format `int64`."""
    if isinstance(schema, list):
        return [_to_json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    converted = {key: _to_json_schema(value) for key, value in schema.items()}
    if converted.get("nullable") is True:
        converted["type"] = [converted["type"], "null"]
    if isinstance(converted.get("format"), str):
        converted |= _format_keywords(converted)
    return converted


def _format_keywords(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the keywords that check the schema's format. Raises ValueError for an unknown format."""
    match schema["format"]:
        case "date-time":
            return {"format": "date-time"}
        case "int64":
            return {
                "minimum": max(schema.get("minimum", INT64_MIN), INT64_MIN),
                "maximum": min(schema.get("maximum", INT64_MAX), INT64_MAX),
            }
        case unknown:
            raise ValueError(f"openapi.yaml uses the format {unknown!r}; add its check to mockserver/contract.py.")
