"""The front of the API: raw HTTP becomes a Call, and what comes back becomes Canvas's bytes."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from connexion.exceptions import NonConformingResponse

from mockserver import call as calls
from mockserver import parameters as rails
from mockserver.access import token_value
from mockserver.answers import Answer, finish
from mockserver.call import Call
from mockserver.errors import BodyCutShort, BodyTooLarge, CanvasError, UnknownMethod, Unparsable
from mockserver.routes import canonical_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mockserver.throttle import Throttle
    from mockserver.world import World

log = logging.getLogger("mockserver")

MOST_BYTES = 1024 * 1024
"""The largest body that is read."""

LONGEST_PAUSE = 10.0
"""Seconds that the mock waits for the next piece of a body, unless told otherwise."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
_HOST = re.compile(r"[\w.:\[\]-]+", re.ASCII)
_OVERRIDE = b"x-http-method-override"


class Front:
    """ASGI: reads the request once, lets the frame answer it, completes the answer.

    `world_of` names the world that a request belongs to, so that clients can have worlds of their own.
    """

    def __init__(
        self,
        frame: ASGIApp,
        world_of: Callable[[Scope], World],
        render: Callable[[CanvasError], Answer],
        throttle: Throttle,
        random: Random,
        longest_pause: float,
    ) -> None:
        self._frame = frame
        self._world_of = world_of
        self._render = render
        self._throttle = throttle
        self._random = random
        self._longest_pause = longest_pause

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        call = _opened(scope, headers, self._world_of(scope))
        start: Message = {}
        body = b""

        async def keep(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            else:
                body = message["body"]

        try:
            await self._answer(call, scope, headers, receive, keep)
        except CanvasError as error:
            await self._render(error).send(keep)
        except NonConformingResponse as problem:
            log.error("The mock's own answer breaks openapi.yaml: %s", problem.detail)  # noqa: TRY400  # it says where
            await _broken(f"The mock's own answer breaks openapi.yaml. {problem.detail}").send(keep)
        except Exception:
            log.exception("The mock failed on %s %s; this is a bug of the mock", call.method, call.path)
            await _broken("The mock failed; this is a bug of the mock, and its log says more.").send(keep)
        if call.breaches:
            log.warning("%s %s breaks the contract: %s", call.method, call.path, "; ".join(call.breaches))
        start, body = finish(call, self._random, start, body)
        await send(start)
        await send({"type": "http.response.body", "body": body})

    async def _answer(
        self, call: Call, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send
    ) -> None:
        if call.method not in _METHODS:
            raise UnknownMethod
        call.query = rails.from_query(scope["query_string"]) if scope["query_string"] else {}
        try:
            sent = await _sent(call, headers, receive, self._longest_pause)
        except CanvasError as error:
            call.unreadable, sent = error, {}
        call.parameters = {**sent, **call.query} if sent else call.query
        self._throttle_by_token(call)
        if call.method == "POST":
            call.method = _overridden(headers, {} if call.media_type == "application/json" else sent) or "POST"
            call.stands_in = call.method != "POST"
        call.path = canonical_path(scope.get("raw_path") or quote(scope["path"]).encode())
        inner = {**scope, "method": call.method, "path": call.path, calls.KEY: call}
        await self._frame(inner, receive, send)

    def _throttle_by_token(self, call: Call) -> None:
        value = token_value(call.authorization, call.parameters)
        call.budget = None  # unless the draw is allowed
        call.budget = self._throttle.draw(call.world, value if value in call.world.tokens else "")


def _opened(scope: Scope, headers: dict[bytes, bytes], world: World) -> Call:
    """The call with what its headers say."""
    host = _host(headers.get(b"host", b"").decode("latin-1"), scope)
    call = Call(world, scope["method"], scope["path"], f"{scope['scheme']}://{host}", {}, {})
    if b"authorization" in headers:
        call.authorization = headers[b"authorization"].decode("latin-1")
    if b"accept" in headers:
        call.accept = headers[b"accept"].decode("latin-1")
    if b"if-none-match" in headers:
        call.if_none_match = headers[b"if-none-match"].decode("latin-1")
    return call


def _host(sent: str, scope: Scope) -> str:
    """The host as the client used it; where it names none, the server's own address."""
    return sent if _HOST.fullmatch(sent) else ":".join(map(str, scope["server"]))


async def _sent(call: Call, headers: dict[bytes, bytes], receive: Receive, longest_pause: float) -> rails.Parameters:
    """The parameters in the body, if there is one."""
    if b"content-length" not in headers and b"transfer-encoding" not in headers:
        return {}
    body = await _body(headers.get(b"content-length", b"0"), receive, longest_pause)
    if not body:
        return {}
    content_type = headers.get(b"content-type", rails.FORM.encode()).decode("latin-1")
    call.media_type = content_type.partition(";")[0].strip().lower()
    try:
        return await rails.from_body(call.media_type, content_type, body)
    except Unparsable:
        call.breaches.append("body: it says that it is JSON, and does not parse")
        raise


async def _body(announced: bytes, receive: Receive, longest_pause: float) -> bytes:
    if announced.isdigit() and (len(announced) > 9 or int(announced) > MOST_BYTES):
        raise BodyTooLarge(f"the body is over {MOST_BYTES} bytes")
    body = bytearray()
    while True:
        try:
            async with asyncio.timeout(longest_pause):
                message = await receive()
        except TimeoutError:
            raise BodyCutShort("the body did not come") from None
        if message["type"] == "http.disconnect":
            raise BodyCutShort("the body did not come")
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            raise BodyTooLarge(f"the body is over {MOST_BYTES} bytes")
        if not message.get("more_body", False):
            return bytes(body)


def _overridden(headers: dict[bytes, bytes], sent: rails.Parameters) -> str | None:
    """The method that a POST stands for: a field of its body, or a header (behaviour 1.2)."""
    named = sent.get("_method") or headers.get(_OVERRIDE, b"").decode("latin-1")
    method = str(named).upper()
    return method if method in _METHODS else None


def _broken(text: str) -> Answer:
    return Answer({"errors": [{"message": text}]}, 500)
