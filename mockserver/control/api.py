"""The control API, served by Connexion from control/openapi.yaml."""

from __future__ import annotations

from functools import cached_property, wraps
from importlib import resources
from typing import TYPE_CHECKING, Any

from connexion import AsyncApp
from connexion.datastructures import MediaTypeDict
from connexion.exceptions import ProblemException
from connexion.lifecycle import ConnexionResponse
from connexion.options import SwaggerUIOptions
from connexion.resolver import Resolver
from connexion.security import NO_VALUE
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response

from mockserver.address import HEADERS_KEY, origin, prefix
from mockserver.contract import parse_contract
from mockserver.control.access import READ_METHODS
from mockserver.control.operations.channels import ChannelOperations
from mockserver.control.operations.clock import ClockOperations
from mockserver.control.operations.context import Context
from mockserver.control.operations.events import EventOperations
from mockserver.control.operations.faults import FaultOperations
from mockserver.control.operations.outbox import OutboxOperations
from mockserver.control.operations.requests import RequestOperations
from mockserver.control.operations.users import UserOperations
from mockserver.control.operations.worlds import WorldOperations
from mockserver.control.problems import PROBLEM, Problem, encoded, problem_response
from mockserver.control.selection import controlled_world_of
from mockserver.control.validation import BodyValidator, NamedParameterValidator, received_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.api.bodies import BodyReader
    from mockserver.api.routes import Routes
    from mockserver.control.access import ControlAccess
    from mockserver.control.faults.documented import DocumentedResponses
    from mockserver.control.worlds import Worlds


_JSON = "application/json"
_CONTRACT_PATHS = frozenset({"/_mock/openapi.yaml", "/_mock/openapi.json"})
_OF_CONNEXION = frozenset({"user", "token_info"})
"""Arguments that Connexion passes to functions with `**parameters`, besides the parameters of the operation."""


def read_control_contract() -> dict[str, Any]:
    """Return the contract of the control API."""
    return parse_contract(_contract_text())


def _contract_text() -> str:
    return resources.files("mockserver.control").joinpath("openapi.yaml").read_text("utf-8")


def _contract_response(scope: Scope) -> Response:
    """Return the contract: as YAML byte for byte, or as JSON with this mock as its server."""
    if scope["path"].endswith(".yaml"):
        return PlainTextResponse(_contract_text(), media_type="application/yaml")
    host = scope[HEADERS_KEY].get(b"host", b"").decode("latin-1")
    return JSONResponse(
        {**read_control_contract(), "servers": [{"url": f"{origin(scope, host)}{prefix(scope)}/_mock"}]}
    )


class ControlApi:
    """The control API as an ASGI application, which is built at its first request so that the mock starts sooner."""

    def __init__(
        self,
        worlds: Worlds,
        responses: DocumentedResponses,
        routes: Routes,
        access: ControlAccess,
        bodies: BodyReader,
    ) -> None:
        self._worlds = worlds
        self._responses = responses
        self._routes = routes
        self._access = access
        self._bodies = bodies

    @cached_property
    def _app(self) -> ASGIApp:
        return _build(self._worlds, self._responses, self._routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process one request."""
        is_contract = scope["path"] in _CONTRACT_PATHS
        if is_contract and scope["method"] in {"GET", "HEAD"}:
            await _contract_response(scope)(scope, receive, send)
            return
        try:
            self._access.check(scope)
            if scope["path"].endswith("/"):  # Connexion would redirect to the path without the prefixes
                raise _unknown_operation(404)
            if is_contract:
                raise _unknown_operation(405)
            scope, receive_again = await received_body(scope, receive, self._bodies)
        except Problem as problem:
            await problem_response(problem)(scope, receive, send)
            return
        await self._app(scope, receive_again, send)
        if scope["method"] not in READ_METHODS:
            controlled_world_of(scope).changed.send()


def _build(worlds: Worlds, responses: DocumentedResponses, routes: Routes) -> ASGIApp:
    context = Context()
    topics = (
        WorldOperations(worlds, context),
        UserOperations(context),
        ChannelOperations(context),
        OutboxOperations(context),
        FaultOperations(context, responses),
        RequestOperations(context, routes),
        ClockOperations(context),
        EventOperations(worlds, context),
    )

    def find(operation_id: str) -> Callable[..., Any]:
        return _as_json(next(getattr(topic, operation_id) for topic in topics if hasattr(topic, operation_id)))

    options = SwaggerUIOptions(swagger_ui=False, serve_spec=False)  # the mock serves both itself
    validators = {"parameter": NamedParameterValidator, "body": MediaTypeDict({"*/*json": BodyValidator})}
    app = AsyncApp(
        "mockserver.control",
        strict_validation=True,
        validate_responses=True,
        swagger_ui_options=options,
        validator_map=validators,
    )
    app.add_api(
        {**read_control_contract(), "servers": [{"url": "/_mock"}]},
        resolver=Resolver(find),
        security_map={"apiKey": _OptionalToken},
    )
    app.add_error_handler(Problem, _problem)
    app.add_error_handler(ProblemException, _contract_problem)
    app.add_error_handler(HTTPException, _http_problem)
    asgi: ASGIApp = app
    return asgi


def _as_json(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Return the operation with its result as JSON: Connexion cannot choose between the media types of a response."""

    @wraps(operation)
    async def call(**parameters: Any) -> ConnexionResponse | Response:
        result = await operation(**{name: value for name, value in parameters.items() if name not in _OF_CONNEXION})
        if isinstance(result, Response):
            return result
        body, status = result if isinstance(result, tuple) else (result, 200)
        if body is None:
            return ConnexionResponse(status_code=status)
        return ConnexionResponse(status_code=status, content_type=_JSON, body=encoded(body))

    return call


class _OptionalToken:
    """Connexion's check of the control token, which accepts every request: `ControlAccess` has checked it before."""

    def get_fn(self, _scheme: dict[str, Any], _required_scopes: list[str]) -> Callable[[Any], object]:
        return lambda _request: NO_VALUE


def _problem(_request: object, error: Problem) -> ConnexionResponse:
    return _response(error)


def _contract_problem(_request: object, error: ProblemException) -> ConnexionResponse:
    """Return the response for a request that violates the control contract, as Connexion has found it."""
    return _response(Problem(error.status, "invalid_request", str(error.detail or error.title).partition("\n")[0]))


def _http_problem(_request: object, error: HTTPException) -> ConnexionResponse:
    """Return the response for an unknown path or method."""
    return _response(_unknown_operation(error.status_code, error.detail))


def _unknown_operation(status: int, reason: str = "") -> Problem:
    text = {404: "The control API has no such path", 405: "The control API has no such method for this path"}
    return Problem(status, "unknown_operation", f"{text.get(status, reason)}; /docs/ lists its operations.")


def _response(problem: Problem) -> ConnexionResponse:
    return ConnexionResponse(status_code=problem.status, content_type=PROBLEM, body=encoded(problem.body()))
