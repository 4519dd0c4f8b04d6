"""Validation, against the contract, of requests with a fault or a preference and of their responses."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import orjson
from connexion.exceptions import NonConformingResponse, NonConformingResponseBody
from connexion.middleware import ConnexionMiddleware
from connexion.resolver import Resolver

from mockserver.api.errors import BodyTooLarge, IncompleteBody
from mockserver.api.middleware import Routing
from mockserver.api.paths import canonical_path
from mockserver.api.request import SCOPE_KEY
from mockserver.api.request_validation import RequestValidation
from mockserver.api.response import RESPONSE_KEY, ApiResponse
from mockserver.api.response_validation import ResponseValidation
from mockserver.canvas.errors import CanvasError
from mockserver.contract import read_contract, read_supplement
from mockserver.terminal import printable

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mockserver.api.dispatch import Exchange

_EXCHANGE_KEY = "mockserver.exchange"
"""The key of the exchange in an ASGI scope."""

_OUTSIDE_THE_CONTRACT = frozenset({0, BodyTooLarge.status_code, IncompleteBody.status_code})
"""The statuses that are not validated: of a dropped connection, and of the mock's limits on bodies."""


class FoundViolations(NamedTuple):
    """The violations of the contract in one exchange, in words."""

    request: list[str]
    response: list[str]


class ContractCheck:
    """Validates complete exchanges, by the middleware that validates requests and responses without a fault.

    The middleware is built when it is first needed, so that the mock starts sooner.
    """

    @cached_property
    def _stack(self) -> ASGIApp:
        stack = ConnexionMiddleware(
            _repeat_response,
            import_name="mockserver",
            middlewares=[
                partial(Routing, actions=defaultdict(str)),  # the response has its X-Canvas-Meta already
                ResponseValidation,
                partial(RequestValidation, strict=False),
            ],
            resolver=Resolver(lambda _operation_id: _repeat_response),
            validate_responses=True,
        )
        for document in (read_contract(), read_supplement()):
            stack.add_api(document)
        asgi: ASGIApp = stack
        return asgi

    async def violations(self, scope: Scope, exchange: Exchange) -> FoundViolations:
        """Return the violations of an exchange; none where no operation has its method and path.

        The body is not validated for HEAD, which has none, and with ids as text, which the contract does not describe.
        """
        raw_path = scope.get("raw_path") or quote(scope["path"]).encode()
        in_response: list[str] = []
        try:
            request = replace(exchange.request, path=canonical_path(raw_path), violations=[], body_error=None)
            await self._stack({"type": "http", SCOPE_KEY: request, _EXCHANGE_KEY: exchange}, _receive, _discard)
        except CanvasError:
            return FoundViolations([], [])
        except NonConformingResponse as problem:
            is_in_body = isinstance(problem, NonConformingResponseBody)
            if not (is_in_body and "canvas-string-ids" in request.accept):
                in_response = [printable(problem.detail.partition("\n")[0])]
        except orjson.JSONDecodeError:
            if request.method != "HEAD":
                in_response = [f"{request.operation_id}: the body of the response is not JSON"]
        return FoundViolations(request.violations, in_response)


async def _repeat_response(scope: Scope, _receive: Receive, _send: Send) -> None:
    """Put the response of the exchange into the scope for the validation, unless it is outside the contract."""
    _request, start, body = scope[_EXCHANGE_KEY]
    if start["status"] in _OUTSIDE_THE_CONTRACT:
        return
    content_type = dict(start["headers"]).get(b"content-type", b"")
    scope[RESPONSE_KEY] = ApiResponse(None, start["status"], start["headers"], content_type, body)


async def _receive() -> Message:
    return {"type": "http.request", "body": b""}


async def _discard(_message: Message) -> None:
    """Do nothing: the middleware sends no messages."""
