"""The operation that follows the changes of a world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.control.events import EventStream

if TYPE_CHECKING:
    from mockserver.control.operations.context import Context
    from mockserver.control.worlds import Worlds


class EventOperations:
    """Operations on the events of the world of the current request."""

    def __init__(self, worlds: Worlds, context: Context) -> None:
        self._worlds = worlds
        self._context = context

    async def stream_events(self) -> EventStream:
        """Return the events as a response without an end."""
        return EventStream(self._worlds, self._context.world)
