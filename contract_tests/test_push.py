"""Push notifications: one channel for all devices of a user, and the deletion of push tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests.client.api_client import ADDRESS, TOKEN, TYPE, describe, expect_not_found, expect_ok
from contract_tests.client.safety import addresses

if TYPE_CHECKING:
    from contract_tests.client.api_client import ApiClient, Channel

_, FIRST, SECOND = addresses.DEVICES
"""Push tokens with special characters and without; DEVICE is a prefix of both."""
UNKNOWN = f"{addresses.DEVICE}-unknown"


@pytest.mark.cases(smoke=1)
def test_all_devices_share_one_push_channel(device: ApiClient, owner: ApiClient) -> None:
    """A create with another push token, or another letter case, returns the same active channel (behaviour 5.7)."""
    channel = _register(device, FIRST)

    assert (channel["type"], channel["workflow_state"]) == ("push", "active")
    assert channel["address"].strip()
    assert addresses.DEVICE not in channel["address"].lower(), "the address contains the push token"
    assert _register(device, SECOND) == channel
    assert _register(device, FIRST.upper()) == channel
    assert [each for each in owner.list_channels() if each["type"] == "push"] == [channel]


@pytest.mark.parametrize("encoding", ["form", "query", "json", "multipart"])
def test_delete_push_token_leaves_the_channel_listed(device: ApiClient, owner: ApiClient, encoding: str) -> None:
    """A delete of a push token, known or not, returns success and changes no channel (behaviour 7)."""
    _register(device, FIRST)
    before = owner.list_channels()

    for token in (UNKNOWN, "", FIRST.upper(), FIRST):
        responses = [expect_ok(device.delete_push_token((("push_token", token),), encoding)) for _ in range(2)]

        assert [response["success"] for response in responses] == [True, True], f"push_token={token!r}"
        assert owner.list_channels() == before, f"push_token={token!r} changed channels"


@pytest.mark.cases(smoke=1)
def test_push_channel_remains_without_devices(device: ApiClient, owner: ApiClient) -> None:
    """The push channel remains in the list after the last push token is deleted (behaviour 7)."""
    channel = _register(device, FIRST)

    for token in addresses.DEVICES:
        expect_ok(device.delete_push_token((("push_token", token),)))

    assert channel in owner.list_channels()


@pytest.mark.cases(smoke=1)
def test_push_channel_is_deleted_by_the_address_push(device: ApiClient, owner: ApiClient) -> None:
    """The push channel is deleted by the address push, and a create restores it (behaviour 6)."""
    channel = _register(device, FIRST)

    expect_not_found(device.delete_by_address(addresses.TypedAddress("push", channel["address"])))
    assert expect_ok(device.delete_by_address(addresses.PUSH)) == {**channel, "workflow_state": "retired"}
    expect_not_found(device.delete_push_token((("push_token", FIRST),)))
    assert channel not in owner.list_channels()

    assert _register(device, FIRST) == channel


@pytest.mark.parametrize("fields", [(), ((TOKEN, ""),), ((TOKEN, "  "),)], ids=["absent", "empty", "spaces"])
def test_push_channel_without_a_push_token_is_422(
    device: ApiClient, owner: ApiClient, fields: tuple[tuple[str, str], ...]
) -> None:
    """A create of a push channel without a push token is rejected (behaviour 5.7)."""
    before = owner.list_channels()

    response = device.create_with(((TYPE, "push"), *fields))

    assert response.status_code == 422, describe(response)
    assert response.json()["errors"][0]["field"] == "token"
    assert owner.list_channels() == before


def test_address_is_ignored_for_a_push_channel(device: ApiClient) -> None:
    """The address in a create of a push channel is ignored (behaviour 5.7)."""
    channel = _register(device, FIRST)

    response = device.create_with(((TYPE, "push"), (TOKEN, FIRST), (ADDRESS, addresses.FIRST.address)))

    assert expect_ok(response) == channel


def test_push_token_is_ignored_for_an_email_channel(owner: ApiClient) -> None:
    """The push token in a create of an e-mail channel is ignored, and creates no push channel (behaviour 5.7)."""
    before = owner.list_channels()

    channel = expect_ok(owner.create(addresses.FIRST, ((TOKEN, addresses.DEVICE),)))

    assert (channel["type"], channel["address"]) == addresses.FIRST
    assert [each for each in owner.list_channels() if each not in before] == [channel]


def test_delete_of_push_under_a_numeric_user_id_is_404(owner: ApiClient) -> None:
    """Only the path with self deletes push tokens; with a numeric user id, push is a channel id (behaviour 1.1)."""
    expect_not_found(owner.for_user(owner.id).delete("push"))


@pytest.mark.parametrize("fields", [(("push_token", UNKNOWN),), ()], ids=["a token", "no token"])
@pytest.mark.cases(smoke=1)
def test_delete_push_token_without_a_push_channel_is_404(owner: ApiClient, fields: tuple[tuple[str, str], ...]) -> None:
    """A delete of a push token by a user without a push channel is 404, for any token (behaviour 7)."""
    if owner.id in owner.transport.guard.users_with_push_channel:
        pytest.skip("needs a user who has no push channel")

    expect_not_found(owner.delete_push_token(fields))


def test_push_channel_without_sns_is_400(owner: ApiClient) -> None:
    """A create of a push channel is rejected if the developer key of the token has no SNS ARN (behaviour 5.7)."""
    if owner.id in owner.transport.guard.users_with_push_channel:
        pytest.skip("needs a user who has no push channel")
    before = owner.list_channels()

    response = owner.create_with(((TYPE, "push"), (TOKEN, FIRST)))

    if response.status_code == 200:
        pytest.skip("needs a CANVAS_TOKEN whose developer key has no SNS ARN")
    assert response.status_code == 400, describe(response)
    assert isinstance(response.json()["errors"]["type"], str)
    assert owner.list_channels() == before


def _register(device: ApiClient, token: str) -> Channel:
    """Register a push token, and return the push channel."""
    channel: Channel = expect_ok(device.create_with(((TYPE, "push"), (TOKEN, token))))
    return channel
