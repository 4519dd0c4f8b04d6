"""The command `canvas-contract clean-up`: delete the channels that earlier runs have left, after asking."""

from __future__ import annotations

import os
import sys
import textwrap
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from contract_tests.account.leftover_search import LeftoverSearch
from contract_tests.account.leftovers import COMMAND
from contract_tests.account.restoration import count
from contract_tests.client.api_client import ApiClient
from contract_tests.client.inconclusive import Inconclusive
from contract_tests.client.redaction.escapes import printable
from contract_tests.client.run.folder import opened_folder
from contract_tests.client.run.lock import account_locks
from contract_tests.client.run.watchdog import watched
from contract_tests.client.safety.journal import Journal
from contract_tests.client.settings import read_settings
from contract_tests.client.transport import Transport
from contract_tests.oracle.contract import Contract

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contract_tests.client.settings import Settings
    from contract_tests.command.interruption import Interruption

_INCONCLUSIVE = 2
_ADMIN = "CANVAS_ADMIN_TOKEN"
_WIDTH = 100
_NO_END = "The clean-up did not end; the journal still lists the leftover channels, so run it again."
_MINUTES = 30.0
"""The maximum duration, which includes the time to answer the question."""


def clean_up_leftovers(interruption: Interruption, options: Sequence[str], *, is_confirmed: bool) -> int:
    """Delete the leftover channels of the accounts that the environment names, and return the exit status.

    `options` are those that were given, for the command that the output suggests. Raises Inconclusive.
    """
    url = os.environ.get("CANVAS_URL", "").rstrip("/")
    if not url:
        raise Inconclusive("CANVAS_URL is not set; set it to the origin of the Canvas that the runs have tested.")
    settings = read_settings(url, {})
    if settings.is_read_only:
        raise Inconclusive("READ_ONLY is 1, and clean-up deletes channels; set READ_ONLY to 0.")
    folder = Path(os.environ.get("CANVAS_JOURNAL") or os.environ.get("REPORTS") or "reports")
    with opened_folder(folder), watched(_MINUTES, _report_by_force, sys.stdout):
        transport = Transport(settings, Journal(folder, settings.url), locks=account_locks(settings))
        output = _Output(transport)
        with closing(transport), output.redacted_errors():
            return _clean_up(output, _search(transport, settings), interruption, options, is_confirmed)


def _clean_up(
    output: _Output, search: LeftoverSearch, interruption: Interruption, options: Sequence[str], is_confirmed: bool
) -> int:
    """Print the leftovers, delete them if that is confirmed, and return the exit status."""
    number = sum(len(each.channels) for each in search.found)
    for each in search.found:
        output.print(f"At the reserved addresses of the contract suite, {each}.")
    if number and not (is_confirmed or _ask(number)):
        command = " ".join((COMMAND, *options, "--yes"))
        output.print("Nothing was deleted." if sys.stdin.isatty() else f"To delete {_them(number)}, run: {command}")
        return _INCONCLUSIVE
    # also without channels: devices may remain, and the journal is removed if every account is clean
    with interruption.protected(lambda: "The channels are deleted, which takes up to 5 minutes"):
        remaining = search.delete()
    if remaining:
        raise Inconclusive(remaining)
    output.print(f"Deleted {count(number)}; none remains." if number else "No channel of the contract suite is left.")
    return 0


def _search(transport: Transport, settings: Settings) -> LeftoverSearch:
    contract, tokens = Contract(), settings.tokens
    owner = ApiClient(transport, contract, tokens["CANVAS_TOKEN"], "CANVAS_TOKEN")
    admin = ApiClient(transport, contract, tokens[_ADMIN], _ADMIN) if _ADMIN in tokens else None
    return LeftoverSearch.of(owner, admin)


def _ask(number: int) -> bool:
    """Ask on a terminal whether to delete the channels, and return whether the answer is yes."""
    if not sys.stdin.isatty():
        return False
    try:
        return input(f"Delete {_these(number)}? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def _report_by_force() -> int:
    """Print that the command does not end, and return the exit status; the process then stops."""
    print(f"Inconclusive: {_NO_END}", flush=True)
    return _INCONCLUSIVE


def _these(number: int) -> str:
    return "this channel" if number == 1 else f"these {number} channels"


def _them(number: int) -> str:
    return "it" if number == 1 else "them"


class _Output:
    """The lines of the command, without tokens, personal data and control characters."""

    def __init__(self, transport: Transport) -> None:
        self._redactor = transport.redactor

    @contextmanager
    def redacted_errors(self) -> Iterator[None]:
        """Redact the sentence of Inconclusive, which may quote the target."""
        try:
            yield
        except Inconclusive as error:
            raise Inconclusive(self._redactor.redact_text(str(error))) from None

    def print(self, text: str) -> None:
        """Print the text, wrapped."""
        redacted = printable(self._redactor.redact_text(text))
        for line in textwrap.wrap(redacted, _WIDTH, break_long_words=False, break_on_hyphens=False):
            print(line, flush=True)
