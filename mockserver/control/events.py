"""Server-sent events: one after each change of a world, for pages that show it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from mockserver.canvas.world import TIME_FORMAT

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from mockserver.control.worlds import ControlledWorld, Worlds

INTERVAL = 0.2
"""The least number of seconds between two events of a stream; changes between them share one event."""

HEARTBEAT = 15.0
"""The seconds without a change after which a comment is sent, so that proxies do not end the connection."""

RETRY_MILLISECONDS = 1000
"""The time after which a client connects again."""

_HEADERS = {"Cache-Control": "no-store", "Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}


class EventStream(Response):
    """A response that lasts until the client disconnects or the world is deleted."""

    def __init__(self, worlds: Worlds, controlled: ControlledWorld) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._worlds = worlds
        self._controlled = controlled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events; in response to HEAD, only the headers."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body"})
            return
        disconnected = asyncio.ensure_future(_disconnected(receive))
        try:
            await self._send_events(disconnected, send)
        finally:
            disconnected.cancel()

    async def _send_events(self, disconnected: asyncio.Future[None], send: Send) -> None:
        async def send_text(text: str, *, is_last: bool = False) -> None:
            await send({"type": "http.response.body", "body": text.encode(), "more_body": not is_last})

        signal = self._controlled.changed
        changed = signal.subscribe()
        try:
            await send_text(f"retry: {RETRY_MILLISECONDS}\n\n{self._change()}")
            while not disconnected.done():
                await asyncio.wait({changed, disconnected}, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
                if self._controlled.is_deleted:
                    await send_text("event: deleted\ndata: {}\n\n", is_last=True)
                    return
                if changed.done():
                    changed = signal.subscribe()
                    await send_text(self._change())
                    await asyncio.wait({disconnected}, timeout=INTERVAL)
                elif not disconnected.done():
                    self._worlds.use(self._controlled.name)  # it is not idle while a stream is open
                    await send_text(": heartbeat\n\n")
        finally:
            signal.unsubscribe(changed)

    def _change(self) -> str:
        data = {"mock": self._worlds.start_id, **counters(self._controlled)}
        return f"event: change\ndata: {json.dumps(data)}\n\n"


async def _disconnected(receive: Receive) -> None:
    """Return when the client ends the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


def counters(controlled: ControlledWorld) -> dict[str, Any]:
    """Return the numbers from which a client sees what changed in the world."""
    world, requests = controlled.world, controlled.requests
    return {
        "world": controlled.name,
        "last_request": requests.total,
        "requests": len(requests),
        "last_message": world.outbox.last_id,
        "messages": len(world.outbox),
        "faults": len(controlled.faults),
        "snapshots": len(controlled.snapshots),
        "users": len(world.users),
        "channels": len(world.channels),
        "clock": {"now": controlled.clock().strftime(TIME_FORMAT), "frozen": controlled.clock.is_frozen},
    }
