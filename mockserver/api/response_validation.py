"""Validation of responses against the contract: first with compiled schemas, then with Connexion's validator.

As for requests, the compiled schemas only accept, and Connexion writes the messages.
Connexion does not check formats, so a body that only the compiled schemas reject has a value without its format.
tests/api/test_validation.py shows that the two agree otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from connexion.exceptions import NonConformingResponse
from connexion.middleware.response_validation import ResponseValidationAPI, ResponseValidationOperation

from mockserver.api.operations import OperationMiddleware
from mockserver.contract import compile_schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Message, Receive, Scope, Send


class ResponseOperation(ResponseValidationOperation):  # type: ignore[misc]  # Connexion ships no types
    """Validation of the responses of one operation. A response that violates the contract is never sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._checks: dict[tuple[int, bytes], Callable[[Any], bool]] = {}
        self._required: dict[int, frozenset[bytes]] = {}
        for status, response in self._operation.responses.items():
            headers = response.get("headers", {}).items()
            self._required[int(status)] = frozenset(n.lower().encode() for n, h in headers if h.get("required"))
            for media_type, content in response.get("content", {}).items():
                self._checks[int(status), media_type.encode()] = compile_schema(content["schema"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Buffer the response until it is validated. Raises NonConformingResponse."""
        start: Message = {}

        async def buffer(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            if not self.accepts(start, message["body"]):
                await self._validate(start, message)
            await send(start)
            await send(message)

        await self.next_app(scope, receive, buffer)

    def accepts(self, start: Message, body: bytes) -> bool:
        """Return whether status, media type, required headers and body are as documented, by the compiled schemas."""
        media_type = start["headers"][0][1].partition(b";")[0]
        check = self._checks.get((start["status"], media_type))
        if check is None:
            return False
        required = self._required[start["status"]]
        if required and not required <= {name for name, _ in start["headers"]}:
            return False
        return media_type != b"application/json" or check(orjson.loads(body))

    async def _validate(self, start: Message, message: Message) -> None:
        """Validate with Connexion, after a check of status and media type. Raises NonConformingResponse."""
        status, media_type = start["status"], start["headers"][0][1].partition(b";")[0]
        if (status, media_type) not in self._checks:
            raise NonConformingResponse(
                detail=f"{self._operation.operation_id}: {status} {media_type.decode()} is not documented"
            )

        async def response(_scope: Scope, _receive: Receive, send: Send) -> None:
            await send(start)
            await send(message)

        async def discard(_message: Message) -> None:
            """Do nothing: only the exception matters."""

        validation = ResponseValidationOperation(response, operation=self._operation)
        await validation({"type": "http"}, None, discard)
        if media_type == b"application/json" and not self._checks[status, media_type](orjson.loads(message["body"])):
            raise NonConformingResponse(
                detail=f"{self._operation.operation_id}: a value of the {status} response does not have its format"
            )


class _ResponseAPI(ResponseValidationAPI):  # type: ignore[misc]  # Connexion ships no types
    def make_operation(self, operation: Any) -> ResponseOperation:
        return ResponseOperation(self.next_app, operation=operation)


class ResponseValidation(OperationMiddleware):
    """Connexion's response validation, always on, with schemas that are compiled once."""

    api_cls = _ResponseAPI
