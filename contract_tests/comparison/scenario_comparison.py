"""Comparison of the fixed scenario: its responses from the target and from a mock, without ids and times."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from contract_tests.account.credentials import check_credentials
from contract_tests.account.opened import OpenedAccounts
from contract_tests.account.preflight import open_account
from contract_tests.account.restoration import LeftoverError
from contract_tests.client.api_client import ApiClient
from contract_tests.client.run.lock import account_locks
from contract_tests.client.safety import addresses
from contract_tests.client.safety.journal import Journal
from contract_tests.client.safety.redaction import Redactor
from contract_tests.client.settings import Settings, read_settings
from contract_tests.client.transport import Transport
from contract_tests.command.interruption import Interruption
from contract_tests.comparison.redacted_errors import redacted_errors
from contract_tests.comparison.scenario import scenario
from contract_tests.comparison.session import changed_account_sentence, clean_up_activity
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES, running_mock
from contract_tests.oracle.contract import Contract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2

    from contract_tests.client.api_client import Channel

_COMPARED_HEADERS = ("content-type", "www-authenticate", "cache-control", "location")
_NUMBERED_KEYS = frozenset({"id", "user_id", "position"})
"""Keys whose values depend on the account and are replaced by their order of appearance."""


class Difference(NamedTuple):
    """A value that differs in the responses to one step of the scenario."""

    step: str
    pointer: str
    """The JSON pointer of the value in the response."""
    mock: str
    target: str


@dataclass
class Server:
    """One of the two servers, and the names that replace its ids and positions."""

    name: str
    settings: Settings
    folder: Path
    """The folder of the journal."""
    interruption: Interruption = field(default_factory=Interruption)
    value_names: dict[str, dict[str, str]] = field(default_factory=dict)
    """The name of each value, such as `id 1`, by key and value."""
    redactor: Redactor = field(default_factory=lambda: Redactor({}, ()))
    """The redactor of the transport."""

    def responses(self) -> dict[str, dict[str, Any]]:
        """Run the scenario, clean up, and return the comparable parts of each step's response."""
        transport = Transport(
            self.settings, Journal(self.folder, self.settings.url), locks=account_locks(self.settings)
        )
        tokens = self.settings.tokens
        client = ApiClient(transport, Contract(), tokens["CANVAS_TOKEN"], "CANVAS_TOKEN")
        admin = tokens.get("CANVAS_ADMIN_TOKEN")
        self.redactor = transport.redactor
        with closing(transport), redacted_errors(transport.redactor):
            administrator = ApiClient(transport, client.contract, admin, "CANVAS_ADMIN_TOKEN")
            opened = OpenedAccounts(admin=administrator if admin else None)
            owner, before = open_account(client, opened)
            try:
                check_credentials(owner)
                steps = scenario(owner, administrator.for_user(owner.id), self.settings.other_user_id)
                return {name: self._comparable(response) for name, response in steps}
            finally:
                with self.interruption.protected(lambda: clean_up_activity(owner)):
                    self._restore(owner, before, opened)

    def _restore(self, owner: ApiClient, before: list[Channel], opened: OpenedAccounts) -> None:
        """Clean up the accounts, and remove the journal; print a sentence instead if the channels are not as before."""
        journal = owner.transport.journal
        try:
            is_restored = opened.clean_up_account(owner) == before
            opened.clean_up(journal)
        except LeftoverError as error:
            print(error, file=sys.stderr)
            is_restored = False
        if is_restored:
            journal.remove()
            return
        print(changed_account_sentence(owner, self.name), file=sys.stderr)

    def _comparable(self, response: httpx2.Response) -> dict[str, Any]:
        """Return the parts of the response that are equal on two servers with the same behaviour."""
        headers = {name: response.headers[name] for name in _COMPARED_HEADERS if name in response.headers}
        relations = ", ".join(sorted(map(str, response.links)))
        presence = {"link": relations} if relations else {}
        presence |= {"etag": "present"} if "etag" in response.headers else {}
        return {"status": response.status_code, **headers, **presence, "body": self._comparable_body(response)}

    def _comparable_body(self, response: httpx2.Response) -> Any:
        """Return the comparable parts of a JSON body; of any other body only the media type."""
        try:
            return self._comparable_value("", response.json())
        except ValueError:
            return response.headers.get("content-type", "").partition(";")[0]

    def _comparable_value(self, key: str, value: Any) -> Any:
        """Return the value without ids, positions and times, which differ on servers with the same behaviour."""
        match value:
            case dict():
                return {name: self._comparable_value(name, inner) for name, inner in value.items()}
            case list():
                return [self._comparable_value("", inner) for inner in value if _is_compared(inner)]
            case int() | str() if key in _NUMBERED_KEYS and not isinstance(value, bool):
                return f"{self._name_value(key, str(value))}, {type(value).__name__}"
            case int() if key == "error_report_id":
                return "a number"
            case str() if key.endswith("_at"):
                return f"a time of {len(value)} characters"
        return value

    def _name_value(self, key: str, value: str) -> str:
        """Return a name such as `id 1`, which numbers the values of the key in order of appearance."""
        names = self.value_names.setdefault(key, {})
        return names.setdefault(value, f"{key} {len(names) + 1}")


