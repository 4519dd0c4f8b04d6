"""Requests and responses of the mock as plain values, and ASGI middleware that alters them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

JSON = "application/json; charset=utf-8"
CRASH = {"errors": [{"message": "An error occurred.", "error_code": "internal_server_error"}]}
"""The JSON body of Canvas's response to a request on which it crashes."""
_COLLECTION = "communication_channels"


@dataclass
class Request:
    """A request to the API."""

    method: str
    path: str
    """The path as sent, such as `/api/v1/users/1/communication_channels/2`, with its percent-encoding."""
    query: bytes
    headers: dict[bytes, bytes]
    body: bytes
    notes: set[str] = field(default_factory=set)
    """Notes of a request hook for a response hook."""

    @property
    def user_id(self) -> str:
        """The user id in the path, as sent."""
        parts = self.path.split("/")
        return parts[4] if len(parts) > 4 else ""

    @property
    def subpath(self) -> list[str]:
        """The segments of the path after `communication_channels`."""
        parts = self.path.split("/")
        return parts[6:] if len(parts) > 5 and parts[5] == _COLLECTION else []

    @property
    def is_list(self) -> bool:
        """Whether the request lists channels."""
        return self.method == "GET" and self.path.endswith(_COLLECTION)

    @property
    def is_create(self) -> bool:
        """Whether the request creates a channel."""
        return self.method == "POST" and self.path.endswith(_COLLECTION)

    @property
    def is_delete_push_token(self) -> bool:
        """Whether the request deletes a push token."""
        return self.method == "DELETE" and self.user_id == "self" and self.subpath == ["push"]

    @property
    def is_delete(self) -> bool:
        """Whether the request deletes a channel, by id or by address."""
        return self.method == "DELETE" and not self.is_delete_push_token

    @property
    def media_type(self) -> str:
        """The media type of the body; that of a form without a Content-Type."""
        content_type = self.headers.get(b"content-type", b"application/x-www-form-urlencoded")
        return content_type.decode("latin-1").partition(";")[0]

    @property
    def has_malformed_json(self) -> bool:
        """Whether the body is sent as JSON and is not valid JSON."""
        if self.media_type != "application/json" or not self.body:
            return False
        try:
            json.loads(self.body)
        except ValueError:
            return True
        return False

    @property
    def token(self) -> str:
        """The token of the Authorization header; empty without one."""
        scheme, _, token = self.headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        return token if scheme == "Bearer" else ""


@dataclass
class Response:
    """A response of the API."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The decoded body; None if it is not JSON. Assignment encodes the body and sets its Content-Type."""
        return json.loads(self.body) if self.body and "json" in self.headers.get("content-type", "") else None

    @json.setter
    def json(self, value: object) -> None:
        self.body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        self.headers["content-type"] = JSON

    @property
    def is_duplicate_error(self) -> bool:
        """Whether the response rejects a duplicate address."""
        return self.status == 400 and b"unique!" in self.body

    def set_empty(self, status: int) -> None:
        """Change the response to one with this status and without a body."""
        self.status, self.body = status, b""
        del self.headers["content-type"], self.headers["content-length"]

    async def send(self, send: Send) -> None:
        """Send the response as ASGI messages."""
        if self.status not in {204, 304}:
            self.headers["content-length"] = str(len(self.body))
        headers = [(name.encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


RequestHook = Callable[[Request], Response | None]
"""Alters a request, or returns a response in place of the application's."""
ResponseHook = Callable[[Request, Response], object]
"""Alters the response to a request."""


class AlteringMiddleware:
    """ASGI middleware that passes the requests and responses of the API to hooks.

    The ETag remains that of the mock's own body: it changes with that body, and the mock's 304 matches it.
    """

    def __init__(
        self, app: ASGIApp, request_hooks: Sequence[RequestHook], response_hooks: Sequence[ResponseHook]
    ) -> None:
        self._app = app
        self._request_hooks = request_hooks
        self._response_hooks = response_hooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process one request."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        request = await _read_request(scope, receive)
        response = next((found for hook in self._request_hooks if (found := hook(request)) is not None), None)
        if response is None:
            response = await _response_of(self._app, scope, request)
        for hook in self._response_hooks:
            hook(request, response)
        await response.send(send)


async def _read_request(scope: Scope, receive: Receive) -> Request:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    return Request(scope["method"], path, scope["query_string"], dict(scope["headers"]), body)


async def _response_of(app: ASGIApp, scope: Scope, request: Request) -> Response:
    response = Response(500, {}, b"")
    if request.body or b"content-length" in request.headers:  # a hook may have changed the body
        request.headers[b"content-length"] = str(len(request.body)).encode()

    async def receive() -> Message:
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            response.status = message["status"]
            response.headers = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
        else:
            response.body += message.get("body", b"")

    inner = {
        **scope,
        "method": request.method,
        "path": request.path,
        "raw_path": request.path.encode("latin-1"),
        "query_string": request.query,
        "headers": list(request.headers.items()),
    }
    await app(inner, receive, send)
    return response
