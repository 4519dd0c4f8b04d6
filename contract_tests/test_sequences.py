"""Random sequences of requests: after each request, the target has the channels of the model."""

from __future__ import annotations

import sys
from math import ceil
from typing import TYPE_CHECKING

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from contract_tests.account.clean_up import remove_created_channels
from contract_tests.client.api_client import expect_forbidden, expect_not_found, expect_ok
from contract_tests.client.request import ENCODINGS
from contract_tests.client.safety import addresses
from contract_tests.client.safety.addresses import TypedAddress
from contract_tests.oracle.model import ChannelModel

if TYPE_CHECKING:
    from contract_tests.client.api_client import ApiClient, Channel
    from contract_tests.client.settings import Settings

PAIRS = st.sampled_from(
    [
        addresses.FIRST,
        addresses.SAME_ADDRESS_OTHER_TYPE,
        addresses.PLUS,
        addresses.MIXED_CASE,
        addresses.NON_ASCII,
        addresses.PHONE,
        addresses.GATEWAY,
    ]
)
ACCOUNTS = st.integers(0, 1)
IDENTIFIERS = st.sampled_from(["id", "address", "address in capitals"])


class RequestSequences(RuleBasedStateMachine):
    """Creates, deletes and lists, by clients with and without permission."""

    models: tuple[ChannelModel, ...] = ()
    """The model of each account."""
    account = 0
    """The index of the account of the last request."""
    has_sent = False
    """Whether the last step has sent a request."""
    channels_before: tuple[list[Channel], ...]
    """The channels of each account before the sequences."""
    owners: tuple[ApiClient, ...]
    """A client for each account, with the permissions of the owner."""
    admins: tuple[ApiClient, ...]
    """A client for each account, with the permissions of an admin; empty without an admin's token."""

    @initialize()
    def start(self) -> None:
        """Initialise the model with the channels of each account."""
        for client in self.owners:
            remove_created_channels(client)
        self.owners[0].transport.reset_steps()
        accounts = zip(self.owners, self.channels_before, strict=True)
        self.models = tuple(ChannelModel(client.id, channels) for client, channels in accounts)

    @rule(account=ACCOUNTS, pair=PAIRS, encoding=st.sampled_from(ENCODINGS), capitals=st.booleans())
    def create(self, account: int, pair: TypedAddress, encoding: str, capitals: bool) -> None:
        """Create a channel as its owner; this fails if the owner already has one with this address."""
        self._create(self._client(self.owners, account), _in_capitals(pair, capitals), encoding, skip=False)

    @rule(account=ACCOUNTS, pair=PAIRS, skip=st.booleans())
    def create_as_admin(self, account: int, pair: TypedAddress, skip: bool) -> None:
        """Create a channel as an admin, with or without skip_confirmation."""
        if self.admins:
            self._create(self._client(self.admins, account), pair, "form", skip=skip)

    @rule(account=ACCOUNTS, pair=PAIRS, by=IDENTIFIERS, as_admin=st.booleans())
    def delete(self, account: int, pair: TypedAddress, by: str, as_admin: bool) -> None:
        """Delete a channel; this fails if the user has none with this address."""
        client = self._client(self.admins if as_admin and self.admins else self.owners, account)
        model = self.models[self.account]
        if by == "id" and model.has(pair):
            response = client.delete(model.listed[pair.key]["id"])
        else:
            response = client.delete_by_address(_in_capitals(pair, by == "address in capitals"))
        if model.has(pair):
            assert expect_ok(response) == model.remove(pair)
        else:
            expect_not_found(response)

    @rule(pair=PAIRS)
    def delete_again(self, pair: TypedAddress) -> None:
        """Delete a retired channel by its id; this always fails."""
        if retired := self.models[0].retired.get(pair.key):
            expect_not_found(self._client(self.owners, 0).delete(retired["id"]))

    @rule(pair=PAIRS)
    def delete_without_permission(self, pair: TypedAddress) -> None:
        """Delete a channel of the second user as the first, which is 403 if the channel exists, otherwise 404."""
        if len(self.owners) == 2:
            self.account, self.has_sent = 1, True
            response = self.owners[0].for_user(self.owners[1].id).delete_by_address(pair)
            if self.models[1].has(pair):
                expect_forbidden(response)
            else:
                expect_not_found(response)

    @rule(account=ACCOUNTS, size=st.integers(1, 6))
    def list_pages(self, account: int, size: int) -> None:
        """List the first two pages, and compare them with the whole list."""
        client = self._client(self.owners, account)
        channels = client.list_channels()
        for page in (1, 2):
            part = expect_ok(client.list_page((("page", str(page)), ("per_page", str(size)))))
            assert part == channels[size * (page - 1) : size * page]

    @invariant()
    def list_matches_the_model(self) -> None:
        """Check that the list of the account of the last request has the channels of the model."""
        if self.has_sent:
            self.has_sent = False
            self.models[self.account].check_list(self.owners[self.account].list_channels())

    def teardown(self) -> None:
        """Check all lists, remove the created channels, and record the violation that ended the sequence, if any."""
        transport = self.owners[0].transport
        try:
            if sys.exception() is None:
                for client, model in zip(self.owners, self.models, strict=False):  # no models without a start
                    model.check_list(client.list_channels())
        finally:
            steps = tuple(transport.steps)
            for client in self.owners:
                remove_created_channels(client)
            transport.observation.record(sys.exception(), steps)

    def _create(self, client: ApiClient, pair: TypedAddress, encoding: str, *, skip: bool) -> None:
        """Create a channel on the target and in the model, and check the response; a duplicate is 400."""
        model = self.models[self.account]
        response = client.create(pair, (("skip_confirmation", "1"),) if skip else (), encoding)
        if model.has(pair):
            assert response.status_code == 400, "expected 400 for a duplicate"
        else:
            model.add(pair, expect_ok(response), active=skip)

    def _client(self, clients: tuple[ApiClient, ...], account: int) -> ApiClient:
        """Return the client for the account, and note that the next request concerns it."""
        self.account, self.has_sent = account % len(self.owners), True
        return clients[self.account]


