"""Canvas's API in the world of each request, with the faults of the world, and recorded in its request journal."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockserver.address import HEADERS_KEY, TRANSPORT_EXTENSION
from mockserver.api.dispatch import EndedExchange, Exchange
from mockserver.api.response import ApiResponse
from mockserver.canvas.authentication import authenticate
from mockserver.canvas.errors import CanvasError
from mockserver.control.faults.effects import DroppedConnection
from mockserver.control.faults.prefer import preferred_effect
from mockserver.control.faults.violations import violate
from mockserver.control.problems import Problem
from mockserver.control.selection import controlled_world_of

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from mockserver.api.dispatch import Dispatcher
    from mockserver.api.request import ApiRequest
    from mockserver.api.routes import Routes
    from mockserver.canvas.errors import Header
    from mockserver.control.faults.documented import DocumentedResponses
    from mockserver.control.faults.effects import Effect
    from mockserver.control.faults.faults import Fault, Faults

_PREFER = b"prefer"


class CanvasApi:
    """The API as an ASGI application."""

    def __init__(self, dispatcher: Dispatcher, choice: EffectChoice) -> None:
        self._dispatcher = dispatcher
        self._choice = choice

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process one request."""
        controlled = controlled_world_of(scope)
        received_at, start = time.time(), time.monotonic()
        if not controlled.faults and _PREFER not in scope[HEADERS_KEY]:
            exchange = await self._dispatcher.respond(scope, receive, controlled.world)
            self._identify(exchange.request, scope)
            controlled.requests.add(scope, exchange, received_at, time.monotonic() - start)
            controlled.changed.send()
            await send(exchange.start)
            await send({"type": "http.response.body", "body": exchange.body})
            return
        request = _AffectedRequest(scope, controlled.faults, self._choice)
        try:
            exchange = await self._dispatcher.respond(scope, receive, controlled.world, request.intercept)
            exchange = request.damaged(exchange)
        except DroppedConnection:
            exchange = Exchange(request.received, {"type": "http.response.start", "status": 0, "headers": []}, b"")
        self._identify(exchange.request, scope)
        seconds, fault_id = time.monotonic() - start, request.fault.id if request.fault else None
        controlled.requests.add(scope, exchange, received_at, seconds, fault_id=fault_id, effect=request.description)
        controlled.changed.send()
        if exchange.start["status"] == 0:
            await _drop(scope, receive)
            return
        await send(exchange.start)
        if request.is_truncated:
            await send(
                {"type": "http.response.body", "body": exchange.body[: len(exchange.body) // 2], "more_body": True}
            )
            await _drop(scope, receive, is_gentle=True)
            return
        await send({"type": "http.response.body", "body": exchange.body})

    def _identify(self, request: ApiRequest, scope: Scope) -> None:
        """Set the operation and the token of a request that was not processed: of a fault, or over the rate limit."""
        if not request.operation_id:
            request.operation_id = self._choice.routes.find(request.method, scope)
        if request.valid_token is None and request.access_token:
            with suppress(CanvasError):
                request.valid_token = authenticate(request.world, request.access_token, None)


@dataclass(frozen=True)
class EffectChoice:
    """What the choice of an effect on a request needs of the contract."""

    routes: Routes
    responses: DocumentedResponses
    contract_url: str
    """The server of the contract, which the examples of headers contain."""


class _AffectedRequest:
    """A request that may have a fault or a preference."""

    def __init__(self, scope: Scope, faults: Faults, choice: EffectChoice) -> None:
        self._scope = scope
        self._faults = faults
        self._prefer = b", ".join(value for name, value in scope["headers"] if name == _PREFER).decode("latin-1")
        self._choice = choice
        self.received: ApiRequest
        self.fault: Fault | None = None
        self._effect: Effect | None = None
        self._applied = ""
        """The value of Preference-Applied."""

    @property
    def description(self) -> str:
        """What was done to the request; empty if nothing was."""
        if self._applied:
            return f"Prefer: {self._applied}"
        return self._effect.kind if self._effect else ""

    @property
    def is_truncated(self) -> bool:
        """Whether the connection ends in the middle of the body."""
        return self._effect is not None and self._effect.kind == "truncated_body"

    async def intercept(self, request: ApiRequest) -> ApiResponse | None:
        """Choose the effect, and return the response that replaces the operation's, or None."""
        self.received = request
        operation_id = self._choice.routes.find(request.method, self._scope)
        try:
            self._choose(request, operation_id)
        except Problem as problem:
            return ApiResponse({"errors": [{"message": str(problem), "error_code": problem.code}]}, problem.status)
        if self._effect is None:
            return None
        if self._effect.kind != "delay":  # browsers repeat a list with its ETag, and 304 would hide the effect
            request.if_none_match = ""
        try:
            response = await self._effect.before(request, self._choice.contract_url)
        except (DroppedConnection, EndedExchange):
            request.operation_id = operation_id
            raise
        if response is not None:
            request.operation_id = operation_id
        return response

    def damaged(self, exchange: Exchange) -> Exchange:
        """Return the exchange with what the effect does to a response. Raises DroppedConnection."""
        if self._applied:
            exchange.start["headers"].append((b"preference-applied", self._applied.encode("latin-1")))
        if self._effect is None:
            return exchange
        if self._effect.is_rate_limit:
            exchange.start["headers"] = _without_budget(exchange.start["headers"])
        document = self._effect.document
        match self._effect.kind:
            case "dropped_connection":
                raise DroppedConnection
            case "malformed_body":
                body = exchange.body[: len(exchange.body) // 2].ljust(len(exchange.body), b"\x00")
                return exchange._replace(body=body)
            case "contract_violation":
                start = exchange.start
                status, headers, body = violate(document["violation"], start["status"], start["headers"], exchange.body)
                return exchange._replace(start={**start, "status": status, "headers": headers}, body=body)
        return exchange

    def _choose(self, request: ApiRequest, operation_id: str) -> None:
        preferred = preferred_effect(self._prefer, operation_id, self._choice.responses) if self._prefer else None
        if preferred is not None:
            self._effect, self._applied = preferred
            return
        chosen = self._faults.choose(request, operation_id, self._choice.responses)
        if chosen is not None:
            self.fault, self._effect = chosen


def _without_budget(headers: list[Header]) -> list[Header]:
    """Return the headers of a response to a token without budget, which has no cost (behaviour 9)."""
    others = [header for header in headers if header[0] not in {b"x-request-cost", b"x-rate-limit-remaining"}]
    return [*others, (b"x-rate-limit-remaining", b"0.0749")]


async def _drop(scope: Scope, receive: Receive, *, is_gentle: bool = False) -> None:
    """End the connection: at once, or after what was sent has reached the client.

    Raises ConnectionAbortedError where there is no connection, because client and mock are in one process.
    """
    transport = (scope.get("extensions") or {}).get(TRANSPORT_EXTENSION)
    if transport is None:
        raise ConnectionAbortedError("The mock ended the connection, as a fault or the header Prefer asks.")
    if is_gentle:
        transport.close()
    else:
        transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
