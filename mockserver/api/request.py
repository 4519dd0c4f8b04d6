"""One API request: its parsed parameters, the authenticated caller, and its violations of the contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.api.parameters import Parameters
    from mockserver.canvas.accounts import Token, User
    from mockserver.canvas.authentication import Caller
    from mockserver.canvas.errors import CanvasError
    from mockserver.canvas.world import World

SCOPE_KEY = "mockserver.request"
"""The key of the request in an ASGI scope."""


@dataclass(slots=True)
class ApiRequest:
    """A request to the API: parsed by the dispatcher, completed by routing and security, read by the handlers."""

    world: World
    method: str
    path: str
    """The path; after routing in its canonical form: each segment percent-encoded in one way, no format suffix."""
    origin: str
    """Scheme and host as the client sent them, such as `http://127.0.0.1:8000`."""
    prefix: str
    """The part of the path before `/api`, of a trusted proxy and of a world with a name; empty without both."""
    query: Parameters
    parameters: Parameters
    """The parameters of query and body; of a top-level name that is in both, the query's value."""
    has_overridden_method: bool = False
    """Whether the client sent a POST whose parameters or headers name another `method` (behaviour 1.2)."""
    authorization: str | None = None
    accept: str = ""
    if_none_match: str = ""
    media_type: str | None = None
    """The media type of the body; None without a body."""
    body: bytes = b""
    """The body as the client sent it."""
    body_error: CanvasError | None = None
    """The reason why the body cannot be parsed. Canvas reports it only where a route exists."""
    cost: float = 0.04121994000003906
    """The units that the request costs, for X-Request-Cost; a measured value where no rate limit is set."""
    rate_limit_remaining: float = 600.0
    """The units left to the token after this request."""
    path_parameters: dict[str, str] = field(default_factory=dict)
    """The decoded path parameters."""
    valid_token: Token | None = None
    """The access token, once its value and its scopes are verified; later, for the journal, by its value alone."""
    caller: Caller | None = None
    violations: list[str] = field(default_factory=list)
    """The request's violations of the contract, in words."""
    operation_id: str = ""
    """The operationId; empty where the path has no route."""
    action: str = ""
    """Canvas's names of controller and action, in the format of its X-Canvas-Meta header."""

    @property
    def token(self) -> Token:
        """The access token of the authenticated caller."""
        return self._authenticated.token

    @property
    def user(self) -> User:
        """The user as whom the request is processed."""
        return self._authenticated.user

    @property
    def _authenticated(self) -> Caller:
        if self.caller is None:
            raise RuntimeError("the contract declares no security for this operation")
        return self.caller

    @property
    def owner(self) -> User:
        """The user in the path. Raises NotFound."""
        return self.world.find_user(self.path_parameters["user_id"], self.user)

    @property
    def access_token(self) -> str | None:
        """The sent access token: from an Authorization header of type `Bearer`, else from the parameter `access_token`.

        The word `Bearer` is case-sensitive. A `Bearer` without a token means no token, and the parameter is then not
        read (behaviour 2).
        """
        header = self.authorization
        if header is not None and (header == "Bearer" or header.startswith("Bearer ")):
            return header[7:].strip()  # after "Bearer "
        value = self.parameters.get("access_token")
        return value if isinstance(value, str) else None
