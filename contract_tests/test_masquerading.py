"""Masquerading: with as_user_id an admin acts as another user; for other callers this is denied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests.client.api_client import describe, expect_ok
from contract_tests.client.safety import addresses

if TYPE_CHECKING:
    import httpx2

    from contract_tests.client.api_client import ApiClient, Channel

SKIP_CONFIRMATION = (("skip_confirmation", "1"),)


@pytest.mark.cases(smoke=1)
def test_masquerade_lists_the_channels_of_the_user(
    admin: ApiClient, owner: ApiClient, all_channels: list[Channel]
) -> None:
    """With as_user_id, an admin receives the list of that user, and `self` is that user (behaviour 3.6)."""
    assert admin.acting_as(owner.id).list_channels(fresh=True) == all_channels


def test_masquerade_has_the_permissions_of_the_user(admin: ApiClient, editing_owner: ApiClient) -> None:
    """With as_user_id, an admin creates and deletes as that user, and `self` is that user (behaviour 3.6)."""
    owner = editing_owner
    acting = admin.acting_as(owner.id)
    channel = acting.create_channel(addresses.SECOND, SKIP_CONFIRMATION)

    assert channel["user_id"] == owner.id
    assert channel["workflow_state"] == "unconfirmed", "the user has no permission for skip_confirmation"
    assert acting.list_channels() == owner.list_channels()
    assert expect_ok(acting.delete(channel["id"]))["id"] == channel["id"]
    assert channel not in owner.list_channels()


@pytest.mark.cases(smoke=1)
def test_masquerade_without_permission_is_401(owner: ApiClient, other_user_id: int) -> None:
    """as_user_id of a user for whom masquerade is not allowed is 401, with text as errors (behaviour 3.6)."""
    response = owner.acting_as(other_user_id).list_page()

    _check_denied_masquerade(response)


def test_masquerade_without_permission_changes_nothing(owner: ApiClient, other: ApiClient) -> None:
    """as_user_id of a user for whom masquerade is not allowed creates and deletes no channel (behaviour 3.6)."""
    channel = other.create_channel(addresses.FIRST)
    before = other.list_channels()
    acting = owner.acting_as(other.id)

    for response in (
        acting.create(addresses.SECOND),
        acting.delete(channel["id"]),
        acting.delete_by_address(addresses.FIRST),
    ):
        _check_denied_masquerade(response)

    assert other.list_channels() == before


def test_masquerade_as_an_unknown_user_is_401(owner: ApiClient) -> None:
    """as_user_id of an unknown user is 401, and as_user_id of the user's own id has no effect (behaviour 3.6)."""
    assert owner.acting_as(0).list_page().status_code == 401
    assert owner.acting_as(owner.id).list_channels() == owner.list_channels()


def _check_denied_masquerade(response: httpx2.Response) -> None:
    """Check that the response is 401 with the error of a denied masquerade, not of an invalid token."""
    assert response.status_code == 401, describe(response)
    assert isinstance(response.json()["errors"], str)
    assert "www-authenticate" not in response.headers, "the token is valid"
