"""One exchange with the mock as plain values, what was asked and what was answered, and a place to alter both."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

JSON = "application/json; charset=utf-8"
_COLLECTION = "communication_channels"


@dataclass
class Ask:
    """A request to the API."""

    method: str
    path: str
    """As it was sent, still encoded."""
    query: bytes
    headers: dict[bytes, bytes]
    body: bytes
    notes: set[str] = field(default_factory=set)
    """What an alteration of the request leaves for one of the answer."""

    @property
    def user(self) -> str:
        """The user as the path names it."""
        parts = self.path.split("/")
        return parts[4] if len(parts) > 4 else ""

    @property
    def tail(self) -> list[str]:
        """What follows the collection in the path."""
        parts = self.path.split("/")
        return parts[6:] if len(parts) > 5 and parts[5] == _COLLECTION else []

    @property
    def lists(self) -> bool:
        """Whether it asks for a list."""
        return self.method == "GET" and self.path.endswith(_COLLECTION)

    @property
    def creates(self) -> bool:
        """Whether it asks for a creation."""
        return self.method == "POST" and self.path.endswith(_COLLECTION)

    @property
    def forgets(self) -> bool:
        """Whether it deletes a push token."""
        return self.method == "DELETE" and self.user == "self" and self.tail == ["push"]

    @property
    def deletes(self) -> bool:
        """Whether it deletes a channel, by either path."""
        return self.method == "DELETE" and not self.forgets

    @property
    def media_type(self) -> str:
        """Of its body; a body that names none is a form."""
        said = self.headers.get(b"content-type", b"application/x-www-form-urlencoded")
        return said.decode("latin-1").partition(";")[0]

    @property
    def token(self) -> str:
        """The token of its header; empty without one."""
        scheme, _, token = self.headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        return token if scheme == "Bearer" else ""


@dataclass
class Reply:
    """What is answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        """The body as JSON; None if it is not."""
        return json.loads(self.body) if self.body and "json" in self.headers.get("content-type", "") else None

    @value.setter
    def value(self, value: object) -> None:
        self.body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        self.headers["content-type"] = JSON

    @property
    def is_unique(self) -> bool:
        """Whether it refuses a duplicate."""
        return self.status == 400 and b"unique!" in self.body

    async def send(self, send: Send) -> None:
        """Say it in ASGI."""
        if self.status not in {204, 304}:
            self.headers["content-length"] = str(len(self.body))
        headers = [(name.encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


class Altered:
    """An application whose requests and answers are altered on their way; only those of the API.

    The ETag stays that of the mock's own body: it changes when that does, and the mock's 304 fits it.
    """

    def __init__(
        self,
        app: ASGIApp,
        asks: Sequence[Callable[[Ask], Reply | None]],
        replies: Sequence[Callable[[Ask, Reply], object]],
    ) -> None:
        self._app = app
        self._asks = asks
        self._replies = replies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        ask = await _ask(scope, receive)
        reply = next((instead for change in self._asks if (instead := change(ask)) is not None), None)
        if reply is None:
            reply = await _reply(self._app, scope, ask)
        for change in self._replies:
            change(ask, reply)
        await reply.send(send)


async def _ask(scope: Scope, receive: Receive) -> Ask:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    return Ask(scope["method"], path, scope["query_string"], dict(scope["headers"]), body)


async def _reply(app: ASGIApp, scope: Scope, ask: Ask) -> Reply:
    reply = Reply(500, {}, b"")
    if ask.body or b"content-length" in ask.headers:
        ask.headers[b"content-length"] = str(len(ask.body)).encode()

    async def receive() -> Message:
        return {"type": "http.request", "body": ask.body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            reply.status = message["status"]
            reply.headers = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
        else:
            reply.body += message.get("body", b"")

    inner = {
        **scope,
        "method": ask.method,
        "path": ask.path,
        "raw_path": ask.path.encode("latin-1"),
        "query_string": ask.query,
        "headers": list(ask.headers.items()),
    }
    await app(inner, receive, send)
    return reply
