"""The routes beside the API."""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING

import orjson
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from swagger_ui_bundle import swagger_ui_path

from mockserver.contract import contract_file, read_contract
from mockserver.control.page import home_page
from mockserver.errors import UnknownRoute

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import Scope

    from mockserver.world import World


LOCAL_ORIGINS = re.compile(r"https?://(localhost|[\w-]+\.localhost|127\.0\.0\.1|\[::1\])(:\d+)?")
"""Whose pages may call this mock from a browser."""


def control_routes(world_of: Callable[[Scope], World]) -> list[BaseRoute]:
    """Health, reset, the home page, the contract, and the page that shows it; no request leaves this host.

    `world_of` names the world that a request belongs to, as for the API.
    """

    async def health(request: Request) -> Response:
        world = world_of(request.scope)
        return _json({"status": "ready", "users": len(world.users), "channels": len(world.channels)})

    async def reset(request: Request) -> Response:
        origin = request.headers.get("origin")
        if origin is not None and not LOCAL_ORIGINS.fullmatch(origin):
            return PlainTextResponse("Pages of other hosts may not reset this mock.\n", 403)
        world_of(request.scope).reset()
        return Response(status_code=204)

    async def home(request: Request) -> Response:
        return HTMLResponse(home_page(world_of(request.scope), str(request.base_url).rstrip("/")))

    return [
        Route("/", home),
        Route("/_mock/health", health),
        Route("/_mock/reset", reset, methods=["POST"]),
        Route("/openapi.yaml", contract_as_yaml),
        Route("/openapi.json", contract_as_json),
        Route("/docs", lambda _request: RedirectResponse("/docs/")),
        Route("/docs/", documentation),
        Mount("/docs", StaticFiles(directory=swagger_ui_path)),
    ]


async def contract_as_yaml(_request: Request) -> Response:
    """openapi.yaml, byte for byte."""
    return PlainTextResponse(contract_file().read_text("utf-8"), media_type="application/yaml")


async def contract_as_json(request: Request) -> Response:
    """The contract as JSON, with this mock as its server."""
    return _json({**read_contract(), "servers": [{"url": f"{str(request.base_url).rstrip('/')}/api/v1"}]})


async def documentation(_request: Request) -> Response:
    """Swagger UI over openapi.json, from files that the installation brought."""
    page = resources.files("mockserver").joinpath("control", "documentation.html")
    return HTMLResponse(page.read_text("utf-8"))


async def page_not_found(_request: Request, _error: Exception) -> Response:
    """The page that Canvas shows for what it does not route."""
    return HTMLResponse(str(UnknownRoute().body()), UnknownRoute.status_code)


def _json(value: object) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")
