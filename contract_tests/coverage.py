"""Contract coverage: what openapi.yaml documents of answers and a run has seen, and what was seen beside it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract_tests.record import Exchange

Node = dict[str, Any]
KINDS = ("operation", "status", "media type", "field", "header")


class Part(NamedTuple):
    """One thing that an answer may have.

    `place` is an operationId; of a field of an error, which operations share, it is the name of its schema.
    A field is named by its way through the body: `[]` is any element, `*` any key.
    A header that is documented nowhere has no more than its name.
    """

    kind: str
    place: str
    status: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """In how many answers each documented part was seen, in the contract's order; and each undocumented one."""

    documented: dict[Part, int]
    undocumented: dict[Part, int]

    def of(self, kind: str) -> dict[Part, int]:
        """The documented parts of one kind."""
        return {part: times for part, times in self.documented.items() if part.kind == kind}

    def seen(self, kind: str) -> list[Part]:
        """The documented parts of one kind that some answer had."""
        return [part for part, times in self.of(kind).items() if times]

    def unseen(self, kind: str) -> list[Part]:
        """The documented parts of one kind that no answer had; nothing is said twice of a status that no answer had."""
        return [part for part, times in self.of(kind).items() if not times and self._answered(part)]

    def unexpected(self, kind: str) -> dict[Part, int]:
        """What answers had and the contract does not document."""
        return {part: times for part, times in self.undocumented.items() if part.kind == kind}

    def _answered(self, part: Part) -> bool:
        whole = part.kind == "status" or not part.status
        return whole or self.documented[Part("status", part.place, part.status)] > 0


def measure(document: Node, exchanges: Iterable[Exchange]) -> Coverage:
    """The coverage of an OpenAPI document by these exchanges; those outside its operations do not count."""
    answers = _Answers(document)
    documented = dict.fromkeys(answers.documented(), 0)
    undocumented: Counter[Part] = Counter()
    for exchange in exchanges:
        for part in answers.found(exchange):
            if part in documented:
                documented[part] += 1
            else:
                undocumented[part] += 1
    return Coverage(documented, dict(sorted(undocumented.items())))


