"""Creation of channels with skip_confirmation: it has an effect only if an admin sends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests.client.api_client import expect_fields, expect_ok
from contract_tests.client.request import ENCODINGS
from contract_tests.client.safety import addresses

if TYPE_CHECKING:
    from contract_tests.client.api_client import ApiClient
    from contract_tests.client.safety.addresses import TypedAddress

TRUE_VALUES = ("1", "true", "TRUE", "yes", "on", "t", "2")
FALSE_VALUES = ("0", "false", "no", "off", "f", "", "abc")
SKIP_CONFIRMATION = (("skip_confirmation", "1"),)


@pytest.mark.parametrize("pair", [addresses.FIRST, addresses.PHONE], ids=str)
@pytest.mark.parametrize("value", TRUE_VALUES)
@pytest.mark.cases(smoke=1)
def test_skip_confirmation_is_ignored_for_ordinary_users(
    editing_owner: ApiClient, value: str, pair: TypedAddress
) -> None:
    """skip_confirmation from an ordinary user is ignored: 200, and the channel is unconfirmed (behaviour 5.8)."""
    channel = editing_owner.create_channel(pair, (("skip_confirmation", value),))

    expect_fields(channel, workflow_state="unconfirmed")


@pytest.mark.parametrize("type_", ["email", "sms"])
@pytest.mark.parametrize(
    ("values", "state"), [(TRUE_VALUES, "active"), (FALSE_VALUES, "unconfirmed")], ids=["true", "false"]
)
def test_skip_confirmation_by_an_admin_creates_an_active_channel(
    admin: ApiClient, owner: ApiClient, values: tuple[str, ...], state: str, type_: str
) -> None:
    """A true skip_confirmation from an admin makes the channel active; a false one has no effect (behaviour 5.8)."""
    pairs = [pair for pair in addresses.ACCEPTED if pair.type == type_]

    created = {}
    for pair, value in zip(pairs, values, strict=False):  # there are fewer SMS addresses than values
        created[value] = admin.create_channel(pair, (("skip_confirmation", value),))
        assert created[value]["workflow_state"] == state, f"skip_confirmation={value!r}"

    listed = owner.list_channels()
    for value, channel in created.items():
        assert channel in listed, f"skip_confirmation={value!r}"


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("as_number", [False, True], ids=["self", "number"])
def test_skip_confirmation_is_ignored_for_ordinary_users_in_every_encoding(
    editing_owner: ApiClient, encoding: str, *, as_number: bool
) -> None:
    """skip_confirmation from an ordinary user is ignored in every encoding (behaviour 5.8)."""
    client = editing_owner.for_user(editing_owner.id) if as_number else editing_owner

    channel = expect_ok(client.create(addresses.FIRST, SKIP_CONFIRMATION, encoding))

    assert channel["workflow_state"] == "unconfirmed"
    if encoding == "json":
        fields = {"address": addresses.SECOND.address, "type": "email"}
        document = {"communication_channel": fields, "skip_confirmation": True}  # a boolean instead of a text
        assert expect_ok(client.create_with_document(document))["workflow_state"] == "unconfirmed"


@pytest.mark.parametrize(("value", "state"), [(True, "active"), (False, "unconfirmed"), (None, "unconfirmed")])
def test_skip_confirmation_may_be_a_json_boolean_or_null(
    admin: ApiClient, owner: ApiClient, value: object, state: str
) -> None:
    """In JSON, skip_confirmation may be true, false or null (behaviour 5.8)."""
    fields = {"address": addresses.SECOND.address, "type": "email"}

    channel = expect_ok(admin.create_with_document({"communication_channel": fields, "skip_confirmation": value}))

    expect_fields(channel, workflow_state=state)
    assert channel in owner.list_channels()


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.cases(smoke=1)
def test_skip_confirmation_by_an_admin_is_read_in_every_encoding(
    admin: ApiClient, owner: ApiClient, encoding: str
) -> None:
    """skip_confirmation from an admin is read in every encoding (behaviour 5.1, 5.8)."""
    channel = expect_ok(admin.create(addresses.SECOND, SKIP_CONFIRMATION, encoding))

    expect_fields(channel, workflow_state="active")
    assert channel in owner.list_channels()


def test_skip_confirmation_inside_communication_channel_is_ignored(admin: ApiClient, owner: ApiClient) -> None:
    """skip_confirmation as a field of communication_channel is ignored (behaviour 5.8)."""
    channel = admin.create_channel(addresses.SECOND, (("communication_channel[skip_confirmation]", "1"),))

    expect_fields(channel, workflow_state="unconfirmed")
    assert channel in owner.list_channels()


def test_skip_confirmation_by_a_site_admin_creates_an_active_channel(site_admin: ApiClient, owner: ApiClient) -> None:
    """A site admin's skip_confirmation makes the channel active, in the response and in both lists (behaviour 5.8, 8).

    The owner's list has no bounce fields.
    """
    channel = site_admin.create_channel(addresses.SECOND, SKIP_CONFIRMATION)

    without_bounces = {key: value for key, value in channel.items() if "bounce" not in key}
    expect_fields(channel, workflow_state="active")
    assert channel in site_admin.list_channels()
    assert without_bounces in owner.list_channels()
