"""Random comparison: the same random requests to the target and to a mock in the same state, and their differences."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from contract_tests.account.clean_up import (
    channel_of,
    is_created_by_suite,
    list_unvalidated,
    remove_created_channels,
)
from contract_tests.account.opened import OpenedAccounts
from contract_tests.account.preflight import open_account
from contract_tests.account.restoration import LeftoverError, clean_up
from contract_tests.client.api_client import ApiClient
from contract_tests.client.ids import local_id
from contract_tests.client.run.lock import account_locks
from contract_tests.client.run.pacing import CLEAN_UP_MINUTES
from contract_tests.client.safety.journal import Journal
from contract_tests.client.transport import Transport
from contract_tests.command.interruption import Interruption
from contract_tests.comparison.account_state import AccountState, observe_account
from contract_tests.comparison.comparable import Renaming, comparable_parts, find_differences
from contract_tests.comparison.groups import Pair, Result, Sent
from contract_tests.comparison.known_differences import known_reason
from contract_tests.comparison.random_requests import draw_sequences, resolve
from contract_tests.comparison.redacted_errors import redacted_errors
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES, running_mock
from contract_tests.oracle.contract import Contract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract_tests.client.api_client import Channel
    from contract_tests.client.request import Request
    from contract_tests.client.settings import Settings

_CHANGING_METHODS = frozenset({"POST", "DELETE"})
_UNCHANGING_STATUSES = frozenset({401, 404})
"""The statuses with which a request is no part of the example of a later difference: it has changed nothing."""


@dataclass
class Account:
    """The caller's account on one of the two servers."""

    owner: ApiClient
    before: list[Channel]
    """The channels before the comparison, with redacted addresses."""
    placeholders: dict[str, str] = field(default_factory=dict)
    """The values that replace the placeholders of random requests on this server."""

    @classmethod
    def open(cls, settings: Settings, journal: Journal) -> Account:
        """Return the account of CANVAS_TOKEN. Raises Inconclusive for another server or a rejected token."""
        transport = Transport(settings, journal, locks=account_locks(settings))
        client = ApiClient(transport, Contract(), settings.tokens["CANVAS_TOKEN"], "CANVAS_TOKEN")
        try:
            with redacted_errors(transport.redactor):
                owner, before = open_account(client, OpenedAccounts())
        except BaseException:
            transport.close()
            raise
        return cls(owner, before, {"user": str(owner.id)})

    def send(self, drawn: Request) -> Sent:
        """Send a random request with the values of this server."""
        transport = self.owner.transport
        request = resolve(drawn, self.placeholders, transport.settings.tokens, self.owner.id)
        response = transport.send(request)
        return Sent(request, response, transport.steps[-1].response, transport.redactor)

    def create_row(self, index: int, drawn: Request) -> Sent:
        """Send the request that creates the channel `index` of ROWS, and store its id for the placeholders."""
        sent = self.send(drawn)
        if channel := channel_of(sent.response):
            self.placeholders[f"channel {index}"] = str(channel["id"])
        return sent

    def delete_created(self) -> None:
        """Delete the channels that the suite has created and not yet deleted."""
        remove_created_channels(self.owner)
        self.owner.transport.reset_steps()

    def restore_channels(self) -> bool:
        """Delete all created channels, also those whose id no response had; return whether the others are unchanged."""
        transport = self.owner.transport
        for channel in list_unvalidated(self.owner):
            is_new = channel["id"] not in transport.guard.preexisting_channels
            if is_new and is_created_by_suite(self.owner, channel):
                transport.journal.record_creation(self.owner.id, channel["id"])
        self.delete_created()
        return list_unvalidated(self.owner) == self.before

    def close(self) -> bool:
        """Restore the account, and close the connections; remove the journal if the channels are those from before.

        Return whether they are.
        """
        transport = self.owner.transport
        with closing(transport):
            try:
                is_restored = clean_up(self.owner) == self.before
            except LeftoverError as error:
                print(error, file=sys.stderr)
                return False
            if is_restored:
                transport.journal.remove()
            return is_restored


