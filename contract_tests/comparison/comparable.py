"""Comparison of two responses: the parts that are compared, and the smallest parts in which they differ."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from contract_tests.client.body import parse_json
from contract_tests.client.ids import header_user_id
from contract_tests.client.safety import addresses

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

_HEADERS = ("www-authenticate", "cache-control", "pragma")
_USER_HEADERS = ("x-canvas-user-id", "x-canvas-real-user-id")
_RENAMED = frozenset({"id", "user_id", "position"})
"""Members of a body that differ on servers with the same behaviour, and are compared by a Renaming."""
_SHOWN = frozenset({"status", "type", "workflow_state", "message", "error_code", "attribute", "field"})
"""Members of a body with few possible values, which name the kind of a difference."""

_LINK = "/headers/link"
_RELATION = re.compile(f"^{_LINK}/[^/]+")
"""The part of one relation, for which a difference has `*`: the same difference of several relations is one."""

_ABSENT = object()


class Difference(NamedTuple):
    """The smallest part in which two responses differ, and a description of its value in each."""

    part: str
    """A JSON pointer into the parts of a response, with `*` for the indexes of lists."""
    mock: str
    target: str


class Found(NamedTuple):
    """A difference of two responses, and both values: JSON, the ids of a list, or an empty text for an absent value."""

    difference: Difference
    mock: str
    target: str


class Renaming:
    """One-to-one correspondence between the mock's ids, positions and redacted addresses and the target's.

    A pair of values that appears first is taken for the same thing on both servers.
    """

    def __init__(self) -> None:
        self._of_mock: dict[tuple[str, str], str] = {}
        self._of_target: dict[tuple[str, str], str] = {}

    def translate(self, key: str, mock: object) -> str:
        """Return the target's value for a value of the mock, or the same value if none is known."""
        return self._of_mock.get((key, str(mock)), str(mock))

    def matches(self, key: str, mock: object, target: object) -> bool:
        """Return whether the two values correspond; two new values do so from now on."""
        first, second = str(mock), str(target)
        if (key, first) not in self._of_mock and (key, second) not in self._of_target:
            self._of_mock[key, first], self._of_target[key, second] = second, first
        return self._of_mock.get((key, first)) == second


def comparable_parts(response: httpx2.Response) -> dict[str, Any]:
    """Return the parts of the response that are equal on two servers with the same behaviour and state."""
    media_type = response.headers.get("content-type", "").lower().replace(" ", "")
    values = {name: response.headers[name] for name in _HEADERS if name in response.headers}
    users = {
        name: header_user_id(response, name) or response.headers[name]
        for name in _USER_HEADERS
        if name in response.headers
    }
    presence = {"etag": "present"} if "etag" in response.headers else {}
    location = {"location": urlsplit(response.headers["location"]).path} if "location" in response.headers else {}
    links = {str(relation): _link(link["url"]) for relation, link in response.links.items()}
    return {
        "status": response.status_code,
        "headers": {"content-type": media_type, **values, **users, **presence, **location, "link": links},
        "body": parse_json(response),
    }


def find_differences(mock: dict[str, Any], target: dict[str, Any], renaming: Renaming) -> list[Found]:
    """Return the differences of two responses, each once.

    Responses with different statuses differ in nearly all other parts, and lists of different lengths in their links:
    these consequences are omitted.
    """
    if mock["status"] != target["status"]:
        return list(_differences("/status", "status", mock["status"], target["status"], renaming))
    found = {each.difference: each for each in _differences("", "", mock, target, renaming)}
    lengths = {len(body) if isinstance(body, list) else 0 for body in (mock["body"], target["body"])}
    has_one_length = len(lengths) == 1
    return [each for each in found.values() if has_one_length or not each.difference.part.startswith(_LINK)]


def _link(url: str) -> dict[str, Any]:
    """Return the parts of a URL; of its origin only whether it has one."""
    parts = urlsplit(url)
    origin = {"origin": "present"} if parts.scheme and parts.netloc else {}
    return {**origin, "path": parts.path, "query": dict(parse_qsl(parts.query, keep_blank_values=True))}


def _differences(part: str, key: str, mock: Any, target: Any, renaming: Renaming) -> Iterator[Found]:
    """Yield the smallest parts in which two values differ; `key` is the name of their member, empty in a list."""
    if isinstance(mock, dict) and isinstance(target, dict):
        for name in sorted(mock.keys() | target.keys()):
            values = mock.get(name, _ABSENT), target.get(name, _ABSENT)
            yield from _differences(
                f"{_RELATION.sub(_LINK + '/*', part)}/{_pointer_name(name)}", name, *values, renaming
            )
    elif isinstance(mock, list) and isinstance(target, list):
        yield from _list_differences(part, mock, target, renaming)
    elif not _are_alike(key, mock, target, renaming):
        yield Found(Difference(part, *_describe(key, mock, target)), _json(mock), _json(target))


def _list_differences(part: str, mock: list[Any], target: list[Any], renaming: Renaming) -> Iterator[Found]:
    """Yield the differences of the elements, or one difference of lists that do not have the same channels in order."""
    mock_ids = [renaming.translate("id", number) for number in _ids(mock)]
    target_ids = _ids(target)
    if len(mock) != len(target):
        description = f"a {'shorter' if len(target) < len(mock) else 'longer'} list"
    elif mock_ids != target_ids and sorted(mock_ids) == sorted(target_ids):
        description = "the same list in another order"
    elif not all(renaming.matches("id", *ids) for ids in zip(_ids(mock), target_ids, strict=False)):
        description = "a list of other channels"
    else:
        for elements in zip(mock, target, strict=True):
            yield from _differences(f"{part}/*", "", *elements, renaming)
        return
    yield Found(Difference(part, "a list", description), _id_list(mock), _id_list(target))


def _id_list(elements: list[Any]) -> str:
    return f"ids {', '.join(_ids(elements))}" if elements else "empty"


def _ids(elements: list[Any]) -> list[str]:
    return [str(element["id"]) for element in elements if isinstance(element, dict) and "id" in element]


def _json(value: Any) -> str:
    return "" if value is _ABSENT else json.dumps(value, ensure_ascii=False)


def _are_alike(key: str, mock: Any, target: Any, renaming: Renaming) -> bool:
    """Return whether two values are equal, or differ as they may on two servers with the same behaviour."""
    if type(mock) is not type(target):  # also if one of them is absent
        return False
    if key in _RENAMED:
        return renaming.matches(key, mock, target)
    if key == "address" and not any(addresses.is_test_address(str(value)) for value in (mock, target)):
        return renaming.matches(key, mock, target)
    if key.endswith("_at") and isinstance(mock, str):
        return len(mock) == len(target)
    return bool(mock == target) or key == "error_report_id"


def _pointer_name(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _describe(key: str, mock: Any, target: Any) -> tuple[str, str]:
    """Return a description of two different values, without ids, addresses and other values of one account."""
    if key in _SHOWN or key in {*_HEADERS, "content-type"}:
        return _type_or_value(mock), _type_or_value(target)
    types = _type(mock), _type(target)
    return types if types[0] != types[1] else (types[0], f"another {types[1].partition(' ')[2]}")


def _type_or_value(value: Any) -> str:
    if isinstance(value, str):
        return repr(value)
    return str(value) if isinstance(value, int) else _type(value)


def _type(value: Any) -> str:
    """Return the name of the JSON type of a value."""
    if value is _ABSENT:
        return "absent"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    names = ((str, "a string"), (int | float, "a number"), (list, "a list"))
    return next((name for type_, name in names if isinstance(value, type_)), "an object")
