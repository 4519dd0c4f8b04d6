"""Deletion of channels by id and by address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests.account.clean_up import is_created_by_suite
from contract_tests.client.api_client import expect_not_found, expect_ok, expect_validation_errors
from contract_tests.client.request import DELETE, DELETE_BY_ADDRESS
from contract_tests.client.safety import addresses
from contract_tests.client.safety.addresses import TypedAddress

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from contract_tests.client.api_client import ApiClient, Channel

IMPOSSIBLE_IDS = ("0", "abc", "PUSH", "9223372036854775807")  # the last is 2^63-1, which no channel has reached
HUGE_IDS = ("9223372036854775808", "1000000000000000000000000000000")
"""Ids above 2^63-1, the largest id that Canvas's database can store."""
SIMILAR_IDS = ("-{}", "{}abc", "{}.0", "{}.xml", "abc{}")
SIMILAR_ADDRESSES = {
    "json suffix": f"{addresses.FIRST.address}.json",
    "trailing space": f"{addresses.FIRST.address} ",
    "leading space": f" {addresses.FIRST.address}",
    "prefix": f"x{addresses.FIRST.address}",
    "suffix": f"{addresses.FIRST.address}x",
    "truncated": addresses.FIRST.address[:-1],
    "one-character wildcard": addresses.FIRST.address.replace("-1", "_1"),  # as in LIKE of SQL
    "wildcard": addresses.FIRST.address.replace("-1", "%"),
    "tag": addresses.FIRST.address.replace("@", "+tag@"),
}
SKIP_CONFIRMATION = (("skip_confirmation", "1"),)


@pytest.mark.parametrize("by", ["id", "address"])
@pytest.mark.parametrize("pair", addresses.ACCEPTED, ids=str)
@pytest.mark.usefixtures("all_channels")
@pytest.mark.cases(smoke=2)
def test_delete_retires_only_that_channel(owner: ApiClient, pair: TypedAddress, by: str) -> None:
    """A delete retires its channel and no other, and returns the retired channel (behaviour 6)."""
    channel = owner.find_or_create(pair)
    others = [each for each in owner.list_channels() if each != channel]

    response = _delete(owner, channel["id"], pair, by)

    assert expect_ok(response) == {**channel, "workflow_state": "retired"}
    assert owner.list_channels() == others


@pytest.mark.parametrize("by", ["id", "address"])
def test_channel_after_the_first_page_blocks_duplicates_and_can_be_deleted(
    owner: ApiClient, all_channels: list[Channel], by: str
) -> None:
    """A channel after the first page blocks a duplicate of its address and can be deleted (behaviour 5.5, 6)."""
    owner.require_creation()
    last = [channel for channel in all_channels if is_created_by_suite(owner, channel)][-1]
    pair = TypedAddress(last["type"], last["address"])

    expect_validation_errors(owner.create(pair), path="unique!")
    deleted = expect_ok(_delete(owner, last["id"], pair, by))

    assert deleted == {**last, "workflow_state": "retired"}
    assert owner.list_channels() == [channel for channel in all_channels if channel != last]


@pytest.mark.parametrize("case", SIMILAR_ADDRESSES)
def test_delete_by_address_compares_the_whole_address(owner: ApiClient, all_channels: list[Channel], case: str) -> None:
    """A delete by a similar address is 404: no suffix or space is removed, no wildcard applied (behaviour 1.2, 6)."""
    owner.find_or_create(addresses.FIRST)

    response = owner.delete_by_address(TypedAddress("email", SIMILAR_ADDRESSES[case]))

    expect_not_found(response)
    assert owner.list_channels() == all_channels


@pytest.mark.parametrize("id_template", SIMILAR_IDS)
def test_channel_id_with_extra_characters_is_404(
    owner: ApiClient, all_channels: list[Channel], id_template: str
) -> None:
    """A delete by a channel's id with other characters before or after it is 404 (behaviour 1.2, 3.5)."""
    channel = owner.find_or_create(addresses.FIRST)

    response = owner.delete(id_template.format(channel["id"]))

    expect_not_found(response)
    assert owner.list_channels() == all_channels


@pytest.mark.parametrize("by", ["id", "address"])
@pytest.mark.parametrize("pair", [addresses.FIRST, addresses.PHONE], ids=str)
@pytest.mark.cases(smoke=1)
def test_second_delete_is_404(owner: ApiClient, pair: TypedAddress, by: str) -> None:
    """A second delete of a channel is 404, by id and by address (behaviour 6)."""
    channel = owner.create_channel(pair)
    expect_ok(_delete(owner, channel["id"], pair, by))

    expect_not_found(owner.delete(channel["id"]))
    expect_not_found(owner.delete_by_address(pair))


@pytest.mark.parametrize("by", ["id", "address"])
def test_delete_retires_an_active_channel(admin: ApiClient, owner: ApiClient, by: str) -> None:
    """A delete retires an active channel like an unconfirmed one (behaviour 6)."""
    channel = admin.create_channel(addresses.SECOND, SKIP_CONFIRMATION)

    response = _delete(owner, channel["id"], addresses.SECOND, by)

    assert expect_ok(response) == {**channel, "workflow_state": "retired"}


@pytest.mark.parametrize("change", [str.upper, str.lower, str.swapcase], ids=["upper", "lower", "swapped"])
@pytest.mark.cases(smoke=1)
def test_delete_by_address_ignores_letter_case(owner: ApiClient, change: Callable[[str], str]) -> None:
    """A delete by address ignores letter case, and returns the address as it was created (behaviour 6)."""
    channel = owner.create_channel(addresses.MIXED_CASE)

    response = owner.delete_by_address(TypedAddress("email", change(addresses.MIXED_CASE.address)))

    assert expect_ok(response) == {**channel, "workflow_state": "retired"}


