"""Ids of users and channels, with and without the shard of hosted Canvas."""

from __future__ import annotations

IDS_PER_SHARD = 10**13
"""The number of ids of one shard: the shard is what precedes the last 13 digits (behaviour 3.4)."""


def local_id(number: int) -> int:
    """Return the id without the shard that hosted Canvas prepends for users of several institutions."""
    return number % IDS_PER_SHARD
