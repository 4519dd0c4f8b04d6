"""docs/fidelity.md: how many recorded exchanges the mock repeats, and every difference with its reason."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from recordings.exchanges import FILES
from recordings.explanations import AGE, CRASHES, HOSTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from recordings.explanations import Explanation
    from recordings.replay import Result

PAGE = Path(__file__).parent.parent / "docs" / "fidelity.md"
_MAX_EXAMPLE = 150
"""The characters of an example that the page shows."""

_INTRODUCTION = """\
# Fidelity of the mock

A running Canvas received {total:,} requests, and its responses were recorded: [recordings/](../recordings/README.md).
`make fidelity` replays them against the mock and writes this page; a test fails on any difference that is not on it.

**Of {total:,} recorded exchanges, the mock repeats {alike:,}, differs in {explained:,} with an explanation, and differs in {unexplained} without one.**
The other {not_compared:,} follow an explained difference that changed the state, and are not compared.

The comparison covers the status, the media type, the JSON body, `Link`, `Cache-Control`, `WWW-Authenticate`, `X-Canvas-User-Id`, `X-Canvas-Real-User-Id`, the names in `X-Canvas-Meta` with controller and action, and the presence of `ETag`, `Pragma`, `Content-Security-Policy`, `X-Request-Cost` and `X-Rate-Limit-Remaining`.
It ignores times of the run, `error_report_id`, request ids and measured values.
It also ignores the message of a validation error, because the recorded Canvas sends the type of the error there, and Canvas of today sends a sentence.

| File | Exchanges | Alike | Explained | Not compared | Unexplained |
|---|---|---|---|---|---|
{rows}

The recorded Canvas needed 1.4 GB of memory and 25 to 40 ms for a list; the mock needs 55 MiB and less than a millisecond on the same machine.
"""
_SECTIONS = (
    (
        "The age of the recorded Canvas",
        "The recorded Canvas is of November 2023, and the mock follows Canvas of 2026.",
        AGE,
    ),
    ("Hosted Canvas", "The mock follows hosted Canvas where it differs from the published code of Canvas.", HOSTED),
    (
        "Crashes of Canvas",
        "Canvas crashes on these requests and responds 500; the mock responds 4xx and names the mistake.",
        CRASHES,
    ),
)


def render(results: Mapping[str, Result]) -> str:
    """Return the page for the results of all files."""
    rows = "\n".join(_row(f"`{name}.jsonl.gz`", results[name]) for name in FILES)
    introduction = _INTRODUCTION.format(
        total=sum(result.exchanges for result in results.values()),
        alike=sum(result.alike for result in results.values()),
        explained=sum(result.explained.total() for result in results.values()),
        unexplained=sum(len(result.unexplained) for result in results.values()),
        not_compared=sum(result.not_compared for result in results.values()),
        rows=rows,
    )
    sections = [_section(title, text, explanations, results) for title, text, explanations in _SECTIONS]
    return "\n".join([introduction, *sections])


def _row(name: str, result: Result) -> str:
    numbers = result.exchanges, result.alike, result.explained.total(), result.not_compared, len(result.unexplained)
    return f"| {name} | " + " | ".join(f"{number:,}" for number in numbers) + " |"


def _section(title: str, text: str, explanations: Iterable[Explanation], results: Mapping[str, Result]) -> str:
    counts = sum((result.explained for result in results.values()), Counter[str]())
    rows = "\n".join(
        f"| {each.name} | {counts[each.name]} | {each.reason} | {_example(each.name, results)} |"
        for each in explanations
    )
    return f"## {title}\n\n{text}\n\n| Difference | Exchanges | Reason | Example |\n|---|---|---|---|\n{rows}\n"


def _example(name: str, results: Mapping[str, Result]) -> str:
    examples = [result.examples[name] for result in results.values() if name in result.examples]
    if not examples:
        return ""
    shortest = min(examples, key=attrgetter("length"))
    text = f"{shortest.method} {shortest.path}" + (f" {shortest.body}" if shortest.body else "")
    cell = text[:_MAX_EXAMPLE].replace("|", "\\|").replace("\r\n", " ").replace("`", "'")
    return f"`{cell}...`" if len(text) > _MAX_EXAMPLE else f"`{cell}`"
