"""Answers held against the contract: a quick yes from compiled schemas, else Connexion's own verdict.

As with requests, the quick path only ever accepts; tests/test_validation.py holds it to that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from connexion.exceptions import NonConformingResponse
from connexion.middleware.response_validation import (
    ResponseValidationAPI,
    ResponseValidationMiddleware,
    ResponseValidationOperation,
)

from mockserver.contract import compile_schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Message, Receive, Scope, Send


class ResponseOperation(ResponseValidationOperation):  # type: ignore[misc]  # Connexion ships no types
    """One operation's promises. An answer that breaks them never leaves: it is a bug of the mock."""

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
        """Hold back the answer until it is found to keep the contract."""
        start: Message = {}

        async def held(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            if not self.accepts(start, message["body"]):
                await self._judge(start, message)
            await send(start)
            await send(message)

        await self.next_app(scope, receive, held)

    def accepts(self, start: Message, body: bytes) -> bool:
        """The quick yes: a documented status and media type, all required headers, and a body that fits."""
        media_type = start["headers"][0][1].partition(b";")[0]
        check = self._checks.get((start["status"], media_type))
        if check is None:
            return False
        required = self._required[start["status"]]
        if required and not required <= {name for name, _ in start["headers"]}:
            return False
        return media_type != b"application/json" or check(orjson.loads(body))

    async def _judge(self, start: Message, message: Message) -> None:
        """Connexion's own verdict, and the two things that it does not look at. Raises NonConformingResponse."""
        status, media_type = start["status"], start["headers"][0][1].partition(b";")[0]
        if (status, media_type) not in self._checks:
            raise NonConformingResponse(
                detail=f"{self._operation.operation_id}: {status} {media_type.decode()} is not documented"
            )

        async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
            await send(start)
            await send(message)

        async def nowhere(_message: Message) -> None:
            """The verdict is all that is wanted."""

        judge = ResponseValidationOperation(answer, operation=self._operation)
        await judge({"type": "http"}, None, nowhere)


class _ResponseAPI(ResponseValidationAPI):  # type: ignore[misc]  # Connexion ships no types
    def make_operation(self, operation: Any) -> ResponseOperation:
        return ResponseOperation(self.next_app, operation=operation)


class ResponseValidation(ResponseValidationMiddleware):  # type: ignore[misc]  # Connexion ships no types
    """Connexion's response validation, always on, with validators that are built once."""

    api_cls = _ResponseAPI
