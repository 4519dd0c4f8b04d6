"""The baseline: a bare Starlette application with the operations of the workloads, without validation or tokens."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from benchmarks.workload_users import CREATED_AT, address_of, workload_users

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CHANNELS_PATH = "/api/v1/users/{user_id:int}/communication_channels"

_Channel = dict[str, object]


def application() -> Starlette:
    """Return a new application with the channels that the workloads need."""
    operations = _Operations()
    return Starlette(
        routes=[
            Route(_CHANNELS_PATH, operations.list_channels, methods=["GET"]),
            Route(_CHANNELS_PATH, operations.create_channel, methods=["POST"]),
            Route(_CHANNELS_PATH + "/{type}/{address}", operations.delete_channel, methods=["DELETE"]),
        ]
    )


class _Operations:
    """The operations on the channels of each user, by address. A user's channels are made at the first request."""

    def __init__(self) -> None:
        self._sizes = dict(workload_users())
        self._channels: dict[int, dict[str, _Channel]] = {}

    async def list_channels(self, request: Request) -> JSONResponse:
        size = int(request.query_params.get("per_page", "10"))
        start = (int(request.query_params.get("page", "1")) - 1) * size
        return JSONResponse([*islice(self._channels_of(request).values(), start, start + size)])

    async def create_channel(self, request: Request) -> JSONResponse:
        channels, form = self._channels_of(request), await request.form()
        address = str(form["communication_channel[address]"])
        channels[address] = _channel(request.path_params["user_id"], len(channels) + 1, address)
        return JSONResponse(channels[address])

    async def delete_channel(self, request: Request) -> JSONResponse:
        return JSONResponse(self._channels_of(request).pop(request.path_params["address"]))

    def _channels_of(self, request: Request) -> dict[str, _Channel]:
        user_id = request.path_params["user_id"]
        if user_id not in self._channels:
            rows = ((address_of(user_id, row), row) for row in range(1, self._sizes[user_id] + 1))
            self._channels[user_id] = {address: _channel(user_id, row, address) for address, row in rows}
        return self._channels[user_id]


def _channel(user_id: int, number: int, address: str) -> _Channel:
    return {
        "id": number,
        "position": number,
        "workflow_state": "active",
        "user_id": user_id,
        "created_at": CREATED_AT,
        "address": address,
        "type": "email",
    }


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
