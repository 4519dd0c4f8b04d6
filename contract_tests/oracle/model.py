"""Model of one user's channels: the state that Canvas should have after a sequence of requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contract_tests.client.api_client import Channel
    from contract_tests.client.safety.addresses import TypedAddress

_PERMANENT_FIELDS = ("id", "user_id", "position", "created_at")
"""Fields that do not change when a channel is deleted and created again (behaviour 5.5)."""


@dataclass
class ChannelModel:
    """The expected channels of one user."""

    user: int
    foreign: list[Channel]
    """Channels that existed before; the suite must not change them."""
    listed: dict[tuple[str, str], Channel] = field(default_factory=dict)
    """Channels that were created and not deleted, by type and address."""
    retired: dict[tuple[str, str], Channel] = field(default_factory=dict)
    """Deleted channels, which a creation of the same address restores."""

    def has(self, pair: TypedAddress) -> bool:
        """Whether there is a channel with this type and address, so that creating another must fail."""
        return pair.key in self.listed

    def add(self, pair: TypedAddress, channel: Channel, *, active: bool) -> None:
        """Add a created channel, and assert that the response shows the expected fields."""
        known = self.retired.pop(pair.key, None)
        expected = {
            "user_id": self.user,
            "type": pair.key[0],
            "address": pair.address,
            "workflow_state": "active" if active else "unconfirmed",
        }
        if known is not None:
            expected |= {name: known[name] for name in _PERMANENT_FIELDS}
        else:
            for name in ("id", "position"):
                assert channel[name] not in {row[name] for row in self._all()}, (
                    f"the new channel has the {name} {channel[name]} of another channel"
                )
        received = {name: channel.get(name) for name in expected}
        assert received == expected, f"the created channel has {received}; expected {expected}"
        self.listed[pair.key] = channel

    def remove(self, pair: TypedAddress) -> Channel:
        """Remove a channel, and return the channel that the response to the deletion must show."""
        deleted = {**self.listed.pop(pair.key), "workflow_state": "retired"}
        self.retired[pair.key] = deleted
        return deleted

    def check_list(self, channels: list[Channel]) -> None:
        """Assert that the listed channels are the expected ones, in order of position."""
        expected = {row["id"]: row for row in (*self.foreign, *self.listed.values())}
        assert {row["id"]: row for row in channels} == expected, "the list differs from the model"
        assert len(channels) == len(expected), "the list contains a channel twice"
        positions = [row["position"] for row in channels if row["position"] is not None]
        assert positions == sorted(positions), f"the list is not in order of position: {positions}"

    def _all(self) -> list[Channel]:
        return [*self.foreign, *self.listed.values(), *self.retired.values()]
