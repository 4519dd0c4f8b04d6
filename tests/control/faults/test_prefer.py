"""The header Prefer, which selects a response of the contract or a wait for one request."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.control.conftest import CHANNELS, STUDENT
from tests.control.faults.fault_requests import FORM, UNAVAILABLE, add_fault, channel_count


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
    def test_code_and_example_select_a_response_of_the_contract_or_a_server_error(
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
        fault = add_fault(control, UNAVAILABLE)

        assert control.get(CHANNELS, headers={**STUDENT, "Prefer": "code=404"}).status_code == 404
        assert control.get(f"/_mock/faults/{fault['id']}").json()["hits"] == 0
