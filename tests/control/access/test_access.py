"""The permission to change the mock: the control token, foreign pages, allowed origins, and no CORS at all."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from mockserver.control.access import ControlAccess
from tests.conftest import ORIGIN

if TYPE_CHECKING:
    from tests.conftest import ClientFactory

PAGE = "https://app.example"
PREFLIGHT = {
    "Origin": PAGE,
    "Access-Control-Request-Method": "DELETE",
    "Access-Control-Request-Headers": "authorization",
}
PATH = "users/self/communication_channels"


class TestControlToken:
    @pytest.fixture
    def mock(self, client_for: ClientFactory) -> TestClient:
        return TestClient(client_for(control=ControlAccess("secret", is_reachable=True)).app, base_url=ORIGIN)

    @pytest.mark.parametrize("token", ["", "Secret", "secret ", "\u00e9"])
    def test_change_without_the_token_is_403(self, mock: TestClient, token: str) -> None:
        response = mock.post("/_mock/reset", headers=[(b"X-Mock-Control-Token", token.encode())])

        assert (response.status_code, response.json()["code"]) == (403, "control_token")
        assert "secret" not in response.text

    def test_change_with_the_token_is_made(self, mock: TestClient) -> None:
        assert mock.post("/_mock/reset", headers={"X-Mock-Control-Token": "secret"}).status_code == 204

    def test_reading_needs_no_token(self, mock: TestClient) -> None:
        assert mock.get("/_mock/state").status_code == 200

    @pytest.mark.parametrize("token", [None, ""])
    def test_reachable_mock_without_a_control_token_rejects_changes(
        self, client_for: ClientFactory, token: str | None
    ) -> None:
        mock = TestClient(client_for(control=ControlAccess(token, is_reachable=True)).app, base_url=ORIGIN)

        response = mock.post("/_mock/reset", headers={"X-Mock-Control-Token": ""})

        assert (response.status_code, response.json()["code"]) == (403, "control_disabled")
        assert "--control-token" in response.json()["detail"]


class TestOrigins:
    @pytest.mark.parametrize("path", ["/_mock/reset", "/_mock/snapshots/a/restore", "/worlds/x/_mock/reset"])
    def test_page_of_a_foreign_origin_may_change_nothing(
        self, client_for: ClientFactory, path: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.WARNING, "mockserver")
        mock = TestClient(client_for().app, base_url=ORIGIN)

        response = mock.post(path, headers={"Origin": PAGE})

        assert response.status_code == 403
        assert f"--allow-origin {PAGE}" in caplog.text

    def test_refused_preflight_is_a_line_of_the_log(
        self, client_for: ClientFactory, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.WARNING, "mockserver")

        assert client_for().options(PATH, headers=PREFLIGHT).status_code == 403
        assert f"--allow-origin {PAGE}" in caplog.text

    @pytest.mark.parametrize("origins", [(PAGE,), ("HTTPS://APP.example",), ("*",)])
    def test_allowed_origin_may_use_the_api(self, client_for: ClientFactory, origins: tuple[str, ...]) -> None:
        client = client_for("student-token", origins=origins)

        preflight = client.options(PATH, headers=PREFLIGHT)
        response = client.get(PATH, headers={"Origin": PAGE})

        assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, PAGE)
        assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, PAGE)

    @pytest.mark.parametrize("headers", [{"Origin": PAGE}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}])
    @pytest.mark.parametrize("path", ["/_mock/reset", "/worlds/x/_mock/reset", "/worlds/x/%5Fmock/reset"])
    def test_every_origin_may_read_but_not_change_through_the_control_api(
        self, client_for: ClientFactory, path: str, headers: dict[str, str], caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.WARNING, "mockserver")
        mock = TestClient(client_for(origins=("*",), control=ControlAccess("")).app, base_url=ORIGIN)

        assert mock.post(path, headers=headers).status_code == 403
        assert "--allow-origin" in caplog.text
        assert mock.get("/_mock/state", headers=headers).status_code == 200

    def test_every_origin_may_change_the_mock_with_the_control_token(self, client_for: ClientFactory) -> None:
        mock = TestClient(client_for(origins=("*",), control=ControlAccess("secret")).app, base_url=ORIGIN)

        assert mock.post("/_mock/reset", headers={"Origin": PAGE}).json()["code"] == "control_token"
        with_token = mock.post("/_mock/reset", headers={"Origin": PAGE, "X-Mock-Control-Token": "secret"})
        assert with_token.status_code == 204

    def test_origin_allowed_by_name_may_change_the_mock(self, client_for: ClientFactory) -> None:
        mock = TestClient(client_for(origins=("*", PAGE)).app, base_url=ORIGIN)

        assert mock.post("/_mock/reset", headers={"Origin": PAGE}).status_code == 204

    @pytest.mark.parametrize("origin", ["capacitor://localhost", "null", "http://192.0.2.9:3000"])
    def test_origin_of_another_kind_can_be_allowed(self, client_for: ClientFactory, origin: str) -> None:
        client = client_for("student-token", origins=(origin,))

        assert client.get(PATH, headers={"Origin": origin}).status_code == 200
        assert client.get(PATH, headers={"Origin": f"{origin}1"}).status_code == 403

    def test_without_cors_a_preflight_is_404_as_in_canvas(self, client_for: ClientFactory) -> None:
        client = client_for("student-token", cors=False)

        preflight = client.options(PATH, headers=PREFLIGHT)
        response = client.get(PATH, headers={"Origin": "http://localhost:3000"})

        assert preflight.status_code == 404
        assert (response.status_code, "access-control-allow-origin" in response.headers) == (200, False)
        assert client.post(PATH, headers={"Origin": PAGE}).status_code == 403
