"""The users that the workloads need, with the number of their channels at the start."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "bench-token"  # noqa: S105  # valid in the benchmark's worlds only


class UserGroup(NamedTuple):
    """Users of one workload: consecutive ids, and the same number of channels each."""

    first_id: int
    users: int
    channels: int

    @property
    def ids(self) -> range:
        """The ids of the users."""
        return range(self.first_id, self.first_id + self.users)


LIST_USER, PAGE_USER = 1, 2
"""Ids of the users of the workloads `list` and `page`. LIST_USER owns TOKEN."""

RECREATE_USERS = UserGroup(1_000, 200, channels=1)
CREATE_USERS = UserGroup(10_000, 2_000, channels=0)
MIXED_USERS = UserGroup(20_000, 1_000, channels=40)
"""Each of these users has a token of its own."""

_GROUPS = (
    UserGroup(LIST_USER, 1, channels=10),
    UserGroup(PAGE_USER, 1, channels=80),
    RECREATE_USERS,
    CREATE_USERS,
    MIXED_USERS,
)

FIRST_OTHER_USER = 100_000
"""First id of the users that only make a world larger."""

CREATED_AT = "2026-01-05T08:00:00Z"


def workload_users() -> Iterator[tuple[int, int]]:
    """Yield the id of each user, with the number of the user's channels at the start."""
    return ((user_id, group.channels) for group in _GROUPS for user_id in group.ids)


def token_of(user_id: int) -> str | None:
    """Return the access token of a user; None for a user whose channels a workload reaches with TOKEN."""
    if user_id == LIST_USER:
        return TOKEN
    return f"{TOKEN}-{user_id}" if user_id in MIXED_USERS.ids else None


def address_of(user_id: int, position: int) -> str:
    """Return the address of a user's channel at this position, from 1."""
    return f"person{user_id}-{position}@school.example"
