"""Operations on the clock of a world."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mockserver.canvas.world import TIME_FORMAT
from mockserver.control.operations.times import read_time
from mockserver.control.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.control.clock import AdjustableClock
    from mockserver.control.operations.context import Context

Body = dict[str, Any]


class ClockOperations:
    """Operations on the clock of the world of the current request."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def get_clock(self) -> Body:
        """Return the time."""
        return self._shown()

    async def update_clock(self, body: Body) -> Body:
        """Set, freeze or thaw the clock."""
        time = read_time("now", body["now"]) if "now" in body else None
        if time is not None:
            _adjust(lambda: self._clock.set(time))
        if body.get("frozen") is True:
            self._clock.freeze()
        elif body.get("frozen") is False:
            self._clock.thaw()
        return self._shown()

    async def advance_clock(self, body: Body) -> Body:
        """Move the time forward."""
        _adjust(lambda: self._clock.advance(timedelta(seconds=body["seconds"])))
        return self._shown()

    @property
    def _clock(self) -> AdjustableClock:
        return self._context.world.clock

    def _shown(self) -> Body:
        return {"now": self._clock().strftime(TIME_FORMAT), "frozen": self._clock.is_frozen}


def _adjust(change: Callable[[], None]) -> None:
    """Make a change of the clock. Raises Problem for a year that the mock does not support."""
    try:
        change()
    except OverflowError:
        raise Problem(400, "invalid_time", "The time would not be in the years 1970 to 9998.") from None
