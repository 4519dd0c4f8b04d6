"""Faults: which requests they match, how often they are applied, and their operations and limits."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.control.conftest import CHANNELS, STUDENT
from tests.control.faults.fault_requests import FORM, UNAVAILABLE, add_fault, statuses

LIST = "list_communication_channels"


class TestMatching:
    def test_operation_user_and_token_all_have_to_match(self, control: TestClient) -> None:
        add_fault(control, UNAVAILABLE, match={"operation_id": LIST, "user_id": 1, "token": "student-token"})

        assert statuses(control, 1) == [503]
        assert control.head(CHANNELS, headers=STUDENT).status_code == 503
        assert control.get(CHANNELS, headers={"Authorization": "Bearer push-token"}).status_code == 200
        assert control.get(CHANNELS, headers={"Authorization": "Bearer student2-token"}).status_code == 200
        assert control.post(CHANNELS, headers=STUDENT, data=FORM).status_code == 200
        assert control.get("/api/v1/nowhere", headers=STUDENT).status_code == 404

    def test_fault_without_a_match_applies_to_everything(self, control: TestClient) -> None:
        add_fault(control, UNAVAILABLE)

        assert control.get(CHANNELS).status_code == 503
        assert control.get("/api/v1/nowhere").status_code == 503

    def test_method_override_is_matched_as_canvas_routes_it(self, control: TestClient) -> None:
        add_fault(control, UNAVAILABLE, match={"operation_id": "delete_communication_channel"})

        assert control.post(f"{CHANNELS}/1", headers=STUDENT, data={"_method": "delete"}).status_code == 503

    def test_undocumented_response_of_another_operation_is_left_out(self, control: TestClient) -> None:
        fault = add_fault(control, {"kind": "documented_response", "status": 422})

        assert statuses(control, 1) == [200]
        assert control.post(CHANNELS, headers=STUDENT, data=FORM).status_code == 422
        assert control.get(f"/_mock/faults/{fault['id']}").json()["hits"] == 1


class TestTimes:
    def test_next_applies_to_that_many_requests(self, control: TestClient) -> None:
        add_fault(control, UNAVAILABLE, times={"next": 2})

        assert statuses(control, 4) == [503, 503, 200, 200]

    def test_skip_leaves_out_the_first_requests(self, control: TestClient) -> None:
        add_fault(control, UNAVAILABLE, times={"skip": 1, "next": 1})

        assert statuses(control, 3) == [200, 503, 200]

    def test_every_applies_to_each_nth_request(self, control: TestClient) -> None:
        fault = add_fault(control, UNAVAILABLE, times={"every": 3})

        assert statuses(control, 7) == [200, 200, 503, 200, 200, 503, 200]
        shown = control.get(f"/_mock/faults/{fault['id']}").json()
        assert (shown["matches"], shown["hits"]) == (7, 2)

    def test_probability_is_the_same_with_the_same_seed(self, control: TestClient) -> None:
        runs = []
        for seed in (1, 1, 2):
            control.delete("/_mock/faults")
            add_fault(control, UNAVAILABLE, times={"probability": 0.5, "seed": seed})
            runs.append(statuses(control, 20))

        assert runs[0] == runs[1] != runs[2]
        assert {200, 503} == set(runs[0])

    def test_only_the_first_fault_that_applies_is_applied(self, control: TestClient) -> None:
        add_fault(control, {"kind": "server_error", "status": 500}, times={"every": 2})
        second = add_fault(control, {"kind": "server_error", "status": 502})

        assert statuses(control, 4) == [502, 500, 502, 500]
        assert control.get(f"/_mock/faults/{second['id']}").json()["matches"] == 2

    def test_delay_is_part_of_the_response_time(self, control: TestClient) -> None:
        add_fault(control, {"kind": "delay"}, delay={"min_seconds": 0.02, "max_seconds": 0.03})

        assert statuses(control, 1) == [200]
        assert control.get("/_mock/requests").json()[0]["milliseconds"] >= 20


class TestOperations:
    def test_switched_off_fault_is_not_applied_and_not_counted(self, control: TestClient) -> None:
        fault = add_fault(control, UNAVAILABLE, description="Canvas is down")
        path = f"/_mock/faults/{fault['id']}"

        assert control.patch(path, json={"enabled": False}).json()["enabled"] is False
        assert statuses(control, 1) == [200]
        control.patch(path, json={"enabled": True})
        assert statuses(control, 1) == [503]

        assert control.get(path).json() == {**fault, "matches": 1, "hits": 1}

    def test_deleted_faults_are_gone(self, control: TestClient) -> None:
        first, second = (add_fault(control, UNAVAILABLE) for _ in range(2))

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
            add_fault(control, UNAVAILABLE)

        response = control.post("/_mock/faults", json={"effect": UNAVAILABLE})

        assert (response.status_code, response.json()["code"]) == (409, "too_many_faults")
