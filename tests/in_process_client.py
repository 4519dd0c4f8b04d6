"""A client of an application in the thread of the test."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx2
from starlette.testclient import TestClient

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message

_PORTS = {"http": 80, "https": 443}


class InProcessClient(TestClient):
    """A test client without the threads of Starlette's, which take most of the time of a request.

    It sends HTTP requests only, raises the exceptions of the application, and sends no events of its lifespan.
    """

    def __init__(self, app: ASGIApp, **options: Any) -> None:
        super().__init__(app, **options)
        self._transport = _Transport(app)


class _Transport(httpx2.BaseTransport):
    """Sends each request to the application in an event loop of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return asyncio.run(self._send(request))

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        bodies = [request.read()]
        messages: list[Message] = []
        is_complete = asyncio.Event()

        async def receive() -> Message:
            if bodies:
                return {"type": "http.request", "body": bodies.pop()}
            await is_complete.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            messages.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                is_complete.set()

        await self._app(_scope(request), receive, send)
        start, *parts = messages
        body = b"" if request.method == "HEAD" else b"".join(part.get("body", b"") for part in parts)
        stream = httpx2.ByteStream(body)  # a response made of content would have a Content-Length of httpx2's own
        return httpx2.Response(start["status"], headers=start["headers"], stream=stream, request=request)


def _scope(request: httpx2.Request) -> dict[str, Any]:
    """Return the scope of the request, as Starlette's test client makes it."""
    url = request.url
    return {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "path": unquote(url.path),
        "raw_path": url.raw_path.partition(b"?")[0],
        "root_path": "",
        "scheme": url.scheme,
        "query_string": url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("testclient", 50000),
        "server": [url.host, url.port or _PORTS[url.scheme]],
        "extensions": {},
        "state": {},
    }
