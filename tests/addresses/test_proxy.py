"""Addresses in responses if a trusted proxy forwards the requests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from starlette.testclient import TestClient

from mockserver import create_app
from mockserver.proxy import TrustedProxy
from tests.addresses.channel_list import PATH, STUDENT, exchange

if TYPE_CHECKING:
    from pathlib import Path

    from tests.mock_command import MockStarter

FORWARDED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "canvas.test:8443",
    "X-Forwarded-Prefix": "/mocks/canvas",
}


class TestTrustedProxy:
    @staticmethod
    def client(trusted: list[str], peer: Any = ("127.0.0.1", 5000), **app_options: Any) -> TestClient:
        app = TrustedProxy(create_app(hosts={"canvas.test"}, **app_options), trusted)
        return TestClient(app, base_url="http://127.0.0.1:8000", headers={**STUDENT}, client=peer)

    def test_links_and_pages_have_the_address_of_the_proxy(self) -> None:
        client = self.client(["127.0.0.1"])

        channels = client.get(PATH, headers=FORWARDED)
        contract = client.get("/openapi.json", headers=FORWARDED)
        control = client.get("/_mock/openapi.json", headers=FORWARDED)
        dashboard = client.get("/", headers=FORWARDED)
        reference = client.get("/worlds/one/docs/", headers=FORWARDED)
        docs = client.get("/docs", headers=FORWARDED, follow_redirects=False)

        assert f"<https://canvas.test:8443/mocks/canvas{PATH}?" in channels.headers["link"]
        assert contract.json()["servers"] == [{"url": "https://canvas.test:8443/mocks/canvas/api/v1"}]
        assert control.json()["servers"][0]["url"].startswith("https://canvas.test:8443/mocks/canvas")
        assert '<base href="/mocks/canvas/">' in dashboard.text
        assert '<script type="module" src="../static/reference.js">' in reference.text
        assert docs.headers["location"] == "/mocks/canvas/docs/"

    def test_prefix_of_the_proxy_precedes_that_of_the_world(self) -> None:
        client = self.client(["127.0.0.1"])

        response = client.get(f"/worlds/one{PATH}", headers=FORWARDED)

        assert f"<https://canvas.test:8443/mocks/canvas/worlds/one{PATH}?" in response.headers["link"]

    @pytest.mark.parametrize(
        ("prefix", "header", "shown"),
        [("", {}, ""), ("/worlds/one", {}, "/worlds/one"), ("", {"X-Mock-World": "one"}, "/worlds/one")],
        ids=["default world", "world in the path", "world in the header"],
    )
    def test_confirmation_link_has_the_address_of_the_proxy(
        self, prefix: str, header: dict[str, str], shown: str
    ) -> None:
        client = self.client(["127.0.0.1"])
        channel = {"communication_channel[address]": "a@example.org", "communication_channel[type]": "email"}
        client.post(prefix + PATH, data=channel, headers=FORWARDED | header)

        messages = client.get(f"{prefix}/_mock/outbox", headers=FORWARDED | header).json()

        assert messages[0]["link"].startswith(f"https://canvas.test:8443/mocks/canvas{shown}/register/")

    @pytest.mark.parametrize("path", ["/openapi.json/", "/vendor", "/_mock/health/", "/worlds/one/openapi.json/"])
    def test_no_redirect_leaves_the_prefix(self, path: str) -> None:
        response = self.client(["127.0.0.1"]).get(path, headers=FORWARDED, follow_redirects=False)

        assert response.status_code == 404

    @pytest.mark.parametrize(
        ("trusted", "peer"),
        [
            ("*", ("192.0.2.7", 1)),
            ("192.0.2.0/24", ("192.0.2.7", 1)),
            ("192.0.2.9/24", ("192.0.2.7", 1)),
            ("::1", ("::1", 1)),
            ("fe80::/10", ("fe80::1%eth0", 1)),
            ("127.0.0.1", None),
        ],
        ids=["any", "network", "address with a mask", "IPv6", "IPv6 with a zone", "Unix socket"],
    )
    def test_forwarded_headers_of_a_trusted_peer_are_used(self, trusted: str, peer: Any) -> None:
        response = self.client([trusted], peer).get(PATH, headers=FORWARDED)

        assert "<https://canvas.test:8443/mocks/canvas" in response.headers["link"]

    def test_forwarded_headers_of_an_untrusted_peer_are_ignored(self) -> None:
        response = self.client(["192.0.2.7", "10.0.0.0/8"]).get(PATH, headers=FORWARDED)

        assert f"<http://127.0.0.1:8000{PATH}?" in response.headers["link"]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("X-Forwarded-Proto", "javascript"),
            ("X-Forwarded-Proto", ""),
            ("X-Forwarded-Host", 'evil/"<script>'),
            ("X-Forwarded-Prefix", "//evil.example"),
            ("X-Forwarded-Prefix", "/a>;rel=next"),
            ("X-Forwarded-Prefix", "relative"),
            ("X-Forwarded-Prefix", "/a/../b"),
            ("X-Forwarded-Prefix", "/a\x1f"),
            ("X-Forwarded-Proto", "https\xe9"),
            ("X-Forwarded-Host", "caf\xe9.test"),
            ("X-Forwarded-Host", ""),
        ],
    )
    def test_malformed_value_is_ignored(self, name: str, value: str) -> None:
        response = self.client(["127.0.0.1"]).get(PATH, headers={name.encode(): value.encode("latin-1")})

        assert f"<http://127.0.0.1:8000{PATH}?" in response.headers["link"]

    def test_last_of_several_values_counts(self) -> None:
        headers = {"X-Forwarded-Proto": "ftp, https", "X-Forwarded-Host": "evil.example, canvas.test"}

        response = self.client(["127.0.0.1"]).get(PATH, headers=headers)

        assert f"<https://canvas.test{PATH}?" in response.headers["link"]

    def test_forwarded_host_must_be_allowed(self) -> None:
        response = self.client(["127.0.0.1"]).get(PATH, headers={"X-Forwarded-Host": "evil.example"})

        assert response.status_code == 421

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("options", "link"),
        [
            ((), f"<http://127.0.0.1{PATH}?"),
            (("--trust-proxy", "192.0.2.1"), f"<http://127.0.0.1{PATH}?"),
            (("--trust-proxy", "127.0.0.1"), f"<https://canvas.test:8443/mocks/canvas{PATH}?"),
        ],
        ids=["without the option", "another proxy", "this proxy"],
    )
    def test_headers_over_a_socket_count_only_with_the_option(
        self, options: tuple[str, ...], link: str, start_mock: MockStarter
    ) -> None:
        mock = start_mock("--allow-host", "canvas.test", *options)

        response = exchange("127.0.0.1", mock.port, Host="127.0.0.1", **FORWARDED)

        assert link in response

    @pytest.mark.slow
    def test_changes_through_a_proxy_need_a_control_token(self, start_mock: MockStarter, tmp_path: Path) -> None:
        path = tmp_path / "mock.sock"
        start_mock("--uds", path, "--trust-proxy", "127.0.0.1")

        with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(path)), base_url="http://localhost") as client:
            response = client.post("/_mock/reset")

        assert response.status_code == 403
        assert os.access(path, os.R_OK)  # a mock without a proxy accepts changes of those who can open its socket
