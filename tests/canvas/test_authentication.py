"""Access tokens, scopes and masquerading (behaviour 2 and 3.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockserver.contract import read_contract
from tests.channel_requests import OWN_CHANNELS, channels_of

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from mockserver import World
    from tests.conftest import ClientFactory


class TestTokens:
    @pytest.mark.parametrize(
        ("token", "body"),
        [
            ("unknown-token", {"errors": [{"message": "Invalid access token."}]}),
            ("revoked-token", {"errors": [{"message": "Revoked access token."}]}),
            ("expired-token", {"errors": [{"message": "Expired access token.", "expired_at": "2026-01-31T00:00:00Z"}]}),
        ],
    )
    def test_invalid_token_is_401_with_the_reason(
        self, client_for: ClientFactory, token: str, body: dict[str, object]
    ) -> None:
        response = client_for(token).get(OWN_CHANNELS)

        assert (response.status_code, response.json()) == (401, body)
        assert response.headers["www-authenticate"] == 'Bearer realm="canvas-lms"'

    def test_token_is_checked_before_the_user_in_the_path(self, client_for: ClientFactory) -> None:
        statuses = [client_for(token).get(channels_of(99)).status_code for token in (None, "student-token")]

        assert statuses == [401, 404]


def _operations() -> list[tuple[str, str, str]]:
    """Return the method, a path and the scope of each operation of the contract."""
    operations = []
    for template, item in read_contract()["paths"].items():
        path = template.format(user_id="self", id=99, type="email", address="nobody@example.org")
        for method, operation in item.items():
            if method != "parameters":
                (scope,) = next(scheme["oauth2"] for scheme in operation["security"] if "oauth2" in scheme)
                operations.append((method.upper(), path.lstrip("/"), scope))
    return operations


class TestScopes:
    def test_token_without_the_required_scope_is_401_without_a_challenge(self, client_for: ClientFactory) -> None:
        client = client_for("read-only-token")

        listed = client.get(OWN_CHANNELS)
        head = client.head(OWN_CHANNELS)
        deleted = client.delete(f"{OWN_CHANNELS}/1")

        assert (listed.status_code, head.status_code) == (200, 200)
        assert (deleted.status_code, deleted.json()) == (
            401,
            {"errors": [{"message": "Insufficient scopes on access token."}]},
        )
        assert "www-authenticate" not in deleted.headers

    def test_scope_of_deletion_by_id_covers_push_tokens_and_not_the_reverse(
        self, client_for: ClientFactory, world: World
    ) -> None:
        client, token = client_for("read-only-token"), world.tokens["read-only-token"]

        token.scopes = ("url:DELETE|/api/v1/users/:user_id/communication_channels/:id",)
        with_scope_of_id = [client.delete(f"{OWN_CHANNELS}/{last}").status_code for last in ("push", "99")]
        token.scopes = ("url:DELETE|/api/v1/users/self/communication_channels/push",)
        with_scope_of_push = [client.delete(f"{OWN_CHANNELS}/{last}").status_code for last in ("push", "99")]

        # 404: the scope is sufficient, but the user has no such channel.
        assert (with_scope_of_id, with_scope_of_push) == ([404, 404], [404, 401])

    @pytest.mark.parametrize(("method", "path", "scope"), _operations())
    def test_operation_requires_the_scope_in_the_contract(
        self, client_for: ClientFactory, world: World, method: str, path: str, scope: str
    ) -> None:
        client, token = client_for("read-only-token"), world.tokens["read-only-token"]

        token.scopes = (scope,)
        with_scope = client.request(method, path)
        token.scopes = ()
        without_scope = client.request(method, path)

        assert with_scope.status_code != 401
        assert without_scope.status_code == 401


class TestMasquerading:
    def test_admin_acts_as_a_user_whose_id_is_then_self(self, admin: TestClient) -> None:
        response = admin.get(OWN_CHANNELS, params={"as_user_id": "sis_user_id:sis-student"})

        assert [channel["user_id"] for channel in response.json()] == [1, 1, 1]
        assert response.headers["x-canvas-user-id"] == "10000000000001"
        assert response.headers["x-canvas-real-user-id"] == "10000000000005"

    @pytest.mark.parametrize(
        ("token", "as_user_id"),
        [
            ("student-token", "2"),
            ("teacher-token", "1"),
            ("observer-token", "1"),
            ("admin-token", "6"),
            ("admin-token", "99"),
        ],
    )
    def test_masquerading_without_permission_is_401_with_a_string(
        self, client_for: ClientFactory, token: str, as_user_id: str
    ) -> None:
        response = client_for(token).get(OWN_CHANNELS, params={"as_user_id": as_user_id})

        assert (response.status_code, response.json()) == (401, {"errors": "Invalid as_user_id"})
        assert "www-authenticate" not in response.headers

    @pytest.mark.parametrize("as_user_id", ["1", "99", "abc", "self"])
    def test_as_user_id_is_checked_before_a_missing_token(self, client_for: ClientFactory, as_user_id: str) -> None:
        without_token = client_for().get(OWN_CHANNELS, params={"as_user_id": as_user_id})

        assert (without_token.status_code, without_token.json()) == (401, {"errors": "Invalid as_user_id"})
        assert "www-authenticate" not in without_token.headers

    def test_empty_as_user_id_without_a_token_is_a_missing_token(self, client_for: ClientFactory) -> None:
        response = client_for().get(OWN_CHANNELS, params={"as_user_id": ""})

        assert response.json() == {"status": "unauthenticated", "errors": [{"message": "user authorization required"}]}

    @pytest.mark.parametrize(
        ("token", "message"),
        [
            ("unknown-token", "Invalid access token."),
            ("revoked-token", "Revoked access token."),
            ("delete-only-token", "Insufficient scopes on access token."),
        ],
    )
    def test_token_and_scopes_are_checked_before_as_user_id(
        self, client_for: ClientFactory, token: str, message: str
    ) -> None:
        response = client_for(token).get(OWN_CHANNELS, params={"as_user_id": "99"})

        assert (response.status_code, response.json()) == (401, {"errors": [{"message": message}]})

    @pytest.mark.parametrize(("user_id", "page"), [(99, "1"), (2, "1"), (1, "0")])
    def test_as_user_id_is_checked_before_the_user_the_permission_and_the_page(
        self, student: TestClient, user_id: int, page: str
    ) -> None:
        response = student.get(channels_of(user_id), params={"as_user_id": "2", "page": page})

        assert (response.status_code, response.json()) == (401, {"errors": "Invalid as_user_id"})

    @pytest.mark.parametrize("as_user_id", ["2", "99"])
    def test_as_user_id_in_a_body_is_checked_before_the_channel(self, student: TestClient, as_user_id: str) -> None:
        response = student.post(OWN_CHANNELS, data={"as_user_id": as_user_id})

        assert (response.status_code, response.json()) == (401, {"errors": "Invalid as_user_id"})

    def test_permissions_are_those_of_the_user_as_whom_the_admin_acts(self, admin: TestClient) -> None:
        response = admin.get(channels_of(2), params={"as_user_id": "1"})

        assert response.status_code == 403
