"""YAML documents: read with limits on size, depth and aliases, and with the line of each value.

A document has only text, integers, booleans, nulls, lists and mappings with text as keys.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from mockserver.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 16 * 1024 * 1024
MAX_VALUES = 500_000
"""The maximum number of values and keys; an alias counts as the value that it repeats."""
MAX_DEPTH = 32

DocumentPath = list[Any]
"""The keys and indexes that lead to a value of a document."""

_SAFE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C loader is ten times faster
_CORE_TAG = "tag:yaml.org,2002:"
_MERGE_TAG = f"{_CORE_TAG}merge"
_BOOLEANS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_NOT_STORED = re.compile("[\0\ud800-\udfff]")


class DocumentError(Exception):
    """Bytes that are not an acceptable document; `line` is the line of the mistake, from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class Document(NamedTuple):
    """A document: its value, and the nodes from which the value was made."""

    value: Any
    root: yaml.Node | None

    def line(self, place: DocumentPath) -> int:
        """Return the line, from 1, of the value at this place; where `<<` merges it, that of the mapping."""
        node = self.root
        if node is None:
            return 1
        for step in place:
            inner = _child(node, step)
            if inner is None:
                break
            node = inner
        return int(node.start_mark.line) + 1


class _Loader(_SAFE_LOADER):  # type: ignore[misc]  # one of two classes, by what PyYAML was built with
    """A safe YAML loader that leaves times as text, as the API has them."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != f"{_CORE_TAG}timestamp"]
    for first, resolvers in _SAFE_LOADER.yaml_implicit_resolvers.items()
}


def parse_document(data: bytes) -> Document:
    """Return the document in these bytes. Raises DocumentError."""
    if len(data) > MAX_BYTES:
        raise DocumentError(f"the file has more than {MAX_BYTES // 1024**2} MiB", 1)
    text = _decode(data)
    try:
        _check_limits(text)
        root: yaml.Node | None = yaml.compose(text, _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise DocumentError(getattr(error, "problem", None) or "not YAML", mark.line + 1 if mark else 1) from None
    return Document(None if root is None else _value(root), root)


def _decode(data: bytes) -> str:
    """Return the text without a byte order mark. Raises DocumentError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DocumentError(f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8", line) from None
    character = _NOT_YAML.search(text)
    if character:
        line = text.count("\n", 0, character.start()) + 1
        raise DocumentError(f"YAML does not allow the character U+{ord(character[0]):04X}", line)
    return text


def _check_limits(text: str) -> None:
    """Raise DocumentError for too many values or levels, before the recursive parts of PyYAML see the document."""
    measure = _Measure()
    events: Iterator[Any] = yaml.parse(text, _Loader)
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.CollectionStartEvent):
            measure.open(event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            measure.close()
        elif isinstance(event, yaml.ScalarEvent):
            measure.add(event.anchor, _Size(1, 0))
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in measure.anchors:
                raise DocumentError(f"the alias *{event.anchor} repeats no value before it", line)
            measure.add(None, measure.anchors[event.anchor])
        if measure.depth > MAX_DEPTH:
            raise DocumentError(f"the file is nested deeper than {MAX_DEPTH} levels", line)
        if measure.values > MAX_VALUES:
            raise DocumentError(f"the file has more than {MAX_VALUES} values", line)


class _Size(NamedTuple):
    """The number of values in a value, itself included, and the number of levels inside it."""

    values: int
    depth: int


class _Measure:
    """The size of a document, its aliases replaced by the values that they repeat, as its events arrive."""

    def __init__(self) -> None:
        self.anchors: dict[str, _Size] = {}
        self.values = 0
        self.depth = 0
        self._open: list[tuple[str | None, int, int]] = []
        """The anchor, the values before it and its deepest level so far, of each open list or mapping."""

    def open(self, anchor: str | None) -> None:
        """Enter a list or a mapping."""
        self._open.append((anchor, self.values, len(self._open) + 1))
        self.values += 1
        self.depth = max(self.depth, len(self._open))

    def close(self) -> None:
        """Leave the list or the mapping entered last."""
        anchor, before, deepest = self._open.pop()
        self._set_anchor(anchor, _Size(self.values - before, deepest - len(self._open)))
        self._deepen(deepest)

    def add(self, anchor: str | None, size: _Size) -> None:
        """Add a whole value."""
        self.values += size.values
        self._set_anchor(anchor, size)
        self._deepen(len(self._open) + size.depth)

    def _set_anchor(self, anchor: str | None, size: _Size) -> None:
        if anchor is not None:
            self.anchors[anchor] = size

    def _deepen(self, level: int) -> None:
        self.depth = max(self.depth, level)
        if self._open:
            anchor, before, deepest = self._open[-1]
            self._open[-1] = anchor, before, max(deepest, level)


def _value(node: yaml.Node) -> Any:
    """Return the value of a node. Raises DocumentError for every tag that is not one of a world file."""
    kind = node.tag.removeprefix(_CORE_TAG)
    if isinstance(node, yaml.MappingNode) and kind == "map":
        return _mapping(node)
    if isinstance(node, yaml.SequenceNode) and kind == "seq":
        return [_value(item) for item in node.value]
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, kind)
    raise _tag_error(node)


def _scalar(node: yaml.ScalarNode, kind: str) -> str | int | bool | None:
    text: str = node.value
    match kind:
        case "str":
            character = _NOT_STORED.search(text)
            if character:
                raise _error(node, f"Canvas cannot store the character U+{ord(character[0]):04X}")
            return text
        case "int" | "float":
            if not _INTEGER.fullmatch(text):
                raise _error(
                    node, f"{printable(text, 40)} is not an integer of at most 18 decimal digits; put text in quotes"
                )
            return int(text)
        case "bool":
            if text.lower() not in _BOOLEANS:
                raise _error(node, f"{text} is not true or false")
            return _BOOLEANS[text.lower()]
        case "null":
            return None
    raise _tag_error(node)


def _mapping(node: yaml.MappingNode) -> dict[str, Any]:
    """Return a mapping; its own keys take precedence over those that `<<` merges, and the first of these counts."""
    own: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if key_node.tag == _MERGE_TAG:
            merged |= {key: value for key, value in _merged(value_node).items() if key not in merged}
            continue
        key = _value(key_node)
        if not isinstance(key, str):
            raise _error(key_node, "a key is not text")
        if key in own:
            raise _error(key_node, f"the key {key} is there twice")
        own[key] = _value(value_node)
    return {**merged, **own}


def _merged(node: yaml.Node) -> dict[str, Any]:
    """Return what `<<` merges: one mapping, or a list of mappings, of which the first with a key counts."""
    merged: dict[str, Any] = {}
    for source in node.value if isinstance(node, yaml.SequenceNode) else [node]:
        if not isinstance(source, yaml.MappingNode):
            raise _error(source, "<< merges mappings only")
        for key, value in _mapping(source).items():
            merged.setdefault(key, value)
    return merged


def _child(node: yaml.Node, step: Any) -> yaml.Node | None:
    """Return the node at this key or index; None for a key that `<<` merges."""
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    child: yaml.Node = node.value[step]
    return child


def _tag_error(node: yaml.Node) -> DocumentError:
    return _error(node, f"the tag {node.tag.replace(_CORE_TAG, '!!')} is not accepted here")


def _error(node: yaml.Node, message: str) -> DocumentError:
    return DocumentError(message, node.start_mark.line + 1)
