"""The application factory: joins the API, the control API and the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import HTMLResponse, Response

from mockserver.address import HEADERS_KEY
from mockserver.api.bodies import BODY_TIMEOUT, BodyReader
from mockserver.api.dispatch import Dispatcher
from mockserver.api.errors import UnknownRoute
from mockserver.api.handlers import Handlers
from mockserver.api.middleware import build_middleware_stack
from mockserver.api.response import ApiResponse, error_response
from mockserver.api.routes import Routes
from mockserver.canvas.seed import read_world
from mockserver.canvas.world import World
from mockserver.contract import read_contract, read_supplement
from mockserver.control.access import ControlAccess
from mockserver.control.api import ControlApi
from mockserver.control.canvas_api import CanvasApi
from mockserver.control.faults.affected_request import ContractParts
from mockserver.control.faults.documented import DocumentedResponses
from mockserver.control.guard import RequestGuard, allowed_hosts
from mockserver.control.request_journal import DEFAULT_LENGTH
from mockserver.control.selection import WorldSelection, controlled_world_of, world_of
from mockserver.control.worlds import IDLE_SECONDS, MAX_WORLDS, Worlds
from mockserver.pages.routes import page_routes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Collection

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mockserver.canvas.errors import CanvasError
    from mockserver.canvas.rate_limit import RateLimit
    from mockserver.control.origins import AllowedHosts

_EXPOSED_HEADERS = [
    "ETag",
    "Link",
    "Preference-Applied",
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
    body_timeout: float = BODY_TIMEOUT,
    hosts: Collection[str] | None = None,
    origins: Collection[str] = (),
    cors: bool = True,
    control: ControlAccess = ControlAccess(),  # noqa: B008  # it does not change
    max_worlds: int = MAX_WORLDS,
    world_idle: float = IDLE_SECONDS,
    journal_length: int = DEFAULT_LENGTH,
) -> ASGIApp:
    """Return a mock of Canvas as an ASGI application. Several applications share nothing.

    Args:
        world: The default world; a new one if None. Other worlds start from its seed.
        strict: Reject requests that violate the contract with 400, instead of responding as Canvas does.
        unauthorized_status: The status of a denied request: 403, or 401 as in Canvas before about 2024.
        error_report_ids: Add `error_report_id` to the errors for which Canvas creates an error report.
        rate_limit: The rate limit of each token; no limit if None.
        body_timeout: The seconds to wait for the next part of a body before the response 408.
        hosts: The names and addresses, besides loopback, that a Host header may have, and whose pages may use the mock;
            `*` accepts every Host header. None disables the check of the Host header.
        origins: Further origins whose pages may use the mock; `*` for every origin, whose pages may use the control
            API for reading only unless it requires a token.
        cors: Whether to send CORS headers; without them the mock responds to preflight requests with 404, as Canvas.
        control: Who may change the mock through the control API.
        max_worlds: The maximum number of worlds besides the default one.
        world_idle: The seconds without a request after which a world is deleted.
        journal_length: The number of requests that each world remembers; 0 for none.
    """
    worlds = Worlds(
        world or World(read_world()), maximum=max_worlds, idle_seconds=world_idle, journal_length=journal_length
    )

    def render(error: CanvasError, world: World) -> ApiResponse:
        report_id = world.next_error_report_id() if error_report_ids and error.reported else None
        return error_response(error, unauthorized_status=unauthorized_status, report_id=report_id)

    stack = build_middleware_stack(Handlers(), render, strict=strict)
    contract = read_contract()
    routes, responses = Routes([contract, read_supplement()]), DocumentedResponses(contract)
    parts = ContractParts(routes, responses, contract["servers"][0]["url"])
    bodies = BodyReader(body_timeout)
    api = CanvasApi(Dispatcher(stack, render, rate_limit, bodies), parts)
    pages = Starlette(
        routes=page_routes(world_of, _report_change), exception_handlers={404: _unknown_route, 405: _unknown_route}
    )
    pages.router.redirect_slashes = False  # Starlette would redirect to the path without the prefixes
    allowed = allowed_hosts(hosts, origins)
    control_api = ControlApi(worlds, responses, routes, control, bodies)
    selection = WorldSelection(_PathSwitch(api, control_api, pages), worlds)
    asgi = _Cors(selection, allowed) if cors else selection
    return RequestGuard(asgi, allowed, has_cors=cors, has_control_token=bool(control.token))


def _report_change(scope: Scope) -> None:
    """Wake the requests that wait for a change of the request's world."""
    controlled_world_of(scope).changed.send()


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

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http" or b"origin" in scope[HEADERS_KEY]:
            return self._cors(scope, receive, send)

        # The response depends on Origin: a cache must not use it for a request that has one.
        def send_with_vary(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                message["headers"].append((b"vary", b"Origin"))
            return send(message)

        return self._app(scope, receive, send_with_vary)


class _PathSwitch:
    """Passes paths under /api/ to the API, those under /_mock/ to the control API, and all others to the pages."""

    def __init__(self, api: ASGIApp, control: ASGIApp, pages: ASGIApp) -> None:
        self._api = api
        self._control = control
        self._pages = pages

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        path = scope["path"].lstrip("/") if scope["type"] == "http" else ""
        if path.startswith("api/"):
            return self._api(scope, receive, send)
        if path.startswith("_mock/"):
            return self._control(scope, receive, send)
        return self._pages(scope, receive, send)
