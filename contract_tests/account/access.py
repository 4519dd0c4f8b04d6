"""Access of a token to the channels of a user, and the owner of the token."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from contract_tests.account.clean_up import send_unvalidated
from contract_tests.account.permission import create_without_address
from contract_tests.client.api_client import FORBIDDEN_STATUSES
from contract_tests.client.body import parse_json
from contract_tests.client.ids import header_user_id
from contract_tests.client.rejection import is_outside_scopes
from contract_tests.client.safety import addresses
from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    import httpx2

    from contract_tests.client.api_client import ApiClient

_DENIED_STATUSES = FORBIDDEN_STATUSES | {404}
_OPERATIONS = {"GET": "lists", "POST": "creates", "DELETE": "deletes"}


@dataclass(frozen=True)
class Access:
    """Access of a token to the channels of the client's user.

    Each request is sent when its result is first needed. Every response but a denial counts as permission, because
    the tests report other violations. Raises Inconclusive if the scopes of the token do not allow a request.
    """

    client: ApiClient

    @property
    def is_read_only(self) -> bool:
        """Whether the run is read-only, and so cannot find out if the token may edit the channels."""
        return self.client.transport.guard.is_read_only

    @cached_property
    def listing(self) -> httpx2.Response:
        """The response to the list of the channels."""
        return self._within_scopes(send_unvalidated(self.client, "GET"))

    @property
    def can_list(self) -> bool:
        """Whether the token may list the channels."""
        return self.listing.status_code not in _DENIED_STATUSES

    @cached_property
    def can_edit(self) -> bool:
        """Whether the token may create channels for the user; no in a read-only run."""
        if self.is_read_only:
            return False
        return self._within_scopes(create_without_address(self.client)).status_code not in _DENIED_STATUSES

    @cached_property
    def can_become(self) -> bool:
        """Whether the token may act as the user (behaviour 3.6)."""
        response = send_unvalidated(self.client.acting_as(self.client.id), "GET")
        return response.status_code not in _DENIED_STATUSES

    def check_scopes(self) -> None:
        """Raise Inconclusive if the scopes do not allow deletes by id and by address; a read-only run sends none."""
        if not self.is_read_only:
            for tail in (("0",), tuple(addresses.NEVER_CREATED)):  # of channels that do not exist
                self._within_scopes(send_unvalidated(self.client, "DELETE", tail=tail))

    @property
    def sees_bounces(self) -> bool:
        """Whether a listed channel has fields that only a site admin sees (behaviour 8)."""
        return any("bounce" in name for channel in _channels(self.listing) for name in channel)

    def _within_scopes(self, response: httpx2.Response) -> httpx2.Response:
        if is_outside_scopes(response):
            name = self.client.token_name
            what = _OPERATIONS[response.request.method]
            raise Inconclusive(
                f"The scopes of {name} do not allow {what} of channels; give a token without scopes, or unset {name}."
            )
        return response


def user_id(response: httpx2.Response, client: ApiClient | None, unlike: int = 0) -> int:
    """Return the id of the user whose token was sent, or 0 if no response has it.

    It is that in the header X-Canvas-User-Id. If the header is absent, or has the id `unlike`, which the user should
    not have, the `user_id` in a list of `client` decides, because the header of a faulty target may be wrong.
    """
    number = header_user_id(response)
    if client is None or (number and number != unlike):
        return number
    own = send_unvalidated(client, "GET")
    owners = {channel["user_id"] for channel in _channels(own) if isinstance(channel.get("user_id"), int)}
    return owners.pop() if len(owners) == 1 else number


def _channels(response: httpx2.Response) -> list[dict[str, Any]]:
    body = parse_json(response) if response.status_code == 200 else None
    return [each for each in body if isinstance(each, dict)] if isinstance(body, list) else []
