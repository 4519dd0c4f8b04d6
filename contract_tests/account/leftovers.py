"""Channels at the suite's reserved addresses that no journal explains, such as those of a run on another machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract_tests.account.clean_up import is_created_by_suite, is_reserved, read_list
from contract_tests.account.restoration import count, describe
from contract_tests.client.inconclusive import Inconclusive

if TYPE_CHECKING:
    from contract_tests.client.api_client import ApiClient, Channel

COMMAND = "canvas-contract clean-up"


@dataclass(frozen=True)
class Leftovers:
    """The channels of a user that only the suite can have created."""

    user: int
    channels: list[Channel]

    def __str__(self) -> str:
        """Return the user and the channels, for messages."""
        return f"user {self.user} has {count(len(self.channels))} ({describe(self.channels)})"


def refuse_unexplained(client: ApiClient, channels: list[Channel], admin: ApiClient | None) -> None:
    """Raise Inconclusive if the user has channels at reserved addresses that the journal does not explain.

    The sentence names those of the second test user, too, so that one clean-up removes all.
    """
    found = [_unexplained(client, channels)]
    if not found[0].channels:
        return
    other = client.transport.settings.other_user_id
    if admin is not None and other not in {0, client.id}:
        other_client = admin.for_user(other)
        found.append(_unexplained(other_client, read_list(other_client).channels))
    users = ", and ".join(str(each) for each in found if each.channels)
    raise Inconclusive(
        f"At the reserved addresses of this suite, {users}, and the journal in the reports folder has no record of "
        f"them; if another run is in progress, wait until it ends, otherwise delete them with: {COMMAND}."
    )


def _unexplained(client: ApiClient, channels: list[Channel]) -> Leftovers:
    return Leftovers(
        client.id,
        [each for each in channels if is_reserved(each) and not is_created_by_suite(client, each)],
    )
