"""Connexion's middlewares in Canvas's order: route, hold the answer, catch failures, let in, validate."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from connexion.frameworks.starlette import starlettify_path
from connexion.middleware import ConnexionMiddleware
from connexion.middleware.abstract import ROUTING_CONTEXT
from connexion.middleware.routing import RoutingAPI, RoutingMiddleware
from connexion.middleware.security import SecurityAPI, SecurityMiddleware, SecurityOperation
from connexion.resolver import Resolver
from connexion.security import NO_VALUE
from starlette.routing import compile_path

from mockserver import access
from mockserver import call as calls
from mockserver.contract import read_beyond, read_contract
from mockserver.errors import CanvasError, UnknownRoute
from mockserver.request_validation import RequestValidation
from mockserver.response_validation import ResponseValidation

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.answers import Answer
    from mockserver.call import Call
    from mockserver.handlers import Handlers

RoutingContext = dict[str, str]
"""What Connexion's middlewares are told: the API's base path, and the operationId."""


def build_frame(handlers: Handlers, render: Callable[[CanvasError], Answer], *, strict: bool) -> ConnexionMiddleware:
    """The way of a call from its route to its handler and back, for every operation of the contract."""
    contracts = read_contract(), read_beyond()
    frame = ConnexionMiddleware(
        Operations(handlers, _actions(contracts)),
        import_name="mockserver",
        middlewares=[
            Routing,
            ResponseValidation,
            partial(Failures, render=render),
            Security,
            partial(RequestValidation, strict=strict),
        ],
        resolver=Resolver(lambda operation_id: getattr(handlers, operation_id)),
        security_map={"oauth2": ScopedToken, "bearer": SameToken, "apiKey": SameToken},
        validate_responses=True,
    )
    for contract in contracts:
        frame.add_api(contract)
    return frame


class Operations:
    """The innermost application: the operation's handler, by its operationId."""

    def __init__(self, handlers: Handlers, actions: dict[str, str]) -> None:
        self._handlers = {name: getattr(handlers, name) for name in actions}
        self._actions = actions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI's signature
        """Call the handler and send what it says."""
        name = scope["extensions"][ROUTING_CONTEXT]["operation_id"]
        call: Call = scope[calls.KEY]
        call.action = self._actions[name]
        await self._handlers[name](call).send(send)


class Failures:
    """Turns what is raised on the way into an answer, inside the response validation, which then holds it too."""

    def __init__(self, app: ASGIApp, render: Callable[[CanvasError], Answer]) -> None:
        self._app = app
        self._render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for what raises a CanvasError."""
        try:
            await self._app(scope, receive, send)
        except CanvasError as error:
            await self._render(error).send(send)


class _RoutingAPI(RoutingAPI):  # type: ignore[misc]  # Connexion ships no types
    """The contract's routes in the contract's order, which is Canvas's; an id is any segment (behaviour 3.5)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.routes: list[tuple[str, re.Pattern[str], RoutingContext]] = []
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
        context = {"api_base_path": self.base_path, "operation_id": operation.operation_id}
        self.routes.append((method.upper(), pattern, context))


class Routing(RoutingMiddleware):  # type: ignore[misc]  # Connexion ships no types
    """Connexion's routing with one flat table, of paths that are still encoded.

    A path known by another method only has no route: Canvas has no 405 (behaviour 1.3).
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self._routes: dict[str, list[tuple[re.Pattern[str], RoutingContext]]] = defaultdict(list)

    def add_api(self, specification: Any, base_path: str | None = None, **kwargs: Any) -> None:
        """Add a contract's routes; a second contract takes what the first leaves."""
        api = _RoutingAPI(specification, base_path=base_path, next_app=self.app, **kwargs)
        for method, pattern, context in api.routes:
            self._routes[method].append((pattern, context))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name the operation, or raise UnknownRoute; what is wrong with the body is raised only where there is a route.

        Segments are decoded after routing, so that an escaped slash stays in its segment.
        """
        call: Call = scope[calls.KEY]
        named, context = self._find(call.method, call.path)
        if call.unreadable is not None:
            raise call.unreadable
        call.path_parameters = {name: unquote(value) for name, value in named.items()}
        scope["path_params"] = named
        scope["extensions"] = {ROUTING_CONTEXT: context}
        await self.app(scope, receive, send)

    def _find(self, method: str, path: str) -> tuple[dict[str, str], RoutingContext]:
        for pattern, context in self._routes["GET" if method == "HEAD" else method]:
            match = pattern.match(path)
            if match is not None:
                return match.groupdict(), context
        raise UnknownRoute


class _SecurityOperation(SecurityOperation):  # type: ignore[misc]  # Connexion ships no types
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.verification_fn(scope[calls.KEY])
        await self.next_app(scope, receive, send)


class _SecurityAPI(SecurityAPI):  # type: ignore[misc]  # Connexion ships no types
    def make_operation(self, operation: Any) -> _SecurityOperation:
        secured: _SecurityOperation = _SecurityOperation.from_operation(
            operation, next_app=self.next_app, security_handler_factory=self.security_handler_factory
        )
        return secured


class Security(SecurityMiddleware):  # type: ignore[misc]  # Connexion ships no types
    """Connexion's security, asking with the call instead of a request that would be parsed again."""

    api_cls = _SecurityAPI


class ScopedToken:
    """Lets a call in by its token, wherever it stands: Canvas's order of refusals (behaviour 2)."""

    def get_fn(self, _scheme: dict[str, Any], _required_scopes: list[str]) -> Callable[[Call], dict[str, object]]:
        """What Connexion calls for each request. Canvas matches scopes against the path, not against a list."""

        def let_in(call: Call) -> dict[str, object]:
            token = access.authenticate(call.world, access.token_value(call.authorization, call.parameters))
            access.check_scopes(token, call.method, call.path)
            call.caller = access.caller_of(call.world, token, call.parameters.get("as_user_id"))
            return {"sub": call.caller.user.id}

        return let_in


class SameToken:
    """The contract's other two ways to name a token, which `ScopedToken` already reads."""

    def get_fn(self, _scheme: dict[str, Any], _required_scopes: list[str]) -> Callable[[Call], object]:
        """What Connexion calls for each request: no opinion."""
        return lambda _call: NO_VALUE


def _actions(contracts: tuple[dict[str, Any], ...]) -> dict[str, str]:
    """Each operationId with the controller and action that its link to Canvas's page names."""
    actions = {}
    for contract in contracts:
        for path in contract["paths"].values():
            for operation in path.values():
                if isinstance(operation, dict):
                    controller, _, action = operation["externalDocs"]["url"].partition("#method.")[2].partition(".")
                    actions[operation["operationId"]] = f"o={controller};n={action};"
    return actions
