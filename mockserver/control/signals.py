"""Requests that wait for what another request does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Signal:
    """An event for which requests wait; `send` ends the waiting of all of them."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    def send(self) -> None:
        """End the waiting of all requests that wait now."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def subscribe(self) -> asyncio.Future[None]:
        """Return a future that the next `send` completes."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        return future

    def unsubscribe(self, future: asyncio.Future[None]) -> None:
        """Forget a future that no one awaits any more."""
        if future in self._waiting:
            self._waiting.remove(future)

    async def wait(self, find: Callable[[], T | None], seconds: float) -> T | None:
        """Return the first result of `find` that is not None, now or after a `send`; None after these seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (found := find()) is None and (remaining := end - loop.time()) > 0:
            future = self.subscribe()
            await asyncio.wait([future], timeout=remaining)
            self.unsubscribe(future)
        return found
