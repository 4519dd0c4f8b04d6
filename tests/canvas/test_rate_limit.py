"""The rate limit of each access token (behaviour 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockserver.canvas.rate_limit import RateLimit
from tests.channel_requests import OWN_CHANNELS

if TYPE_CHECKING:
    from tests.conftest import ClientFactory, Clock


@pytest.mark.parametrize(
    ("status", "text"),
    [(403, "403 Forbidden (Rate Limit Exceeded)\n"), (429, "429 Too Many Requests (Rate Limit Exceeded)\n")],
)
def test_request_over_the_limit_is_rejected_in_plain_text(client_for: ClientFactory, status: int, text: str) -> None:
    client = client_for("student-token", rate_limit=RateLimit(status, cost=300))

    statuses = [client.get(OWN_CHANNELS).status_code for _ in range(2)]
    rejected = client.get(OWN_CHANNELS)

    assert statuses == [200, 200]
    assert (rejected.status_code, rejected.text) == (status, text)
    assert rejected.headers["content-type"] == "text/plain; charset=utf-8"
    assert rejected.headers["x-rate-limit-remaining"] == "0.0"
    assert "x-request-cost" not in rejected.headers


def test_units_refill_with_time(client_for: ClientFactory, clock: Clock) -> None:
    client = client_for("student-token", rate_limit=RateLimit(403, cost=600))
    client.get(OWN_CHANNELS)

    at_once = client.get(OWN_CHANNELS)
    clock.advance(seconds=1)
    a_second_later = client.get(OWN_CHANNELS)

    assert (at_once.status_code, a_second_later.status_code) == (403, 200)


def test_each_token_has_its_own_limit_and_unknown_tokens_share_one(client_for: ClientFactory) -> None:
    rate_limit = RateLimit(403, cost=600)
    tokens = ["student-token", "student2-token", "unknown-1", "unknown-2"]

    statuses = [client_for(token, rate_limit=rate_limit).get(OWN_CHANNELS).status_code for token in tokens]

    assert statuses == [200, 200, 401, 403]


def test_header_reports_the_remaining_units(client_for: ClientFactory) -> None:
    client = client_for("student-token", rate_limit=RateLimit(403, cost=1.5))

    remaining = [client.get(OWN_CHANNELS).headers["x-rate-limit-remaining"] for _ in range(2)]

    assert remaining == ["598.50", "597.00"]


def test_last_request_within_the_limit_reports_zero_units(client_for: ClientFactory) -> None:
    client = client_for("student-token", rate_limit=RateLimit(403, cost=600))

    headers = client.get(OWN_CHANNELS).headers

    assert (headers["x-request-cost"], headers["x-rate-limit-remaining"]) == ("0.0412", "0.00")
