"""Joins contract, handlers, access and errors into one application."""

from __future__ import annotations

from itertools import count
from random import Random
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware

from mockserver.answers import Answer, answer_to
from mockserver.control import LOCAL_ORIGINS, control_routes, page_not_found
from mockserver.frame import build_frame
from mockserver.front import LONGEST_PAUSE, Front
from mockserver.handlers import Handlers
from mockserver.throttle import Throttle
from mockserver.world import World
from mockserver.worldfile import read_world

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mockserver.errors import CanvasError

_EXPOSED = [
    "ETag",
    "Link",
    "WWW-Authenticate",
    "X-Canvas-Real-User-Id",
    "X-Canvas-User-Id",
    "X-Contract-Violation",
    "X-Rate-Limit-Remaining",
    "X-Request-Context-Id",
    "X-Request-Cost",
]


def create_app(
    world: World | None = None,
    *,
    strict: bool = False,
    unauthorized_status: int = 403,
    error_report_ids: bool = False,
    throttle: Throttle | None = None,
    random: Random | None = None,
    longest_pause: float = LONGEST_PAUSE,
) -> ASGIApp:
    """A mock of one Canvas, as an ASGI application; make as many as you like, they share nothing.

    Args:
        world: What it knows; the default world unless given.
        strict: Refuse with 400 what breaks the contract, instead of answering as Canvas does.
        unauthorized_status: 403, or 401 as Canvas answered before about 2024.
        error_report_ids: Show `error_report_id` where Canvas records the failure.
        throttle: The rate limit; none unless given.
        random: Where request ids come from; the same seed gives the same ids.
        longest_pause: Seconds after which a body that has stopped is given up, with 408.
    """
    here = world or World(read_world())
    report_ids = count(1)

    def world_of(_scope: Scope) -> World:
        return here

    def render(error: CanvasError) -> Answer:
        report_id = next(report_ids) if error_report_ids and error.reported else None
        return answer_to(error, unauthorized_status=unauthorized_status, report_id=report_id)

    frame = build_frame(Handlers(), render, strict=strict)
    ids = random or Random(0)  # noqa: S311  # ids, not secrets
    front = Front(frame, world_of, render, throttle or Throttle(), ids, longest_pause)
    beside = Starlette(routes=control_routes(world_of), exception_handlers={404: page_not_found, 405: page_not_found})
    return _ForBrowsers(_ByPath(front, beside))


class _ForBrowsers:
    """Answers pages of local origins as Starlette's CORS does; it is not asked where no page asks."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._cors = CORSMiddleware(
            app,
            allow_origin_regex=LOCAL_ORIGINS.pattern,
            allow_credentials=True,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=_EXPOSED,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or b"origin" in dict(scope["headers"]):
            await self._cors(scope, receive, send)
            return

        async def vary(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"vary", b"Origin"))
            await send(message)

        await self._app(scope, receive, vary)


class _ByPath:
    """The API under /api/, everything for people and tests beside it."""

    def __init__(self, api: ASGIApp, beside: ASGIApp) -> None:
        self._api = api
        self._beside = beside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_api = scope["type"] == "http" and scope["path"].lstrip("/").startswith("api/")
        await (self._api if is_api else self._beside)(scope, receive, send)
