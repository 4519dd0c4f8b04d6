"""Coverage of the contract: the documented parts of responses that a run received, and the undocumented ones."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract_tests.client.exchange import Exchange

Node = dict[str, Any]
KINDS = ("operation", "status", "media type", "field", "header")


class Part(NamedTuple):
    """A part of a response: its operation, its status, its media type, a field of its body, or a header."""

    kind: str
    """One of KINDS."""
    parent: str
    """The operationId; for a field of an error, the name of the schema, which several operations share."""
    status: str = ""
    name: str = ""
    """For a field, its path in the body: `[]` is any element and `*` any key.

    An undocumented header has its name only, without parent and status.
    """


@dataclass(frozen=True, slots=True)
class Coverage:
    """The number of responses with each documented part, in the order of the contract, and with each other part."""

    documented: dict[Part, int]
    undocumented: dict[Part, int]

    def of(self, kind: str) -> dict[Part, int]:
        """Return the documented parts of one kind."""
        return {part: number for part, number in self.documented.items() if part.kind == kind}

    def received(self, kind: str) -> list[Part]:
        """Return the documented parts of one kind that the run received."""
        return [part for part, number in self.of(kind).items() if number]

    def not_received(self, kind: str) -> list[Part]:
        """Return the documented parts of one kind that the run did not receive.

        Parts of a status that it did not receive are left out: the status itself is enough.
        """
        return [part for part, number in self.of(kind).items() if not number and self._has_received_status(part)]

    def undocumented_of(self, kind: str) -> dict[Part, int]:
        """Return the undocumented parts of one kind that the run received."""
        return {part: number for part, number in self.undocumented.items() if part.kind == kind}

    def _has_received_status(self, part: Part) -> bool:
        has_no_status = part.kind == "status" or not part.status
        return has_no_status or self.documented[Part("status", part.parent, part.status)] > 0


def measure_coverage(document: Node, exchanges: Iterable[Exchange]) -> Coverage:
    """Return the coverage of an OpenAPI document by the exchanges that belong to its operations."""
    responses = _DocumentedResponses(document)
    documented = dict.fromkeys(responses.parts(), 0)
    undocumented: Counter[Part] = Counter()
    for exchange in exchanges:
        for part in responses.received_parts(exchange):
            if part in documented:
                documented[part] += 1
            else:
                undocumented[part] += 1
    return Coverage(documented, dict(sorted(undocumented.items())))


class _DocumentedResponses:
    """The responses of an OpenAPI document, and the parts of exchanges under the same names."""

    def __init__(self, document: Node) -> None:
        self._document = document
        items = (item for path in document["paths"].values() for item in path.values() if isinstance(item, dict))
        self._operations = {item["operationId"]: item["responses"] for item in items if "operationId" in item}
        self._headers = {part.name.lower(): part.name for part in self.parts() if part.kind == "header"}
        self._bodies: dict[tuple[str, str, str, str], frozenset[Part]] = {}
        """The fields of each body, by operation, status, media type and body: many responses have the same one."""

    def parts(self) -> Iterator[Part]:
        """Yield every documented part."""
        for operation, responses in self._operations.items():
            yield Part("operation", operation)
            for status, reference in responses.items():
                yield Part("status", operation, status)
                yield from self._response_parts(operation, status, self._resolve(reference))

    def received_parts(self, exchange: Exchange) -> set[Part]:
        """Return the parts of one response; none if its operation is not in the document."""
        operation, responses = exchange.operation, self._operations.get(exchange.operation)
        if responses is None:
            return set()
        status = _documented_status(responses, exchange.status)
        parts = {Part("operation", operation), Part("status", operation, status)}
        if status in responses:
            response = self._resolve(responses[status])
            # The Content-Type is the part "media type".
            names = {name.lower() for name, _ in exchange.response_headers} - {"content-type"}
            parts.update(self._header_part(operation, status, name) for name in names)
            if exchange.method != "HEAD":
                parts.update(self._received_content(operation, status, response.get("content", {}), exchange))
        return parts

    def _response_parts(self, operation: str, status: str, response: Node) -> Iterator[Part]:
        for name in response.get("headers", {}):
            yield Part("header", operation, status, name)
        for media_type, content in response.get("content", {}).items():
            yield Part("media type", operation, status, media_type)
            for schema_name, schema in self._alternatives(content.get("schema", {})).items():
                for path in self._documented_paths(schema):
                    yield _field_part(operation, status, schema_name, path)

    def _header_part(self, operation: str, status: str, name: str) -> Part:
        is_documented = name in self._headers
        return Part("header", operation, status, self._headers[name]) if is_documented else Part("header", "", "", name)

    def _received_content(self, operation: str, status: str, contents: Node, exchange: Exchange) -> Iterator[Part]:
        media_type = _media_type(exchange)
        if not media_type and not exchange.body:
            return
        yield Part("media type", operation, status, media_type)
        if media_type in contents and media_type.endswith("json"):
            key = operation, status, media_type, exchange.body
            if key not in self._bodies:
                schema = contents[media_type].get("schema", {})
                self._bodies[key] = frozenset(self._received_fields(operation, status, schema, exchange.body))
            yield from self._bodies[key]

    def _received_fields(self, operation: str, status: str, schema: Node, body: str) -> Iterator[Part]:
        """Yield the fields of a JSON body, by the documented schemas that the body matches."""
        try:
            value = json.loads(body)
        except ValueError:
            yield Part("field", operation, status, "a body that is not JSON")
            return
        alternatives = self._alternatives(schema)
        # A body that violates the only documented schema still has fields to record.
        matching = {
            name: each for name, each in alternatives.items() if len(alternatives) == 1 or self._matches(each, value)
        }
        if not matching:
            yield Part("field", operation, status, "a body that matches none of the documented schemas")
        for schema_name, each in matching.items():
            for path in self._received_paths(each, value):
                yield _field_part(operation, status, schema_name, path)

    def _alternatives(self, schema: Node) -> dict[str, Node]:
        """Return the alternatives of the schema by name; an inline schema has an empty name."""
        name = schema.get("$ref", "").rpartition("/")[2]
        resolved = self._resolve(schema)
        alternatives = [*resolved.get("oneOf", []), *resolved.get("anyOf", [])]
        by_name = {key: value for each in alternatives for key, value in self._alternatives(each).items()}
        return by_name or {name: resolved}

    def _documented_paths(self, schema: Node, path: str = "", ancestors: tuple[str, ...] = ()) -> Iterator[str]:
        """Yield the path of every field of the schema; a recursive schema is followed once."""
        if schema.get("$ref") in ancestors:
            return
        ancestors = (*ancestors, schema.get("$ref", ""))
        for key, child in self._subschemas(schema):
            if not key.startswith("["):
                yield _join(path, key)
            yield from self._documented_paths(child, _join(path, key), ancestors)

    def _received_paths(self, schema: Node, value: Any, path: str = "") -> Iterator[str]:
        """Yield the path of every field of the value."""
        subschemas = dict(self._subschemas(schema))
        for name, child in _children(value):
            key = name if name in subschemas or "*" not in subschemas else "*"
            if not key.startswith("["):
                yield _join(path, key)
            if key in subschemas:
                yield from self._received_paths(subschemas[key], child, _join(path, key))

    def _subschemas(self, schema: Node) -> Iterator[tuple[str, Node]]:
        """Yield the schema of each property by its name, of other properties as `*`, and of elements as `[]`."""
        schema = self._resolve(schema)
        for each in (part for keyword in ("allOf", "anyOf", "oneOf") for part in schema.get(keyword, [])):
            yield from self._subschemas(each)
        yield from schema.get("properties", {}).items()
        if isinstance(schema.get("additionalProperties"), dict):
            yield "*", schema["additionalProperties"]
        if "items" in schema:
            yield "[]", schema["items"]

    def _matches(self, schema: Node, value: Any) -> bool:
        """Whether the value has the structure of the schema; the types of scalars do not matter."""
        schema, subschemas = self._resolve(schema), dict(self._subschemas(schema))
        if isinstance(value, dict) and not value.keys() >= set(schema.get("required", [])):
            return False
        if "type" in schema and _container(schema["type"]) != _container(_type(value)):
            return False
        children = ((subschemas.get(key, subschemas.get("*")), child) for key, child in _children(value))
        return all(subschema is None or self._matches(subschema, child) for subschema, child in children)

    def _resolve(self, node: Node) -> Node:
        while "$ref" in node:
            target: Any = self._document
            for key in node["$ref"].removeprefix("#/").split("/"):
                target = target[key]
            node = target
        return node


def _documented_status(responses: Node, status: int) -> str:
    """Return the key of the response with this status: exact, `4XX` or `default`; else the status."""
    candidates = (str(status), f"{status // 100}XX", "default")
    return next((key for key in candidates if key in responses), str(status))


def _media_type(exchange: Exchange) -> str:
    headers = {name.lower(): value for name, value in exchange.response_headers}
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _field_part(operation: str, status: str, schema_name: str, path: str) -> Part:
    is_shared = not status.startswith("2") and bool(schema_name)
    return Part("field", schema_name, "", path) if is_shared else Part("field", operation, status, path)


def _type(value: Any) -> str:
    match value:
        case dict():
            return "object"
        case list():
            return "array"
    return "scalar"


def _container(type_: str) -> str:
    return type_ if type_ in {"object", "array"} else ""


def _children(value: Any) -> Iterable[tuple[str, Any]]:
    match value:
        case dict():
            return value.items()
        case list():
            return (("[]", each) for each in value)
    return ()


def _join(path: str, key: str) -> str:
    if not path:
        return key
    return f"{path}{key}" if key.startswith("[") else f"{path}.{key}"
