"""Devices that the suite registered for push notifications: they remain when the push channel is deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contract_tests.account.clean_up import list_unvalidated, send_if_possible, send_unvalidated
from contract_tests.client.api_client import TOKEN, TYPE
from contract_tests.client.ids import header_user_id, local_id
from contract_tests.client.safety import addresses

if TYPE_CHECKING:
    from contract_tests.client.api_client import ApiClient


class Devices:
    """The devices that the journal lists for one user, by the variable of the token that registered them."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._journal = client.transport.journal
        self._tried: set[str] = set()
        """The variables whose push tokens were deleted, as far as the responses show it."""
        self._given_up: set[str] = set()
        """The variables whose push tokens the target fails to delete."""

    @property
    def _names(self) -> list[str]:
        return sorted(name for user, name in self._journal.devices if user == self._client.id)

    def unregister(self) -> bool:
        """Delete the push tokens of the devices, after restoring the push channel, without which they are not found.

        A token whose request is rejected (4xx) has registered no device, unless a list shows the push channel.
        Return whether every request had a response; the first one without is the last.
        """
        for name in self._names:
            device = self._device(name)
            # a deletion before this one may have removed the devices of all names
            if name in self._tried or name not in self._names or device is None:
                continue
            try:
                response = send_if_possible(device, "POST", body=((TYPE, "push"), (TOKEN, addresses.DEVICE)))
            except AssertionError:  # the limit of rows
                self._tried.add(name)
                continue
            if response is None:
                return False
            self._tried.add(name)
            if not 400 <= response.status_code < 500 and not self._delete_tokens(device, name):
                return False
        return True

    def unregister_with_channel(self) -> bool:
        """Delete the push tokens of the devices that remain, while the push channel exists.

        Canvas deletes them whichever access token of the user registered them (behaviour 12).
        Return whether every request had a response.
        """
        if self._client.user != "self" or not self._names:  # a push token is deleted for the token's own user only
            return True
        name = self._names[0]
        return self._delete_tokens(self._device(name) or self._client.own, name)

    def record_removals(self) -> None:
        """Record that no device remains of the tokens that were tried, after a list without the push channel."""
        for name in (self._tried - self._given_up) & set(self._names):
            self._journal.record_device_removal(self._client.id, name)

    def _delete_tokens(self, device: ApiClient, name: str) -> bool:
        """Delete all push tokens; if they are found, they are deleted for every access token of the user.

        If the push channel is not found, a list decides; any other status shows nothing.
        Return whether every request had a response.
        """
        statuses = set()
        for token in addresses.DEVICES:
            response = send_if_possible(device, "DELETE", tail=("push",), body=(("push_token", token),))
            if response is None:
                self._tried.discard(name)
                return False
            statuses.add(200 if response.status_code < 300 else response.status_code)
        if statuses == {200}:
            for each in self._names:
                self._journal.record_device_removal(self._client.id, each)
        elif not statuses <= {200, 404}:
            self._given_up.add(name)
        return True

    def _device(self, name: str) -> ApiClient | None:
        """Return a client with the token of this variable; None if it is not set, or is another user's.

        The token may have changed since an earlier run; with another user's, a push channel would be created for them.
        """
        client = self._client
        token = client.transport.settings.tokens.get(name)
        if token is None or client.user != "self":
            return None
        device = replace(client, token=token, token_name=name, user="self").own
        is_known = name == client.token_name or (client.id, name) in self._journal.new_devices
        return device if is_known or _is_token_of(device, client.id) else None


def _is_token_of(device: ApiClient, user: int) -> bool:
    """Return whether the target shows that the token is this user's."""
    owners = {channel["user_id"] for channel in list_unvalidated(device)}
    if not owners and (number := header_user_id(send_unvalidated(device, "GET"))):
        owners = {number}
    return {local_id(owner) for owner in owners} == {local_id(user)}
