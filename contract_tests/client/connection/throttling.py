"""Throttling: responses after which the client must wait, from Canvas or from a gateway before it (behaviour 9)."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from contract_tests.client.body import json_object

if TYPE_CHECKING:
    import httpx2

WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before each repetition of a throttled request; Canvas restores ten units of the limit a second."""

MAX_WAIT = 60.0
"""The longest time in seconds that the suite waits if a response demands it."""

MAX_TOTAL = 180.0
"""The longest time in seconds that the suite waits for one request."""

CANVAS_MESSAGE = "Rate Limit Exceeded"
_WORDS = re.compile(
    r"rate.?limit|too many requests|throttl|slow down|(request|quota|usage) limit|quota exceeded|limit exceeded",
    re.IGNORECASE,
)
_SECONDS = re.compile(r"\d+(\.\d+)?", re.ASCII)


def is_throttled(response: httpx2.Response) -> bool:
    """Return whether the response is that of a throttled request: 429, or a 403 that is no denial.

    The 403 of a denied request has the status `unauthorized` in its body (behaviour 3.1). A response to HEAD has none,
    and its media type is that of Canvas's rate limit.
    """
    if response.status_code == 429:
        return True
    if response.status_code != 403 or json_object(response).get("status") is not None:
        return False
    is_text = response.headers.get("content-type", "").startswith("text/plain")
    return (
        (is_text and response.request.method == "HEAD")
        or "retry-after" in response.headers
        or _WORDS.search(response.text) is not None
    )


def retry_after(response: httpx2.Response, now: datetime) -> float | None:
    """Return the seconds in the header Retry-After; None if it is absent or malformed.

    A date is relative to the date of the response, because the clock of the server may differ from `now`.
    """
    text = response.headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    until = _date(text)
    if until is None:
        return None
    return max(0.0, (until - (_date(response.headers.get("date", "")) or now)).total_seconds())


def throttled_sentence(response: httpx2.Response, retry_after_seconds: float | None) -> str:
    """Return one sentence on a target that throttles for too long, or whose Retry-After is too long."""
    if retry_after_seconds is not None and retry_after_seconds > MAX_WAIT:
        return (
            f"The target, or a gateway before it, limits the rate of requests ({response.status_code}) and accepts the "
            f"next one in {_duration(retry_after_seconds)}; run again after that, or set a lower RATE."
        )
    reason = CANVAS_MESSAGE if CANVAS_MESSAGE in response.text else f"{response.status_code} for too many requests"
    return f"The target keeps returning {reason}; run again in a few minutes, or set a lower RATE."


def _duration(seconds: float) -> str:
    if seconds > 2 * 86_400:
        return "more than two days"
    return f"{math.ceil(seconds / 60)} minutes" if seconds > 120 else f"{math.ceil(seconds)} seconds"


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
