"""What Canvas should hold, in as few words as possible; independent of any server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contract_tests.caller import Channel
    from contract_tests.pool import Pair


@dataclass
class Rows:
    """One user's channels: those that are listed, and those that were and may come back."""

    listed: dict[tuple[str, str], Channel] = field(default_factory=dict)
    retired: dict[tuple[str, str], Channel] = field(default_factory=dict)

    def has(self, pair: Pair) -> bool:
        """Whether a create of this pair must be refused."""
        return pair.key in self.listed

    def add(self, pair: Pair, channel: Channel) -> None:
        """Take in what a create answered; a row that was known must be the same row."""
        known = self.retired.pop(pair.key, None)
        if known is not None:
            stays = {name: known[name] for name in ("id", "position", "created_at", "user_id")}
            assert stays.items() <= channel.items(), f"revived {channel}, which was {known}"
        self.listed[pair.key] = channel

    def remove(self, pair: Pair) -> Channel:
        """The channel as a delete must answer it."""
        gone = {**self.listed.pop(pair.key), "workflow_state": "retired"}
        self.retired[pair.key] = gone
        return gone

    def in_order(self) -> list[Channel]:
        """The channels as they must be listed."""
        return sorted(self.listed.values(), key=lambda channel: int(channel["position"]))
