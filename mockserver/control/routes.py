"""The routes of the control API: health and reset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import Scope

    from mockserver.canvas.world import World


def control_routes(world_of: Callable[[Scope], World]) -> list[BaseRoute]:
    """Return the routes under `/_mock`; `world_of` returns the world of a request."""

    async def health(request: Request) -> Response:
        world = world_of(request.scope)
        return JSONResponse({"status": "ready", "users": len(world.users), "channels": len(world.channels)})

    async def reset(request: Request) -> Response:
        world_of(request.scope).reset()
        return Response(status_code=204)

    return [
        Route("/_mock/health", health),
        Route("/_mock/reset", reset, methods=["POST"]),
    ]
