"""Operations on the outbox of a world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.control.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockserver.canvas.outbox import Message, Outbox
    from mockserver.control.operations.context import Context

Body = dict[str, Any]


class OutboxOperations:
    """Operations on the messages of the world of the current request."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def list_messages(self, limit: int = 100, **filters: Any) -> list[Body]:
        """Return the messages that match, the newest first."""
        found = list(self._matching(**filters))[::-1]
        return [self._shown(message) for message in found[:limit]]

    async def wait_for_message(self, timeout: float = 5.0, **filters: Any) -> Body:  # noqa: ASYNC109  # a parameter of the operation
        """Return the first message that matches."""
        message = await self._context.world.changed.wait(lambda: next(self._matching(**filters), None), timeout)
        if message is None:
            raise Problem(404, "no_message", f"No message that matches was sent within {timeout:g} seconds.")
        return self._shown(message)

    async def clear_outbox(self) -> tuple[None, int]:
        """Delete all messages."""
        self._outbox.clear()
        return None, 204

    @property
    def _outbox(self) -> Outbox:
        return self._context.world.world.outbox

    def _matching(self, after: int = 0, **filters: Any) -> Iterator[Message]:
        """Yield the messages that match, the oldest first."""
        address = str(filters.pop("to", "")).lower()
        for message in self._outbox.messages:
            if message.id <= after or (address and message.to.lower() != address):
                continue
            if all(getattr(message, name) == value for name, value in filters.items()):
                yield message

    def _shown(self, message: Message) -> Body:
        body = message._asdict()
        del body["number"]
        if (code := message.code) is not None:
            body |= {"code": code, "link": f"{self._context.base_url}/register/{code}"}
        return body
