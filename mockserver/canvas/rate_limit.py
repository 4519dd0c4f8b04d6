"""Canvas's rate limit: a leaky bucket for each token (behaviour 9). Source: app/middleware/request_throttle.rb."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockserver.canvas.errors import RateLimitExceeded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockserver.canvas.world import World


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The budget of each token in units.

    A running request reserves more units than it costs, so parallel requests are rejected sooner than successive ones.
    """

    status: int = 429
    """The status of a rejected request: 429 on hosted Canvas since October 2025, 403 before and on other Canvases."""
    capacity: float = 600.0
    """The level at which a bucket is full and requests are rejected."""
    maximum: float = 800.0
    """The highest level of a bucket."""
    refill: float = 10.0
    """The units that leak from a bucket in a second."""
    reservation: float = 50.0
    """The units that a request reserves while it runs."""
    cost: float = 1.0
    """The units that a request costs. Canvas charges the time that the request takes."""
    rejected_cost: float = 0.01
    """The units that a rejected request costs."""
    duration: float = 0.03
    """The seconds that a request runs, as long as a list takes on a running Canvas."""

    @contextmanager
    def reserve(self, world: World, token: str) -> Iterator[None]:
        """Reserve units of the token's bucket while the request runs, and charge its cost at the end.

        Raises RateLimitExceeded where the bucket is full, the reservation included.
        """
        if self._add(world, token, self.reservation) >= self.capacity:
            self._add(world, token, self.rejected_cost - self.reservation)
            raise RateLimitExceeded(self.status, self.remaining(world, token))
        try:
            yield
        finally:
            self._add(world, token, self.cost - self.reservation)

    def remaining(self, world: World, token: str) -> float:
        """Return the units that are left to the token."""
        return self.capacity - self._add(world, token, 0)

    def _add(self, world: World, token: str, units: float) -> float:
        """Let the bucket leak until now, add units to it, and return its level."""
        now = world.timestamp()
        level, then = world.rate_limit_levels.get(token, (0.0, now))
        level = max(0.0, level - (now - then) * self.refill)
        level = max(0.0, min(self.maximum, level + units))
        world.rate_limit_levels[token] = level, now
        return level
