"""The origins of browser pages that may use the mock, and the CORS headers of responses to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.channel_requests import OWN_CHANNELS

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.conftest import ClientFactory

LOCAL_ORIGIN = "http://localhost:3000"


@pytest.mark.parametrize(
    "origin", [LOCAL_ORIGIN, "http://127.0.0.1:5173", "https://app.localhost", "http://[::1]:8080"]
)
def test_preflight_request_of_a_local_origin_is_allowed(client_for: ClientFactory, origin: str) -> None:
    preflight = {
        "Origin": origin,
        "Access-Control-Request-Method": "DELETE",
        "Access-Control-Request-Headers": "authorization",
    }

    response = client_for().options(f"{OWN_CHANNELS}/1", headers=preflight)

    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == origin
    assert response.headers["access-control-allow-credentials"] == "true"
    assert "DELETE" in response.headers["access-control-allow-methods"]
    assert "authorization" in response.headers["access-control-allow-headers"]


@pytest.mark.parametrize("path", [OWN_CHANNELS, "users/99", "nowhere"])
def test_local_page_may_read_responses_errors_and_their_headers(student: TestClient, path: str) -> None:
    response = student.get(path, headers={"Origin": LOCAL_ORIGIN})

    assert response.headers["access-control-allow-origin"] == LOCAL_ORIGIN
    for header in ("Link", "X-Contract-Violation", "X-Rate-Limit-Remaining"):
        assert header in response.headers["access-control-expose-headers"]


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil.example", "null"])
def test_other_origins_are_not_allowed(student: TestClient, origin: str) -> None:
    response = student.get(OWN_CHANNELS, headers={"Origin": origin})

    assert "access-control-allow-origin" not in response.headers
