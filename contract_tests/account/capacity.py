"""Check that a test account has a free row for every channel of the run (behaviour 5.6).

Positions do not show how many rows a user has: they may have gaps, be equal, or be null. So the suite creates the
channels of the run before the first test (in the profile smoke, only some of them). The transport ends the run at the
first creation that the account rejects, even in a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract_tests.account.clean_up import key_of, list_unvalidated, send_unvalidated
from contract_tests.client.api_client import TYPE
from contract_tests.client.safety import addresses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contract_tests.client.api_client import ApiClient
    from contract_tests.client.safety.addresses import TypedAddress


def check_capacity(client: ApiClient, needed: Sequence[TypedAddress] = addresses.ACCEPTED) -> None:
    """Create a channel for each of the addresses that has none, so that all of them exist together.

    Then send a creation without an address: in an account without a free row, the errors of invalid requests differ,
    so the run needs one more row than it has channels.
    Raises Inconclusive if the account has too few free rows.
    """
    existing = {key_of(channel) for channel in list_unvalidated(client)}
    for address in needed:
        if address.key not in existing:
            send_unvalidated(client, "POST", body=client.create_fields(address))
    send_unvalidated(client, "POST", body=((TYPE, "sms"),))
