"""One request on its way through the mock, read once: what was sent, who sent it, what it broke."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.access import Caller, Token
    from mockserver.errors import CanvasError
    from mockserver.parameters import Parameters
    from mockserver.world import User, World

KEY = "mockserver.call"
"""Where the call stands in an ASGI scope."""


@dataclass(slots=True)
class Call:
    """A request to the API: parsed by the front, completed by routing and access, read by handlers."""

    world: World
    method: str
    path: str
    """Canonical: percent-encoded in one way, without a format suffix."""
    origin: str
    """Scheme and host as the client used them, such as `http://127.0.0.1:8000`."""
    query: Parameters
    parameters: Parameters
    """Of query and body together; the query wins, one top-level name at a time."""
    stands_in: bool = False
    """Whether it was sent as a POST that stands for `method` (behaviour 1.2)."""
    authorization: str | None = None
    accept: str = ""
    if_none_match: str = ""
    media_type: str | None = None
    """Of the body; None without one."""
    unreadable: CanvasError | None = None
    """Why the body cannot be read; Canvas finds out once it knows the route."""
    budget: float | None = 600.0
    """What is left to the token after this call; None where nothing was left for the call itself."""
    path_parameters: dict[str, str] = field(default_factory=dict)
    """Decoded."""
    caller: Caller | None = None
    breaches: list[str] = field(default_factory=list)
    """Where the request breaks the contract, in words."""
    action: str = ""
    """What Canvas calls the operation, in the form of its X-Canvas-Meta header."""
    context: dict[str, object] = field(default_factory=dict)
    """Connexion's own notes on who the caller is."""

    @property
    def token(self) -> Token:
        """The token that let the call in."""
        return self._let_in.token

    @property
    def user(self) -> User:
        """The user as whom everything is answered."""
        return self._let_in.user

    @property
    def _let_in(self) -> Caller:
        if self.caller is None:
            raise RuntimeError("this operation has no security in the contract")
        return self.caller

    @property
    def owner(self) -> User:
        """The user whom the path names. Raises NotFound."""
        return self.world.user(self.path_parameters["user_id"], self.user)
