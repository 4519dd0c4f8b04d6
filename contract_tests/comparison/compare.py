"""`make compare`: send the same requests to the mock and to a target, and print the differences of the responses.

The requests are a fixed scenario, or with `--random` random ones.
Exit status: 0 no differences, 1 differences, 2 inconclusive.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract_tests.account.clean_up import OpenedAccounts, clean_up, list_unvalidated
from contract_tests.account.credentials import check_credentials
from contract_tests.account.preflight import open_account
from contract_tests.client.api_client import ApiClient
from contract_tests.client.safety import addresses
from contract_tests.client.safety.journal import Journal
from contract_tests.client.settings import Inconclusive, Settings, read_number, read_settings
from contract_tests.client.transport import Transport
from contract_tests.comparison.interruption import interrupted_by_signals
from contract_tests.comparison.random_report import report_lines
from contract_tests.comparison.scenario import scenario
from contract_tests.comparison.session import compare_randomly
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES, running_mock
from contract_tests.oracle.contract import Contract

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import httpx2

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
    value_names: dict[str, dict[str, str]] = field(default_factory=dict)
    """The name of each value, such as `id 1`, by key and value."""

    def responses(self) -> dict[str, dict[str, Any]]:
        """Run the scenario, clean up, and return the comparable parts of each step's response."""
        transport = Transport(self.settings, Journal(self.folder, self.settings.url))
        tokens = self.settings.tokens
        client = ApiClient(transport, Contract(), tokens["CANVAS_TOKEN"], "CANVAS_TOKEN")
        owner, before = open_account(client, OpenedAccounts())
        admin = tokens.get("CANVAS_ADMIN_TOKEN")
        try:
            check_credentials(owner)
            steps = scenario(
                owner,
                ApiClient(transport, owner.contract, admin, "CANVAS_ADMIN_TOKEN", owner.id, str(owner.id)),
                self.settings.other_user_id,
            )
            return {name: self._comparable(response) for name, response in steps}
        finally:
            clean_up(owner)
            if list_unvalidated(owner) != before:
                print(
                    f"The channels of user {owner.id} on the {self.name} differ from those before the comparison; "
                    "check the account by hand.",
                    file=sys.stderr,
                )
            elif not transport.journal.live:
                transport.journal.remove()
            transport.close()

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
    options = _parser().parse_args(arguments)
    try:
        with interrupted_by_signals():
            if options.random is not None or options.seed is not None:
                return _compare_randomly(options)
            steps, differences = find_differences(options.url, Path(options.reports))
    except Inconclusive as error:
        print(f"compare: {error}", file=sys.stderr)
        return _INCONCLUSIVE
    except AssertionError as error:  # a violation of the contract that ends every run
        print(f"compare: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("compare: Interrupted; run again for a result.", file=sys.stderr)
        return _INCONCLUSIVE
    return _print_differences(steps, differences)


def find_differences(url: str, folder: Path) -> tuple[int, list[Difference]]:
    """Return the number of compared steps, and the differences between the mock and the target at `url`."""
    with ExitStack() as stack:
        target = Server("target", _target_settings(url), folder).responses()
        mock = _mock(stack.enter_context(running_mock()), folder).responses()
    differences = []
    for step in mock:
        if step in target:
            differences += [(step, *values) for values in _differing_values("", mock[step], target[step])]
    return len(target), differences


def _target_settings(url: str) -> Settings:
    if not url:
        raise Inconclusive("CANVAS_URL is not set; set it to the origin of the target.")
    settings = read_settings(url.rstrip("/"), {})
    if settings.is_read_only:
        raise Inconclusive("READ_ONLY is 1, and a comparison creates and deletes channels; set READ_ONLY to 0.")
    return settings


def _compare_randomly(options: argparse.Namespace) -> int:
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
    result = compare_randomly(settings, folder, number, seed)
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
        cells = (cell[:width].ljust(width) for cell, width in zip(line, widths, strict=False))
        print("  ".join([*cells, line[3]]))
    print(f"{steps} steps compared, {len({difference[0] for difference in differences})} with differences.")
    return 1


def _summarize(steps: list[str]) -> str:
    return steps[0] if len(steps) == 1 else f"{steps[0]}, and {len(steps) - 1} more"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
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
