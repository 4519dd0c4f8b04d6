"""Canvas's rate limit: a leaky bucket for each token (behaviour 9). Source: app/middleware/request_throttle.rb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockserver.canvas.errors import RateLimitExceeded

if TYPE_CHECKING:
    from mockserver.canvas.world import World


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The budget of requests for each token; without a status there is no limit."""

    status: int | None = None
    """The status of a throttled response: 403, or 429 where Canvas is so configured."""
    capacity: float = 600.0
    refill: float = 10.0
    """Units a second."""
    cost: float = 1.0
    """Units a request. Canvas charges the time that the request takes."""

    def charge(self, world: World, token: str) -> float:
        """Charge one request to the token's bucket, and return the units that remain.

        Raises RateLimitExceeded where none remain.
        """
        if self.status is None:
            return self.capacity
        level, then = world.rate_limit_levels.get(token, (0.0, world.seconds()))
        now = world.seconds()
        level = max(0.0, level - (now - then) * self.refill)
        if level >= self.capacity:
            raise RateLimitExceeded(self.status)
        world.rate_limit_levels[token] = level + self.cost, now
        return max(0.0, self.capacity - level - self.cost)
