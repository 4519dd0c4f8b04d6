"""The accounts that a run has opened, and their clean-up at its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contract_tests.account.clean_up import remove_created_channels
from contract_tests.account.restoration import clean_up
from contract_tests.client.inconclusive import Inconclusive

if TYPE_CHECKING:
    from contract_tests.client.api_client import ApiClient, Channel
    from contract_tests.client.safety.journal import Journal


@dataclass
class OpenedAccounts:
    """The accounts that the run has opened, and the client that removes leftovers from all others."""

    clients: list[ApiClient] = field(default_factory=list)
    """A client for each opened account."""
    scenario: str = ""
    """The fixture of the channels that the last test left for the next test with the same fixture."""
    remaining_ids: set[int] = field(default_factory=set)
    """The ids of these channels."""
    listed: list[Channel] = field(default_factory=list)
    """The test user's channels, as the fixture `all_channels` has last read them."""
    writes: int = -1
    """The number of requests other than GET and HEAD that had been sent then; -1 if `listed` must be read again."""
    admin: ApiClient | None = None
    """The client with the administrator's token, which can delete what the user may not delete."""
    failures: dict[int, Inconclusive] = field(default_factory=dict)
    """Why the clean-up of an account failed, by user id; it is not repeated."""
    outage: Inconclusive | None = None
    """Why the target did not respond to the clean-up; no other account is cleaned up after it."""

    def start_scenario(self, scenario: str) -> None:
        """Remove the channels that the last test left, unless the next test has the same scenario."""
        if scenario == self.scenario:
            return
        self.scenario = scenario
        self.remaining_ids.clear()
        self.writes = -1
        for client in self.clients:
            remove_created_channels(client)

    def keep_channels(self, client: ApiClient) -> None:
        """Leave the channels that now exist for this user to the next test of the scenario."""
        journal = client.transport.journal
        self.remaining_ids |= {number for number, user in journal.live.items() if user == client.id}

    def clean_up_account(self, client: ApiClient) -> list[Channel]:
        """Clean up the account, and return the channels of the list that shows it to be as before the run.

        Raises Inconclusive, and at once if the clean-up of this account has failed before, or the target does not
        respond.
        """
        if failure := self.outage or self.failures.get(client.id):
            raise failure
        transport = client.transport
        lost = transport.sent - len(transport.exchanges)
        try:
            return clean_up(client, self.admin)
        except Inconclusive as error:
            self.failures[client.id] = error
            if transport.sent - len(transport.exchanges) > lost:  # a request of this clean-up has no response
                self.outage = error
            raise

    def clean_up(self, journal: Journal) -> None:
        """List each account once more, and delete what was or may have been created for any other user.

        Raises Inconclusive if this run may have left a channel anywhere, but not for what only an earlier run has left.
        """
        problems: dict[str, None] = {}
        others = {user for user, *_ in journal.uncertain if user} | journal.users_to_clean()
        others -= {client.id for client in self.clients}
        for client in [*self.clients, *(self.admin.for_user(user) for user in sorted(others) if self.admin)]:
            try:
                if client.id not in others or client.id in journal.users_to_clean():
                    self.clean_up_account(client)
                else:
                    remove_created_channels(client)  # all its creates were denied, and nobody may be able to list it
            except Inconclusive as error:
                if self.outage or client.id in journal.users or client.id not in others:
                    problems[str(error)] = None
        untried = set() if self.outage else journal.users_to_clean() & journal.users - self.failures.keys()
        for user in sorted(untried):
            problems[_leftover_sentence(user, has_devices=any(owner == user for owner, _ in journal.devices))] = None
        if problems:
            raise Inconclusive(" ".join(problems))


def _leftover_sentence(user: int, *, has_devices: bool) -> str:
    """Return a sentence on a user for whom this run may have left something, although no clean-up failed."""
    if has_devices:
        return f"Push tokens of this suite may remain for user {user}; run again with the token of that user."
    return (
        f"Channels of this suite may remain for user {user}, for whom the target seems to have created some; "
        "run again with a CANVAS_ADMIN_TOKEN, or delete them in Canvas."
    )


def remaining_journal_sentence(journal: Journal, users: set[int]) -> str:
    """Return a sentence on the users outside `users` whose accounts are not known to be clean; empty if none."""
    others = ", ".join(map(str, sorted(journal.users_to_clean() - users)))
    if not others:
        return ""
    return (
        f"The journal {journal.path} remains: an earlier run may have left channels or push tokens of user {others}, "
        "which a run or canvas-contract clean-up with the tokens of that run deletes."
    )
