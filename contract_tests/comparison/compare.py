"""`make compare`: send the same requests to the mock and to a target, and print the differences of the responses.

The requests are a fixed scenario, or with `--random` random ones.
Exit status: 0 no differences, 1 differences, 2 inconclusive.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from contract_tests.account.credentials import check_credentials
from contract_tests.account.opened import OpenedAccounts
from contract_tests.account.preflight import open_account
from contract_tests.account.restoration import LeftoverError
from contract_tests.client.api_client import ApiClient
from contract_tests.client.run.folder import opened_folder, reason_of
from contract_tests.client.run.lock import account_locks
from contract_tests.client.run.watchdog import LAST_RESORT, watched
from contract_tests.client.safety import addresses
from contract_tests.client.safety.journal import Journal
from contract_tests.client.safety.redaction import Redactor
from contract_tests.client.settings import PROFILES, Inconclusive, Settings, read_number, read_profile, read_settings
from contract_tests.client.transport import Transport
from contract_tests.command.interruption import EndedBySignal, Interruption
from contract_tests.command.token_arguments import token_argument_error, without_values
from contract_tests.comparison.random_report import report_lines
from contract_tests.comparison.redacted_errors import redacted_errors
from contract_tests.comparison.scenario import scenario
from contract_tests.comparison.session import clean_up_activity, compare_randomly
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES, running_mock
from contract_tests.oracle.contract import Contract

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import httpx2

    from contract_tests.client.api_client import Channel

Difference = tuple[str, str, str, str]
"""A step, the JSON pointer of a value in its response, and that value of the mock and of the target."""

_INCONCLUSIVE = 2
_COMPARED_HEADERS = ("content-type", "www-authenticate", "cache-control", "location")
_NUMBERED_KEYS = frozenset({"id", "user_id", "position"})
"""Keys whose values depend on the account and are replaced by their order of appearance."""


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
        """Clean up the accounts, and print a sentence if the channels differ from those before the comparison."""
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
        print(
            f"The channels of user {owner.id} on the {self.name} differ from those before the comparison; "
            "check the account by hand.",
            file=sys.stderr,
        )

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


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare the mock with the target, print a table of the differences, and return the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    interruption = Interruption()
    status, sentence = _INCONCLUSIVE, token_argument_error(arguments, os.environ)
    if sentence:
        print(f"compare: {sentence}", file=sys.stderr)
        return status
    options = _parser().parse_args(arguments)
    with interruption.handling():
        try:
            return _compare(options, interruption)
        except Inconclusive as error:
            sentence = str(error)
        except AssertionError as error:  # a violation of the contract that ends every run
            status, sentence = 1, str(error)
        except EndedBySignal:
            sentence = (
                f"A third signal ended the clean-up; the journal in {options.reports} lists the leftover channels, "
                "and the next run deletes them."
            )
        except KeyboardInterrupt:
            sentence = "Interrupted; run again for a result."
        except OSError as error:
            sentence = f"A file or the output cannot be written ({reason_of(error)}); free space, and run again."
        print(f"compare: {sentence}", file=sys.stderr)
    return status


def _compare(options: argparse.Namespace, interruption: Interruption) -> int:
    """Compare the servers as the options say, print the result, and return the exit status."""
    folder = Path(options.reports)
    with (
        opened_folder(folder),
        watched(PROFILES[read_profile()].minutes, _report_by_force, sys.stderr),
    ):
        if options.random is not None or options.seed is not None:
            return _compare_randomly(options, interruption)
        steps, differences = find_differences(options.url, folder, interruption)
    return _print_differences(steps, differences)


def _report_by_force() -> int:
    """Print why the process of a comparison that does not end is stopped, and return the exit status."""
    print(f"compare: {LAST_RESORT}", file=sys.stderr, flush=True)
    return _INCONCLUSIVE


def find_differences(url: str, folder: Path, interruption: Interruption | None = None) -> tuple[int, list[Difference]]:
    """Return the number of compared steps, and the differences between the mock and the target at `url`."""
    with ExitStack() as stack:
        interruption = interruption or Interruption()
        server = Server("target", _target_settings(url), folder, interruption)
        target = server.responses()
        mock = _mock(stack.enter_context(running_mock()), folder).responses()
    differences = []
    for step in mock:
        if step in target:
            for pointer, *values in _differing_values("", mock[step], target[step]):
                first, second = map(server.redactor.redact_text, values)
                differences.append((step, server.redactor.redact_text(pointer), first, second))
    return len(target), differences


def _target_settings(url: str) -> Settings:
    if not url:
        raise Inconclusive("CANVAS_URL is not set; set it to the origin of the target.")
    settings = read_settings(url.rstrip("/"), {})
    if settings.is_read_only:
        raise Inconclusive("READ_ONLY is 1, and a comparison creates and deletes channels; set READ_ONLY to 0.")
    return settings


def _compare_randomly(options: argparse.Namespace, interruption: Interruption) -> int:
    """Compare random requests, print the report, and return the exit status."""
    if options.random is None:
        raise Inconclusive("--seed has no effect without --random; add --random and a number of requests.")
    number = read_number("--random", options.random)
    settings = _target_settings(options.url)
    maximum = settings.limits.budget * 3 // 4  # the others restore the account after each sequence
    if not 0 < number <= maximum:
        raise Inconclusive(f"--random is {number}; set it to a number from 1 to {maximum}, or choose a larger PROFILE.")
    seed = settings.seed if options.seed is None else read_number("--seed", options.seed)
    folder = Path(options.reports)
    result = compare_randomly(settings, folder, number, seed, interruption)
    world = folder / "compare.world.yaml"
    if result.groups:
        world.write_text(result.world, "utf-8")
    for line in report_lines(result, seed, str(world)):
        print(line)
    return 1 if result.groups else 0


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


def _print_differences(steps: int, differences: list[Difference]) -> int:
    """Print each distinct difference once with its steps, and return the exit status."""
    if not differences:
        print(f"{steps} steps compared, no differences.")
        return 0
    steps_by_values: dict[tuple[str, str, str], list[str]] = {}
    for step, pointer, mock, target in differences:
        steps_by_values.setdefault((pointer, mock, target), []).append(step)
    lines = [(*values, _summarize(names)) for values, names in steps_by_values.items()]
    heading = ("where", "the mock", "the target", "in the step")
    widths = [min(max(len(line[column]) for line in (heading, *lines)), 40) for column in range(3)]
    for line in (heading, *lines):
        cells = (" ".join(cell.split())[:width].ljust(width) for cell, width in zip(line, widths, strict=False))
        print("  ".join([*cells, line[3]]))
    print(f"{steps} steps compared, {len({difference[0] for difference in differences})} with differences.")
    return 1


def _summarize(steps: list[str]) -> str:
    return steps[0] if len(steps) == 1 else f"{steps[0]}, and {len(steps) - 1} more"


class _Parser(argparse.ArgumentParser):
    """A parser whose errors contain no value of an unknown option."""

    def error(self, message: str) -> NoReturn:
        """Print the message, and end the process."""
        super().error(without_values(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="make compare",
        allow_abbrev=False,
        description="Send the same requests to the mock and to a target, and print the differences of the responses.",
        epilog="Tokens are read from the environment, as for the suite: CANVAS_TOKEN and CANVAS_ADMIN_TOKEN; "
        "with --random CANVAS_TOKEN, CANVAS_PUSH_TOKEN, CANVAS_EXPIRED_TOKEN and CANVAS_REVOKED_TOKEN.",
    )
    folder = os.environ.get("REPORTS") or "reports"
    add = parser.add_argument
    add("--url", default=os.environ.get("CANVAS_URL", ""), help="the target's origin (default: $CANVAS_URL)")
    add("--random", metavar="N", help="send N random requests to your own account instead of the fixed scenario")
    add("--seed", metavar="S", help="seed of the random requests (default: $SEED, else 1)")
    add("--reports", metavar="DIR", default=folder, help="the folder of the journal (default: $REPORTS, else reports)")
    return parser
