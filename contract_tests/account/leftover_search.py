"""Search for and deletion of the suite's leftover channels in all accounts, outside a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract_tests.account.clean_up import is_created_by_suite, is_reserved, read_list
from contract_tests.account.leftovers import Leftovers
from contract_tests.account.opened import remaining_journal_sentence
from contract_tests.account.preflight import identify_user
from contract_tests.account.restoration import LeftoverError, clean_up
from contract_tests.client.ids import local_id
from contract_tests.client.inconclusive import Inconclusive

if TYPE_CHECKING:
    from contract_tests.client.api_client import ApiClient
    from contract_tests.client.safety.journal import Journal


@dataclass(frozen=True)
class LeftoverSearch:
    """The leftovers of the accounts that the settings and the journal name, and their deletion."""

    journal: Journal
    clients: list[ApiClient]
    """A client for each account."""
    admin: ApiClient | None
    found: list[Leftovers]
    """The leftovers of each account that has some."""

    @classmethod
    def of(cls, owner: ApiClient, admin: ApiClient | None) -> LeftoverSearch:
        """List the leftovers of the test user.

        With the admin's token, also list those of the second user and of the users in the journal.
        Raises Inconclusive if the channels of one of them cannot be listed.
        """
        transport = owner.transport
        client = identify_user(owner)
        clients = [client] if client is not None else []
        if admin is not None:
            users = {transport.settings.other_user_id, *transport.journal.users_to_clean()}
            known = {0, *(local_id(each.id) for each in clients)}  # 0: no second user is set
            clients += [admin.for_user(user) for user in sorted(users) if local_id(user) not in known]
        transport.locks.acquire(each.id for each in clients)
        return cls(transport.journal, clients, admin, [found for each in clients if (found := _open(each)).channels])

    def delete(self) -> str:
        """Delete the leftovers, and the journal if every account is clean; return what remains, or an empty text.

        An account is clean if its last list shows none of them.
        """
        remaining = []
        for client in self.clients:
            try:
                clean_up(client, self.admin)
            except LeftoverError as error:
                remaining.append(str(error))
        self.journal.remove()
        return " ".join(remaining) or remaining_journal_sentence(self.journal, set())


def _open(client: ApiClient) -> Leftovers:
    """Return the leftovers of the account, and record all other channels with the safety guard."""
    listing = read_list(client)
    if listing.problem:
        raise Inconclusive(
            f"The channels of user {client.id} cannot be listed ({listing.problem}); "
            f"check CANVAS_OTHER_USER_ID and ${client.token_name}."
        )
    created = [each for each in listing.channels if is_reserved(each) or is_created_by_suite(client, each)]
    client.transport.guard.open(client.id, [each for each in listing.channels if each not in created])
    return Leftovers(client.id, created)