class _Answers:
    """What the document says of answers; both of its readings name a part in the same way."""

    def __init__(self, document: Node) -> None:
        self._document = document
        items = (item for path in document["paths"].values() for item in path.values() if isinstance(item, dict))
        self._operations = {item["operationId"]: item["responses"] for item in items if "operationId" in item}
        self._headers = {part.name.lower(): part.name for part in self.documented() if part.kind == "header"}
        self._bodies: dict[tuple[str, str, str, str], frozenset[Part]] = {}

    def documented(self) -> Iterator[Part]:
        for operation, responses in self._operations.items():
            yield Part("operation", operation)
            for status, reference in responses.items():
                yield Part("status", operation, status)
                yield from self._response(operation, status, self._resolve(reference))

    def found(self, exchange: Exchange) -> set[Part]:
        operation, responses = exchange.operation, self._operations.get(exchange.operation)
        if responses is None:
            return set()
        status = _documented_status(responses, exchange.status)
        found = {Part("operation", operation), Part("status", operation, status)}
        if status in responses:
            response = self._resolve(responses[status])
            names = {name.lower() for name, _ in exchange.response_headers} - {"content-type"}
            found.update(self._header(operation, status, name) for name in names)
            if exchange.method != "HEAD":
                found.update(self._content(operation, status, response.get("content", {}), exchange))
        return found

    def _response(self, operation: str, status: str, response: Node) -> Iterator[Part]:
        for name in response.get("headers", {}):
            yield Part("header", operation, status, name)
        for media_type, content in response.get("content", {}).items():
            yield Part("media type", operation, status, media_type)
            for shape, schema in self._shapes(content.get("schema", {})).items():
                for name in self._fields(schema):
                    yield _field(operation, status, shape, name)

    def _header(self, operation: str, status: str, name: str) -> Part:
        known = name in self._headers
        return Part("header", operation, status, self._headers[name]) if known else Part("header", "", "", name)

    def _content(self, operation: str, status: str, contents: Node, exchange: Exchange) -> Iterator[Part]:
        media_type = _media_type(exchange)
        if not media_type and not exchange.body:
            return
        yield Part("media type", operation, status, media_type)
        if media_type in contents and media_type.endswith("json"):
            key = operation, status, media_type, exchange.body
            if key not in self._bodies:
                schema = contents[media_type].get("schema", {})
                self._bodies[key] = frozenset(self._body(operation, status, schema, exchange.body))
            yield from self._bodies[key]

    def _body(self, operation: str, status: str, schema: Node, body: str) -> Iterator[Part]:
        try:
            value = json.loads(body)
        except ValueError:
            yield Part("field", operation, status, "a body that is not JSON")
            return
        shapes = self._shapes(schema)
        fitting = {shape: each for shape, each in shapes.items() if len(shapes) == 1 or self._fits(each, value)}
        if not fitting:
            yield Part("field", operation, status, "a body of none of the documented shapes")
        for shape, each in fitting.items():
            for name in self._names(each, value):
                yield _field(operation, status, shape, name)

    def _shapes(self, schema: Node) -> dict[str, Node]:
        """The schema's alternatives by name; the name of what is written in place is empty."""
        name = schema.get("$ref", "").rpartition("/")[2]
        resolved = self._resolve(schema)
        alternatives = [*resolved.get("oneOf", []), *resolved.get("anyOf", [])]
        shapes = {key: value for each in alternatives for key, value in self._shapes(each).items()}
        return shapes or {name: resolved}

    def _fields(self, schema: Node, way: str = "", above: tuple[str, ...] = ()) -> Iterator[str]:
        if schema.get("$ref") in above:
            return
        above = (*above, schema.get("$ref", ""))
        for step, each in self._steps(schema):
            if not step.startswith("["):
                yield _join(way, step)
            yield from self._fields(each, _join(way, step), above)

    def _names(self, schema: Node, value: Any, way: str = "") -> Iterator[str]:
        steps = dict(self._steps(schema))
        for key, each in _children(value):
            step = key if key in steps or "*" not in steps else "*"
            if not step.startswith("["):
                yield _join(way, step)
            if step in steps:
                yield from self._names(steps[step], each, _join(way, step))

    def _steps(self, schema: Node) -> Iterator[tuple[str, Node]]:
        """One level down: each property, `*` for the schema of other keys, `[]` for that of elements."""
        schema = self._resolve(schema)
        for each in (part for word in ("allOf", "anyOf", "oneOf") for part in schema.get(word, [])):
            yield from self._steps(each)
        yield from schema.get("properties", {}).items()
        if isinstance(schema.get("additionalProperties"), dict):
            yield "*", schema["additionalProperties"]
        if "items" in schema:
            yield "[]", schema["items"]

    def _fits(self, schema: Node, value: Any) -> bool:
        """Whether the value is built as the schema says; what kind of scalar stands somewhere is not asked."""
        schema, steps = self._resolve(schema), dict(self._steps(schema))
        if isinstance(value, dict) and not value.keys() >= set(schema.get("required", [])):
            return False
        if "type" in schema and _container(schema["type"]) != _container(_type(value)):
            return False
        children = ((steps.get(key, steps.get("*")), each) for key, each in _children(value))
        return all(step is None or self._fits(step, each) for step, each in children)

    def _resolve(self, node: Node) -> Node:
        while "$ref" in node:
            found: Any = self._document
            for key in node["$ref"].removeprefix("#/").split("/"):
                found = found[key]
            node = found
        return node


def _documented_status(responses: Node, status: int) -> str:
    """The key under which the status is documented, as OpenAPI looks for it; else the status itself."""
    candidates = (str(status), f"{status // 100}XX", "default")
    return next((key for key in candidates if key in responses), str(status))


def _media_type(exchange: Exchange) -> str:
    headers = {name.lower(): value for name, value in exchange.response_headers}
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _field(operation: str, status: str, shape: str, name: str) -> Part:
    own = status.startswith("2") or not shape
    return Part("field", operation, status, name) if own else Part("field", shape, "", name)


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


def _join(way: str, step: str) -> str:
    return step if not way else way + step if step.startswith("[") else f"{way}.{step}"
