"""The world of the control API's current request."""

from __future__ import annotations

from connexion.context import scope

from mockserver.address import HEADERS_KEY, origin, proxy_prefix
from mockserver.control.selection import controlled_world_of
from mockserver.control.worlds import ControlledWorld


class Context:
    """The current request, which Connexion stores for each task."""

    @property
    def world(self) -> ControlledWorld:
        """The world that the request selects."""
        return controlled_world_of(scope)

    @property
    def base_url(self) -> str:
        """The URL of the mock as the client addressed it, with the prefix that selects the world without a header."""
        host = scope[HEADERS_KEY].get(b"host", b"").decode("latin-1")
        return origin(scope, host) + proxy_prefix(scope) + self.world.prefix
