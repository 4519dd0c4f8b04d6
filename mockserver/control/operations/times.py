"""Times that clients send, in any form of RFC 3339, and Canvas's form of them."""

from __future__ import annotations

from datetime import UTC, datetime

from mockserver.canvas.world import TIME_FORMAT
from mockserver.control.problems import Mistake, Problem

_FIRST_YEAR = 1000
"""The first year that has four digits; Canvas's times are compared as text."""


def read_time(name: str, text: str) -> datetime:
    """Return the time in UTC, to the second.

    Raises Problem for a day or an hour that does not exist, and for a time outside the years 1000 to 9999 in UTC.
    """
    try:
        time = datetime.fromisoformat(text.upper())  # RFC 3339 allows `z`, Python only `Z`
        in_utc = None if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        in_utc = None
    if in_utc is None or in_utc.year < _FIRST_YEAR:
        mistake = Mistake(name, f"{text} is not a time with its zone, such as 2026-01-05T08:00:00Z")
        raise Problem(400, "invalid_time", f"{name}: {mistake.message}", (mistake,))
    return in_utc.replace(microsecond=0)


def canvas_time(name: str, text: str) -> str:
    """Return the time in Canvas's format. Raises Problem as `read_time` does."""
    return read_time(name, text).strftime(TIME_FORMAT)
