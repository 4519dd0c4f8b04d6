"""Headers and JSON of every response, and the options that change them (behaviour 8, 9)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from tests.channel_requests import OWN_CHANNELS, channel_form, channels_of

if TYPE_CHECKING:
    import httpx2
    from starlette.testclient import TestClient

    from mockserver import World
    from tests.conftest import ClientFactory


def meta(response: httpx2.Response) -> dict[str, str]:
    """Return the names and values in X-Canvas-Meta, each of which ends in a semicolon."""
    *parts, rest = response.headers["x-canvas-meta"].split(";")
    assert rest == ""
    return dict(part.split("=") for part in parts)


class TestHeaders:
    def test_response_has_canvas_s_headers(self, student: TestClient) -> None:
        headers = student.get(OWN_CHANNELS).headers

        assert headers["content-type"] == "application/json; charset=utf-8"
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", headers["x-request-context-id"])
        assert headers["x-canvas-user-id"] == "10000000000001"
        assert re.fullmatch(r"0\.\d{15,}", headers["x-request-cost"])
        assert headers["x-rate-limit-remaining"] == "600.0"
        assert headers["x-content-type-options"] == "nosniff"
        assert "x-frame-options" not in headers

    def test_each_response_has_its_own_request_id(self, student: TestClient) -> None:
        paths = (OWN_CHANNELS, OWN_CHANNELS, "nowhere", "users/99")

        ids = {student.get(path).headers["x-request-context-id"] for path in paths}

        assert len(ids) == 4
        assert all(UUID(id_).version == 4 for id_ in ids)

    def test_head_has_the_link_header_of_get_and_no_body(self, student: TestClient) -> None:
        head = student.head(OWN_CHANNELS)
        get = student.get(OWN_CHANNELS)

        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["link"] == get.headers["link"]


ACTION = {"o", "n"}
MEASURES = {"b", "m", "u", "y", "d"}
TOKEN = {"at", "dk"}


class TestMeta:
    @pytest.mark.parametrize(
        ("method", "path", "action"),
        [
            ("GET", OWN_CHANNELS, "index"),
            ("HEAD", OWN_CHANNELS, "index"),
            ("GET", f"{OWN_CHANNELS}?page=0", "index"),
            ("GET", channels_of(2), "index"),
            ("POST", OWN_CHANNELS, "create"),
            ("DELETE", f"{OWN_CHANNELS}/3", "destroy"),
            ("DELETE", f"{OWN_CHANNELS}/99", "destroy"),
            ("DELETE", f"{OWN_CHANNELS}/email/student@school.example", "destroy"),
            ("DELETE", f"{OWN_CHANNELS}/push", "delete_push_token"),
            ("POST", f"{OWN_CHANNELS}/1", "reset_bounce_count"),
        ],
    )
    def test_names_token_key_and_action_whatever_the_status(
        self, student: TestClient, method: str, path: str, action: str
    ) -> None:
        values = meta(student.request(method, path))

        assert list(values) == ["at", "dk", "o", "n", "b", "m", "u", "y", "d"]
        assert (values["o"], values["n"]) == ("communication_channels", action)

    def test_has_global_ids_of_the_token_and_of_its_developer_key(
        self, client_for: ClientFactory, world: World
    ) -> None:
        world.account.shard = 3
        tokens = ("student-token", "push-token", "student2-token")

        metas = [meta(client_for(token).get(OWN_CHANNELS)) for token in tokens]

        ids = [int(values["at"]) for values in metas]
        keys = [int(values["dk"]) for values in metas]
        assert len(set(ids)) == 3
        assert all(3 * 10**13 < id_ < 4 * 10**13 for id_ in ids + keys)
        assert keys[0] == keys[2] != keys[1]  # push-token has another developer key, one with SNS

    @pytest.mark.parametrize("token", ["unknown-token", "expired-token", "revoked-token", "delete-only-token"])
    @pytest.mark.parametrize("as_user_id", [{}, {"as_user_id": "2"}])
    def test_response_to_an_invalid_token_names_the_action_and_no_token(
        self, client_for: ClientFactory, token: str, as_user_id: dict[str, str]
    ) -> None:
        response = client_for(token).get(OWN_CHANNELS, params=as_user_id)

        assert response.status_code == 401
        assert meta(response).keys() == ACTION | MEASURES
        assert "x-canvas-user-id" not in response.headers

    @pytest.mark.parametrize("as_user_id", ["2", "99", "abc", "20000000000001"])
    def test_response_to_a_rejected_as_user_id_names_the_token_and_no_action(
        self, student: TestClient, as_user_id: str
    ) -> None:
        response = student.get(OWN_CHANNELS, params={"as_user_id": as_user_id})

        assert response.status_code == 401
        assert meta(response).keys() == TOKEN | MEASURES
        assert not response.headers.keys() & {"x-canvas-user-id", "x-canvas-real-user-id"}

    @pytest.mark.parametrize("as_user_id", [{}, {"as_user_id": "1"}])
    def test_response_without_a_token_has_only_measures(
        self, client_for: ClientFactory, as_user_id: dict[str, str]
    ) -> None:
        response = client_for().get(OWN_CHANNELS, params=as_user_id)

        assert response.status_code == 401
        assert meta(response).keys() == MEASURES

    @pytest.mark.parametrize("token", [None, "student-token", "unknown-token"])
    def test_response_to_an_unknown_route_has_only_measures(self, client_for: ClientFactory, token: str | None) -> None:
        response = client_for(token).get("nowhere")

        assert response.status_code == 404
        assert meta(response).keys() == MEASURES

    def test_content_security_policy_is_absent_where_no_action_is_selected(self, client_for: ClientFactory) -> None:
        responses = [
            client_for("student-token").get(OWN_CHANNELS),
            client_for("unknown-token").get(OWN_CHANNELS),
            client_for("student-token").get("nowhere"),
            client_for("student-token").get(OWN_CHANNELS, params={"as_user_id": "2"}),
            client_for().get(OWN_CHANNELS),
        ]

        policies = [response.headers.get("content-security-policy") for response in responses]

        assert policies == ["frame-ancestors 'self' canvas.test;"] * 3 + [None] * 2


class TestETag:
    @pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
    def test_response_with_status_200_has_a_weak_etag(self, student: TestClient, method: str) -> None:
        path = f"{OWN_CHANNELS}/3" if method == "DELETE" else OWN_CHANNELS

        response = student.request(method, path, data=channel_form("n@x.org") if method == "POST" else None)

        assert re.fullmatch(r'W/"[0-9a-f]{32}"', response.headers["etag"])
        assert response.headers["cache-control"] == "max-age=0, private, must-revalidate"

    @pytest.mark.parametrize("path", [channels_of(99), f"{OWN_CHANNELS}?page=0"])
    def test_response_with_an_error_status_has_no_etag_and_is_not_cached(self, student: TestClient, path: str) -> None:
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

    def test_304_has_the_other_headers_of_the_response_with_status_200(self, student: TestClient) -> None:
        full = student.get(OWN_CHANNELS).headers

        unchanged = student.get(OWN_CHANNELS, headers={"If-None-Match": full["etag"]}).headers

        assert full.keys() - unchanged.keys() == {"content-type", "content-length"}
        assert unchanged.keys() >= {"link", "x-canvas-meta", "x-rate-limit-remaining", "x-request-cost"}
        assert unchanged["link"] == full["link"]

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
