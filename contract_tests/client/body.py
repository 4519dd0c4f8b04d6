"""JSON in the bodies of responses, whatever the target sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2


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
