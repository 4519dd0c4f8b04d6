"""Worlds of any size, with the users that the workloads need."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from mockserver.canvas.accounts import SITE_ADMIN_RIGHTS, Account, Token, User
from mockserver.canvas.channels import Channel, ChannelList
from mockserver.canvas.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "bench-token"  # noqa: S105  # valid in the benchmark's worlds only

LIST_USER, PAGE_USER = 1, 2
"""Ids of the users of the workloads `list` and `page`: 10 and 80 channels. LIST_USER owns TOKEN."""

FIRST_RECREATE_USER, RECREATE_USERS = 1_000, 200
"""First id and number of the users of the workload `recreate`: one channel each."""

FIRST_CREATE_USER, CREATE_USERS = 10_000, 2_000
"""First id and number of the users of the workload `create`: no channels at the start."""

FIRST_OTHER_USER = 100_000
"""First id of the users that only make the world larger."""

_CHANNELS_PER_USER = 10
_CREATED_AT = "2026-01-05T08:00:00Z"


def large_world(channels: int) -> World:
    """Return a world with this number of channels, ten for each user, in addition to those of the workloads."""
    return World(_LargeSeed(channels))  # type: ignore[arg-type]  # World uses only these three members of its seed


@dataclass(frozen=True, slots=True)
class _LargeSeed:
    """Seed that generates users and channels instead of reading them from a world file."""

    channels: int
    last_channel_id: int = 0
    """Created channels are numbered after the existing ones."""

    def account(self) -> Account:
        """Return the default settings."""
        return Account()

    def users(self) -> Iterator[User]:
        """Yield the users of the workloads, then the other users, each with channels."""
        ids = count(1)
        yield User(
            LIST_USER,
            "Ada Admin",
            admin_of="site",
            rights=SITE_ADMIN_RIGHTS - {"read_messages"},
            tokens=[Token(1, TOKEN, LIST_USER)],
            channels=_channels(LIST_USER, min(_CHANNELS_PER_USER, self.channels), ids),
        )
        yield _user(PAGE_USER, 80, ids)
        for number in range(RECREATE_USERS):
            yield _user(FIRST_RECREATE_USER + number, 1, ids)
        for number in range(CREATE_USERS):
            yield _user(FIRST_CREATE_USER + number, 0, ids)
        for number in range(self.channels // _CHANNELS_PER_USER - 1):
            yield _user(FIRST_OTHER_USER + number, _CHANNELS_PER_USER, ids)


def _user(user_id: int, channels: int, ids: Iterator[int]) -> User:
    return User(user_id, f"Person {user_id}", channels=_channels(user_id, channels, ids))


def _channels(owner: int, number: int, ids: Iterator[int]) -> ChannelList:
    return ChannelList.of(
        Channel(next(ids), owner, "email", f"person{owner}-{position}@school.example", "active", position, _CREATED_AT)
        for position in range(1, number + 1)
    )