@dataclass
class _Comparison:
    """The two accounts, and the result so far."""

    target: Account
    mock: Account
    result: Result
    renaming: Renaming = field(default_factory=Renaming)

    def __post_init__(self) -> None:
        """Match the channels from before with those of the mock, whose world file has the same ids and positions."""
        for channel in self.target.before:
            self.renaming.matches("id", local_id(channel["id"]), channel["id"])
            self.renaming.matches("position", channel.get("position"), channel.get("position"))

    def compare_rows(self, rows: list[tuple[int, Request, Sent]]) -> dict[int, Channel]:
        """Send the requests that created the suite's channels on the target to the mock, and compare the responses.

        Return the channels of the mock by index in ROWS.
        """
        channels = {}
        for index, request, sent in rows:
            pair = Pair(self.mock.create_row(index, request), sent)
            self._compare(pair, [])
            if channel := channel_of(pair.mock.response):
                channels[index] = channel
        self.mock.delete_created()
        return channels

    def compare_sequence(self, sequence: list[Request]) -> None:
        """Send the requests of a sequence to both servers, until their states differ, and restore both accounts."""
        changes: list[Pair] = []
        groups_before = len(self.result.groups)
        for number, drawn in enumerate(sequence, start=1):
            pair = Pair(self.mock.send(drawn), self.target.send(drawn))
            self._compare(pair, changes)
            statuses = pair.mock.response.status_code, pair.target.response.status_code
            if drawn.method in _CHANGING_METHODS and not _UNCHANGING_STATUSES.issuperset(statuses):
                changes.append(pair)
                if 200 in statuses and statuses[0] != statuses[1]:
                    self.result.not_sent += len(sequence) - number
                    break
        self.target.delete_created()
        self.mock.delete_created()
        # A response that differs in a new way may have hidden the id of a created channel.
        if len(self.result.groups) > groups_before and not self.target.restore_channels():
            self.result.stopped = "The target does not restore the account: a list has other channels than before"

    def _compare(self, pair: Pair, changes: list[Pair]) -> None:
        """Record the differences of one pair of responses, each with its known reason, if any."""
        mock, target = pair.mock.response, pair.target.response
        found = find_differences(comparable_parts(mock), comparable_parts(target), self.renaming)
        reasons = {each: known_reason(pair.target.request, each.difference, mock, target) for each in found}
        self.result.record(pair, changes, reasons)


def compare_randomly(
    settings: Settings, folder: Path, number: int, seed: int, interruption: Interruption | None = None
) -> Result:
    """Compare `number` random requests, and return the result. Raises Inconclusive.

    The account on the target is restored at the end, and also if an exception or an interruption ends the comparison.
    """
    result = Result()
    with ExitStack() as stack:
        target = stack.enter_context(_opened(settings, Journal(folder, settings.url), interruption or Interruption()))
        state = observe_account(target.owner, target.before)
        target.placeholders |= state.global_ids
        rows = []
        for index, request in state.row_requests():
            sent = target.create_row(index, request)
            state.record_row(index, request.token_name, sent.response)
            rows.append((index, request, sent))
        target.delete_created()
        mock = stack.enter_context(_mock_account(state, settings))
        comparison = _Comparison(target, mock, result)
        state.rows = comparison.compare_rows(rows)  # the world file of the report has the rows of this mock
        result.world = state.world_text()
        for sequence in draw_sequences(number, seed, state.access):
            try:
                comparison.compare_sequence(sequence)
            except AssertionError as error:  # the transport's limit of rows
                result.stopped = target.owner.transport.redactor.redact_text(str(error))
            if result.stopped:
                break
    return result


def clean_up_activity(owner: ApiClient) -> str:
    """Return what a comparison does after its requests, and how long this may take."""
    return (
        f"The comparison cleans up the account of user {owner.id} on {owner.transport.settings.url}, "
        f"which takes {CLEAN_UP_MINUTES} minutes at most"
    )


def changed_account_sentence(owner: ApiClient, server: str) -> str:
    """Return the sentence that names an account whose channels a comparison has changed."""
    return (
        f"The channels of user {owner.id} on the {server} differ from those before the comparison; "
        "check the account by hand."
    )


@contextmanager
def _opened(settings: Settings, journal: Journal, interruption: Interruption) -> Iterator[Account]:
    """Open the target's account, and restore it at the end."""
    account = Account.open(settings, journal)
    redactor = account.owner.transport.redactor
    try:
        with redacted_errors(redactor):
            yield account
    finally:
        is_restored = False
        with redacted_errors(redactor), interruption.protected(lambda: clean_up_activity(account.owner)):
            is_restored = account.close()
        if not is_restored:
            print(changed_account_sentence(account.owner, "target"), file=sys.stderr)


@contextmanager
def _mock_account(state: AccountState, settings: Settings) -> Iterator[Account]:
    """Run a mock in the state of the target's account, and open the account on it."""
    with tempfile.TemporaryDirectory(prefix="canvas-compare-") as name:
        folder = Path(name)
        world = folder / "world.yaml"
        world.write_text(state.world_text(), "utf-8")
        with running_mock("--world", str(world)) as url:
            tokens = {name: DEFAULT_WORLD_VARIABLES[name] for name in (*state.tokens, *state.rejected_tokens)}
            mock_settings = replace(settings, url=url, tokens=tokens, rate=0.0, is_own_mock=True)
            account = Account.open(mock_settings, Journal(folder, url))
            account.placeholders |= state.global_ids
            try:
                yield account
            finally:
                account.owner.transport.close()
