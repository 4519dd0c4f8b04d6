"""Waiting for something that other requests do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Signal:
    """A point at which requests wait until others send it."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    def send(self) -> None:
        """Wake all requests that wait."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def subscribe(self) -> asyncio.Future[None]:
        """Return a future that the next signal completes."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        return future

    def unsubscribe(self, future: asyncio.Future[None]) -> None:
        """Forget a future that no one awaits any more."""
        if future in self._waiting:
            self._waiting.remove(future)

    async def wait(self, find: Callable[[], T | None], seconds: float) -> T | None:
        """Return what `find` finds now or after one of the next signals; None if it finds nothing in this time."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (found := find()) is None and (remaining := end - loop.time()) > 0:
            future = self.subscribe()
            await asyncio.wait([future], timeout=remaining)
            self.unsubscribe(future)
        return found
