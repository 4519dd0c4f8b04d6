"""Canvas's rate limit: a leaky bucket for each token (behaviour 9; Canvas: app/middleware/request_throttle.rb)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockserver.errors import RateLimitExceeded

if TYPE_CHECKING:
    from mockserver.world import World


@dataclass(frozen=True, slots=True)
class Throttle:
    """How much a token may ask for; without a status it may ask for anything."""

    status: int | None = None
    """403, or 429 where Canvas is so configured."""
    capacity: float = 600.0
    refill: float = 10.0
    """Units a second."""
    cost: float = 1.0
    """Units a request. In Canvas it is the time that the request took."""

    def draw(self, world: World, token: str) -> float:
        """Take one request from the token's bucket, and say what is left. Raises RateLimitExceeded at nothing."""
        if self.status is None:
            return self.capacity
        level, then = world.buckets.get(token, (0.0, world.seconds()))
        now = world.seconds()
        level = max(0.0, level - (now - then) * self.refill)
        if level >= self.capacity:
            raise RateLimitExceeded(self.status)
        world.buckets[token] = level + self.cost, now
        return max(0.0, self.capacity - level - self.cost)
