"""The access token of a request: the Authorization header, and the parameter `access_token` (behaviour 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.channel_requests import OWN_CHANNELS

if TYPE_CHECKING:
    from tests.conftest import ClientFactory

UNAUTHENTICATED = {"status": "unauthenticated", "errors": [{"message": "user authorization required"}]}
STUDENT_TOKEN = {"access_token": "student-token"}


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer ", "Basic c3R1ZGVudA==", "bearer student-token"])
def test_request_without_a_bearer_token_is_unauthenticated(client_for: ClientFactory, header: str | None) -> None:
    response = client_for().get(OWN_CHANNELS, headers={"Authorization": header} if header else {})

    assert (response.status_code, response.json()) == (401, UNAUTHENTICATED)
    assert response.headers["www-authenticate"] == 'Bearer realm="canvas-lms"'


def test_blanks_before_the_token_are_ignored(client_for: ClientFactory) -> None:
    response = client_for().get(OWN_CHANNELS, headers={"Authorization": "Bearer   student-token"})

    assert response.status_code == 200


def test_parameter_is_read_from_query_and_body_without_a_bearer_header(client_for: ClientFactory) -> None:
    client = client_for()

    in_query = client.get(OWN_CHANNELS, params=STUDENT_TOKEN)
    in_body = client.post(OWN_CHANNELS, json=STUDENT_TOKEN)
    with_basic_header = client.get(OWN_CHANNELS, params=STUDENT_TOKEN, headers={"Authorization": "Basic eA=="})

    # 400: the caller is authenticated, but the body has no channel.
    assert [in_query.status_code, in_body.status_code, with_basic_header.status_code] == [200, 400, 200]


def test_header_overrides_the_parameter(client_for: ClientFactory) -> None:
    response = client_for("unknown-token").get(OWN_CHANNELS, params=STUDENT_TOKEN)

    assert response.json() == {"errors": [{"message": "Invalid access token."}]}


def test_bearer_header_without_a_token_overrides_the_parameter(client_for: ClientFactory) -> None:
    response = client_for().get(OWN_CHANNELS, params=STUDENT_TOKEN, headers={"Authorization": "Bearer"})

    assert response.json() == UNAUTHENTICATED
