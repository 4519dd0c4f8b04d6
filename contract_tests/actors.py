"""Who may do what to whose channels: the table that the suite asks a server about, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract_tests.record import Outcome

DOORS = ("list", "create", "delete", "delete by address", "delete a missing one")
WHOSE = ("the owner's", "the other's")

ALLOWED, REFUSED, MISSING, NO_TOKEN, BAD_TOKEN = "yes", "no", "404", "401", "401 bad"
TABLE = {
    "nobody": {whose: [NO_TOKEN] * 5 for whose in WHOSE},
    "a bad token": {whose: [BAD_TOKEN] * 5 for whose in WHOSE},
    "the owner": {WHOSE[0]: [ALLOWED] * 4 + [MISSING], WHOSE[1]: [REFUSED] * 4 + [MISSING]},
    "the other user": {WHOSE[0]: [REFUSED] * 4 + [MISSING], WHOSE[1]: [ALLOWED] * 4 + [MISSING]},
    "an admin": {whose: [ALLOWED] * 4 + [MISSING] for whose in WHOSE},
    "a site admin": {whose: [ALLOWED] * 4 + [MISSING] for whose in WHOSE},
}
"""What Canvas does for each actor at each door, by whose channels they are (behaviour 2, 3.2, 3.3)."""

TEST = "test_actors::test_everyone_at_every_door"
_MARKS = {"passed": "", "failed": " BROKEN", "not checked": " ?", "": " ?"}


def cell(actor: str, whose: str, door: str) -> str:
    """The name of one cell, as its test has it."""
    return f"{actor}, {whose}, {door}"


def matrix(outcomes: Iterable[Outcome]) -> list[tuple[str, ...]]:
    """The table with its head, each cell marked where it was broken or not checked; empty if none was asked about."""
    found = {outcome.test: outcome.status for outcome in outcomes if outcome.test.startswith(f"{TEST}[")}
    if not found:
        return []
    rows = [
        (
            actor,
            whose,
            *(
                expected + _MARKS[found.get(f"{TEST}[{cell(actor, whose, door)}]", "")]
                for door, expected in zip(DOORS, row, strict=True)
            ),
        )
        for actor, accounts in TABLE.items()
        for whose, row in accounts.items()
    ]
    return [("who", "whose channels", *DOORS), *rows]
