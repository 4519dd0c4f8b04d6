"""Rails' parameters: query strings, forms, multipart bodies and JSON become one nested value (behaviour 5.1)."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote

import orjson
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser

from mockserver.api.errors import MalformedJson, MalformedMediaType
from mockserver.canvas.errors import BadParameters

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Iterator

Parameters = dict[str, object]
T = TypeVar("T", list[object], Parameters)

FORM = "application/x-www-form-urlencoded"

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+*-]+/[\w!#$&^.+*-]+", re.ASCII)
_BOUNDARY = re.compile(r"""boundary=("[^"]+"|[^;\s"]+)""")
_MALFORMED_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_MAX_DEPTH = 32
_MAX_NAME_LENGTH = 1024
_MAX_PARAMETERS = 4096


def from_query(query: bytes) -> Parameters:
    """Return the parameters of a query string or an urlencoded body; of repeated keys the last one counts.

    Raises BadParameters for malformed escapes, text that is not UTF-8, keys that contradict each other, and too many
    parameters.
    """
    if _MALFORMED_ESCAPE.search(query):
        raise BadParameters("a parameter has a % that two hexadecimal digits do not follow; a plain % is %25")
    if query.count(b"&") >= _MAX_PARAMETERS:
        raise BadParameters(f"there are more than {_MAX_PARAMETERS} parameters")
    try:
        pairs = list(_pairs(query.decode()))  # a list, so that all decoding errors are raised here
    except UnicodeDecodeError:
        raise BadParameters("a parameter is not UTF-8 once decoded") from None
    return nest(pairs)


def _pairs(query: str) -> Iterator[tuple[str, str]]:
    """Yield the names and values of a query string.

    The result is that of `urllib.parse.parse_qsl`, which takes twice as long, partly because it decodes names that
    recur in every request; tests/api/test_parameters.py shows that the two agree.
    """
    for field in query.split("&"):
        if field:
            name, _, value = field.partition("=")
            # Long names are not cached, so that the cache stays small.
            decoded_name = _cached_decoded(name) if len(name) <= _MAX_NAME_LENGTH else _decoded(name)
            yield decoded_name, _decoded(value)


def _decoded(text: str) -> str:
    """Return a name or a value without its escapes; a plus sign is a space."""
    return unquote(text.replace("+", " "), errors="strict")


_cached_decoded = lru_cache(maxsize=256)(_decoded)
"""`_decoded` with a cache, for names: most of them recur in every request."""


async def from_body(media_type: str, content_type: str, body: bytes) -> Parameters:
    """Return the parameters of a body; none for a media type that Rails does not parse.

    Raises MalformedMediaType, MalformedJson, or BadParameters.
    """
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise MalformedMediaType
    if media_type == FORM:
        return from_query(body)
    if media_type == "application/json":
        return _from_json(body)
    if media_type == "multipart/form-data":
        return await _from_multipart(content_type, body)
    return {}


def nest(pairs: Iterable[tuple[str, object]]) -> Parameters:
    """Return nested parameters: `a[b]=1` becomes `{"a": {"b": "1"}}`, and `a[]=1` becomes `{"a": ["1"]}`."""
    nested: Parameters = {}
    for name, value in pairs:
        _check_name(name)
        _put(nested, *_parts(name), value)
    return nested


@lru_cache(maxsize=256)
def _parts(name: str) -> tuple[str, tuple[str, ...]]:
    """Return the first part of a name, and the parts in brackets. Raises BadParameters for too many of them."""
    match = _NAME.fullmatch(name)
    if match is None:
        return name, ()
    parts = tuple(_PART.findall(match[2]))
    _check_depth(len(parts))
    return match[1], parts


def flatten(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield nested parameters as fields of a form: `{"a": {"b": 1}}` becomes `("a[b]", "1")`. Nulls are left out."""
    if isinstance(value, dict):
        for key, inner in value.items():
            inner_name = f"{name}[{key}]" if name else str(key)
            if isinstance(inner, str):
                yield inner_name, inner
            else:
                yield from flatten(inner, inner_name)
    elif isinstance(value, list):
        for inner in value:
            yield from flatten(inner, f"{name}[]")
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif value is not None:
        yield name, str(value)


def _put(target: Parameters, name: str, parts: tuple[str, ...], value: object) -> None:
    if not parts:
        target[name] = value
    elif parts == ("",):
        _container(target, name, []).append(value)
    else:
        _put(_container(target, name, {}), parts[0] or "0", parts[1:], value)


def _container(target: Parameters, name: str, empty: T) -> T:
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
        raise MalformedJson from None
    if sum(1 for _ in islice(_values(value, 0), _MAX_PARAMETERS + 2)) > _MAX_PARAMETERS + 1:  # the body itself is one
        raise BadParameters(f"there are more than {_MAX_PARAMETERS} parameters")
    return value if isinstance(value, dict) else {"_json": value}


def _values(value: object, depth: int) -> Iterator[object]:
    """Yield a value and all values in it, empty lists and objects included, and check their depth and names."""
    yield value
    if isinstance(value, dict):
        _check_depth(depth)
        for name, inner in value.items():
            _check_name(name)
            yield from _values(inner, depth + 1)
    elif isinstance(value, list):
        _check_depth(depth)
        for inner in value:
            yield from _values(inner, depth + 1)


def _check_depth(depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise BadParameters(f"a parameter is nested deeper than {_MAX_DEPTH} levels")


def _check_name(name: str) -> None:
    if len(name) > _MAX_NAME_LENGTH:
        raise BadParameters(f"the name of a parameter is longer than {_MAX_NAME_LENGTH} characters")


async def _from_multipart(content_type: str, body: bytes) -> Parameters:
    """Return the parameters of a multipart body. Raises BadParameters, also for a file."""

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise BadParameters("the multipart body has no boundary")
    # Only the boundary is passed on: a charset parameter from the client would select the decoder.
    headers = Headers({"content-type": f"multipart/form-data; boundary={boundary[1]}"})
    try:
        # Files are rejected below; the limit is that of the files that the parser stores until then.
        form = await MultiPartParser(headers, stream(), max_files=8).parse()
    except (MultiPartException, KeyError, UnicodeDecodeError):
        raise BadParameters("the multipart body cannot be parsed") from None
    await form.close()
    files = [name for name, value in form.multi_items() if not isinstance(value, str)]
    if files:
        _check_name(files[0])
        raise BadParameters(f"{files[0]} is a file; the parameters of this API are text")
    return nest(form.multi_items())
