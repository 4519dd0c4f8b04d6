"""Restoration: a create of the address of a deleted channel restores this channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests.client.api_client import expect_ok
from contract_tests.client.safety import addresses
from contract_tests.client.safety.addresses import TypedAddress

if TYPE_CHECKING:
    from contract_tests.account.baseline import Baseline
    from contract_tests.client.api_client import ApiClient, Channel

SKIP_CONFIRMATION = (("skip_confirmation", "1"),)


def test_restored_channel_keeps_its_creation_time(owner_baseline: Baseline, all_channels: list[Channel]) -> None:
    """created_at of a restored channel is the time of its first creation (behaviour 5.5)."""
    owner_baseline.client.require_creation()
    times = {channel["id"]: channel["created_at"] for channel in all_channels}

    for id_, created_at in owner_baseline.creation_times.items():
        assert times.get(id_) == created_at, f"channel {id_} has another creation time"


@pytest.mark.parametrize("pair", [addresses.MIXED_CASE, addresses.GATEWAY, addresses.SPACED], ids=str)
@pytest.mark.cases(smoke=1)
def test_create_of_a_deleted_address_restores_the_channel(owner: ApiClient, pair: TypedAddress) -> None:
    """A create of a deleted address restores the channel with its id, position and creation time (behaviour 5.5).

    The address has the letter case of the second create.
    """
    other = owner.create_channel(addresses.NON_ASCII)
    channel = owner.create_channel(pair)
    expect_ok(owner.delete(channel["id"]))
    address = pair.address.swapcase()

    restored = owner.create_channel(TypedAddress(pair.type, address))

    assert restored == {**channel, "address": address}
    assert [each for each in owner.list_channels() if each["id"] == channel["id"]] == [restored]
    assert other in owner.list_channels()


def test_restored_channel_is_unconfirmed(admin: ApiClient, owner: ApiClient) -> None:
    """A channel restored without skip_confirmation is unconfirmed, even if it was active (behaviour 5.5)."""
    channel = admin.create_channel(addresses.FIRST, SKIP_CONFIRMATION)
    expect_ok(owner.delete(channel["id"]))

    restored = owner.create_channel(addresses.FIRST)

    assert restored == {**channel, "workflow_state": "unconfirmed"}


def test_channel_restored_with_skip_confirmation_is_active(admin: ApiClient, owner: ApiClient) -> None:
    """A channel restored by an admin with skip_confirmation is active (behaviour 5.5)."""
    channel = owner.create_channel(addresses.FIRST)
    expect_ok(owner.delete(channel["id"]))

    restored = admin.create_channel(addresses.FIRST, SKIP_CONFIRMATION)

    assert restored == {**channel, "workflow_state": "active"}


def test_restore_does_not_validate_the_address(owner_baseline: Baseline) -> None:
    """A deleted e-mail channel is restored even if Canvas would reject its address for a new one (behaviour 5.5)."""
    owner, pair = owner_baseline.client, TypedAddress("email", addresses.UNKNOWN_TYPE.address)
    response = owner.create(pair)
    if response.status_code == 400:
        pytest.skip("needs an e-mail channel that was created with an unknown type")
    channel = expect_ok(response)
    expect_ok(owner.delete_by_address(pair))

    restored = owner.create_channel(pair)

    assert restored == channel


def test_id_and_position_of_a_deleted_channel_are_not_reused(owner: ApiClient) -> None:
    """A channel created after a delete has an id and a position that no other channel had (behaviour 5.6)."""
    position_by_id = {}
    pairs = (addresses.FIRST, addresses.SECOND, addresses.PLUS, addresses.QUOTED)
    for pair in pairs:
        channel = owner.create_channel(pair)
        position_by_id[channel["id"]] = channel["position"]
        expect_ok(owner.delete(channel["id"]))

    positions = [position_by_id[id_] for id_ in sorted(position_by_id)]  # a restored channel has an older id
    assert len(position_by_id) == len(set(positions)) == len(pairs)
    assert positions == sorted(positions), "a newer channel has a lower position than an older one"
