"""The mock without a socket: an asynchronous client that calls the application itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx2 as httpx  # httpx itself is used in the same way

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def test_channels_are_listed(canvas_mock_app: ASGIApp) -> None:
    async def list_channels() -> list[str]:
        transport = httpx.ASGITransport(canvas_mock_app)
        headers = {"Authorization": "Bearer student-token"}
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
            response = await client.get("/api/v1/users/self/communication_channels")
        return [channel["address"] for channel in response.json()]

    assert asyncio.run(list_channels())[0] == "student@school.example"
