"""Permission matrix: operations allowed or denied for each actor and owner, and the ids that name a user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from contract_tests.account.clean_up import remove_created_channels
from contract_tests.account.permission import create_without_address
from contract_tests.client.api_client import (
    FORBIDDEN_STATUSES,
    ApiClient,
    expect_forbidden,
    expect_not_found,
    expect_ok,
    expect_unauthenticated,
)
from contract_tests.client.safety import addresses
from contract_tests.oracle.permissions import (
    ALLOWED,
    DENIED,
    INVALID_TOKEN,
    NO_TOKEN,
    NOT_FOUND,
    OPERATIONS,
    OTHER_USER,
    PERMISSIONS,
    TEST_USER,
    cell_name,
    expected_responses,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from contract_tests.client.api_client import Channel

UNKNOWN_TOKEN = "canvas-contract-unknown-token"  # noqa: S105 - no server knows this token
SKIP_CONFIRMATION = (("skip_confirmation", "1"),)
PREFERRED_CELLS = {
    *((TEST_USER, OTHER_USER, operation) for operation in OPERATIONS[:4]),
    ("no token", TEST_USER, "list"),
    ("invalid token", TEST_USER, "delete by id"),
    (OTHER_USER, TEST_USER, "list"),
    ("admin", TEST_USER, "list"),
    ("admin", TEST_USER, "delete by id"),
    ("site admin", TEST_USER, "list"),
}
"""The cells of the smallest profile: actor, owner of the channels, operation."""
CELLS = [
    pytest.param(
        *(actor, account, operation),
        id=cell_name(actor, account, operation),
        marks=[pytest.mark.preferred] if (actor, account, operation) in PREFERRED_CELLS else [],
    )
    for actor, rows in PERMISSIONS.items()
    for account in rows
    for operation in OPERATIONS
]


@dataclass(frozen=True)
class Actors:
    """A client for each actor of the permission matrix, and for each of the two accounts."""

    owner: ApiClient
    other: ApiClient
    clients: dict[str, ApiClient]

    def client_for(self, actor: str, account: str) -> tuple[ApiClient, ApiClient]:
        """Return the actor's client for the account's channels, and a client with the owner's permissions on them."""
        if actor not in self.clients:
            pytest.skip(f"needs a token for {actor}")
        account_holder = self.owner if account == TEST_USER else self.other
        return self.clients[actor].for_user(account_holder.id), account_holder

    def expected_response(self, actor: str, account: str, operation: str) -> str:
        """Return the expected response to an operation of the actor on the account's channels."""
        expected = expected_responses(actor, account, may_edit=self.owner.editor is None)
        return expected[OPERATIONS.index(operation)]


@pytest.fixture
def actors(owner: ApiClient, other: ApiClient, request: pytest.FixtureRequest) -> Actors:
    """Return a client for each actor with a token; the other user is the administrator's masquerade."""
    settings = owner.transport.settings
    clients = {
        "no token": ApiClient(owner.transport, owner.contract, None, ""),
        "invalid token": ApiClient(owner.transport, owner.contract, UNKNOWN_TOKEN, "NO_SUCH_TOKEN"),
        "test user": owner.own,
        "other user": other.acting_as(other.id),
        "admin": other,  # a client with the admin's token
    }
    if "CANVAS_SITE_ADMIN_TOKEN" in settings.tokens:
        clients["site admin"] = request.getfixturevalue("site_admin")
    return Actors(owner, other, clients)


