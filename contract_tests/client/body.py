"""JSON in the bodies of responses, whatever the target sends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2

_MAX_DEPTH = 100
"""The maximum depth of JSON; the functions that read it call themselves for each level."""


def is_too_deep(content: bytes) -> bool:
    """Return whether the content is JSON that is nested too deeply to be read."""
    if content.count(b"[") + content.count(b"{") <= _MAX_DEPTH:
        return False
    try:
        level = [json.loads(content)]
    except ValueError:
        return False
    except RecursionError:
        return True
    for _ in range(_MAX_DEPTH):
        level = [inner for value in level if isinstance(value, dict | list) for inner in _inner_values(value)]
        if not level:
            return False
    return any(isinstance(value, dict | list) for value in level)


def _inner_values(value: dict[str, Any] | list[Any]) -> list[Any]:
    return [*value.values()] if isinstance(value, dict) else value


def parse_json(response: httpx2.Response) -> Any:
    """Return the JSON value in the response, or None for any other body."""
    try:
        return response.json()
    except ValueError:
        return None


def json_object(response: httpx2.Response) -> dict[str, Any]:
    """Return the JSON object in the response, or an empty one for any other body."""
    body = parse_json(response)
    return body if isinstance(body, dict) else {}
