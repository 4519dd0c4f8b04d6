"""Creation and deletion of own channels: the settings of the account allow or deny them to the test user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests.client.api_client import FORBIDDEN_STATUSES, TYPE, describe, expect_forbidden, expect_ok
from contract_tests.client.safety import addresses

if TYPE_CHECKING:
    import httpx2

    from contract_tests.client.api_client import ApiClient
    from contract_tests.client.safety.addresses import TypedAddress


@pytest.mark.parametrize("as_number", [False, True], ids=["self", "number"])
@pytest.mark.parametrize("pair", [addresses.FIRST, addresses.PHONE], ids=str)
def test_user_creates_own_channels_only_if_the_account_allows_it(
    owner: ApiClient, pair: TypedAddress, as_number: bool
) -> None:
    """If users may not edit their channels, a create of an own channel is denied and adds none (behaviour 3.2)."""
    client = owner.own.for_user(owner.id) if as_number else owner.own
    before = owner.list_channels()

    response = client.create(pair)

    _check(response, is_allowed=owner.editor is None)
    added = [channel for channel in owner.list_channels() if channel not in before]
    assert added == ([response.json()] if owner.editor is None else [])


@pytest.mark.parametrize("by", ["id", "address"])
@pytest.mark.parametrize("pair", [addresses.FIRST, addresses.PHONE], ids=str)
def test_user_deletes_own_channels_only_if_the_account_allows_it(owner: ApiClient, pair: TypedAddress, by: str) -> None:
    """If users may not edit their channels, a delete of an own channel is denied and retires none (behaviour 3.2)."""
    channel = owner.create_channel(pair)
    before = owner.list_channels()

    response = owner.own.delete(channel["id"]) if by == "id" else owner.own.delete_by_address(pair)

    _check(response, is_allowed=owner.editor is None)
    removed = [each for each in before if each not in owner.list_channels()]
    assert removed == ([channel] if owner.editor is None else [])


def test_create_of_a_push_channel_is_never_denied(owner: ApiClient) -> None:
    """A create of the own push channel is not denied, whatever the account allows (behaviour 3.2).

    The request has no push token, so it fails for this reason, and creates no channel.
    """
    if owner.id in owner.transport.guard.users_with_push_channel:
        pytest.skip("needs a user who has no push channel")
    before = owner.list_channels()
    request = owner.own.build_request("", "POST", body=((TYPE, "push"),))

    response = owner.transport.send(request)

    assert response.status_code not in FORBIDDEN_STATUSES, f"expected 400 or 422, got {describe(response)}"
    assert owner.list_channels() == before


def _check(response: httpx2.Response, *, is_allowed: bool) -> None:
    """Check that the request was successful, or that it was denied."""
    if is_allowed:
        expect_ok(response)
    else:
        expect_forbidden(response)
