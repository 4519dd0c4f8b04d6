"""The operation of a request before it is processed, and for an unknown path the operation that comes nearest."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlsplit

from connexion.frameworks.starlette import starlettify_path
from starlette.routing import compile_path

from mockserver.api.paths import canonical_path
from mockserver.canvas.errors import CanvasError

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

    from starlette.types import Scope

_MAX_PATH = 500
"""The number of characters of a path that are compared: a comparison takes long for long texts."""

_PARAMETER = 0.8
"""The likeness of a parameter and any segment: less than that of a segment which the template has."""


class Route(NamedTuple):
    """One operation of the contract or the supplement."""

    operation_id: str
    method: str
    template: str
    """The path with its parameters in braces."""
    pattern: re.Pattern[str]


class Routes:
    """The routes of some documents, in the order in which they are tried."""

    def __init__(self, documents: Iterable[dict[str, Any]]) -> None:
        self._routes = [route for document in documents for route in _routes_of(document)]

    def find(self, method: str, scope: Scope) -> str:
        """Return the operationId of a request; empty if no route has its method and path. HEAD has the route of GET."""
        try:
            path = canonical_path(scope.get("raw_path") or quote(scope["path"]).encode())
        except CanvasError:
            return ""
        wanted = "GET" if method == "HEAD" else method
        matching = (route for route in self._routes if route.method == wanted and route.pattern.match(path))
        return next((route.operation_id for route in matching), "")

    def explain(self, method: str, path: str) -> str:
        """Return why no route has this method and path: the methods of the path, or how the nearest route differs."""
        for route in self._routes:
            if route.pattern.match(path):
                allowed = sorted({each.method for each in self._routes if each.pattern.match(path)})
                return f"{route.template} has no {method}; it has {', '.join(allowed)}"
        segments = path[:_MAX_PATH].strip("/").split("/")
        nearest = max(self._routes, key=lambda route: (_likeness(segments, _segments(route)), route.method == method))
        wanted = _segments(nearest)
        return f"{nearest.method} {nearest.template} comes nearest: {_difference(segments, wanted)}"


def _routes_of(document: dict[str, Any]) -> Iterator[Route]:
    base = urlsplit(document["servers"][0]["url"]).path
    for path, item in document["paths"].items():
        pattern = compile_path(base + starlettify_path(path, {}))[0]
        for method, operation in item.items():
            if isinstance(operation, dict):
                yield Route(operation["operationId"], method.upper(), base + path, pattern)


def _segments(route: Route) -> list[str]:
    return route.template.strip("/").split("/")


def _likeness(segments: list[str], wanted: list[str]) -> float:
    """Return how alike a path and a template are.

    This is the sum over their segments, minus the difference between their numbers of segments.
    """
    alike = sum(
        _PARAMETER if want.startswith("{") else SequenceMatcher(None, segment, want).ratio()
        for segment, want in zip(segments, wanted, strict=False)
    )
    return alike - abs(len(segments) - len(wanted))


def _difference(segments: list[str], wanted: list[str]) -> str:
    """Return in words the first segment in which a path differs from a template, or else the numbers of segments."""
    for position, (segment, want) in enumerate(zip(segments, wanted, strict=False), start=1):
        if not want.startswith("{") and segment != want:
            return f"its segment {position} is {want}, not {segment[:100]}"
    return f"it has {len(wanted)} segments, not {len(segments)}"
