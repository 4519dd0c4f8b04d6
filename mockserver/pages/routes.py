"""The routes of the pages and of the contract's file."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from swagger_ui_bundle import swagger_ui_path

from mockserver.address import origin, prefix
from mockserver.contract import contract_file, read_contract
from mockserver.pages.confirmation import confirmation_page
from mockserver.pages.home import home_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import Scope

    from mockserver.canvas.world import World


def page_routes(world_of: Callable[[Scope], World]) -> list[BaseRoute]:
    """Return the routes of the pages; `world_of` returns the world of a request. No page loads from another host."""

    async def home(request: Request) -> Response:
        return HTMLResponse(home_page(world_of(request.scope), _base_url(request)))

    async def confirm(request: Request) -> Response:
        channel = world_of(request.scope).confirm_by_code(request.path_params["code"])
        return HTMLResponse(confirmation_page(channel), 404 if channel is None else 200)

    return [
        Route("/", home),
        Route("/register/{code}", confirm),
        Route("/openapi.yaml", contract_as_yaml),
        Route("/openapi.json", contract_as_json),
        Route("/docs", lambda request: RedirectResponse(f"{prefix(request.scope)}/docs/")),
        Route("/docs/", reference),
        Mount("/docs", StaticFiles(directory=swagger_ui_path)),
    ]


async def contract_as_yaml(_request: Request) -> Response:
    """Return openapi.yaml, byte for byte."""
    return PlainTextResponse(contract_file().read_text("utf-8"), media_type="application/yaml")


async def contract_as_json(request: Request) -> Response:
    """Return the contract as JSON, with this mock as its server."""
    return JSONResponse({**read_contract(), "servers": [{"url": f"{_base_url(request)}/api/v1"}]})


async def reference(_request: Request) -> Response:
    """Return the API reference: Swagger UI from an installed package, showing openapi.json."""
    return HTMLResponse(resources.files("mockserver.pages").joinpath("reference.html").read_text("utf-8"))


def _base_url(request: Request) -> str:
    """Return the URL of the mock as the client addressed it."""
    base = origin(request.scope, request.headers.get("host", "")) + str(request.scope.get("root_path", ""))
    return base + prefix(request.scope)
