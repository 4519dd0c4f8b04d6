"""What every answer looks like on the wire (behaviour 8 and 9), and the switches that change it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from mockserver import World, create_app, read_world
from mockserver.throttle import Throttle

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from tests.conftest import Clock, Login

SELF = "users/self/communication_channels"


def test_an_answer_has_canvas_s_headers(student: TestClient) -> None:
    headers = student.get(SELF).headers

    assert headers["content-type"] == "application/json; charset=utf-8"
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", headers["x-request-context-id"])
    assert headers["x-canvas-meta"] == "o=communication_channels;n=index;"
    assert headers["x-canvas-user-id"] == "1"
    assert float(headers["x-request-cost"]) > 0
    assert float(headers["x-rate-limit-remaining"]) == 600
    assert headers["x-content-type-options"] == "nosniff"
    assert "x-frame-options" not in headers


def test_every_answer_has_a_request_id_of_its_own(student: TestClient) -> None:
    ids = {student.get(path).headers["x-request-context-id"] for path in (SELF, SELF, "nowhere", "users/99")}

    assert len(ids) == 4


def test_the_same_calls_give_the_same_answers(clock: Clock) -> None:
    def story() -> list[tuple[dict[str, str], bytes]]:
        app = create_app(World(read_world(), clock))
        client = TestClient(
            app, base_url="http://canvas.test/api/v1/", headers={"Authorization": "Bearer student-token"}
        )
        client.post(SELF, data={"communication_channel[address]": "n@x.org", "communication_channel[type]": "email"})
        return [(dict(answer.headers), answer.content) for answer in (client.get(SELF), client.delete(f"{SELF}/34"))]

    assert story() == story()


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_every_200_has_a_weak_etag_of_its_body(student: TestClient, method: str) -> None:
    path = f"{SELF}/3" if method == "DELETE" else SELF
    data = {"communication_channel[address]": "n@x.org", "communication_channel[type]": "email"}

    response = student.request(method, path, data=data if method == "POST" else None)

    assert re.fullmatch(r'W/"[0-9a-f]{32}"', response.headers["etag"])
    assert response.headers["cache-control"] == "max-age=0, private, must-revalidate"


def test_a_known_etag_is_answered_304_without_a_body(student: TestClient) -> None:
    etag = student.get(SELF).headers["etag"]

    same = student.get(SELF, headers={"If-None-Match": f'"other", {etag}'})
    student.delete(f"{SELF}/3")
    changed = student.get(SELF, headers={"If-None-Match": etag})

    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    assert "content-type" not in same.headers
    assert changed.status_code == 200


def test_only_reads_are_answered_304(student: TestClient) -> None:
    assert student.delete(f"{SELF}/3", headers={"If-None-Match": "*"}).status_code == 200


@pytest.mark.parametrize("path", ["users/99/communication_channels", f"{SELF}?page=0"])
def test_other_statuses_have_no_etag_and_are_not_cached(student: TestClient, path: str) -> None:
    headers = student.get(path).headers

    assert ("etag" in headers, headers["cache-control"]) == (False, "no-cache")


def test_string_ids_come_to_who_asks(student: TestClient) -> None:
    headers = {"Accept": "application/json+canvas-string-ids, application/json"}

    response = student.get(SELF, headers=headers)

    assert [(channel["id"], channel["user_id"], channel["position"]) for channel in response.json()] == [
        ("1", "1", 1),
        ("2", "1", 2),
        ("3", "1", 3),
    ]
    assert response.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "foo", ""])
def test_any_other_accept_still_gives_json(student: TestClient, accept: str) -> None:
    assert student.get(SELF, headers={"Accept": accept}).json()[0]["id"] == 1


def test_markup_in_an_address_is_escaped_and_survives(student: TestClient) -> None:
    address = "<b>&\u2028é"
    data = {"communication_channel[address]": address, "communication_channel[type]": "sms"}

    response = student.post(SELF, data=data)

    assert response.json()["address"] == address
    assert "\\u003cb\\u003e\\u0026\\u2028é".encode() in response.content


def test_older_canvas_refuses_with_401_and_the_same_body(login: Login) -> None:
    response = login("student-token", unauthorized_status=401).get("users/2/communication_channels")

    assert response.status_code == 401
    assert response.json()["status"] == "unauthorized"
    assert "www-authenticate" not in response.headers


def test_report_ids_are_shown_where_canvas_records_the_failure(login: Login) -> None:
    client = login("student-token", error_report_ids=True)

    recorded = [client.get(path).json().get("error_report_id") for path in ("users/99", f"{SELF}?page=0")]
    refused = client.get("users/2/communication_channels").json()
    unknown = login("unknown-token", error_report_ids=True).get(SELF).json()
    expired = login("expired-token", error_report_ids=True).get(SELF).json()

    assert recorded == [1, 2]
    assert "error_report_id" not in refused
    assert "error_report_id" not in unknown
    assert expired["error_report_id"] == 3


class TestRateLimit:
    @pytest.mark.parametrize(
        ("status", "text"),
        [(403, "403 Forbidden (Rate Limit Exceeded)\n"), (429, "429 Too Many Requests (Rate Limit Exceeded)\n")],
    )
    def test_a_spent_budget_is_answered_in_plain_text(self, world: World, status: int, text: str) -> None:
        client = _client(world, Throttle(status, cost=300))

        statuses = [client.get(SELF).status_code for _ in range(2)]
        refused = client.get(SELF)

        assert statuses == [200, 200]
        assert (refused.status_code, refused.text) == (status, text)
        assert refused.headers["content-type"] == "text/plain; charset=utf-8"
        assert refused.headers["x-rate-limit-remaining"] == "0.0"
        assert "x-request-cost" not in refused.headers

    def test_the_budget_refills_with_time(self, world: World, clock: Clock) -> None:
        client = _client(world, Throttle(403, cost=600))
        client.get(SELF)

        spent = client.get(SELF).status_code
        clock.advance(seconds=1)
        refilled = client.get(SELF)

        assert (spent, refilled.status_code) == (403, 200)

    def test_every_token_has_a_budget_of_its_own_and_strangers_share_one(self, world: World) -> None:
        app = create_app(world, throttle=Throttle(403, cost=600))
        tokens = ["student-token", "student2-token", "unknown-1", "unknown-2"]

        statuses = [_visit(app, token) for token in tokens]

        assert statuses == [200, 200, 401, 403]

    def test_what_is_left_is_told(self, world: World) -> None:
        client = _client(world, Throttle(403, cost=1.5))

        left = [client.get(SELF).headers["x-rate-limit-remaining"] for _ in range(2)]

        assert left == ["598.50", "597.00"]

    def test_the_last_request_that_is_allowed_says_that_nothing_is_left(self, world: World) -> None:
        headers = _client(world, Throttle(403, cost=600)).get(SELF).headers

        assert (headers["x-request-cost"], headers["x-rate-limit-remaining"]) == ("0.0412", "0.00")


def _client(world: World, throttle: Throttle) -> TestClient:
    headers = {"Authorization": "Bearer student-token"}
    return TestClient(create_app(world, throttle=throttle), base_url="http://canvas.test/api/v1/", headers=headers)


def _visit(app: ASGIApp, token: str) -> int:
    client = TestClient(app, base_url="http://canvas.test/api/v1/", headers={"Authorization": f"Bearer {token}"})
    return client.get(SELF).status_code


def test_mocks_side_by_side_share_nothing() -> None:
    one, other = (_client(World(read_world()), Throttle()) for _ in range(2))

    one.delete(f"{SELF}/1")

    assert (len(one.get(SELF).json()), len(other.get(SELF).json())) == (2, 3)
