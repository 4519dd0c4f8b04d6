"""Validation of responses against the contract: first with compiled schemas, then with Connexion's validator.

As for requests, the compiled schemas only accept, and Connexion writes the messages.
A list whose schema demands nothing but valid items is valid if each item is, and an item is validated once.
Connexion does not check formats, so a body that only the compiled schemas reject has a value without its format.
tests/api/test_response_validation.py shows that the two agree otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from connexion.exceptions import NonConformingResponse
from connexion.middleware.response_validation import ResponseValidationAPI, ResponseValidationOperation

from mockserver.api.operations import OperationMiddleware
from mockserver.api.response import RESPONSE_KEY
from mockserver.contract import compile_schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Message, Receive, Scope, Send

    from mockserver.api.response import ApiResponse


class ResponseOperation(ResponseValidationOperation):  # type: ignore[misc]  # Connexion ships no types
    """Validation of the responses of one operation. A response that violates the contract is never sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._checks: dict[tuple[int, bytes], Callable[[Any], bool]] = {}
        self._item_checks: dict[tuple[int, bytes], Callable[[Any], bool]] = {}
        self._required: dict[int, frozenset[bytes]] = {}
        for status, response in self._operation.responses.items():
            headers = response.get("headers", {}).items()
            self._required[int(status)] = frozenset(n.lower().encode() for n, h in headers if h.get("required"))
            for media_type, content in response.get("content", {}).items():
                key, schema = (int(status), media_type.encode()), content["schema"]
                self._checks[key] = compile_schema(schema)
                if _is_list_of_items(schema):
                    self._item_checks[key] = compile_schema(schema["items"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application and validate its response, if it has one. Raises NonConformingResponse."""
        await self.next_app(scope, receive, send)
        response: ApiResponse | None = scope.get(RESPONSE_KEY)
        if response is not None and not self.accepts(response):
            await self._validate(response)

    def accepts(self, response: ApiResponse) -> bool:
        """Return whether status, media type, required headers and body are as documented, by the compiled schemas."""
        media_type = response.media_type.partition(b";")[0]
        key = response.status, media_type
        if key not in self._checks:
            return False
        required = self._required[response.status]
        if required and not required <= dict(response.headers).keys():
            return False
        if media_type != b"application/json":
            return True
        body = response.encode()  # sets `items`
        if response.items is not None and key in self._item_checks:
            check = self._item_checks[key]
            # Most items were accepted before, and a comparison here takes less time than a call.
            unchecked = [item for item in response.items if item.accepted_by is not check]
            return all(item.is_accepted_by(check) for item in unchecked)
        return self._checks[key](orjson.loads(body))

    async def _validate(self, response: ApiResponse) -> None:
        """Validate with Connexion, after a check of status and media type. Raises NonConformingResponse."""
        status, media_type = response.status, response.media_type.partition(b";")[0]
        if (status, media_type) not in self._checks:
            raise NonConformingResponse(
                detail=f"{self._operation.operation_id}: {status} {media_type.decode()} is not documented"
            )
        headers, body = [(b"content-type", response.media_type), *response.headers], response.encode()

        async def application(_scope: Scope, _receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        async def discard(_message: Message) -> None:
            """Do nothing: only the exception matters."""

        validation = ResponseValidationOperation(application, operation=self._operation)
        await validation({"type": "http"}, None, discard)
        if media_type == b"application/json" and not self._checks[status, media_type](orjson.loads(body)):
            raise NonConformingResponse(
                detail=f"{self._operation.operation_id}: a value of the {status} response does not have its format"
            )


def _is_list_of_items(schema: dict[str, Any]) -> bool:
    """Return whether the schema demands nothing but a list of valid items; another keyword could demand more."""
    return schema.keys() == {"type", "items"} and schema["type"] == "array"


class _ResponseAPI(ResponseValidationAPI):  # type: ignore[misc]  # Connexion ships no types
    def make_operation(self, operation: Any) -> ResponseOperation:
        return ResponseOperation(self.next_app, operation=operation)


class ResponseValidation(OperationMiddleware):
    """Connexion's response validation, always on, with schemas that are compiled once."""

    api_cls = _ResponseAPI
