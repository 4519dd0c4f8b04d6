"""Selection of a request's world: by the header X-Mock-World, or by a path below /worlds/NAME."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from mockserver.address import HEADERS_KEY, PREFIX_KEY
from mockserver.control.problems import Problem, problem_response

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.canvas.world import World
    from mockserver.control.worlds import ControlledWorld, Worlds

_WORLD_HEADER = b"x-mock-world"
_WORLD_KEY = "mockserver.world"
_PREFIX = "/worlds/"


def controlled_world_of(scope: Scope) -> ControlledWorld:
    """Return the world that the request uses, with its controls."""
    world: ControlledWorld = scope[_WORLD_KEY]
    return world


def world_of(scope: Scope) -> World:
    """Return the world that the request uses."""
    return controlled_world_of(scope).world


class WorldSelection:
    """Passes requests on with their world; a prefix `/worlds/NAME` is removed from the path.

    Links and pages of the response keep the prefix, which is in the scope.
    """

    def __init__(self, app: ASGIApp, worlds: Worlds) -> None:
        self._app = app
        self._worlds = worlds

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Process one request."""
        if scope["type"] == "http":
            try:
                scope = self._with_world(scope)
            except Problem as problem:
                return problem_response(problem)(scope, receive, send)
        return self._app(scope, receive, send)

    def _with_world(self, scope: Scope) -> Scope:
        """Return the scope with the request's world. Raises Problem."""
        if scope["path"].startswith(_PREFIX):
            return self._from_path(scope)
        name = scope[HEADERS_KEY].get(_WORLD_HEADER)
        world = self._worlds.default if name is None else self._worlds.use(name.decode("latin-1"))
        return {**scope, _WORLD_KEY: world}

    def _from_path(self, scope: Scope) -> Scope:
        """Return the scope without the prefix. Raises Problem."""
        name, _, rest = scope["path"].removeprefix(_PREFIX).partition("/")
        segments = (scope.get("raw_path") or quote(scope["path"]).encode()).split(b"/", 3)
        if len(segments) < 3 or unquote(segments[2].decode("latin-1")) != name:
            name = ""  # a slash in the name is percent-encoded, so no world has it
        world = self._worlds.use(name)
        raw_rest = segments[3:]
        return {
            **scope,
            _WORLD_KEY: world,
            PREFIX_KEY: _PREFIX + name,
            "path": f"/{rest}",
            "raw_path": b"/" + b"".join(raw_rest),
        }