def test_delete_by_address_compares_the_type_exactly(owner: ApiClient) -> None:
    """A delete by address finds only a channel of exactly that type (behaviour 6)."""
    channel = owner.create_channel(addresses.SAME_ADDRESS_OTHER_TYPE)

    expect_not_found(owner.delete_by_address(addresses.FIRST))
    expect_not_found(owner.delete_by_address(TypedAddress("SMS", channel["address"])))
    expect_not_found(owner.delete_by_address(TypedAddress("fax", channel["address"])))

    assert channel in owner.list_channels()


@pytest.mark.parametrize("pair", [addresses.PLUS, addresses.PERCENT, addresses.NON_ASCII, addresses.PHONE], ids=str)
def test_optional_percent_encoding_in_the_path_is_decoded(owner: ApiClient, pair: TypedAddress) -> None:
    """An at sign or a plus sign in the path may be percent-encoded or not (behaviour 1.2)."""
    channel = owner.create_channel(pair)

    response = owner.send(DELETE_BY_ADDRESS, "DELETE", tail=tuple(pair), escaped=True)

    assert expect_ok(response) == {**channel, "workflow_state": "retired"}


@pytest.mark.parametrize("pair", [addresses.SPACED, addresses.PHONE], ids=str)
def test_delete_by_address_compares_the_spaces_of_sms_addresses(owner: ApiClient, pair: TypedAddress) -> None:
    """A delete by an SMS address with or without spaces around it retires exactly that channel (behaviour 6, 11)."""
    channels = {each: owner.create_channel(each) for each in (addresses.SPACED, addresses.PHONE)}

    response = owner.delete_by_address(pair)

    assert expect_ok(response) == {**channels.pop(pair), "workflow_state": "retired"}
    [other] = channels.values()
    assert other in owner.list_channels()
    expect_not_found(owner.delete_by_address(pair))


def test_address_in_the_path_is_decoded_once(owner: ApiClient) -> None:
    """An address in the path is percent-decoded once; the result is not decoded again (behaviour 1.2)."""
    channel = owner.create_channel(addresses.PERCENT)
    decoded_twice = TypedAddress("email", addresses.PERCENT.address.replace("%41", "A"))

    expect_not_found(owner.delete_by_address(decoded_twice))
    deleted = expect_ok(owner.delete_by_address(addresses.PERCENT))

    assert deleted["id"] == channel["id"]


@pytest.mark.parametrize("channel_id", IMPOSSIBLE_IDS)
@pytest.mark.cases(smoke=1)
def test_impossible_channel_id_is_404(owner: ApiClient, channel_id: str) -> None:
    """A delete by an id that no channel can have is 404 (behaviour 3.5)."""
    expect_not_found(owner.own.delete(channel_id))


@pytest.mark.parametrize("channel_id", HUGE_IDS)
def test_too_large_channel_id_is_404_or_the_known_defect(owner: ApiClient, channel_id: str) -> None:
    """A delete by an id above 2^63-1 is 404, or crashes as on Canvas (behaviour 3.5)."""
    response = owner.delete(channel_id)

    if owner.transport.steps[-1].known_defect is None:
        expect_not_found(response)


@pytest.mark.cases(smoke=1)
def test_unknown_address_is_404(owner: ApiClient) -> None:
    """A delete by an address that the user does not have is 404 (behaviour 6)."""
    expect_not_found(owner.own.delete_by_address(addresses.NEVER_CREATED))


def test_type_and_address_parameters_override_the_id(owner: ApiClient) -> None:
    """The parameters type and address together replace the id in the path of a delete (behaviour 1.1)."""
    for client, place in ((owner, "query"), (owner.for_user(owner.id), "query"), (owner, "body")):
        by_path, by_parameters = owner.create_channel(addresses.FIRST), owner.create_channel(addresses.SECOND)
        fields = (("type", "email"), ("address", addresses.SECOND.address))

        deleted = expect_ok(client.send(DELETE, "DELETE", tail=(str(by_path["id"]),), **{place: fields}))

        assert deleted["id"] == by_parameters["id"]
        assert by_path in owner.list_channels()
        expect_ok(owner.delete(by_path["id"]))


def test_type_and_address_in_the_path_override_parameters(owner: ApiClient) -> None:
    """If the path has a type and an address, parameters of these names are ignored (behaviour 1.1)."""
    by_path, by_parameters = owner.create_channel(addresses.FIRST), owner.create_channel(addresses.SECOND)
    query = (("type", "email"), ("address", addresses.SECOND.address))

    deleted = expect_ok(owner.send(DELETE_BY_ADDRESS, "DELETE", tail=tuple(addresses.FIRST), query=query))

    assert deleted["id"] == by_path["id"]
    assert by_parameters in owner.list_channels()


def test_address_parameter_without_type_is_ignored(owner: ApiClient) -> None:
    """The parameters type and address replace the id in the path only if both are sent (behaviour 1.1)."""
    by_path, by_parameter = owner.create_channel(addresses.FIRST), owner.create_channel(addresses.SECOND)

    deleted = expect_ok(owner.delete(by_path["id"], (("address", addresses.SECOND.address),)))

    assert deleted["id"] == by_path["id"]
    assert by_parameter in owner.list_channels()


def _delete(client: ApiClient, channel_id: int, pair: TypedAddress, by: str) -> httpx2.Response:
    """Send a delete by id or by address."""
    return client.delete(channel_id) if by == "id" else client.delete_by_address(pair)
