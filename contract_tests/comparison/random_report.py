"""Report of a random comparison: plain text, with a pair of curl commands for each kind of difference."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from contract_tests.client.redaction.escapes import printable
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract_tests.comparison.groups import Group, Kind, Result

_WIDTH = 100
_TOKEN = re.compile(r"\$(CANVAS_[A-Z_]*TOKEN)")
_MAX_RESPONSE = 600


def report_lines(result: Result, seed: int, world: str) -> Iterator[str]:
    """Yield the lines of the report; `world` is the path of the mock's world file."""
    groups = [list(_group_lines(number, *item)) for number, item in enumerate(result.most_frequent_groups(), start=1)]
    for lines in groups:
        yield from (*lines, "")
    if groups:
        names = sorted(set(_TOKEN.findall("\n".join(map("\n".join, groups)))))
        values = [f"{name}={DEFAULT_WORLD_VARIABLES[name]}" for name in names]
        yield "To send the requests to the mock again, start it in one shell, and set the variables in another:"
        yield f"   make mock WORLD={world}"
        yield f"   export {' '.join(['MOCK_URL=http://127.0.0.1:8000', *values])}"
        yield ""
    if result.known_reasons:
        yield "Known differences, which do not count as differences:"
        yield from (f"{count:6,}  {reason}" for reason, count in result.known_reasons.most_common())
    if result.not_sent:
        yield from _wrap(f"Not sent, because the states already differed: {_requests(result.not_sent)}.")
    if result.stopped:
        yield from _wrap(f"Stopped early. {result.stopped}.")
    yield (
        f"{_requests(result.compared)} compared, seed {seed}: {result.alike:,} alike, "
        f"{result.known:,} with known differences, {result.different:,} different."
    )


def _group_lines(number: int, kind: Kind, group: Group) -> Iterator[str]:
    """Yield the lines of one kind of difference, with the shortest exchange that shows it."""
    part, mock, target = kind.difference
    assert group.example is not None, "a group has an example"
    redacted = group.example.target.redactor.redact_text
    differing = redacted(f"{kind.operation} {part}: {target} from the target, {mock} from the mock")
    yield from _wrap(f"{number}. {differing} ({_requests(group.count)})", "   ")
    for index, url in ((1, "CANVAS_URL"), (0, "MOCK_URL")):  # the indexes of a Pair
        for pair in group.changes:
            yield from _indent(f"{pair[index].command(url)}; echo")
        sent = group.example[index]
        yield from _indent(f"{sent.command(url)}; echo")
        yield from _wrap(f"# {sent.summary[:_MAX_RESPONSE]}", "   # ", "   ")
        # The summary has no headers, and only the start of a long list.
        if part.startswith("/headers") or mock == "a list":
            value = sent.redactor.redact_text(group.values[index]) or "absent"
            yield from _wrap(f"# {redacted(part)}: {value}", "   # ", "   ")


def _requests(number: int) -> str:
    return f"{number:,} request{'' if number == 1 else 's'}"


def _indent(script: str) -> list[str]:
    return [f"   {line}" for line in printable(script).splitlines()]


def _wrap(text: str, indent: str = "  ", first: str = "") -> list[str]:
    return textwrap.wrap(
        printable(text), _WIDTH, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False
    )