def find_differences(
    settings: Settings, folder: Path, interruption: Interruption | None = None
) -> tuple[int, list[Difference]]:
    """Return the number of compared steps, and the differences between the target in the settings and a mock."""
    server = Server("target", settings, folder, interruption or Interruption())
    target = server.responses()
    with running_mock() as url:
        mock = _mock(url, folder).responses()
    # Steps depend on the account: only those that both servers have are compared.
    differences = [
        Difference(step, *map(server.redactor.redact_text, values))
        for step in mock
        if step in target
        for values in _differing_values("", mock[step], target[step])
    ]
    return len(mock.keys() & target.keys()), differences


def _mock(url: str, folder: Path) -> Server:
    """Return the mock as a server, with its own tokens instead of the target's."""
    settings = read_settings(url, DEFAULT_WORLD_VARIABLES)
    tokens = {name: DEFAULT_WORLD_VARIABLES[name] for name in settings.tokens}
    other_user_id = int(DEFAULT_WORLD_VARIABLES["CANVAS_OTHER_USER_ID"])
    return Server("mock", Settings(settings.url, tokens, other_user_id, is_own_mock=True), folder)


def _differing_values(pointer: str, mock: Any, target: Any) -> Iterator[tuple[str, str, str]]:
    """Yield the JSON pointer and the two values of each smallest part in which the values differ."""
    if isinstance(mock, dict) and isinstance(target, dict):
        for key in sorted(mock.keys() | target.keys()):
            yield from _differing_values(f"{pointer}/{key}", mock.get(key, "absent"), target.get(key, "absent"))
    elif isinstance(mock, list) and isinstance(target, list) and len(mock) == len(target):
        for index, elements in enumerate(zip(mock, target, strict=True)):
            yield from _differing_values(f"{pointer}/{index}", *elements)
    elif mock != target:
        yield pointer, str(mock), str(target)


def _is_compared(value: object) -> bool:
    """Return whether an element of a list is compared: a channel that existed before is specific to the account."""
    return not (isinstance(value, dict) and "address" in value) or addresses.is_test_address(str(value["address"]))


def table_lines(steps: int, differences: list[Difference]) -> Iterator[str]:
    """Yield the lines of a table with each distinct difference once; its last column names the steps."""
    if not differences:
        yield f"{steps} steps compared, no differences."
        return
    steps_by_values: dict[tuple[str, str, str], list[str]] = {}
    for step, pointer, mock, target in differences:
        steps_by_values.setdefault((pointer, mock, target), []).append(step)
    lines = [(*values, _summarize(names)) for values, names in steps_by_values.items()]
    heading = ("where", "the mock", "the target", "in the step")
    widths = [min(max(len(line[column]) for line in (heading, *lines)), 40) for column in range(3)]
    for line in (heading, *lines):
        cells = (" ".join(cell.split())[:width].ljust(width) for cell, width in zip(line, widths, strict=False))
        yield "  ".join([*cells, line[3]])
    yield f"{steps} steps compared, {len({difference.step for difference in differences})} with differences."


def _summarize(steps: list[str]) -> str:
    """Return the first step, and the number of the others."""
    return steps[0] if len(steps) == 1 else f"{steps[0]}, and {len(steps) - 1} more"
