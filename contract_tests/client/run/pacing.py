"""Pacing of requests: the rate of the settings, the limits of the run, and slowing down for Canvas's rate limit."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from contract_tests.client.settings import Settings

_LOW_RATE_LIMIT = 100.0
"""Remaining units of the rate limit below which the suite slows down; Canvas starts with 600."""

_MAX_SLOWDOWN = 300
"""The maximum total slowdown of a run, in seconds."""


CLEAN_UP_MINUTES = 5
"""The maximum duration of the clean-up, after which the journal lists what remains."""


@dataclass
class Clock:
    """The clock and the wait of the transport, which a test replaces."""

    now: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = time.sleep
    date: Callable[[], datetime] = lambda: datetime.now(UTC)


def clean_up_limit_sentence() -> str:
    """Return why a clean-up ends before it is complete."""
    return (
        f"The clean-up has reached its limit of {CLEAN_UP_MINUTES} minutes; "
        "check whether the target is overloaded, and run again, which deletes the leftover channels."
    )


class Pacing:
    """The time between requests, and the limits of the run, which starts with this object."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._start = self._next_turn = clock.now()
        self._start_of_clean_up: float | None = None
        self._slowdown = 0.0

    @property
    def is_cleaning_up(self) -> bool:
        """Whether the limit of the clean-up applies, and not those of the run."""
        return self._start_of_clean_up is not None

    def start_clean_up(self) -> None:
        """Replace the limits of the run by that of the clean-up."""
        self._start_of_clean_up = self._clock.now()

    def check_limits(self, sent: int) -> None:
        """Raise Inconclusive if the run may send no more requests, after `sent` requests."""
        now, limits = self._clock.now(), self._settings.limits
        if self._start_of_clean_up is not None:
            if now - self._start_of_clean_up > CLEAN_UP_MINUTES * 60:
                raise Inconclusive(clean_up_limit_sentence())
            return
        if sent >= limits.budget:
            raise Inconclusive(f"The run has sent its limit of {limits.budget} requests; choose a larger PROFILE.")
        if now - self._start > limits.minutes * 60:
            raise Inconclusive(
                f"The run has reached its limit of {limits.minutes} minutes; choose a smaller PROFILE or a larger RATE."
            )

    def wait_for_turn(self) -> None:
        """Wait until the rate of the settings allows the next request."""
        now = self._clock.now()
        if self._settings.rate and now < self._next_turn:
            self._clock.wait(self._next_turn - now)
        if self._settings.rate:
            self._next_turn = max(now, self._next_turn) + 1 / self._settings.rate

    def slow_down(self, response: httpx2.Response) -> None:
        """Wait up to half a second if the remaining rate limit in the response is low; five minutes a run at most."""
        try:
            remaining = float(response.headers.get("x-rate-limit-remaining", _LOW_RATE_LIMIT))
        except ValueError:
            return
        if remaining < _LOW_RATE_LIMIT and self._slowdown < _MAX_SLOWDOWN and not self._settings.is_local:
            pause = 0.5 * (1 - max(remaining, 0.0) / _LOW_RATE_LIMIT)
            self._slowdown += pause
            self._clock.wait(pause)
