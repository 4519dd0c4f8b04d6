"""The limit: bare Starlette with constant answers of the mock's size, and nothing checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

_LIST = "/api/v1/users/{user_id}/communication_channels"


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


_ROWS = [_channel(number, f"person1-{number}@school.example") for number in range(1, 26)]


async def _listed(request: Request) -> JSONResponse:
    return JSONResponse(_ROWS[: int(request.query_params.get("per_page", "10"))])


async def _created(request: Request) -> JSONResponse:
    form = await request.form()
    return JSONResponse(_channel(1, str(form["communication_channel[address]"])))


async def _deleted(request: Request) -> JSONResponse:
    return JSONResponse(_channel(1, request.path_params["address"]))


app = Starlette(
    routes=[
        Route(_LIST, _listed, methods=["GET"]),
        Route(_LIST, _created, methods=["POST"]),
        Route(_LIST + "/{type}/{address}", _deleted, methods=["DELETE"]),
    ]
)
