"""Canvas's API in the world of each request, with the faults of the world, and recorded in its request journal."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from mockserver.address import HEADERS_KEY, TRANSPORT_EXTENSION
from mockserver.api.dispatch import Exchange
from mockserver.canvas.authentication import authenticate
from mockserver.canvas.errors import CanvasError
from mockserver.control.faults.affected_request import PREFER, AffectedRequest
from mockserver.control.faults.contract_check import ContractCheck
from mockserver.control.faults.effects import DroppedConnection
from mockserver.control.selection import controlled_world_of

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from mockserver.api.dispatch import Dispatcher
    from mockserver.api.request import ApiRequest
    from mockserver.control.faults.affected_request import ContractParts
    from mockserver.control.worlds import ControlledWorld


class CanvasApi:
    """The API as an ASGI application."""

    def __init__(self, dispatcher: Dispatcher, contract: ContractParts) -> None:
        self._dispatcher = dispatcher
        self._contract = contract
        self._contract_check = ContractCheck()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process one request."""
        controlled = controlled_world_of(scope)
        if controlled.faults or PREFER in scope[HEADERS_KEY]:
            await self._process_affected(controlled, scope, receive, send)
            return
        received_at, start = time.time(), time.monotonic()
        exchange = await self._dispatcher.respond(scope, receive, controlled.world)
        self._identify(exchange.request, scope)
        controlled.requests.add(scope, exchange, received_at, time.monotonic() - start)
        controlled.changed.send()
        await send(exchange.start)
        await send({"type": "http.response.body", "body": exchange.body})

    async def _process_affected(self, controlled: ControlledWorld, scope: Scope, receive: Receive, send: Send) -> None:
        """Process one request in a world with faults, or one with a preference."""
        received_at, start = time.time(), time.monotonic()
        affected = AffectedRequest(scope, controlled.faults, self._contract)
        try:
            exchange = await self._dispatcher.respond(scope, receive, controlled.world, affected.intercept)
            exchange = affected.damaged(exchange)
        except DroppedConnection:
            # The status 0 stands for no response.
            exchange = Exchange(affected.received, {"type": "http.response.start", "status": 0, "headers": []}, b"")
        seconds = time.monotonic() - start
        self._identify(exchange.request, scope)
        response_violations = await self._check(scope, exchange, affected)
        controlled.requests.add(
            scope,
            exchange,
            received_at,
            seconds,
            response_violations=response_violations,
            fault_id=affected.fault_id,
            effect=affected.description,
        )
        controlled.changed.send()
        if exchange.start["status"] == 0:
            await _drop(scope, receive)
            return
        await send(exchange.start)
        await send({"type": "http.response.body", "body": exchange.body, "more_body": affected.is_truncated})
        if affected.is_truncated:
            await _drop(scope, receive, is_gentle=True)

    async def _check(self, scope: Scope, exchange: Exchange, affected: AffectedRequest) -> list[str]:
        """Return the violations of the response to a request with an effect, and record those of the request.

        The request's are recorded already if it was processed, and are unknown if its body cannot be read.
        """
        if not affected.has_effect:
            return []
        found = await self._contract_check.violations(scope, exchange)
        request = exchange.request
        if not affected.is_processed and request.body_error is None:
            request.violations += found.request
        return found.response

    def _identify(self, request: ApiRequest, scope: Scope) -> None:
        """Set the operation and the token of a request that was not processed: of a fault, or over the rate limit."""
        if not request.operation_id:
            request.operation_id = self._contract.routes.find(request.method, scope)
        if request.valid_token is None and request.access_token:
            with suppress(CanvasError):
                request.valid_token = authenticate(request.world, request.access_token, None)


async def _drop(scope: Scope, receive: Receive, *, is_gentle: bool = False) -> None:
    """End the connection: at once, or with `is_gentle` after the client has received the bytes that were sent.

    Raises ConnectionAbortedError where there is no connection, because client and mock are in one process.
    """
    transport = (scope.get("extensions") or {}).get(TRANSPORT_EXTENSION)
    if transport is None:
        raise ConnectionAbortedError("The mock ended the connection, because of a fault or the header Prefer.")
    if is_gentle:
        transport.close()
    else:
        transport.abort()
    # The server reports the end of the connection.
    while (await receive())["type"] != "http.disconnect":
        pass
