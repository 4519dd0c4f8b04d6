"""Result of a random comparison: its requests by outcome, and its differences grouped by kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import httpx2

    from contract_tests.client.request import Request
    from contract_tests.client.safety.redaction import Redactor
    from contract_tests.comparison.comparable import Difference, Found

_SEPARATOR = "\0"
"""The separator of a command's options: no option contains it."""


@dataclass(frozen=True)
class Sent:
    """A request that was sent to one server, and its redacted response."""

    request: Request
    response: httpx2.Response
    summary: str
    """The status line and the start of the body."""
    redactor: Redactor

    def command(self, url: str) -> str:
        """Return the request as a curl command to the server in the shell variable `url`, without tokens."""
        first, *options = self.request.curl({}, _SEPARATOR).split(_SEPARATOR)
        script = _SEPARATOR.join([first.replace('"$CANVAS_URL"', f'"${url}"', 1), *options])
        return self.redactor.redact_script(script).replace(_SEPARATOR, " \\\n  ")


class Pair(NamedTuple):
    """One exchange with the mock, and the same exchange with the target."""

    mock: Sent
    target: Sent


class Kind(NamedTuple):
    """The operation and the difference that the exchanges of one group share."""

    operation: str
    """The operation of the contract, or the method of a request without a route."""
    difference: Difference


@dataclass
class Group:
    """The differences of one kind, and the shortest exchange that shows it."""

    count: int = 0
    example: Pair | None = None
    changes: Sequence[Pair] = ()
    """The earlier exchanges of the example's sequence that changed the state."""
    values: tuple[str, str] = "", ""
    """The two values of the example that differ, of the mock and the target."""

    def add(self, pair: Pair, changes: Sequence[Pair], found: Found) -> None:
        """Count an exchange, and make it the example if it is shorter than the present one."""
        self.count += 1
        if self.example is None or _length(pair, changes) < _length(self.example, self.changes):
            self.example, self.changes, self.values = pair, tuple(changes), (found.mock, found.target)


@dataclass
class Result:
    """The outcome of each compared request; a request with a known and another difference is different."""

    alike: int = 0
    known: int = 0
    different: int = 0
    not_sent: int = 0
    """The number of requests that were not sent because the states differed."""
    groups: dict[Kind, Group] = field(default_factory=dict)
    known_reasons: Counter[str] = field(default_factory=Counter)
    """The number of requests by the known reason of a difference."""
    stopped: str = ""
    """The reason why the comparison ended before the last request."""
    world: str = ""
    """The world file of the mock."""

    @property
    def compared(self) -> int:
        """The number of compared requests."""
        return self.alike + self.known + self.different

    def record(self, pair: Pair, changes: Sequence[Pair], reasons: Mapping[Found, str | None]) -> None:
        """Count a compared request with its differences, each with its known reason or None."""
        self.known_reasons.update({reason for reason in reasons.values() if reason is not None})
        unknown = [found for found, reason in reasons.items() if reason is None]
        if not reasons:
            self.alike += 1
        elif not unknown:
            self.known += 1
        else:
            self.different += 1
        request = pair.target.request
        for found in unknown:
            kind = Kind(request.operation or f"{request.method} without a route", found.difference)
            self.groups.setdefault(kind, Group()).add(pair, changes, found)

    def most_frequent_groups(self) -> list[tuple[Kind, Group]]:
        """Return the groups, those with most exchanges first."""
        return sorted(self.groups.items(), key=lambda item: (-item[1].count, item[0]))


def _length(pair: Pair, changes: Sequence[Pair]) -> tuple[int, int]:
    """Return the number of requests to reproduce an exchange, and the length of the last one as a command."""
    return len(changes), len(pair.target.request.curl({}))
