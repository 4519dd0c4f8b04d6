"""What Canvas should hold, in as few words as possible; independent of any server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contract_tests.caller import Channel
    from contract_tests.pool import Pair

_STAYS = ("id", "user_id", "position", "created_at")
"""What a row keeps for ever, whatever is deleted and made again (behaviour 5.5)."""


@dataclass
class Rows:
    """One user's channels: those that are listed, and those that were and may come back."""

    user: int
    foreign: list[Channel]
    """Those that were there before; nothing that we do may touch them."""
    listed: dict[tuple[str, str], Channel] = field(default_factory=dict)
    retired: dict[tuple[str, str], Channel] = field(default_factory=dict)

    def has(self, pair: Pair) -> bool:
        """Whether a create of this pair must be refused."""
        return pair.key in self.listed

    def add(self, pair: Pair, channel: Channel, *, active: bool) -> None:
        """Take in what a create answered, which must be what this model expects."""
        known = self.retired.pop(pair.key, None)
        expected = {
            "user_id": self.user,
            "type": pair.key[0],
            "address": pair.address,
            "workflow_state": "active" if active else "unconfirmed",
        }
        if known is not None:
            expected |= {name: known[name] for name in _STAYS}
        else:
            for name in ("id", "position"):
                assert channel[name] not in {row[name] for row in self._all()}, f"the {name} {channel[name]} is taken"
        found = {name: channel.get(name) for name in expected}
        assert found == expected, f"created {found}, where {expected} was due"
        self.listed[pair.key] = channel

    def remove(self, pair: Pair) -> Channel:
        """The channel as a delete must answer it."""
        gone = {**self.listed.pop(pair.key), "workflow_state": "retired"}
        self.retired[pair.key] = gone
        return gone

    def agree(self, found: list[Channel]) -> None:
        """Hold that the server lists these rows and no others, in order of position."""
        expected = {row["id"]: row for row in (*self.foreign, *self.listed.values())}
        assert {row["id"]: row for row in found} == expected, "the list is not what the model holds"
        assert len(found) == len(expected), "the list shows a channel twice"
        places = [row["position"] for row in found if row["position"] is not None]
        assert places == sorted(places), f"the list is not in order: {places}"

    def _all(self) -> list[Channel]:
        return [*self.foreign, *self.listed.values(), *self.retired.values()]
