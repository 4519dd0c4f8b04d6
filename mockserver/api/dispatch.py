"""The entry of the API: parse a raw HTTP request into an ApiRequest, and complete the response."""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import quote

from connexion.exceptions import NonConformingResponse

from mockserver.address import HEADERS_KEY, origin, prefix
from mockserver.api import parameters as rails
from mockserver.api.errors import MalformedJson, UnknownMethod, UnknownRoute
from mockserver.api.paths import canonical_path
from mockserver.api.request import SCOPE_KEY, ApiRequest
from mockserver.api.response import RESPONSE_KEY, ApiResponse, complete
from mockserver.canvas.errors import CanvasError
from mockserver.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope

    from mockserver.api.bodies import BodyReader
    from mockserver.canvas.errors import Header
    from mockserver.canvas.rate_limit import RateLimit
    from mockserver.canvas.world import World

log = logging.getLogger("mockserver")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
_METHOD_OVERRIDE = b"x-http-method-override"


class Exchange(NamedTuple):
    """One request to the API, and its complete response."""

    request: ApiRequest
    start: Message
    """The ASGI message with status and headers."""
    body: bytes


class Interceptor(Protocol):
    """A function that may respond to a request in place of the operation."""

    async def __call__(self, request: ApiRequest) -> ApiResponse | None:
        """Return the response, or None to let the operation respond; raise EndedExchange if it is not Canvas's."""
        ...


class EndedExchange(Exception):
    """The response of something before Canvas, such as a gateway; it has none of Canvas's headers."""

    def __init__(self, status: int, headers: list[Header], body: bytes) -> None:
        super().__init__(status)
        self.start: Message = {"type": "http.response.start", "status": status, "headers": headers}
        self.body = body


class Dispatcher:
    """The entry of the API: reads a request once, passes it to the middleware stack, and completes the response."""

    def __init__(
        self,
        stack: ASGIApp,
        render: Callable[[CanvasError, World], ApiResponse],
        rate_limit: RateLimit | None,
        bodies: BodyReader,
    ) -> None:
        self._stack = stack
        self._render = render
        self._rate_limit = rate_limit
        self._bodies = bodies

    async def respond(
        self, scope: Scope, receive: Receive, world: World, intercept: Interceptor | None = None
    ) -> Exchange:
        """Process one request in a world, and return it with its response."""
        headers: dict[bytes, bytes] = scope[HEADERS_KEY]
        request = _parse_head(scope, headers, world)
        try:
            await self._read(request, scope, headers, receive)
            response = await intercept(request) if intercept is not None else None
            if response is None:
                response = await self._process(request, scope, receive)
            response.encode()  # here, so that a value that cannot be encoded is a 500 as well
        except CanvasError as error:
            response = self._render(error, world)
        except NonConformingResponse as problem:
            log.error("The mock's response violates openapi.yaml: %s", printable(problem.detail))  # noqa: TRY400  # it says where
            response = _internal_error(f"The mock's response violates openapi.yaml. {problem.detail}")
        except EndedExchange as ended:
            return Exchange(request, ended.start, ended.body)
        except Exception:
            target = f"{printable(request.method)} {printable(request.path)}"
            log.exception("The mock failed on %s; this is a bug of the mock", target)
            response = _internal_error("The mock failed; this is a bug of the mock. The log has the traceback.")
        if request.violations:
            target = f"{printable(request.method)} {printable(request.path)}"
            log.warning("%s violates the contract: %s", target, printable("; ".join(request.violations)))
        return Exchange(request, *complete(request, response))

    async def _read(self, request: ApiRequest, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> None:
        """Set the parameters and the method of the request. Raises UnknownMethod, and BadParameters for the query.

        An error of the body is stored, because Canvas reports it only where a route exists.
        """
        if request.method not in _METHODS:
            raise UnknownMethod
        request.query = rails.from_query(scope["query_string"]) if scope["query_string"] else {}
        try:
            in_body = await _body_parameters(request, scope, receive, self._bodies)
        except CanvasError as error:
            request.body_error, in_body = error, {}
        request.parameters = {**in_body, **request.query} if in_body else request.query
        if request.method == "POST":
            is_json = request.media_type == "application/json"  # Canvas reads the field `_method` of forms only
            request.method = _overridden_method(headers, {} if is_json else in_body) or "POST"
            request.has_overridden_method = request.method != "POST"

    async def _process(self, request: ApiRequest, scope: Scope, receive: Receive) -> ApiResponse:
        """Charge the request to the rate limit, and return the response of its operation."""
        if self._rate_limit is None:
            return await self._route(request, scope, receive)
        with _charged(request, self._rate_limit):
            await asyncio.sleep(self._rate_limit.duration)  # meanwhile, the units are reserved
            return await self._route(request, scope, receive)

    async def _route(self, request: ApiRequest, scope: Scope, receive: Receive) -> ApiResponse:
        raw_path = scope.get("raw_path") or quote(scope["path"]).encode()
        inner: Scope = {"type": "http", SCOPE_KEY: request}
        try:
            request.path = canonical_path(raw_path)
            await self._stack(inner, receive, _send_nothing)
        except UnknownRoute as error:
            error.negotiate(request.accept, raw_path.decode("latin-1"))
            raise
        response: ApiResponse = inner[RESPONSE_KEY]
        return response


async def _send_nothing(_message: Message) -> None:
    """Do nothing: the middleware stack puts responses into the scope."""


@contextmanager
def _charged(request: ApiRequest, rate_limit: RateLimit) -> Iterator[None]:
    """Charge the request to the bucket of its token; all unknown tokens share one. Raises RateLimitExceeded."""
    token = request.access_token or ""
    if token not in request.world.tokens:
        token = ""
    try:
        with rate_limit.reserve(request.world, token):
            yield
    finally:
        request.cost = rate_limit.cost
        request.rate_limit_remaining = rate_limit.remaining(request.world, token)


def _parse_head(scope: Scope, headers: dict[bytes, bytes], world: World) -> ApiRequest:
    """Return a request with the values of its headers."""
    url = origin(scope, headers.get(b"host", b"").decode("latin-1"))
    request = ApiRequest(world, scope["method"], scope["path"], url, prefix(scope), {}, {})
    if b"authorization" in headers:
        request.authorization = headers[b"authorization"].decode("latin-1")
    if b"accept" in headers:
        request.accept = headers[b"accept"].decode("latin-1")
    if b"if-none-match" in headers:
        request.if_none_match = headers[b"if-none-match"].decode("latin-1")
    return request


async def _body_parameters(request: ApiRequest, scope: Scope, receive: Receive, bodies: BodyReader) -> rails.Parameters:
    """Read the body and its media type, a form by default, and return the parameters; none without a body."""
    body = request.body = await bodies.read(scope, receive)
    if not body:
        return {}
    content_type = scope[HEADERS_KEY].get(b"content-type", rails.FORM.encode()).decode("latin-1")
    request.media_type = content_type.partition(";")[0].strip().lower()
    try:
        return await rails.from_body(request.media_type, content_type, body)
    except MalformedJson:
        request.violations.append("body: the media type is application/json, and the body is not valid JSON")
        raise


def _overridden_method(headers: dict[bytes, bytes], in_body: rails.Parameters) -> str | None:
    """Return the method that replaces POST: from the field `_method` of a form, or a header (behaviour 1.2)."""
    name = in_body.get("_method") or headers.get(_METHOD_OVERRIDE, b"").decode("latin-1")
    method = str(name).upper()
    return method if method in _METHODS else None


def _internal_error(text: str) -> ApiResponse:
    return ApiResponse({"errors": [{"message": text}]}, 500)
