"""The text of docs/clients.md, rendered from the results of every client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from readers.catalogue import CLIENTS, STEPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from readers.catalogue import Client

INTRODUCTION = """\
# API clients tested against the mock

This page lists the operations that each client of the Communication Channels API can use: clients generated from `openapi.yaml`, and published clients of Canvas.
`make clients` writes this page: it generates each client, checks its types, and runs a scenario with it against a new mock.
It needs Node 22 or 24 (20 still works) and Java 11 or newer.
Its exit status is 1 when a result differs from this page: a new failure, a known failure with another message, or a known failure that passes.

A footnote gives the cause of a known failure.
"-" marks a step that does not apply: a published client is neither generated nor type-checked.
A third published client, canvasapi for Python, is tested in `tests/test_canvasapi.py`.
"""

STEPS_HEADING = """\
## Steps

The programs are in [`readers/scenarios`](../readers/scenarios), the commands and the known failures in [`readers/catalogue.py`](../readers/catalogue.py).
The SMS address in them is `a/b?c#d%41é+e@example.com`, whose special characters a client must encode.
The last four steps provoke an error, which the client must report in the type that the contract declares for it.

"""

REMARKS_HEADING = """\
## Remarks

"""

FOOTNOTES = {
    (client.name, failure.step): number
    for number, (client, failure) in enumerate(
        ((client, failure) for client in CLIENTS for failure in client.known_failures), start=1
    )
}
"""The footnote number of each known failure, by the name of the client and the step."""


def render_page(results: Mapping[str, Mapping[str, str]]) -> str:
    """Return the page: a table of clients and steps, footnotes, an explanation of the steps, and remarks on clients.

    `results` has the result of each step, by the name of the client.
    """
    footnotes = (
        f"[^{FOOTNOTES[client.name, failure.step]}]: {failure.cause} ([upstream issue]({failure.issue})).\n"
        for client in CLIENTS
        for failure in client.known_failures
    )
    steps = (f"- **{_title(step)}**: {condition}.\n" for step, condition in STEPS.items())
    remarks = (f"- **{client.title}**: {client.remark}\n" for client in CLIENTS if client.remark)
    sections = (
        INTRODUCTION,
        "".join(_table(results)),
        "".join(footnotes),
        STEPS_HEADING + "".join(steps),
        REMARKS_HEADING + "".join(remarks),
    )
    return "\n".join(sections)


def _table(results: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Yield the lines of the table: a row for each client and a column for each step."""
    yield f"| client | {' | '.join(map(_title, STEPS))} |\n"
    yield f"|{'---|' * (len(STEPS) + 1)}\n"
    for client in CLIENTS:
        yield f"| {client.title} | {' | '.join(_cells(client, results[client.name]))} |\n"


def _title(step: str) -> str:
    return step.replace("_", " ").replace("sms", "SMS")


def _cells(client: Client, results: Mapping[str, str]) -> Iterator[str]:
    for step in STEPS:
        footnote = FOOTNOTES.get((client.name, step))
        result = results.get(step, "failed").partition(",")[0] if step in client.steps else "-"
        yield f"{result}[^{footnote}]" if footnote else result
