"""Effects of faults on the response and on the world."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from mockserver.control.faults.violations import NAMES
from tests.control.conftest import CHANNELS, STUDENT
from tests.control.faults.fault_requests import FORM, add_fault, channel_count


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
        add_fault(
            control, {"kind": "documented_response", "status": status, **({"example": example} if example else {})}
        )

        response = control.get(CHANNELS, headers=STUDENT)

        assert (response.status_code, response.json()) == (status, body)
        assert response.headers["content-type"] == "application/json; charset=utf-8"
        assert "x-request-context-id" in response.headers
        assert ("www-authenticate" in response.headers) == (status == 401)

    @pytest.mark.parametrize(("status", "example"), [(429, None), (403, "rate_limit")])
    def test_both_rate_limits_are_plain_text(self, control: TestClient, status: int, example: str | None) -> None:
        add_fault(
            control, {"kind": "documented_response", "status": status, **({"example": example} if example else {})}
        )

        response = control.get(CHANNELS, headers=STUDENT)

        assert (response.status_code, response.headers["content-type"]) == (status, "text/plain; charset=utf-8")
        assert "Rate Limit Exceeded" in response.text

    def test_documented_response_changes_nothing(self, control: TestClient) -> None:
        before = control.get("/_mock/state").json()
        add_fault(control, {"kind": "documented_response", "status": 400, "example": "duplicate"})

        assert control.post(CHANNELS, headers=STUDENT, data=FORM).status_code == 400
        assert control.delete(f"{CHANNELS}/1", headers=STUDENT).status_code == 400
        assert control.get("/_mock/state").json() == before

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    @pytest.mark.parametrize(("source", "media_type"), [("canvas", "application/json"), ("gateway", "text/html")])
    def test_server_error_has_the_body_of_its_source(
        self, control: TestClient, status: int, source: str, media_type: str
    ) -> None:
        add_fault(control, {"kind": "server_error", "status": status, "source": source})

        response = control.post(CHANNELS, headers=STUDENT, data=FORM)

        assert response.status_code == status
        assert response.headers["content-type"].partition(";")[0] == media_type
        assert ("x-request-context-id" in response.headers) == (source == "canvas")
        assert channel_count(control) == 33

    def test_malformed_body_is_not_json(self, control: TestClient) -> None:
        expected = control.get(CHANNELS, headers=STUDENT)
        add_fault(control, {"kind": "malformed_body"})

        response = control.get(CHANNELS, headers=STUDENT)

        assert (response.status_code, len(response.content)) == (200, len(expected.content))
        with pytest.raises(ValueError, match=r"Invalid control character|Unterminated string|Expecting"):
            response.json()

    @pytest.mark.parametrize("name", NAMES)
    def test_named_violation_changes_the_response(self, control: TestClient, name: str) -> None:
        expected = control.get(CHANNELS, headers=STUDENT)
        add_fault(control, {"kind": "contract_violation", "violation": name})

        response = control.get(CHANNELS, headers=STUDENT)

        observed = (response.status_code, response.headers["content-type"], "link" in response.headers, response.text)
        assert observed != (200, expected.headers["content-type"], True, expected.text)
        assert int(response.headers["content-length"]) == len(response.content)

    @pytest.mark.parametrize(("time", "created"), [("before_change", 0), ("after_change", 1)])
    def test_dropped_connection_without_a_server_raises_an_error(
        self, control: TestClient, time: str, created: int
    ) -> None:
        add_fault(control, {"kind": "dropped_connection", "time": time})

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
        base = f"{served}/worlds/{effect['kind']}-{effect.get('time', 'truncated')}"
        with httpx2.Client(base_url=base) as client:
            client.post("/_mock/faults", json={"effect": effect})

            with pytest.raises(httpx2.TransportError, match=message):
                client.post(CHANNELS, headers=STUDENT, data=FORM)

            assert client.get("/_mock/health").json()["channels"] == 33 + created
