"""Ids of users and channels, with and without the shard of hosted Canvas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

MAX_ID = 2**63 - 1
_DIGITS = re.compile(r"[0-9]{1,19}")

IDS_PER_SHARD = 10**13
"""The number of ids of one shard: the shard is what precedes the last 13 digits (behaviour 3.4)."""


def local_id(number: int) -> int:
    """Return the id without the shard that hosted Canvas prepends for users of several institutions."""
    return number % IDS_PER_SHARD


def read_id(value: object) -> int | None:
    """Return the id in a field of a response, even if it is text; None if it is no 64-bit integer, or negative.

    `true` and 1.5 are no ids: as integers, they could be those of other channels.
    """
    is_number = type(value) is int or (isinstance(value, str) and _DIGITS.fullmatch(value) is not None)
    number = int(str(value)) if is_number else -1
    return number if 0 <= number <= MAX_ID else None


def header_user_id(response: httpx2.Response, name: str = "x-canvas-user-id") -> int:
    """Return the id, without shard, of the user in a header; 0 if the header is absent or has no id."""
    return local_id(read_id(response.headers.get(name, "")) or 0)