def test_request_sequences_for_two_users_match_the_model(owner: ApiClient, other: ApiClient, admin: ApiClient) -> None:
    """After any sequence of requests, each of two users has the channels created and not deleted (behaviour 5, 6)."""
    owner.require_creation()

    class TwoUsers(RequestSequences):
        owners = (owner, other)
        channels_before = (owner.list_channels(), other.list_channels())
        admins = (admin, other)  # `other` has the admin's token

    run_state_machine_as_test(TwoUsers, settings=_sequence_settings(owner))


def test_request_sequences_for_one_user_match_the_model(owner: ApiClient, settings: Settings) -> None:
    """After any sequence of requests, the user has the channels created and not deleted (behaviour 5, 6)."""
    owner.require_creation()
    examples = settings.limits.examples
    if settings.other_user_id and "CANVAS_ADMIN_TOKEN" in settings.tokens:
        examples = ceil(examples / 2)  # the sequences for two users contain those for one

    class OneUser(RequestSequences):
        owners = (owner,)
        channels_before = (owner.list_channels(),)
        admins = ()

    run_state_machine_as_test(OneUser, settings=hypothesis_settings(_sequence_settings(owner), max_examples=examples))


def _sequence_settings(owner: ApiClient) -> hypothesis_settings:
    return hypothesis_settings(stateful_step_count=owner.transport.settings.limits.steps)


def _in_capitals(pair: TypedAddress, capitals: bool) -> TypedAddress:
    """Return the pair, with its address in capitals if so requested and possible."""
    return TypedAddress(pair.type, pair.address.upper()) if capitals and pair.address.isascii() else pair
