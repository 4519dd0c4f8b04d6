"""Rails' parameters: brackets, forms, multipart and JSON become one nested value (behaviour 5.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser

from mockserver.errors import BadParameters, NotAMediaType, Unparsable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Iterator

Parameters = dict[str, object]
T = TypeVar("T", list[object], Parameters)

FORM = "application/x-www-form-urlencoded"

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+*-]+/[\w!#$&^.+*-]+", re.ASCII)
_BOUNDARY = re.compile(r"""boundary=("[^"]+"|[^;\s"]+)""")
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_DEEPEST = 32
_LONGEST_NAME = 1024
_MOST_FIELDS = 4096


def from_query(query: bytes) -> Parameters:
    """The parameters of a query string or an urlencoded body; the last of repeated keys wins.

    Raises BadParameters for escapes that are none, for text that is not UTF-8, for keys that contradict each other,
    and for too many of them.
    """
    if _BROKEN_ESCAPE.search(query):
        raise BadParameters("a parameter has a % that two hexadecimal digits do not follow; a plain % is %25")
    try:
        pairs = parse_qsl(query.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except UnicodeDecodeError:
        raise BadParameters("a parameter is not UTF-8 once decoded") from None
    except ValueError:
        raise BadParameters(f"there are more than {_MOST_FIELDS} parameters") from None
    return nest(pairs)


async def from_body(media_type: str, content_type: str, body: bytes) -> Parameters:
    """The parameters of a body; media types that Rails does not parse have none.

    Raises NotAMediaType, Unparsable, or BadParameters.
    """
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise NotAMediaType
    if media_type == FORM:
        return from_query(body)
    if media_type == "application/json":
        return _from_json(body)
    if media_type == "multipart/form-data":
        return await _from_multipart(content_type, body)
    return {}


def nest(pairs: Iterable[tuple[str, object]]) -> Parameters:
    """`a[b]=1` as `{"a": {"b": "1"}}`, `a[]=1` as `{"a": ["1"]}`."""
    nested: Parameters = {}
    for name, value in pairs:
        match = _NAME.fullmatch(name)
        if match is None:
            nested[name] = value
            continue
        parts = _PART.findall(match[2])
        _refuse_unwieldy(len(parts), name)
        _put(nested, match[1], parts, value)
    return nested


def flatten(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """`{"a": {"b": 1}}` as `("a[b]", "1")`: what a form would have said. Nulls say nothing."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flatten(inner, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from flatten(inner, f"{name}[]")
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif value is not None:
        yield name, str(value)


def _put(target: Parameters, name: str, parts: list[str], value: object) -> None:
    if not parts:
        target[name] = value
    elif parts == [""]:
        _same_kind(target, name, []).append(value)
    else:
        _put(_same_kind(target, name, {}), parts[0] or "0", parts[1:], value)


def _same_kind(target: Parameters, name: str, empty: T) -> T:
    inner = target.setdefault(name, empty)
    if type(inner) is not type(empty):
        raise BadParameters(f"{name} is given in two forms that contradict each other")
    return inner


def _from_json(body: bytes) -> Parameters:
    if not body.strip():
        return {}
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Unparsable from None
    if sum(1 for _ in _leaves(value, 0)) > _MOST_FIELDS:
        raise BadParameters(f"there are more than {_MOST_FIELDS} parameters")
    return value if isinstance(value, dict) else {"_json": value}


def _leaves(value: object, depth: int) -> Iterator[object]:
    """What the value holds at its ends, its depth and names checked on the way."""
    if isinstance(value, dict):
        for name, inner in value.items():
            _refuse_unwieldy(depth, name)
            yield from _leaves(inner, depth + 1)
    elif isinstance(value, list):
        _refuse_unwieldy(depth, "")
        for inner in value:
            yield from _leaves(inner, depth + 1)
    else:
        yield value


def _refuse_unwieldy(depth: int, name: str) -> None:
    if depth > _DEEPEST:
        raise BadParameters(f"a parameter is nested deeper than {_DEEPEST} levels")
    if len(name) > _LONGEST_NAME:
        raise BadParameters(f"the name of a parameter is longer than {_LONGEST_NAME} characters")


async def _from_multipart(content_type: str, body: bytes) -> Parameters:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise BadParameters("the multipart body has no boundary")
    # The boundary alone: a charset named by the client would choose the decoder.
    headers = Headers({"content-type": f"multipart/form-data; boundary={boundary[1]}"})
    try:
        form = await MultiPartParser(headers, stream(), max_files=8).parse()
    except (MultiPartException, KeyError, UnicodeDecodeError):
        raise BadParameters("the multipart body cannot be parsed") from None
    await form.close()
    files = [name for name, value in form.multi_items() if not isinstance(value, str)]
    if files:
        raise BadParameters(f"{files[0]} is a file; the parameters of this API are text")
    return nest(form.multi_items())
