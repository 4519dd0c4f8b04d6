"""The same steps against the mock and against the target, and every answer in which they differ: `make compare`.

Exit status: 0 they answer alike, 1 they differ, 2 the target could not be asked.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract_tests import pool
from contract_tests.account import listed, tidy
from contract_tests.caller import Caller
from contract_tests.contract import Contract
from contract_tests.journal import Journal
from contract_tests.server import WORLD, running_mock
from contract_tests.settings import NotJudged, Settings, read_settings
from contract_tests.stock import open_account
from contract_tests.story import story
from contract_tests.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import httpx2

Difference = tuple[str, str, str, str]
"""A step, the place in its answer, and what the mock and the target have there."""

_MATTER = ("content-type", "www-authenticate", "cache-control", "location")
_COUNTED = frozenset({"id", "user_id", "position"})


@dataclass
class Side:
    """One of the two servers, and the names that its numbers have been given."""

    name: str
    settings: Settings
    folder: Path
    known: dict[str, dict[str, str]] = field(default_factory=dict)

    def answers(self) -> dict[str, dict[str, Any]]:
        """What the server answers to each step, up to ids, positions and times."""
        wire = Wire(self.settings, Journal(self.folder, self.settings.url))
        tokens = self.settings.tokens
        caller = Caller(wire, Contract(), tokens["CANVAS_TOKEN"], "CANVAS_TOKEN")
        owner, before = open_account(caller)
        admin = tokens.get("CANVAS_ADMIN_TOKEN")
        try:
            steps = story(
                owner,
                Caller(wire, owner.contract, admin, "CANVAS_ADMIN_TOKEN", owner.id, str(owner.id)),
                self.settings.other_user_id,
            )
            return {name: self._plain(answer) for name, answer in steps}
        finally:
            tidy(owner)
            if listed(owner) != before:
                print(f"The channels of user {owner.id} on {self.name} are not as they were.", file=sys.stderr)
            elif not wire.journal.live:
                wire.journal.close()
            wire.close()

    def _plain(self, answer: httpx2.Response) -> dict[str, Any]:
        headers = {name: answer.headers[name] for name in _MATTER if name in answer.headers}
        relations = ", ".join(sorted(map(str, answer.links)))
        marks = {"link": relations} if relations else {}
        marks |= {"etag": "there"} if "etag" in answer.headers else {}
        return {"status": answer.status_code, **headers, **marks, "body": self._body(answer)}

    def _body(self, answer: httpx2.Response) -> Any:
        try:
            return self._counted("", answer.json())
        except ValueError:
            return answer.headers.get("content-type", "").partition(";")[0]

    def _counted(self, key: str, value: Any) -> Any:
        match value:
            case dict():
                return {name: self._counted(name, inner) for name, inner in value.items()}
            case list():
                return [self._counted("", inner) for inner in value if _is_compared(inner)]
            case int() | str() if key in _COUNTED and not isinstance(value, bool):
                return f"{self._name(key, str(value))}, {type(value).__name__}"
            case int() if key == "error_report_id":
                return "a number"
            case str() if key.endswith("_at"):
                return f"a time of {len(value)} characters"
        return value

    def _name(self, key: str, value: str) -> str:
        """The number's place among those of its kind, in the order in which they were met."""
        names = self.known.setdefault(key, {})
        return names.setdefault(value, f"{key} {len(names) + 1}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare; print a table of what differs."""
    options = _parser().parse_args(arguments)
    try:
        found = differences(options.url, Path(options.reports))
    except NotJudged as error:
        print(f"compare: {error}", file=sys.stderr)
        return 2
    return _told(*found)


def differences(url: str, folder: Path) -> tuple[int, list[Difference]]:
    """How many steps were compared, and each difference: the step, the place, the mock, the target."""
    if not url:
        raise NotJudged("CANVAS_URL is not set; set it to what the mock is to be compared with.")
    with ExitStack() as stack:
        target = Side("target", read_settings(url.rstrip("/"), {}), folder).answers()
        mock = _mock(stack.enter_context(running_mock()), folder).answers()
    rows = []
    for step in mock:
        if step in target:
            rows += [(step, *row) for row in _parted("", mock[step], target[step])]
    return len(target), rows


def _mock(url: str, folder: Path) -> Side:
    """The mock with its own tokens, whatever the environment says of the target's."""
    settings = read_settings(url, WORLD)
    tokens = {name: WORLD[name] for name in settings.tokens}
    return Side("mock", Settings(settings.url, tokens, int(WORLD["CANVAS_OTHER_USER_ID"])), folder)


def _parted(place: str, ours: Any, theirs: Any) -> Iterator[tuple[str, str, str]]:
    """Where two values differ, down to the smallest part."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            yield from _parted(f"{place}/{key}", ours.get(key, "absent"), theirs.get(key, "absent"))
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, pair in enumerate(zip(ours, theirs, strict=True)):
            yield from _parted(f"{place}/{index}", *pair)
    elif ours != theirs:
        yield place, str(ours), str(theirs)


def _is_compared(value: object) -> bool:
    """Leave out the channels that were there before: they are the account's, not the server's."""
    return not (isinstance(value, dict) and "address" in value) or pool.is_ours(str(value["address"]))


def _told(steps: int, rows: list[Difference]) -> int:
    """Print what differs, each difference once with the steps in which it shows."""
    if not rows:
        print(f"{steps} steps, answered alike.")
        return 0
    found: dict[tuple[str, str, str], list[str]] = {}
    for step, *difference in rows:
        found.setdefault((difference[0], difference[1], difference[2]), []).append(step)
    lines = [(*difference, _steps(names)) for difference, names in found.items()]
    head = ("where", "the mock", "the target", "in the step")
    widths = [min(max(len(line[column]) for line in (head, *lines)), 40) for column in range(3)]
    for line in (head, *lines):
        cells = (cell[:width].ljust(width) for cell, width in zip(line, widths, strict=False))
        print("  ".join([*cells, line[3]]))
    print(f"{steps} steps, {len({row[0] for row in rows})} of them answered differently.")
    return 1


def _steps(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]}, and {len(names) - 1} more"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make compare",
        allow_abbrev=False,
        description="Ask the mock and a target the same, and list every answer in which they differ.",
        epilog="Tokens come from the environment, as for the suite: CANVAS_TOKEN, CANVAS_ADMIN_TOKEN.",
    )
    folder = os.environ.get("REPORTS") or "reports"
    add = parser.add_argument
    add("--url", default=os.environ.get("CANVAS_URL", ""), help="the target's origin (default: $CANVAS_URL)")
    add("--reports", metavar="DIR", default=folder, help="where the journal is kept (default: $REPORTS, else reports)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
