"""The clock of one world: it can be set, advanced, and frozen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_FIRST_YEAR, _LAST_YEAR = 1970, 9998


class AdjustableClock:
    """A clock that shows the time of another one until it is set, advanced or frozen."""

    def __init__(self, base: Callable[[], datetime]) -> None:
        self._base = base
        self._offset = timedelta()
        self._frozen_at: datetime | None = None

    def __call__(self) -> datetime:
        """Return the time, in the zone of the other clock."""
        return self._base() + self._offset if self._frozen_at is None else self._frozen_at

    @property
    def is_frozen(self) -> bool:
        """Whether the time changes only when the clock is set or advanced."""
        return self._frozen_at is not None

    def set(self, time: datetime) -> None:
        """Set the time. Raises OverflowError for a year in which a calculation with the time could fail."""
        if not _FIRST_YEAR <= time.year <= _LAST_YEAR:
            raise OverflowError
        self._offset = time - self._base()
        if self._frozen_at is not None:
            self._frozen_at = time

    def advance(self, duration: timedelta) -> None:
        """Move the time forward. Raises OverflowError as `set` does, and changes nothing."""
        self.set(self() + duration)

    def freeze(self) -> None:
        """Stop the clock at its time."""
        self._frozen_at = self()

    def thaw(self) -> None:
        """Let a frozen clock run again from its time."""
        if self._frozen_at is not None:
            self._offset, self._frozen_at = self._frozen_at - self._base(), None

    def reset(self) -> None:
        """Show the time of the other clock again."""
        self._offset, self._frozen_at = timedelta(), None
