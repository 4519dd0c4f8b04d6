"""The rate limit of each access token (behaviour 9). The clock of these tests stands still unless a test moves it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import httpx2
import pytest

from mockserver.canvas.rate_limit import RateLimit
from tests.channel_requests import FORM, OWN_CHANNELS
from tests.conftest import ORIGIN

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.conftest import ClientFactory, Clock, SharedMock

limit_without_delay = partial(RateLimit, duration=0.0)
"""Makes a rate limit whose requests are processed at once, for tests that send one request after the other."""


def remaining_units(response: httpx2.Response) -> float:
    return float(response.headers["x-rate-limit-remaining"])


class TestRejection:
    @pytest.mark.parametrize(
        ("rate_limit", "status", "text"),
        [
            (limit_without_delay(cost=300), 429, "429 Too Many Requests (Rate Limit Exceeded)\n"),
            (limit_without_delay(429, cost=300), 429, "429 Too Many Requests (Rate Limit Exceeded)\n"),
            (limit_without_delay(403, cost=300), 403, "403 Forbidden (Rate Limit Exceeded)\n"),
        ],
        ids=["default", "429", "403"],
    )
    def test_request_over_the_limit_is_rejected_in_plain_text(
        self, client_for: ClientFactory, rate_limit: RateLimit, status: int, text: str
    ) -> None:
        client = client_for("student-token", rate_limit=rate_limit)

        statuses = [client.get(OWN_CHANNELS).status_code for _ in range(2)]
        rejected = client.get(OWN_CHANNELS)

        assert statuses == [200, 200]
        assert (rejected.status_code, rejected.text) == (status, text)
        assert rejected.headers["content-type"] == "text/plain; charset=utf-8"
        assert not rejected.headers.keys() & {"x-request-cost", "retry-after", "x-canvas-user-id"}

    def test_rejected_request_changes_nothing(self, client_for: ClientFactory) -> None:
        client = client_for("student-token", rate_limit=limit_without_delay(cost=600))
        client.get(OWN_CHANNELS)

        deleted = client.delete(f"{OWN_CHANNELS}/1")

        assert deleted.status_code == 429
        assert len(client_for("student-token").get(OWN_CHANNELS).json()) == 3

    def test_limit_is_checked_before_the_token(self, client_for: ClientFactory) -> None:
        client = client_for("unknown-token", rate_limit=limit_without_delay(cost=600))

        statuses = [client.get(OWN_CHANNELS).status_code for _ in range(2)]

        assert statuses == [401, 429]

    def test_header_reports_the_units_that_are_left(self, client_for: ClientFactory) -> None:
        client = client_for("student-token", rate_limit=limit_without_delay(cost=560))

        accepted, rejected, rejected_again = (client.get(OWN_CHANNELS) for _ in range(3))

        assert [response.status_code for response in (accepted, rejected, rejected_again)] == [200, 429, 429]
        assert remaining_units(accepted) == 40
        assert 39 < remaining_units(rejected_again) < remaining_units(rejected) < 40

    def test_rejected_requests_are_charged_and_prolong_the_rejection(
        self, client_for: ClientFactory, clock: Clock
    ) -> None:
        # A bucket is full at 600 with the reservation of 50. A rejection costs as much as leaks from it in a second.
        rate_limit = limit_without_delay(cost=550, rejected_cost=10)
        impatient, patient = (client_for(token, rate_limit=rate_limit) for token in ("student-token", "admin-token"))
        for client in (impatient, patient):
            client.get(OWN_CHANNELS)

        statuses = []
        for _ in range(3):
            statuses.append(impatient.get(OWN_CHANNELS).status_code)
            clock.advance(seconds=1)

        assert statuses == [429, 429, 429]
        assert impatient.get(OWN_CHANNELS).status_code == 429
        assert patient.get(OWN_CHANNELS).status_code == 200


class TestBucket:
    """A request reserves 50 units, and is rejected if the bucket then has 600."""

    def test_units_leak_with_time(self, client_for: ClientFactory, clock: Clock) -> None:
        client = client_for("student-token", rate_limit=limit_without_delay(cost=555))
        client.get(OWN_CHANNELS)

        at_once = client.get(OWN_CHANNELS)
        clock.advance(seconds=1)
        a_second_later = client.get(OWN_CHANNELS)

        assert (at_once.status_code, a_second_later.status_code) == (429, 200)

    def test_bucket_does_not_leak_below_zero(self, client_for: ClientFactory, clock: Clock) -> None:
        client = client_for("student-token", rate_limit=limit_without_delay(cost=1.5))
        client.get(OWN_CHANNELS)
        clock.advance(hours=1)

        response = client.get(OWN_CHANNELS)

        assert remaining_units(response) == 598.5

    def test_bucket_holds_800_units_at_most(self, client_for: ClientFactory, clock: Clock) -> None:
        client = client_for("student-token", rate_limit=limit_without_delay(cost=100_000))
        expensive = client.get(OWN_CHANNELS)

        clock.advance(seconds=25)
        with_550_units = client.get(OWN_CHANNELS)
        clock.advance(seconds=1)
        with_540_units = client.get(OWN_CHANNELS)

        assert remaining_units(expensive) == -200
        assert (with_550_units.status_code, with_540_units.status_code) == (429, 200)

    def test_each_token_has_its_own_bucket_and_unknown_tokens_share_one(self, client_for: ClientFactory) -> None:
        rate_limit = limit_without_delay(cost=600)
        tokens = ["student-token", "push-token", "student2-token", "unknown-1", "unknown-2", None]

        statuses = [client_for(token, rate_limit=rate_limit).get(OWN_CHANNELS).status_code for token in tokens]

        assert statuses == [200, 200, 200, 401, 429, 429]

    def test_reset_of_the_world_empties_the_buckets(self, client_for: ClientFactory) -> None:
        client = client_for("student-token", rate_limit=limit_without_delay(cost=600))
        client.get(OWN_CHANNELS)
        client.post(f"{ORIGIN}/_mock/reset")

        response = client.get(OWN_CHANNELS)

        assert response.status_code == 200


class TestHeaders:
    def test_headers_report_the_cost_and_the_remaining_units(self, client_for: ClientFactory) -> None:
        client = client_for("student-token", rate_limit=limit_without_delay(cost=1.5))

        responses = [client.get(OWN_CHANNELS) for _ in range(2)]

        assert [response.headers["x-rate-limit-remaining"] for response in responses] == ["598.5", "597.0"]
        assert {response.headers["x-request-cost"] for response in responses} == {"1.5"}

    @pytest.mark.parametrize(
        ("path", "content", "status"),
        [
            (OWN_CHANNELS, b"{", 400),
            (f"{OWN_CHANNELS}/1", b"", 403),
            ("users/99/communication_channels", b"", 404),
        ],
        ids=["malformed JSON", "denied", "unknown user"],
    )
    def test_request_with_an_error_has_the_same_cost(
        self, client_for: ClientFactory, path: str, content: bytes, status: int
    ) -> None:
        client = client_for("student-token", rate_limit=limit_without_delay(cost=1.5))
        headers = {"Content-Type": "application/json"} if content else FORM

        response = client.post(path, content=content, headers=headers)

        assert (response.status_code, remaining_units(response)) == (status, 598.5)

    def test_request_without_a_route_has_the_same_cost_and_no_rate_limit_header(
        self, client_for: ClientFactory
    ) -> None:
        client = client_for("student-token", rate_limit=limit_without_delay(cost=1.5))

        unknown_route = client.get("nowhere")
        listed = client.get(OWN_CHANNELS)

        assert "x-rate-limit-remaining" not in unknown_route.headers
        assert remaining_units(listed) == 597

    def test_without_a_limit_nothing_is_charged(self, student: TestClient) -> None:
        remaining = [remaining_units(student.get(OWN_CHANNELS)) for _ in range(3)]

        assert remaining == [600, 600, 600]


class TestReservation:
    """Every request of these tests runs long enough for the others to start before it ends."""

    def test_parallel_requests_are_rejected_where_successive_ones_are_not(
        self, shared_mock: SharedMock, client_for: ClientFactory
    ) -> None:
        successive = client_for("student-token", rate_limit=limit_without_delay())

        one_by_one = [successive.get(OWN_CHANNELS).status_code for _ in range(20)]
        shared_mock.world.reset()
        together = [response.status_code for response in in_parallel(shared_mock, 20)]

        assert one_by_one == [200] * 20
        assert sorted(together) == [200] * 11 + [429] * 9  # with 12 reservations of 50, the bucket is full at 600

    def test_reserved_units_are_returned_at_the_end(self, shared_mock: SharedMock, client_for: ClientFactory) -> None:
        in_parallel(shared_mock, 11)

        response = client_for("student-token", rate_limit=limit_without_delay()).get(OWN_CHANNELS)

        assert (response.status_code, remaining_units(response)) == (200, 588)  # 12 requests cost 1 each

    def test_header_includes_the_reservations_of_running_requests(
        self,
        shared_mock: SharedMock,
        client_for: ClientFactory,  # noqa: ARG002  # the world is reset first
    ) -> None:
        responses = in_parallel(shared_mock, 3)

        # 1 for each request that has ended, this one included, and 50 for each that still runs.
        assert sorted(map(remaining_units, responses)) == [499, 548, 597]

    def test_requests_with_other_tokens_are_not_affected(
        self,
        shared_mock: SharedMock,
        client_for: ClientFactory,  # noqa: ARG002  # the world is reset first
    ) -> None:
        tokens = ["student-token"] * 11 + ["admin-token"] * 11

        statuses = [response.status_code for response in in_parallel(shared_mock, 22, tokens)]

        assert statuses == [200] * 22


def in_parallel(mock: SharedMock, number: int, tokens: list[str] | None = None) -> list[httpx2.Response]:
    """Send requests at the same time to a mock where each one runs for 0.2 s, and return the responses."""

    async def send() -> list[httpx2.Response]:
        transport = httpx2.ASGITransport(mock.app(rate_limit=RateLimit(duration=0.2)))
        async with httpx2.AsyncClient(transport=transport, base_url=f"{ORIGIN}/api/v1/") as client:
            headers = [{"Authorization": f"Bearer {token}"} for token in tokens or ["student-token"] * number]
            return await asyncio.gather(*(client.get(OWN_CHANNELS, headers=each) for each in headers))

    return asyncio.run(send())
