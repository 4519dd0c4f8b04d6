"""The routes of the pages and of the contract's file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from mockserver.address import origin, prefix
from mockserver.contract import contract_file, read_contract
from mockserver.pages.confirmation import confirmation_page
from mockserver.pages.documents import DASHBOARD, REFERENCE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import Scope

    from mockserver.canvas.world import World
    from mockserver.pages.documents import Document

_FOLDER = Path(__file__).parent


def page_routes(world_of: Callable[[Scope], World], report_change: Callable[[Scope], None]) -> list[BaseRoute]:
    """Return the routes of the pages. No page loads from another host.

    `world_of` returns the world of a request; `report_change` is called after each request with a confirmation code.
    """

    async def confirm(request: Request) -> Response:
        channel = world_of(request.scope).confirm_by_code(request.path_params["code"])
        report_change(request.scope)
        return HTMLResponse(confirmation_page(channel), 404 if channel is None else 200)

    return [
        Route("/", _page(DASHBOARD)),
        Mount("/static", StaticFiles(directory=_FOLDER / "static")),
        Route("/register/{code}", confirm),
        Route("/openapi.yaml", contract_as_yaml),
        Route("/openapi.json", contract_as_json),
        Route("/docs", lambda request: RedirectResponse(f"{prefix(request.scope)}/docs/")),
        Route("/docs/", _page(REFERENCE)),
        Mount("/vendor", StaticFiles(directory=_FOLDER / "vendor")),
    ]


async def contract_as_yaml(_request: Request) -> Response:
    """Return openapi.yaml, byte for byte."""
    return PlainTextResponse(contract_file().read_text("utf-8"), media_type="application/yaml")


async def contract_as_json(request: Request) -> Response:
    """Return the contract as JSON, with this mock as its server."""
    return JSONResponse({**read_contract(), "servers": [{"url": f"{_base_url(request)}/api/v1"}]})


def _page(document: Document) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of a page, which loads everything from the world of its request."""

    async def show(request: Request) -> Response:
        base_path = f"{request.scope.get('root_path', '')}{prefix(request.scope)}/"
        return HTMLResponse(document.html(base_path), headers=document.headers)

    return show


def _base_url(request: Request) -> str:
    """Return the URL of the mock as the client addressed it."""
    base = origin(request.scope, request.headers.get("host", "")) + str(request.scope.get("root_path", ""))
    return base + prefix(request.scope)
