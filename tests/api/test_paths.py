"""Routes, and the forms of a path that Canvas accepts (behaviour 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.channel_requests import OWN_CHANNELS, channel_form, create_channel
from tests.conftest import ORIGIN

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.conftest import ClientFactory


UNKNOWN_ROUTES = [
    ("PUT", OWN_CHANNELS),
    ("PATCH", OWN_CHANNELS),
    ("OPTIONS", OWN_CHANNELS),
    ("GET", f"{OWN_CHANNELS}/1"),
    ("GET", f"{OWN_CHANNELS}/push"),
    ("GET", f"{OWN_CHANNELS}.xml"),
    ("GET", "users/sis_login_id:a.json/communication_channels"),
    ("DELETE", f"{OWN_CHANNELS}/e.mail/student@school.example"),
    ("DELETE", f"{OWN_CHANNELS}/email/student@school.example/more"),
    ("GET", "courses"),
    ("GET", "users"),
]


@pytest.mark.parametrize(("method", "path"), UNKNOWN_ROUTES)
def test_unknown_route_is_404_with_an_html_page_even_without_a_token(
    client_for: ClientFactory, method: str, path: str
) -> None:
    response = client_for().request(method, path)

    assert response.status_code == 404, (
        f"expected 404, got {response.status_code}; "
        f"if a new operation has the route {method} {path}, remove it from UNKNOWN_ROUTES in tests/api/test_paths.py"
    )
    assert response.headers["content-type"] == "text/html"
    assert "Page Not Found" in response.text


@pytest.mark.parametrize("token", [None, "student-token"])
@pytest.mark.parametrize(("method", "path"), UNKNOWN_ROUTES)
def test_response_to_an_unknown_route_is_not_stored_and_has_no_cost(
    client_for: ClientFactory, method: str, path: str, token: str | None
) -> None:
    headers = client_for(token).request(method, path).headers

    assert (headers["cache-control"], headers["pragma"]) == ("no-store", "no-cache")
    assert not headers.keys() & {"etag", "x-request-cost", "x-rate-limit-remaining", "x-canvas-user-id"}


@pytest.mark.parametrize(
    ("method", "path", "media_type"),
    [
        ("GET", f"{OWN_CHANNELS}.xml", "application/xml"),
        ("GET", f"{OWN_CHANNELS}.xml?page=1.csv", "application/xml"),
        ("GET", f"{OWN_CHANNELS}.xml/", "application/xml"),
        ("GET", f"{OWN_CHANNELS}.csv", "text/csv"),
        ("PUT", f"{OWN_CHANNELS}.json", "application/json"),
        ("GET", f"{OWN_CHANNELS}/1.json", "application/json"),
        ("DELETE", "users/self.json/communication_channels/1.json", "application/json"),
        ("DELETE", "users/self.json/communication_channels/email/student@school.example.json", "application/json"),
    ],
)
def test_response_to_an_unknown_route_has_the_type_of_the_suffix_and_no_body(
    client_for: ClientFactory, method: str, path: str, media_type: str
) -> None:
    client = client_for()
    del client.headers["accept"]

    response = client.request(method, path)

    assert (response.status_code, response.headers["content-type"], response.content) == (404, media_type, b"")


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/json", "application/json"),
        ("application/xml", "application/xml"),
        ("application/json;q=0.5", "application/json"),
        ("foo, application/json", "application/json"),
        ("text/csv, application/json", "text/csv"),
    ],
)
@pytest.mark.parametrize("suffix", ["", ".xml", ".json"])
def test_accept_header_precedes_the_suffix_of_an_unknown_route(
    client_for: ClientFactory, accept: str, media_type: str, suffix: str
) -> None:
    response = client_for().get(f"{OWN_CHANNELS}/nowhere{suffix}", headers={"Accept": accept})

    assert (response.status_code, response.headers["content-type"], response.content) == (404, media_type, b"")


@pytest.mark.parametrize(
    ("accept", "suffix"),
    [
        ("*/*", ".xml"),
        ("foo", ".xml"),
        ("text/html", ".json"),
        ("text/html,application/json;q=0.9", ".json"),
        ("", ".org"),
        ("", ".html"),
    ],
)
def test_response_to_an_unknown_route_is_otherwise_an_html_page(
    client_for: ClientFactory, accept: str, suffix: str
) -> None:
    response = client_for().get(f"{OWN_CHANNELS}/nowhere{suffix}", headers={"Accept": accept})

    assert (response.status_code, response.headers["content-type"]) == (404, "text/html")
    assert "Page Not Found" in response.text


def test_accept_header_of_a_browser_is_ignored_on_an_unknown_route(client_for: ClientFactory) -> None:
    headers = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

    response = client_for().get(f"{OWN_CHANNELS}.xml", headers=headers)

    assert (response.headers["content-type"], response.content) == ("application/xml", b"")


@pytest.mark.parametrize(
    "path",
    [
        f"{OWN_CHANNELS}.json",
        f"{OWN_CHANNELS}/",
        f"//api/v1/{OWN_CHANNELS}",
        "users/s%65lf/communication_channels",
    ],
)
def test_path_has_several_equivalent_forms(student: TestClient, path: str) -> None:
    # A URL that starts with // would name a host.
    response = student.get(f"{ORIGIN}{path}" if path.startswith("//") else path)

    assert response.status_code == 200
    assert f"<{ORIGIN}/api/v1/{OWN_CHANNELS}?page=1" in response.headers["link"]


def test_json_suffix_is_removed_from_an_id_and_is_part_of_an_address(student: TestClient) -> None:
    by_address = student.delete(f"{OWN_CHANNELS}/email/student.home@example.org.json")
    by_id = student.delete(f"{OWN_CHANNELS}/3.json")

    assert (by_address.status_code, by_id.status_code) == (404, 200)


@pytest.mark.parametrize("address", ["plus+sign@x.org", "a/b", "what?", "100%25", "sp ace", "josé", "a#b", "x.json"])
def test_encoded_address_is_decoded_once(student: TestClient, address: str) -> None:
    student.post(OWN_CHANNELS, data=channel_form(address, "sms"))
    encoded = "".join(f"%{byte:02X}" for byte in address.encode())

    response = student.delete(f"{OWN_CHANNELS}/sms/{encoded}")

    assert (response.status_code, response.json().get("address")) == (200, address)


def test_plus_sign_in_a_path_is_not_a_blank(student: TestClient) -> None:
    create_channel(student, "a+b@x.org")

    response = student.delete(f"{OWN_CHANNELS}/email/a+b@x.org")

    assert response.status_code == 200


def test_path_that_is_not_utf8_is_400_with_an_html_page(student: TestClient) -> None:
    response = student.delete(f"{OWN_CHANNELS}/email/%FF")

    assert (response.status_code, response.headers["content-type"]) == (400, "text/html; charset=utf-8")