@pytest.mark.parametrize(("actor", "account", "operation"), CELLS)
@pytest.mark.cases(smoke=10, quick=15)
def test_permission_matrix_is_enforced(
    actors: Actors, channel_ids: dict[int, int], actor: str, account: str, operation: str
) -> None:
    """Each actor may do to the channels of each user exactly what Canvas allows (behaviour 3.2)."""
    client, account_holder = actors.client_for(actor, account)
    other = actors.other if account_holder is actors.owner else actors.owner
    expected = actors.expected_response(actor, account, operation)
    # Denied, because the test user may not edit own channels; the other user's account can have another setting.
    if expected == DENIED and actor == account == OTHER_USER and _may_edit(client):
        pytest.skip("needs a CANVAS_OTHER_USER_ID whose account has the settings of the test user's")
    channel_id = channel_ids[account_holder.id]
    before, others_before = account_holder.list_channels(), other.list_channels()

    response = _perform(client, operation, channel_id)

    _check(response, expected)
    after = account_holder.list_channels()
    if expected == ALLOWED and operation.startswith("delete"):
        assert after == [channel for channel in before if channel["id"] != channel_id]
    elif expected == ALLOWED and operation == "create":
        assert [channel["id"] for channel in after if channel not in before] == [response.json()["id"]]
    else:
        assert after == before, "the request changed channels"
    assert other.list_channels() == others_before, "the request changed channels of another user"


@pytest.mark.usefixtures("all_channels")
def test_list_contains_only_channels_of_its_user(owner: ApiClient, other: ApiClient) -> None:
    """A list contains channels of its user only, even if another user has the newest channels (behaviour 4)."""
    for client, other_client in ((owner, other), (other, owner)):
        client.create_missing_channels()
        other_client.create_missing_channels()
        if other_client.can_create:
            # If an earlier run has created the channel of the unknown type, it is restored here.
            other_client.create(addresses.TypedAddress("email", addresses.UNKNOWN_TYPE.address))

        channels = client.list_channels()

        assert {channel["user_id"] for channel in channels} <= {client.id}


@pytest.mark.cases(smoke=1)
def test_self_and_own_user_id_have_the_same_list(owner: ApiClient, all_channels: list[Channel]) -> None:
    """`self` and the user's own id, with or without leading zeros, return the same list (behaviour 3.4)."""
    assert owner.for_user(owner.id).list_channels(fresh=True) == all_channels
    assert owner.for_user(owner.id, f"00{owner.id}").list_channels(fresh=True) == all_channels


def test_admin_receives_the_same_list_as_the_owner(admin: ApiClient, all_channels: list[Channel]) -> None:
    """A root-account admin receives the list of another user with the same fields as the owner (behaviour 8)."""
    assert admin.list_channels(fresh=True) == all_channels


@pytest.mark.parametrize("operation", ["list", "create"])
def test_ordinary_user_is_denied_access_to_an_admin(
    owner: ApiClient, admin_client: ApiClient | None, operation: str
) -> None:
    """An ordinary user may not list or create channels of an admin (behaviour 3.2, 12)."""
    if admin_client is None:
        pytest.skip("needs CANVAS_ADMIN_TOKEN")
    channels = expect_ok(admin_client.list_page())
    if not channels:
        pytest.skip("needs an admin with a channel, which has the admin's user id")
    admin_id = channels[0]["user_id"]

    response = _perform(owner.for_user(admin_id), operation, 0)
    remove_created_channels(admin_client.for_user(admin_id))  # if the create was not denied

    expect_forbidden(response)


@pytest.mark.cases(smoke=1)
def test_channel_of_another_user_is_404(owner: ApiClient, other: ApiClient) -> None:
    """A delete by the id of another user's channel is 404, for the user and for an admin (behaviour 3.5)."""
    channel = other.create_channel(addresses.FIRST)

    expect_not_found(owner.own.delete(channel["id"]))
    expect_not_found(owner.own.for_user(owner.id).delete(channel["id"]))
    expect_not_found(other.for_user(owner.id).delete(channel["id"]))

    assert channel in other.list_channels()


def test_two_users_may_share_an_address(owner: ApiClient, other: ApiClient) -> None:
    """Two users may have channels of the same address, and a delete affects one of them (behaviour 5.4)."""
    owners, others = owner.create_channel(addresses.FIRST), other.create_channel(addresses.FIRST)
    assert owners["id"] != others["id"]

    expect_ok(owner.delete_by_address(addresses.FIRST))

    assert others in other.list_channels()
    assert owners not in owner.list_channels()


