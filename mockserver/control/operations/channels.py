"""Operations on channels: what happens to a channel in Canvas outside its API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.canvas.world_document import channel_entry
from mockserver.control.problems import Problem

if TYPE_CHECKING:
    from mockserver.canvas.channels import Channel
    from mockserver.canvas.world import World
    from mockserver.control.operations.context import Context

Body = dict[str, Any]


class ChannelOperations:
    """Operations on the channels of the world of the current request."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def update_channel(self, channel_id: int, body: Body) -> Body:
        """Mark a channel as imported, or as the receiver of one-time passwords."""
        channel = self._channel(channel_id)
        if "imported" in body:
            channel.imported = body["imported"]
        if "one_time_password" in body:
            self._world.set_one_time_password(channel, is_receiver=body["one_time_password"])
        return channel_entry(channel)

    async def confirm_channel(self, channel_id: int) -> Body:
        """Confirm a channel."""
        channel = self._channel(channel_id)
        channel.workflow_state = "active"
        return channel_entry(channel)

    async def bounce_channel(self, channel_id: int, body: Body) -> Body:
        """Record a returned message."""
        channel = self._channel(channel_id)
        self._world.record_bounce(channel, body["kind"], body.get("summary"))
        return channel_entry(channel)

    @property
    def _world(self) -> World:
        return self._context.world.world

    def _channel(self, channel_id: int) -> Channel:
        """Return the channel. Raises Problem if there is none, and for a retired one."""
        channel = self._world.channels.get(channel_id)
        if channel is None:
            raise Problem(404, "unknown_channel", f"There is no channel with the id {channel_id}.")
        if channel.retired:
            raise Problem(409, "retired_channel", f"Channel {channel_id} is retired; create it again first.")
        return channel
