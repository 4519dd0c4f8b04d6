"""Connexion's middleware stack: routing, response validation, errors, security, request validation."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from connexion.frameworks.starlette import starlettify_path
from connexion.middleware import ConnexionMiddleware
from connexion.middleware.routing import RoutingAPI, RoutingMiddleware
from connexion.middleware.security import SecurityAPI
from connexion.resolver import Resolver
from starlette.routing import compile_path

from mockserver.api.errors import UnknownRoute
from mockserver.api.operations import OperationMiddleware
from mockserver.api.request import SCOPE_KEY
from mockserver.api.request_validation import RequestValidation
from mockserver.api.response import RESPONSE_KEY
from mockserver.api.response_validation import ResponseValidation
from mockserver.canvas import authentication
from mockserver.canvas.errors import CanvasError, InvalidMasquerade, Unauthenticated
from mockserver.contract import read_contract, read_supplement

if TYPE_CHECKING:
    import re
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.api.handlers import Handlers
    from mockserver.api.request import ApiRequest
    from mockserver.api.response import ApiResponse
    from mockserver.canvas.world import World


def build_middleware_stack(
    handlers: Handlers, render: Callable[[CanvasError, World], ApiResponse], *, strict: bool
) -> ConnexionMiddleware:
    """Build the ASGI application that processes every operation of the contract and the supplement."""
    documents = read_contract(), read_supplement()
    actions = _action_names(documents)
    stack = ConnexionMiddleware(
        OperationHandlers(handlers, actions),
        import_name="mockserver",
        middlewares=[
            partial(Routing, actions=actions),
            ResponseValidation,
            partial(ErrorResponses, render=render),
            Security,
            partial(RequestValidation, strict=strict),
        ],
        # Connexion requires a function for each operation; OperationHandlers calls it.
        resolver=Resolver(lambda operation_id: getattr(handlers, operation_id)),
        validate_responses=True,
    )
    for document in documents:
        stack.add_api(document)
    return stack


class OperationHandlers:
    """The innermost ASGI application: calls the handler of the operation."""

    def __init__(self, handlers: Handlers, operation_ids: Iterable[str]) -> None:
        self._handlers = {name: getattr(handlers, name) for name in operation_ids}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI's signature
        """Call the handler and put its response into the scope."""
        request: ApiRequest = scope[SCOPE_KEY]
        scope[RESPONSE_KEY] = self._handlers[request.operation_id](request)


class ErrorResponses:
    """Converts a CanvasError to a response, inside the response validation, which validates error responses too."""

    def __init__(self, app: ASGIApp, render: Callable[[CanvasError, World], ApiResponse]) -> None:
        self._app = app
        self._render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application; put the error's response into the scope if it raises a CanvasError."""
        try:
            await self._app(scope, receive, send)
        except CanvasError as error:
            request: ApiRequest = scope[SCOPE_KEY]
            scope[RESPONSE_KEY] = self._render(error, request.world)


class _RoutingAPI(RoutingAPI):  # type: ignore[misc]  # Connexion ships no types
    """The routes of one document, in the document's order, which is Canvas's; an id is any segment (behaviour 3.5)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.routes: list[tuple[str, re.Pattern[str], str]] = []
        """The method, the pattern of the path, and the operationId of each route."""
        super().__init__(*args, **kwargs)

    @staticmethod
    def _framework_path_and_name(_operation: Any, path: str) -> tuple[str, str]:
        plain = starlettify_path(path, {})
        return plain, plain

    def _add_operation_internal(
        self,
        method: str,
        path: str,
        operation: Any,
        name: str | None = None,  # noqa: ARG002  # Connexion's signature
    ) -> None:
        pattern, _, _ = compile_path(self.base_path + path)
        self.routes.append((method.upper(), pattern, operation.operation_id))


class Routing(RoutingMiddleware):  # type: ignore[misc]  # Connexion ships no types
    """Connexion's routing with one table of patterns, which match paths that are still encoded.

    A known path with another method is an unknown route: Canvas sends no 405 (behaviour 1.3).
    """

    def __init__(self, app: ASGIApp, actions: dict[str, str]) -> None:
        super().__init__(app)
        self._actions = actions
        self._routes: dict[str, list[tuple[re.Pattern[str], str]]] = defaultdict(list)

    def add_api(self, specification: Any, base_path: str | None = None, **kwargs: Any) -> None:
        """Add the routes of a document; routes of an earlier document take precedence."""
        api = _RoutingAPI(specification, base_path=base_path, next_app=self.app, **kwargs)
        for method, pattern, operation_id in api.routes:
            self._routes[method].append((pattern, operation_id))

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Find the operation. Raises UnknownRoute, and for a known route the error of a body that cannot be parsed.

        Segments are decoded after routing, so that an escaped slash stays in its segment.
        """
        request: ApiRequest = scope[SCOPE_KEY]
        segments, request.operation_id = self._find(request)
        request.action = self._actions[request.operation_id]
        if request.body_error is not None:
            raise request.body_error
        request.path_parameters = {name: unquote(value) for name, value in segments.items()}
        app: ASGIApp = self.app
        return app(scope, receive, send)

    def _find(self, request: ApiRequest) -> tuple[dict[str, str], str]:
        for pattern, operation_id in self._routes["GET" if request.method == "HEAD" else request.method]:
            match = pattern.match(request.path)
            if match is not None:
                return match.groupdict(), operation_id
        raise UnknownRoute


class Authentication:
    """Authenticates the token of requests to operations with security; checks fail in Canvas's order (behaviour 2).

    The contract's security schemes are ways to send one token, in a header or a parameter. Their scopes are not
    needed, because Canvas matches the token's scopes against the path itself.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Call the application. Raises the CanvasError of a request that may not be processed."""
        request: ApiRequest = scope[SCOPE_KEY]
        as_user_id = request.parameters.get("as_user_id")
        try:
            token = authentication.authenticate(request.world, request.access_token, as_user_id)
            authentication.check_scopes(token, request.method, request.path)
            request.valid_token = token
            request.caller = authentication.resolve_caller(request.world, token, as_user_id)
        except (InvalidMasquerade, Unauthenticated):
            request.action = ""  # Canvas has not selected the action yet
            raise
        return self._app(scope, receive, send)


class _SecurityAPI(SecurityAPI):  # type: ignore[misc]  # Connexion ships no types
    def make_operation(self, operation: Any) -> ASGIApp:
        app: ASGIApp = self.next_app
        return Authentication(app) if operation.security else app


class Security(OperationMiddleware):
    """Connexion's security with the parsed ApiRequest in place of a request that would be parsed again."""

    api_cls = _SecurityAPI


def _action_names(documents: tuple[dict[str, Any], ...]) -> dict[str, str]:
    """Return the controller and action of each operationId, in the format of X-Canvas-Meta, from its externalDocs."""
    actions = {}
    for document in documents:
        for path in document["paths"].values():
            for operation in path.values():
                if isinstance(operation, dict):
                    controller, _, action = operation["externalDocs"]["url"].partition("#method.")[2].partition(".")
                    actions[operation["operationId"]] = f"o={controller};n={action};"
    return actions
