"""What docs/clients.md says of the clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from readers.catalogue import CLIENTS, STEPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from readers.catalogue import Client

PREFACE = """\
# Clients against the mock

`make clients` made this page: it generates each client from `openapi.yaml`, checks its types, and runs a program that uses it against a fresh mock.
It fails when a client does less than is said here, or more.
The programs are in [`readers/stories`](../readers/stories), the commands in [`readers/catalogue.py`](../readers/catalogue.py).
The address in them is `a/b?c#d%41é+e@example.com`.
[`tests/test_canvasapi.py`](../tests/test_canvasapi.py) does the like with canvasapi, the published client in Python.
"""

# A number for each note.
NOTES = {
    (client.name, shortcoming.step): number
    for number, (client, shortcoming) in enumerate(
        ((client, shortcoming) for client in CLIENTS for shortcoming in client.shortcomings), start=1
    )
}


def page(answers: Mapping[str, Mapping[str, str]]) -> str:
    """A row for each client and a column for each step; then the notes, the steps and the remarks."""
    heading = f"| client | {' | '.join(map(_words, STEPS))} |\n|{'---|' * (len(STEPS) + 1)}\n"
    rows = (f"| {client.title} | {' | '.join(_cells(client, answers[client.name]))} |\n" for client in CLIENTS)
    notes = (
        f"[^{NOTES[client.name, known.step]}]: {known.reason}: [upstream]({known.upstream}).\n"
        for client in CLIENTS
        for known in client.shortcomings
    )
    steps = (f"- {_words(step)}: {meaning}.\n" for step, meaning in STEPS.items())
    remarks = (f"- {client.title} {client.remark}.\n" for client in CLIENTS if client.remark)
    parts = (
        heading + "".join(rows),
        "".join(notes),
        "The steps:\n\n" + "".join(steps),
        "The clients:\n\n" + "".join(remarks),
    )
    return "\n".join((PREFACE, *parts))


def _words(step: str) -> str:
    return step.replace("_", " ")


def _cells(client: Client, answers: Mapping[str, str]) -> Iterator[str]:
    for step in STEPS:
        note = NOTES.get((client.name, step))
        answer = answers.get(step, "no").partition(",")[0] if step in client.steps else "-"
        yield f"{answer}[^{note}]" if note else answer
