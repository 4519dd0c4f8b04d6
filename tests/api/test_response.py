"""Headers and JSON of every response, and the options that change them (behaviour 8, 9)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.channel_requests import OWN_CHANNELS, channel_form, channels_of

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.conftest import ClientFactory


class TestHeaders:
    def test_response_has_canvas_s_headers(self, student: TestClient) -> None:
        headers = student.get(OWN_CHANNELS).headers

        assert headers["content-type"] == "application/json; charset=utf-8"
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", headers["x-request-context-id"])
        assert headers["x-canvas-meta"] == "o=communication_channels;n=index;"
        assert headers["x-canvas-user-id"] == "1"
        assert float(headers["x-request-cost"]) > 0
        assert float(headers["x-rate-limit-remaining"]) == 600
        assert headers["x-content-type-options"] == "nosniff"
        assert "x-frame-options" not in headers

    def test_each_response_has_its_own_request_id(self, student: TestClient) -> None:
        paths = (OWN_CHANNELS, OWN_CHANNELS, "nowhere", "users/99")

        ids = {student.get(path).headers["x-request-context-id"] for path in paths}

        assert len(ids) == 4

    def test_head_has_the_headers_of_get_without_a_body(self, student: TestClient) -> None:
        head = student.head(OWN_CHANNELS)
        get = student.get(OWN_CHANNELS)

        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["link"] == get.headers["link"]


class TestETag:
    @pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
    def test_response_with_status_200_has_a_weak_etag(self, student: TestClient, method: str) -> None:
        path = f"{OWN_CHANNELS}/3" if method == "DELETE" else OWN_CHANNELS

        response = student.request(method, path, data=channel_form("n@x.org") if method == "POST" else None)

        assert re.fullmatch(r'W/"[0-9a-f]{32}"', response.headers["etag"])
        assert response.headers["cache-control"] == "max-age=0, private, must-revalidate"

    @pytest.mark.parametrize("path", [channels_of(99), f"{OWN_CHANNELS}?page=0"])
    def test_response_with_another_status_has_no_etag_and_is_not_cached(self, student: TestClient, path: str) -> None:
        headers = student.get(path).headers

        assert ("etag" in headers, headers["cache-control"]) == (False, "no-cache")

    def test_matching_etag_is_304_without_a_body(self, student: TestClient) -> None:
        etag = student.get(OWN_CHANNELS).headers["etag"]

        unchanged = student.get(OWN_CHANNELS, headers={"If-None-Match": f'"other", {etag}'})
        student.delete(f"{OWN_CHANNELS}/3")
        changed = student.get(OWN_CHANNELS, headers={"If-None-Match": etag})

        assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", etag)
        assert "content-type" not in unchanged.headers
        assert changed.status_code == 200

    def test_delete_is_never_304(self, student: TestClient) -> None:
        response = student.delete(f"{OWN_CHANNELS}/3", headers={"If-None-Match": "*"})

        assert response.status_code == 200


class TestJson:
    def test_ids_are_strings_if_the_accept_header_requests_them(self, student: TestClient) -> None:
        headers = {"Accept": "application/json+canvas-string-ids, application/json"}

        response = student.get(OWN_CHANNELS, headers=headers)

        assert [(channel["id"], channel["user_id"], channel["position"]) for channel in response.json()] == [
            ("1", "1", 1),
            ("2", "1", 2),
            ("3", "1", 3),
        ]
        assert response.headers["content-type"] == "application/json; charset=utf-8"

    @pytest.mark.parametrize("accept", ["text/html", "application/xml", "foo", ""])
    def test_other_accept_headers_are_ignored(self, student: TestClient, accept: str) -> None:
        response = student.get(OWN_CHANNELS, headers={"Accept": accept})

        assert response.json()[0]["id"] == 1

    def test_markup_in_an_address_is_escaped_and_otherwise_unchanged(self, student: TestClient) -> None:
        address = "<b>&\u2028é"

        response = student.post(OWN_CHANNELS, data=channel_form(address, "sms"))

        assert response.json()["address"] == address
        assert "\\u003cb\\u003e\\u0026\\u2028é".encode() in response.content


class TestOptions:
    def test_unauthorized_status_401_changes_only_the_status_of_a_denied_request(
        self, client_for: ClientFactory
    ) -> None:
        response = client_for("student-token", unauthorized_status=401).get(channels_of(2))

        assert response.status_code == 401
        assert response.json()["status"] == "unauthorized"
        assert "www-authenticate" not in response.headers

    def test_error_report_ids_are_added_to_the_errors_that_canvas_records(self, client_for: ClientFactory) -> None:
        client = client_for("student-token", error_report_ids=True)

        recorded = [client.get(path).json().get("error_report_id") for path in ("users/99", f"{OWN_CHANNELS}?page=0")]
        denied = client.get(channels_of(2)).json()
        unknown_token = client_for("unknown-token", error_report_ids=True).get(OWN_CHANNELS).json()
        expired_token = client_for("expired-token", error_report_ids=True).get(OWN_CHANNELS).json()

        assert recorded == [1, 2]
        assert "error_report_id" not in denied
        assert "error_report_id" not in unknown_token
        assert expired_token["error_report_id"] == 3
