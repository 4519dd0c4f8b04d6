"""Requests to the control API with unusual values, and records of requests that were not processed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from mockserver import create_app
from mockserver.canvas.rate_limit import RateLimit
from mockserver.control.request_journal import Budget, RequestJournal
from tests.conftest import ORIGIN
from tests.control.conftest import CHANNELS, STUDENT

if TYPE_CHECKING:
    from collections.abc import Callable

LIST, CREATE = "list_communication_channels", "create_communication_channel"
JSON = {"Content-Type": "application/json"}


class TestValues:
    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("faults", '{"effect": {"kind": "delay"}, "delay": {"min_seconds": NaN}}'),
            ("faults", '{"effect": {"kind": "delay"}, "delay": {"min_seconds": 0}, "times": {"probability": NaN}}'),
            ("faults", '{"effect": {"kind": "delay"}, "delay": {"min_seconds": 1e999}}'),
            ("faults", '{"effect": 5}'),
            ("faults", '{"effect": "kind"}'),
            ("faults", '{"effect": null}'),
            ("faults", '{"effect": ["kind"]}'),
            ("faults", r'{"effect": {"kind": "server_error", "status": 500}, "description": "\ud800"}'),
            ("users", r'{"id": 500, "name": "\udfff"}'),
            ("clock/advance", '{"seconds": NaN}'),
            ("clock/advance", '{"seconds": -Infinity}'),
        ],
    )
    def test_value_that_is_not_a_number_text_or_object_is_400(self, control: TestClient, path: str, body: str) -> None:
        response = control.post(f"/_mock/{path}", content=body, headers=JSON)

        assert (response.status_code, response.json()["code"]) == (400, "invalid_request"), response.text
        assert control.get("/_mock/faults").json() == []

    def test_timeout_that_is_not_a_number_is_400(self, control: TestClient) -> None:
        response = control.get("/_mock/outbox/next", params={"timeout": "nan"})

        assert (response.status_code, response.json()["code"]) == (400, "invalid_request")

    @pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0099-01-01T00:00:00Z"])
    def test_time_outside_of_the_calendar_is_400(self, control: TestClient, time: str) -> None:
        responses = [
            control.patch("/_mock/clock", json={"now": time}),
            control.patch("/_mock/tokens/1", json={"expires_at": time}),
            control.post("/_mock/users/1/tokens", json={"value": "new", "expires_at": time}),
            control.get("/_mock/requests", params={"since": time}),
        ]

        assert [(each.status_code, each.json()["code"]) for each in responses] == [(400, "invalid_time")] * 4

    def test_time_in_small_letters_is_accepted(self, control: TestClient) -> None:
        """RFC 3339 allows them."""
        body = control.patch("/_mock/clock", json={"now": "2026-03-01t12:00:00z", "frozen": True}).json()

        assert body == {"now": "2026-03-01T12:00:00Z", "frozen": True}

    def test_name_of_a_world_with_an_encoded_slash_is_400(self, control: TestClient) -> None:
        response = control.get("/worlds/of-a%2Fslash/_mock/health")

        assert (response.status_code, response.json()["code"]) == (400, "invalid_world_name")
        assert "of-a" not in [each["name"] for each in control.get("/_mock/worlds").json()]


class TestEffects:
    @pytest.mark.parametrize(("status", "example"), [(429, None), (403, "rate_limit")])
    def test_rate_limit_response_has_no_budget_and_no_cost(
        self, control: TestClient, status: int, example: str | None
    ) -> None:
        chosen = {"example": example} if example else {}
        effect = {"kind": "documented_response", "status": status, **chosen}
        control.post("/_mock/faults", json={"effect": effect, "times": {"next": 1}})
        preference = ", ".join(f"{name}={value}" for name, value in {"code": status, **chosen}.items())

        responses = [
            control.get(CHANNELS, headers=STUDENT),
            control.get(CHANNELS, headers={**STUDENT, "Prefer": preference}),
        ]

        for response in responses:
            assert response.status_code == status
            assert "x-request-cost" not in response.headers
            assert float(response.headers["x-rate-limit-remaining"]) < 1

    @pytest.mark.parametrize(
        ("violation", "operation_id"),
        [("missing_link_header", CREATE), ("object_instead_of_list", CREATE), ("missing_field", "delete_push_token")],
    )
    def test_violation_that_an_operation_cannot_have_is_left_out(
        self, control: TestClient, violation: str, operation_id: str
    ) -> None:
        effect = {"kind": "contract_violation", "violation": violation}

        refused = control.post("/_mock/faults", json={"effect": effect, "match": {"operation_id": operation_id}})
        control.post("/_mock/faults", json={"effect": effect})
        control.post(CHANNELS, headers=STUDENT, data={"communication_channel[type]": "push"})
        control.delete(f"{CHANNELS}/push", headers=STUDENT)
        control.get("/api/v1/nowhere", headers=STUDENT)

        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_fault")
        [fault] = control.get("/_mock/faults").json()
        # The response to the create has fields, but neither a Link header nor a list.
        assert fault["hits"] == (violation == "missing_field")

    @pytest.mark.parametrize(
        "effect",
        [
            {"kind": "malformed_body"},
            {"kind": "contract_violation", "violation": "missing_field"},
            {"kind": "contract_violation", "violation": "object_instead_of_list"},
        ],
    )
    def test_effect_on_a_body_ignores_the_etag_of_a_browser_cache(
        self, control: TestClient, effect: dict[str, Any]
    ) -> None:
        headers = {**STUDENT, "If-None-Match": control.get(CHANNELS, headers=STUDENT).headers["etag"]}
        control.post("/_mock/faults", json={"effect": effect, "times": {"next": 1}})

        responses = [control.get(CHANNELS, headers=headers) for _ in range(2)]

        assert [each.status_code for each in responses] == [200, 304]

    @pytest.mark.parametrize("violation", ["missing_field", "object_instead_of_list"])
    def test_violation_of_a_body_does_not_change_the_response_to_head(
        self, control: TestClient, violation: str
    ) -> None:
        expected = control.head(CHANNELS, headers=STUDENT).headers["content-length"]
        control.post("/_mock/faults", json={"effect": {"kind": "contract_violation", "violation": violation}})

        response = control.head(CHANNELS, headers=STUDENT)

        assert (response.content, response.headers["content-length"]) == (b"", expected)

    @pytest.mark.parametrize("path", ["/api/v1/nowhere", "/api/v1/users/1"])
    def test_preferred_response_of_an_operation_without_any_is_400(self, control: TestClient, path: str) -> None:
        response = control.get(path, headers={**STUDENT, "Prefer": "code=404"})

        assert response.status_code == 400
        assert "The contract has no responses of " in response.json()["errors"][0]["message"]


class TestJournal:
    def test_request_has_the_name_of_its_world(self, control: TestClient, world_name: str) -> None:
        control.get(CHANNELS, headers=STUDENT)
        control.get(f"/worlds/default{CHANNELS}", headers=STUDENT)

        worlds = [control.get(f"{prefix}/_mock/requests").json()[0]["world"] for prefix in ("", "/worlds/default")]

        assert worlds == [world_name, "default"]

    @pytest.mark.parametrize(
        "effect",
        [
            {"kind": "server_error", "status": 503},
            {"kind": "server_error", "status": 502, "source": "gateway"},
            {"kind": "documented_response", "status": 404},
            {"kind": "dropped_connection", "time": "before_change"},
        ],
    )
    def test_request_with_a_fault_has_its_operation_and_its_user(
        self, control: TestClient, effect: dict[str, Any]
    ) -> None:
        control.post("/_mock/faults", json={"effect": effect})
        if effect["kind"] == "dropped_connection":
            with pytest.raises(ConnectionAbortedError):
                control.get(CHANNELS, headers=STUDENT)
        else:
            control.get(CHANNELS, headers=STUDENT)

        [entry] = control.get("/_mock/requests", params={"operation_id": LIST, "user_id": 1}).json()

        assert "route" not in entry

    def test_request_over_the_rate_limit_has_its_operation_and_its_user(self) -> None:
        client = TestClient(create_app(rate_limit=RateLimit(capacity=0, duration=0)), base_url=ORIGIN, headers=STUDENT)

        assert client.get(CHANNELS).status_code == 429

        filters: dict[str, str | int] = {"operation_id": LIST, "user_id": 1, "status": 429}
        assert client.get("/_mock/requests/count", params=filters).json()["count"] == 1

    @pytest.mark.parametrize(
        "request_of",
        [
            lambda client: client.get(CHANNELS, headers={**STUDENT, "X-Long": "x" * 50_000}),
            lambda client: client.get(f"{CHANNELS}?x={'x' * 10_000}", headers=STUDENT),  # an entry repeats the URL
        ],
    )
    def test_long_headers_and_queries_count_for_the_budget(
        self, control: TestClient, request_of: Callable[[TestClient], object], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        budget = Budget()
        add = RequestJournal.add

        def add_to_two(journal: RequestJournal, *arguments: Any, **more: Any) -> None:
            add(RequestJournal(10, budget), *arguments, **more)
            add(journal, *arguments, **more)

        monkeypatch.setattr(RequestJournal, "add", add_to_two)
        request_of(control)

        assert budget.used > 50_000