@pytest.mark.cases(smoke=1)
def test_list_of_another_user_is_denied_for_every_page_and_spelling(owner: ApiClient, other_user_id: int) -> None:
    """The list of another user is denied on every page and with leading zeros in the user id (behaviour 3.2)."""
    for user, query in (
        (f"00{other_user_id}", ()),
        (str(other_user_id), (("page", "2"),)),
        (str(other_user_id), (("per_page", "1"),)),
    ):
        expect_forbidden(owner.for_user(other_user_id, user).list_page(query))


@pytest.mark.parametrize("by", ["id", "address"])
def test_own_user_id_is_equivalent_to_self(editing_owner: ApiClient, by: str) -> None:
    """A create and a delete with the user's own id have the same effect as with `self` (behaviour 3.4)."""
    owner = editing_owner
    client = owner.for_user(owner.id)
    channel = client.create_channel(addresses.PLUS)
    assert channel in owner.list_channels()

    deleted = expect_ok(client.delete(channel["id"]) if by == "id" else client.delete_by_address(addresses.PLUS))

    assert deleted == {**channel, "workflow_state": "retired"}
    assert channel not in owner.list_channels()


@pytest.mark.cases(smoke=1)
def test_channel_created_by_an_admin_is_unconfirmed(admin: ApiClient, owner: ApiClient) -> None:
    """Without skip_confirmation, an admin creates an unconfirmed channel that belongs to the user (behaviour 5.8)."""
    channel = admin.create_channel(addresses.MIXED_CASE)

    assert channel["workflow_state"] == "unconfirmed"
    assert channel["user_id"] == owner.id
    assert channel in owner.list_channels()


@pytest.mark.parametrize("pair", [addresses.PLUS, addresses.PERCENT, addresses.NON_ASCII, addresses.PHONE], ids=str)
def test_admin_may_delete_by_address(admin: ApiClient, owner: ApiClient, pair: addresses.TypedAddress) -> None:
    """An admin's delete by address retires the owner's channel, also with special characters (behaviour 6)."""
    channel = owner.create_channel(pair)

    response = admin.delete_by_address(pair)

    assert expect_ok(response) == {**channel, "workflow_state": "retired"}
    assert channel not in owner.list_channels()


def test_duplicate_address_from_an_admin_is_400(admin: ApiClient, owner: ApiClient) -> None:
    """A duplicate of an active channel's address is rejected for an admin as for the owner (behaviour 5.5)."""
    admin.create_channel(addresses.FIRST, SKIP_CONFIRMATION)
    before = owner.list_channels()

    responses = [admin.create(addresses.FIRST), owner.create(addresses.FIRST)]

    assert [response.status_code for response in responses] == [400, 400]
    assert owner.list_channels() == before


def _may_edit(client: ApiClient) -> bool:
    """Return whether the client's user may edit the channels in its path, which are the user's own."""
    return create_without_address(client).status_code not in FORBIDDEN_STATUSES


def _perform(client: ApiClient, operation: str, channel_id: int) -> httpx2.Response:
    """Send the request of one operation of the matrix."""
    senders: dict[str, Callable[[], httpx2.Response]] = {
        "list": client.list_page,
        "create": lambda: client.create(addresses.SECOND),
        "delete by id": lambda: client.delete(channel_id),
        "delete by address": lambda: client.delete_by_address(addresses.FIRST),
        "delete unknown address": lambda: client.delete_by_address(addresses.NEVER_CREATED),
    }
    return senders[operation]()


def _check(response: httpx2.Response, expected: str) -> None:
    """Check the response against one cell of the matrix."""
    checks: dict[str, Callable[[httpx2.Response], object]] = {
        ALLOWED: expect_ok,
        DENIED: expect_forbidden,
        NOT_FOUND: expect_not_found,
        NO_TOKEN: lambda response: expect_unauthenticated(response, has_token=False),
        INVALID_TOKEN: lambda response: expect_unauthenticated(response, has_token=True),
    }
    checks[expected](response)
