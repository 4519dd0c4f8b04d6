"""Endpoint of the connections: the target, and the proxy before it if there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from contract_tests.client.connection.proxy import TargetProxy


@dataclass(frozen=True)
class Endpoint:
    """The target, and the proxy before it, as the sentences name them."""

    url: str
    proxy: TargetProxy | None = None

    @property
    def host(self) -> str:
        """The host of the target."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_https(self) -> bool:
        """Whether the target's URL is https."""
        return self.url.startswith("https:")

    @property
    def peer(self) -> str:
        """The subject of a sentence about the server to which the suite connects: the proxy if there is one."""
        return f"The proxy {self.proxy.origin}" if self.proxy else f"The target {self.url}"

    @property
    def peer_setting(self) -> str:
        """The variable with the URL of that server."""
        return self.proxy.variable if self.proxy else "CANVAS_URL"
