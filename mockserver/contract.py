"""openapi.yaml as the mock reads it, and what the mock serves beside it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.resources.abc import Traversable

YAML_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The C reader where PyYAML has one; it is ten times faster."""


def contract_file() -> Traversable:
    """openapi.yaml: beside the code in a wheel, above it in a checkout."""
    packaged = resources.files("mockserver").joinpath("openapi.yaml")
    return packaged if packaged.is_file() else Path(__file__).parent.parent / "openapi.yaml"


def read_contract() -> dict[str, Any]:
    """The contract, with its references as they stand in the file."""
    return _read(contract_file())


def read_beyond() -> dict[str, Any]:
    """What the mock serves beside the contract, because Canvas does and clients need it."""
    return _read(resources.files("mockserver").joinpath("beyond.yaml"))


def compile_schema(schema: dict[str, Any]) -> Callable[[Any], bool]:
    """Whether a value fits this schema of the contract, as a function that is built once."""
    return jsonschema_rs.Draft4Validator(_plain(schema)).is_valid


def _read(file: Traversable) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load(file.read_text("utf-8"), YAML_LOADER)  # noqa: S506  # it is a safe loader
    return document


def _plain(schema: Any) -> Any:
    """OpenAPI's `nullable` said as JSON Schema says it; `format` left to Connexion, which checks none of those used."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _plain(value) for key, value in schema.items()}
    if plain.get("nullable") is True:
        plain["type"] = [plain["type"], "null"]
    return plain
