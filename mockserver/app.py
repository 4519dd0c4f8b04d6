"""The application factory: joins the API, the control API and the pages."""

from __future__ import annotations

from itertools import count
from random import Random
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import HTMLResponse, Response

from mockserver.api.dispatch import BODY_TIMEOUT, Dispatcher
from mockserver.api.errors import UnknownRoute
from mockserver.api.handlers import Handlers
from mockserver.api.middleware import build_middleware_stack
from mockserver.api.response import ApiResponse, error_response
from mockserver.canvas.seed import read_world
from mockserver.canvas.world import World
from mockserver.control.guard import RequestGuard, allowed_hosts
from mockserver.control.routes import control_routes
from mockserver.pages.routes import page_routes

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mockserver.canvas.errors import CanvasError
    from mockserver.canvas.rate_limit import RateLimit
    from mockserver.control.origins import AllowedHosts

_EXPOSED_HEADERS = [
    "ETag",
    "Link",
    "WWW-Authenticate",
    "X-Canvas-Meta",
    "X-Canvas-Real-User-Id",
    "X-Canvas-User-Id",
    "X-Contract-Violation",
    "X-Rate-Limit-Remaining",
    "X-Request-Context-Id",
    "X-Request-Cost",
]


def create_app(  # noqa: PLR0913  # each argument is one independent option of the mock
    world: World | None = None,
    *,
    strict: bool = False,
    unauthorized_status: int = 403,
    error_report_ids: bool = False,
    rate_limit: RateLimit | None = None,
    random: Random | None = None,
    body_timeout: float = BODY_TIMEOUT,
    hosts: Collection[str] | None = None,
) -> ASGIApp:
    """Return a mock of one Canvas as an ASGI application. Several applications share nothing.

    Args:
        world: The state; a new default world if None.
        strict: Reject requests that violate the contract with 400, instead of responding as Canvas does.
        unauthorized_status: The status of a denied request: 403, or 401 as in Canvas before about 2024.
        error_report_ids: Add `error_report_id` to the errors for which Canvas creates an error report.
        rate_limit: The rate limit of each token; no limit if None.
        random: The source of request ids; the same seed gives the same ids.
        body_timeout: The seconds to wait for the next part of a body before the response 408.
        hosts: The names and addresses, besides loopback, that a Host header may have, and whose pages may use the mock;
            `*` accepts every Host header. None disables the check of the Host header.
    """
    world = world or World(read_world())
    report_ids = count(1)

    def world_of(_scope: Scope) -> World:
        return world

    def render(error: CanvasError) -> ApiResponse:
        report_id = next(report_ids) if error_report_ids and error.reported else None
        return error_response(error, unauthorized_status=unauthorized_status, report_id=report_id)

    stack = build_middleware_stack(Handlers(), render, strict=strict)
    ids = random or Random(0)  # noqa: S311  # ids, not secrets
    api = Dispatcher(stack, world_of, render, rate_limit, ids, body_timeout)
    routes = [*control_routes(world_of), *page_routes(world_of)]
    others = Starlette(routes=routes, exception_handlers={404: _unknown_route, 405: _unknown_route})
    allowed = allowed_hosts(hosts)
    return RequestGuard(_Cors(_PathSwitch(api, others), allowed), allowed)


async def _unknown_route(_request: Request, _error: Exception) -> Response:
    """Return the page that Canvas shows for an unknown route."""
    return HTMLResponse(str(UnknownRoute().body()), UnknownRoute.status_code)


class _CorsOfHosts(CORSMiddleware):
    """Starlette's CORS middleware, with the allowed hosts in place of a list of origins."""

    hosts: AllowedHosts

    def is_allowed_origin(self, origin: str) -> bool:
        """Return whether pages of this origin may read responses."""
        return self.hosts.accepts_origin(origin)


class _Cors:
    """Starlette's CORS for pages of allowed hosts; requests without an Origin bypass it."""

    def __init__(self, app: ASGIApp, hosts: AllowedHosts) -> None:
        self._app = app
        self._cors = _CorsOfHosts(
            app,
            allow_credentials=True,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=_EXPOSED_HEADERS,
        )
        self._cors.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or b"origin" in dict(scope["headers"]):
            await self._cors(scope, receive, send)
            return

        async def send_with_vary(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"vary", b"Origin"))
            await send(message)

        await self._app(scope, receive, send_with_vary)


class _PathSwitch:
    """Passes paths under /api/ to the API, and all others to the control API and the pages."""

    def __init__(self, api: ASGIApp, others: ASGIApp) -> None:
        self._api = api
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_api = scope["type"] == "http" and scope["path"].lstrip("/").startswith("api/")
        await (self._api if is_api else self._others)(scope, receive, send)
