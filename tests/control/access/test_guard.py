"""Requests of foreign pages and to unknown hosts, which browsers send, are refused; API clients are not affected."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from tests.channel_requests import OWN_CHANNELS

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.conftest import ClientFactory

PATHS = [OWN_CHANNELS, "/", "/docs/", "/openapi.json", "/_mock/health", "/nowhere"]
EVIL = "https://evil.example"
LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
FORM = {"access_token": "student-token", "_method": "delete"}


@pytest.fixture(autouse=True)
def logged_warnings(caplog: pytest.LogCaptureFixture) -> None:
    """The mock's warnings are logged, whatever level another test of this process has set."""
    caplog.set_level(logging.WARNING, "mockserver")


@pytest.fixture
def browser(client_for: ClientFactory) -> TestClient:
    """A client of a mock that is bound to 192.0.2.7 and has two allowed hosts."""
    return client_for("student-token", hosts=("192.0.2.7", "mock.example", "2001:db8::7"))


class TestHost:
    @pytest.mark.parametrize(
        "host",
        [
            *("localhost", "LOCALHOST:8000", "localhost.:8000", "a.b.localhost", "127.0.0.1:8000", "127.8.9.10"),
            *("[::1]:8000", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", ""),
            *("192.0.2.7:80", "mock.example", "MOCK.example.:9000", "[2001:db8::7]:80", "[2001:DB8:0::7]"),
        ],
    )
    def test_loopback_bound_and_allowed_hosts_are_accepted(self, browser: TestClient, host: str) -> None:
        response = browser.get(OWN_CHANNELS, headers={"Host": host})

        assert response.status_code == 200

    @pytest.mark.parametrize("path", PATHS)
    def test_other_host_is_421_on_every_path(
        self, browser: TestClient, path: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        response = browser.get(path, headers={"Host": "evil.example:8000"})

        assert (response.status_code, response.headers["content-type"]) == (421, "text/plain; charset=utf-8")
        assert response.text == (
            "The mock refuses this request: the Host header evil.example:8000 is not a host of this mock. "
            "To allow it, start the mock with --allow-host evil.example.\n"
        )
        assert [record.levelno for record in caplog.records] == [logging.WARNING]
        assert "is refused with 421" in caplog.text
        assert "--allow-host evil.example" in caplog.text

    @pytest.mark.parametrize(
        "host",
        [
            *("localhost.evil.example", "evil-localhost", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "127.1"),
            *("192.0.2.0", "192.0.2.8", "[::2]", "2001:db8::7", "sub.mock.example", "localhost:8000:1", "localhost/"),
            *("local\x7fhost", "localhost, evil.example", "\xe9", "a" * 1000, "[", "]:", ":8000", "*"),
        ],
    )
    def test_host_that_resembles_an_accepted_one_is_421(self, browser: TestClient, host: str) -> None:
        response = browser.get(OWN_CHANNELS, headers=[(b"Host", host.encode("latin-1"))])

        assert response.status_code == 421
        assert response.text.removesuffix("\n").isprintable()
        assert len(response.text) < 400

    def test_each_of_several_host_headers_is_checked(self, browser: TestClient) -> None:
        for hosts in (("evil.example", "localhost"), ("localhost", "evil.example")):
            response = browser.get(OWN_CHANNELS, headers=[("Host", host) for host in hosts])

            assert response.status_code == 421

    def test_every_host_is_accepted_with_an_asterisk_and_without_hosts(self, client_for: ClientFactory) -> None:
        for client in (client_for("student-token", hosts=("*",)), client_for("student-token")):
            response = client.get(OWN_CHANNELS, headers={"Host": "evil.example"})

            assert response.status_code == 200

    def test_asterisk_does_not_accept_pages_of_other_origins(self, client_for: ClientFactory) -> None:
        response = client_for("student-token", hosts=("*",)).get(OWN_CHANNELS, headers={"Origin": EVIL})

        assert response.status_code == 403


class TestOrigin:
    @pytest.mark.parametrize("options", [{}, {"hosts": ("127.0.0.1", "canvas.test")}, {"hosts": ("*",)}], ids=repr)
    def test_form_of_a_foreign_page_changes_nothing(
        self, client_for: ClientFactory, options: dict[str, object]
    ) -> None:
        client = client_for(None, **options)

        response = client.post(f"{OWN_CHANNELS}/1", data=FORM, headers={"Origin": EVIL})
        listed = client.get(OWN_CHANNELS, params={"access_token": "student-token"})

        assert response.status_code == 403
        assert [channel["id"] for channel in listed.json()] == [1, 2, 3]

    @pytest.mark.parametrize("path", PATHS)
    def test_foreign_origin_is_403_on_every_path(
        self, student: TestClient, path: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        response = student.get(path, headers={"Origin": EVIL})

        assert (response.status_code, response.headers["vary"]) == (403, "Origin")
        assert response.text == (
            "The mock refuses this request: pages of https://evil.example may not use this mock. "
            "To allow it, start the mock with --allow-origin https://evil.example.\n"
        )
        assert "access-control-allow-origin" not in response.headers
        assert "is refused with 403" in caplog.text
        assert "--allow-origin https://evil.example" in caplog.text

    @pytest.mark.parametrize(
        "origin",
        [
            *("null", "", "http://localhost.evil.example", "http://localhost@evil.example", "http://127.0.0.1.nip.io"),
            *("http://evil.example#.localhost", "http://localhost evil", "ftp://localhost", "file://", "localhost"),
            *("chrome-extension://abc", "http://192.0.2.8", "http://[::2]", "http://" + "a" * 1000, "http://\x9b31m"),
        ],
    )
    def test_origin_other_than_a_local_page_is_403(self, browser: TestClient, origin: str) -> None:
        headers = {"Host": b"localhost", "Origin": origin.encode("latin-1")}

        response = browser.post("/_mock/reset", headers=headers)  # type: ignore[arg-type]  # bytes

        assert response.status_code == 403
        assert response.text.removesuffix("\n").isprintable()
        assert len(response.text) < 400

    @pytest.mark.parametrize(
        "origin",
        [
            "http://localhost:5173",
            "https://app.localhost",
            "http://127.0.0.2:3000",
            "http://[::1]:1",
            "http://mock.example",
        ],
    )
    def test_pages_of_loopback_and_of_allowed_hosts_may_read_and_change(self, browser: TestClient, origin: str) -> None:
        headers = {"Host": "localhost:8000", "Origin": origin}

        response = browser.delete(f"{OWN_CHANNELS}/1", headers=headers)

        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == origin

    def test_pages_of_the_mock_itself_may_change_it(self, client_for: ClientFactory) -> None:
        client = client_for("student-token", hosts=("*",))
        headers = {"Host": "mock:8000", "Origin": "http://mock:8000"}

        response = client.delete(f"{OWN_CHANNELS}/1", headers=headers)

        assert response.status_code == 200

    def test_preflight_request_of_a_foreign_page_is_403(self, student: TestClient) -> None:
        headers = {"Origin": EVIL, "Access-Control-Request-Method": "DELETE"}

        response = student.options(f"{OWN_CHANNELS}/1", headers=headers)

        assert response.status_code == 403


class TestFetchMetadata:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
            {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
            {"Referer": f"{EVIL}/page?a=b"},
            {"Referer": "http://localhost@evil.example/"},
        ],
    )
    def test_resource_that_a_foreign_page_loads_is_403(self, student: TestClient, headers: dict[str, str]) -> None:
        response = student.get(OWN_CHANNELS, headers={"Sec-Fetch-Site": "cross-site", **headers})

        assert response.status_code == 403

    @pytest.mark.parametrize(
        "headers",
        [
            LINK,
            {"Sec-Fetch-Site": "cross-site", "Referer": "http://localhost:5173/app"},
            {"Sec-Fetch-Site": "same-origin"},
            {"Sec-Fetch-Site": "none"},
            {"Referer": EVIL},
        ],
    )
    def test_links_local_pages_and_other_clients_are_not_affected(
        self, student: TestClient, headers: dict[str, str]
    ) -> None:
        response = student.get(OWN_CHANNELS, headers=headers)

        assert response.status_code == 200

    def test_form_of_a_foreign_page_is_403_without_an_origin(self, student: TestClient) -> None:
        response = student.post(f"{OWN_CHANNELS}/1", data=FORM, headers=LINK)

        assert response.status_code == 403
