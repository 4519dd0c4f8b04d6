"""Faults: effects, matching, how often they are applied, and their limits."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from mockserver.control.faults.violations import NAMES
from tests.control.conftest import CHANNELS, STUDENT

FORM = {"communication_channel[address]": "new@example.org", "communication_channel[type]": "email"}
LIST, CREATE = "list_communication_channels", "create_communication_channel"
UNAVAILABLE = {"kind": "server_error", "status": 503}


def add(client: TestClient, effect: dict[str, Any], **more: Any) -> dict[str, Any]:
    response = client.post("/_mock/faults", json={"effect": effect, **more})
    assert response.status_code == 201, response.text
    fault: dict[str, Any] = response.json()
    return fault


def statuses(client: TestClient, number: int) -> list[int]:
    return [client.get(CHANNELS, headers=STUDENT).status_code for _ in range(number)]


def channel_count(client: TestClient) -> int:
    return int(client.get("/_mock/health").json()["channels"])


class TestEffects:
    @pytest.mark.parametrize(
        ("status", "example", "body"),
        [
            (
                401,
                "expired_token",
                {"errors": [{"message": "Expired access token.", "expired_at": "2026-01-31T00:00:00Z"}]},
            ),
            (
                403,
                None,
                {"status": "unauthorized", "errors": [{"message": "user not authorized to perform that action"}]},
            ),
            (404, None, {"errors": [{"message": "The specified resource does not exist."}]}),
        ],
    )
    def test_documented_response_is_the_example_of_the_contract(
        self, control: TestClient, status: int, example: str | None, body: dict[str, Any]
    ) -> None:
        add(control, {"kind": "documented_response", "status": status, **({"example": example} if example else {})})

        response = control.get(CHANNELS, headers=STUDENT)

        assert (response.status_code, response.json()) == (status, body)
        assert response.headers["content-type"] == "application/json; charset=utf-8"
        assert "x-request-context-id" in response.headers
        assert ("www-authenticate" in response.headers) == (status == 401)

    @pytest.mark.parametrize(("status", "example"), [(429, None), (403, "rate_limit")])
    def test_both_rate_limits_are_plain_text(self, control: TestClient, status: int, example: str | None) -> None:
        add(control, {"kind": "documented_response", "status": status, **({"example": example} if example else {})})

        response = control.get(CHANNELS, headers=STUDENT)

        assert (response.status_code, response.headers["content-type"]) == (status, "text/plain; charset=utf-8")
        assert "Rate Limit Exceeded" in response.text

    def test_documented_response_changes_nothing(self, control: TestClient) -> None:
        before = control.get("/_mock/state").json()
        add(control, {"kind": "documented_response", "status": 400, "example": "duplicate"})

        assert control.post(CHANNELS, headers=STUDENT, data=FORM).status_code == 400
        assert control.delete(f"{CHANNELS}/1", headers=STUDENT).status_code == 400
        assert control.get("/_mock/state").json() == before

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    @pytest.mark.parametrize(("source", "media_type"), [("canvas", "application/json"), ("gateway", "text/html")])
    def test_server_error_has_the_body_of_its_source(
        self, control: TestClient, status: int, source: str, media_type: str
    ) -> None:
        add(control, {"kind": "server_error", "status": status, "source": source})

        response = control.post(CHANNELS, headers=STUDENT, data=FORM)

        assert response.status_code == status
        assert response.headers["content-type"].partition(";")[0] == media_type
        assert ("x-request-context-id" in response.headers) == (source == "canvas")
        assert channel_count(control) == 33

    def test_malformed_body_is_not_json(self, control: TestClient) -> None:
        expected = control.get(CHANNELS, headers=STUDENT)
        add(control, {"kind": "malformed_body"})

        response = control.get(CHANNELS, headers=STUDENT)

        assert (response.status_code, len(response.content)) == (200, len(expected.content))
        with pytest.raises(ValueError, match=r"Invalid control character|Unterminated string|Expecting"):
            response.json()

    @pytest.mark.parametrize("name", NAMES)
    def test_named_violation_changes_the_response(self, control: TestClient, name: str) -> None:
        expected = control.get(CHANNELS, headers=STUDENT)
        add(control, {"kind": "contract_violation", "violation": name})

        response = control.get(CHANNELS, headers=STUDENT)

        observed = (response.status_code, response.headers["content-type"], "link" in response.headers, response.text)
        assert observed != (200, expected.headers["content-type"], True, expected.text)
        assert int(response.headers["content-length"]) == len(response.content)

    @pytest.mark.parametrize(("time", "created"), [("before_change", 0), ("after_change", 1)])
    def test_dropped_connection_without_a_server_raises_an_error(
        self, control: TestClient, time: str, created: int
    ) -> None:
        add(control, {"kind": "dropped_connection", "time": time})

        with pytest.raises(ConnectionAbortedError):
            control.post(CHANNELS, headers=STUDENT, data=FORM)

        assert channel_count(control) == 33 + created

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("effect", "message", "created"),
        [
            ({"kind": "dropped_connection", "time": "before_change"}, "without sending a response", 0),
            ({"kind": "dropped_connection", "time": "after_change"}, "without sending a response", 1),
            ({"kind": "truncated_body"}, "without sending complete message body", 1),
        ],
    )
    def test_dropped_connection_ends_on_a_socket(
        self, served: str, effect: dict[str, Any], message: str, created: int
    ) -> None:
        base = f"{served}/worlds/{effect['kind']}-{effect.get('time', '')}x"
        with httpx2.Client(base_url=base) as client:
            client.post("/_mock/faults", json={"effect": effect})

            with pytest.raises(httpx2.TransportError, match=message):
                client.post(CHANNELS, headers=STUDENT, data=FORM)

            assert client.get("/_mock/health").json()["channels"] == 33 + created


class TestMatching:
    def test_operation_user_and_token_all_have_to_match(self, control: TestClient) -> None:
        add(control, UNAVAILABLE, match={"operation_id": LIST, "user_id": 1, "token": "student-token"})

        assert statuses(control, 1) == [503]
        assert control.head(CHANNELS, headers=STUDENT).status_code == 503
        assert control.get(CHANNELS, headers={"Authorization": "Bearer push-token"}).status_code == 200
        assert control.get(CHANNELS, headers={"Authorization": "Bearer student2-token"}).status_code == 200
        assert control.post(CHANNELS, headers=STUDENT, data=FORM).status_code == 200
        assert control.get("/api/v1/nowhere", headers=STUDENT).status_code == 404

    def test_fault_without_a_match_applies_to_everything(self, control: TestClient) -> None:
        add(control, UNAVAILABLE)

        assert control.get(CHANNELS).status_code == 503
        assert control.get("/api/v1/nowhere").status_code == 503

    def test_method_override_is_matched_as_canvas_routes_it(self, control: TestClient) -> None:
        add(control, UNAVAILABLE, match={"operation_id": "delete_communication_channel"})

        assert control.post(f"{CHANNELS}/1", headers=STUDENT, data={"_method": "delete"}).status_code == 503

    def test_undocumented_response_of_another_operation_is_left_out(self, control: TestClient) -> None:
        fault = add(control, {"kind": "documented_response", "status": 422})

        assert statuses(control, 1) == [200]
        assert control.post(CHANNELS, headers=STUDENT, data=FORM).status_code == 422
        assert control.get(f"/_mock/faults/{fault['id']}").json()["hits"] == 1


class TestTimes:
    def test_next_applies_to_that_many_requests(self, control: TestClient) -> None:
        add(control, UNAVAILABLE, times={"next": 2})

        assert statuses(control, 4) == [503, 503, 200, 200]

    def test_skip_leaves_out_the_first_requests(self, control: TestClient) -> None:
        add(control, UNAVAILABLE, times={"skip": 1, "next": 1})

        assert statuses(control, 3) == [200, 503, 200]

    def test_every_applies_to_each_nth_request(self, control: TestClient) -> None:
        fault = add(control, UNAVAILABLE, times={"every": 3})

        assert statuses(control, 7) == [200, 200, 503, 200, 200, 503, 200]
        shown = control.get(f"/_mock/faults/{fault['id']}").json()
        assert (shown["matches"], shown["hits"]) == (7, 2)

    def test_probability_is_the_same_with_the_same_seed(self, control: TestClient) -> None:
        runs = []
        for seed in (1, 1, 2):
            control.delete("/_mock/faults")
            add(control, UNAVAILABLE, times={"probability": 0.5, "seed": seed})
            runs.append(statuses(control, 20))

        assert runs[0] == runs[1] != runs[2]
        assert {200, 503} == set(runs[0])

    def test_only_the_first_fault_that_applies_is_applied(self, control: TestClient) -> None:
        add(control, {"kind": "server_error", "status": 500}, times={"every": 2})
        second = add(control, {"kind": "server_error", "status": 502})

        assert statuses(control, 4) == [502, 500, 502, 500]
        assert control.get(f"/_mock/faults/{second['id']}").json()["matches"] == 2

    def test_delay_is_part_of_the_response_time(self, control: TestClient) -> None:
        add(control, {"kind": "delay"}, delay={"min_seconds": 0.02, "max_seconds": 0.03})

        assert statuses(control, 1) == [200]
        assert control.get("/_mock/requests").json()[0]["milliseconds"] >= 20


class TestOperations:
    def test_switched_off_fault_is_not_applied_and_not_counted(self, control: TestClient) -> None:
        fault = add(control, UNAVAILABLE, description="Canvas is down")
        path = f"/_mock/faults/{fault['id']}"

        assert control.patch(path, json={"enabled": False}).json()["enabled"] is False
        assert statuses(control, 1) == [200]
        control.patch(path, json={"enabled": True})
        assert statuses(control, 1) == [503]

        assert control.get(path).json() == {**fault, "matches": 1, "hits": 1}

    def test_deleted_faults_are_gone(self, control: TestClient) -> None:
        first, second = (add(control, UNAVAILABLE) for _ in range(2))

        assert control.delete(f"/_mock/faults/{first['id']}").status_code == 204
        assert [fault["id"] for fault in control.get("/_mock/faults").json()] == [second["id"]]
        assert control.delete("/_mock/faults").status_code == 204
        assert statuses(control, 1) == [200]

    def test_unknown_fault_is_404(self, control: TestClient) -> None:
        responses = [control.get("/_mock/faults/9"), control.delete("/_mock/faults/9")]

        assert [(each.status_code, each.json()["code"]) for each in responses] == [(404, "unknown_fault")] * 2

    @pytest.mark.parametrize(
        "fault",
        [
            {},
            {"effect": {"kind": "nonsense"}},
            {"effect": {"kind": "server_error", "status": 418}},
            {"effect": {"kind": "documented_response", "status": 404, "example": "nonsense"}},
            {"effect": {"kind": "documented_response", "status": 418}},
            {"effect": {"kind": "delay"}},
            {"effect": {"kind": "delay"}, "delay": {"min_seconds": 2, "max_seconds": 1}},
            {"effect": {"kind": "delay"}, "delay": {"min_seconds": 301}},
            {"effect": UNAVAILABLE, "times": {"next": 1, "every": 2}},
            {"effect": UNAVAILABLE, "times": {"next": 0}},
            {"effect": UNAVAILABLE, "times": {"probability": 1.5}},
            {"effect": UNAVAILABLE, "match": {"operation_id": "nonsense"}},
            {"effect": UNAVAILABLE, "match": {"operation": LIST}},
            {"effect": {"kind": "documented_response", "status": 422}, "match": {"operation_id": LIST}},
        ],
    )
    def test_fault_that_could_not_be_applied_is_400(self, control: TestClient, fault: dict[str, Any]) -> None:
        response = control.post("/_mock/faults", json=fault)

        assert response.status_code == 400, response.text
        assert control.get("/_mock/faults").json() == []

    @pytest.mark.parametrize(
        ("effect", "place", "message"),
        [
            ({"kind": "nonsense"}, "effect.kind", "'nonsense' is not one of ['contract_violation', 'delay', "),
            ({"kind": "server_error", "status": 418}, "effect.status", "418 is not one of [500, 502, 503, 504]"),
            ({"kind": "server_error"}, "effect", "'status' is a required property"),
            ({"status": 503}, "effect", "'kind' is a required property"),
        ],
    )
    def test_mistake_in_an_effect_is_named(
        self, control: TestClient, effect: dict[str, Any], place: str, message: str
    ) -> None:
        body = control.post("/_mock/faults", json={"effect": effect}).json()

        assert [mistake["place"] for mistake in body["mistakes"]] == [place]
        assert body["mistakes"][0]["message"].startswith(message)

    def test_number_of_faults_is_bounded(self, control: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("mockserver.control.faults.faults.MAX_FAULTS", 2)
        for _ in range(2):
            add(control, UNAVAILABLE)

        response = control.post("/_mock/faults", json={"effect": UNAVAILABLE})

        assert (response.status_code, response.json()["code"]) == (409, "too_many_faults")


class TestPreference:
    @pytest.mark.parametrize(
        ("header", "status", "text"),
        [
            ("code=404", 404, "The specified resource does not exist."),
            ("code=404, example=page", 404, "An error occurred."),
            ('respond-async, Code="401";x=1 , example=no_token', 401, "user authorization required"),
            ("code=429", 429, "Rate Limit Exceeded"),
            ("code=503", 503, "An error occurred."),
        ],
    )
    def test_code_and_example_select_a_response_of_the_contract(
        self, control: TestClient, header: str, status: int, text: str
    ) -> None:
        response = control.get(CHANNELS, headers={**STUDENT, "Prefer": header})

        assert response.status_code == status
        assert text in response.text
        assert response.headers["preference-applied"].startswith(f"code={status}")

    def test_preferred_error_changes_nothing(self, control: TestClient) -> None:
        headers = {**STUDENT, "Prefer": "code=400, example=duplicate"}

        response = control.post(CHANNELS, headers=headers, data=FORM)

        assert (response.status_code, response.headers["preference-applied"]) == (400, "code=400, example=duplicate")
        assert channel_count(control) == 33

    def test_wait_delays_the_operation_itself(self, control: TestClient) -> None:
        response = control.post(CHANNELS, headers={**STUDENT, "Prefer": "wait=0.02"}, data=FORM)

        assert (response.status_code, response.headers["preference-applied"]) == (200, "wait=0.02")
        assert control.get("/_mock/requests").json()[0]["milliseconds"] >= 20
        assert channel_count(control) == 34

    @pytest.mark.parametrize("header", ["respond-async", "return=minimal", "", ",", "=", "handling=lenient, foo"])
    def test_other_preferences_are_ignored(self, control: TestClient, header: str) -> None:
        response = control.get(CHANNELS, headers={**STUDENT, "Prefer": header})

        assert (response.status_code, response.headers.get("preference-applied")) == (200, None)

    @pytest.mark.parametrize(
        ("header", "text"),
        [
            ("code=599", "it has examples of: 200, 400, 401, 403, 404, 429"),
            ("code=404, example=nonsense", "it has: missing, page"),
            ("code=x", "Prefer: code=404"),
            ("example=page", "needs a code"),
            ("wait=61", "up to 60"),
            ("wait=-1", "up to 60"),
        ],
    )
    def test_preference_that_cannot_be_met_is_400_with_the_alternatives(
        self, control: TestClient, header: str, text: str
    ) -> None:
        response = control.get(CHANNELS, headers={**STUDENT, "Prefer": header})

        assert response.status_code == 400
        assert text in response.json()["errors"][0]["message"]

    def test_preference_takes_precedence_over_faults(self, control: TestClient) -> None:
        fault = add(control, UNAVAILABLE)

        assert control.get(CHANNELS, headers={**STUDENT, "Prefer": "code=404"}).status_code == 404
        assert control.get(f"/_mock/faults/{fault['id']}").json()["hits"] == 0
