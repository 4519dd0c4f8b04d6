"""Worlds of any size, with people enough for every load."""

from __future__ import annotations

from dataclasses import dataclass

from mockserver.access import SITE_ADMIN_RIGHTS, Token
from mockserver.channels import Channel
from mockserver.world import User, World

TOKEN = "bench-token"  # noqa: S105  # of a world that lives for seconds

CALLER, COLLECTOR = 1, 2
"""The caller has 10 channels, the collector 80."""

FIRST_CYCLER, CYCLERS = 1_000, 200
"""Each has one channel, which is deleted and made again."""

FIRST_NEWCOMER, NEWCOMERS = 10_000, 2_000
"""Each begins with none."""

FIRST_OTHER = 100_000

_ROWS = 10
_CREATED_AT = "2026-01-05T08:00:00Z"


def crowded_world(channels: int) -> World:
    """A world of so many channels."""
    return World(_Crowd(channels))  # type: ignore[arg-type]  # a seed is what fills a world


@dataclass(frozen=True, slots=True)
class _Crowd:
    """What a world starts with: `channels` rows, ten to a person, besides those that the loads need."""

    channels: int

    def fill(self, world: World) -> None:
        """Put everybody into an empty world."""
        world.add_user(User(CALLER, "Ada Admin", admin_of="site", rights=SITE_ADMIN_RIGHTS - {"read_messages"}))
        world.add_token(Token(TOKEN, CALLER))
        _settle(world, CALLER, min(_ROWS, self.channels))
        _join(world, COLLECTOR, 80)
        for cycler in range(CYCLERS):
            _join(world, FIRST_CYCLER + cycler, 1)
        for newcomer in range(NEWCOMERS):
            _join(world, FIRST_NEWCOMER + newcomer, 0)
        for other in range(self.channels // _ROWS - 1):
            _join(world, FIRST_OTHER + other, _ROWS)


def _join(world: World, id_: int, channels: int) -> None:
    world.add_user(User(id_, f"Person {id_}"))
    _settle(world, id_, channels)


def _settle(world: World, owner: int, channels: int) -> None:
    for position in range(1, channels + 1):
        id_ = len(world.channels) + 1
        address = f"person{owner}-{position}@school.example"
        world.add_channel(Channel(id_, owner, "email", address, "active", position, _CREATED_AT))
