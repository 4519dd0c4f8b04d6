"""Connexion's middleware with one look-up for each request: the operation that routing has found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connexion.middleware.abstract import RoutedMiddleware

from mockserver.api.request import SCOPE_KEY

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.api.request import ApiRequest


class OperationMiddleware(RoutedMiddleware):  # type: ignore[misc]  # Connexion ships no types
    """Passes each request to the operation with its operationId, as Connexion's middleware does."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self._operations: dict[str, ASGIApp] = {}

    def add_api(self, specification: Any, **kwargs: Any) -> Any:
        """Add the operations of a document."""
        api = super().add_api(specification, **kwargs)
        self._operations.update(api.operations)
        return api

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Call the operation."""
        request: ApiRequest = scope[SCOPE_KEY]
        return self._operations[request.operation_id](scope, receive, send)
