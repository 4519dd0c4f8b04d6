"""Worlds of any size, with the users that the workloads need."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from benchmarks.workload_users import CREATED_AT, FIRST_OTHER_USER, LIST_USER, address_of, token_of, workload_users
from mockserver.canvas.accounts import SITE_ADMIN_RIGHTS, Account, Token, User
from mockserver.canvas.channels import Channel, ChannelList
from mockserver.canvas.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHANNELS_PER_USER = 10


def large_world(channels: int = 0) -> World:
    """Return a world with the users of the workloads, and with this number of channels of other users, ten for each."""
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
        for user_id, channels in workload_users():
            user = _user(user_id, channels, ids)
            if user_id == LIST_USER:
                user.admin_of = "site"  # TOKEN requests the channels of every user
                user.rights = SITE_ADMIN_RIGHTS - {"read_messages"}  # without bounce fields in the responses
            yield user
        for number in range(self.channels // _CHANNELS_PER_USER):
            yield _user(FIRST_OTHER_USER + number, _CHANNELS_PER_USER, ids)


def _user(user_id: int, channels: int, ids: Iterator[int]) -> User:
    value = token_of(user_id)
    tokens = [Token(user_id, value, user_id)] if value else []
    return User(user_id, f"Person {user_id}", tokens=tokens, channels=_channels(user_id, channels, ids))


def _channels(owner: int, number: int, ids: Iterator[int]) -> ChannelList:
    return ChannelList.of(
        Channel(next(ids), owner, "email", address_of(owner, position), "active", position, CREATED_AT)
        for position in range(1, number + 1)
    )
