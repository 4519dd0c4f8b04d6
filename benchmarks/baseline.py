"""The baseline: a bare Starlette application that returns constant responses of the mock's size without validation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CHANNELS_PATH = "/api/v1/users/{user_id}/communication_channels"


def _channel(number: int, address: str) -> dict[str, object]:
    return {
        "id": number,
        "position": number,
        "workflow_state": "active",
        "user_id": 1,
        "created_at": "2026-01-05T08:00:00Z",
        "address": address,
        "type": "email",
    }


_CHANNELS = [_channel(number, f"person1-{number}@school.example") for number in range(1, 26)]


async def _list_channels(request: Request) -> JSONResponse:
    return JSONResponse(_CHANNELS[: int(request.query_params.get("per_page", "10"))])


async def _create_channel(request: Request) -> JSONResponse:
    form = await request.form()
    return JSONResponse(_channel(1, str(form["communication_channel[address]"])))


async def _delete_channel(request: Request) -> JSONResponse:
    return JSONResponse(_channel(1, request.path_params["address"]))


_LINK = ",".join(
    f'<http://127.0.0.1:8000/api/v1/users/self/communication_channels?page={number}&per_page=10>; rel="{relation}"'
    for number, relation in ((1, "current"), (2, "next"), (1, "first"), (3, "last"))
)
_META = (
    b"at=10000000000001;dk=10000000000003;o=communication_channels;n=index;b=1378436;m=1378436;u=0.01;y=0.00;d=0.00;"
)
_CANVAS_HEADERS = [
    (b"link", _LINK.encode()),
    (b"etag", b'W/"0123456789abcdef0123456789abcdef"'),
    (b"cache-control", b"max-age=0, private, must-revalidate"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-xss-protection", b"1; mode=block"),
    (b"x-download-options", b"noopen"),
    (b"x-permitted-cross-domain-policies", b"none"),
    (b"referrer-policy", b"no-referrer-when-downgrade"),
    (b"content-security-policy", b"frame-ancestors 'self' 127.0.0.1:8000;"),
    (b"x-runtime", b"0.001000"),
    (b"x-request-context-id", b"01234567-89ab-4def-8123-456789abcdef"),
    (b"x-canvas-meta", _META),
    (b"x-canvas-user-id", b"10000000000001"),
    (b"x-request-cost", b"0.04121994000003906"),
    (b"x-rate-limit-remaining", b"600.0"),
    (b"vary", b"Origin"),
]


def with_canvas_headers(inner: ASGIApp) -> ASGIApp:
    """Return the application with constant headers added to every response, of the number and length of Canvas's."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += _CANVAS_HEADERS
            await send(message)

        await inner(scope, receive, send_with_headers)

    return application


app = Starlette(
    routes=[
        Route(_CHANNELS_PATH, _list_channels, methods=["GET"]),
        Route(_CHANNELS_PATH, _create_channel, methods=["POST"]),
        Route(_CHANNELS_PATH + "/{type}/{address}", _delete_channel, methods=["DELETE"]),
    ]
)
