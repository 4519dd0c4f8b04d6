"""The permission matrix: the expected response to each operation of each actor on each user's channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract_tests.oracle.outcome import Outcome

OPERATIONS = ("list", "create", "delete by id", "delete by address", "delete unknown address")
TEST_USER, OTHER_USER = "test user", "other user"
ACCOUNTS = (TEST_USER, OTHER_USER)
"""The users whose channels are requested: those of CANVAS_TOKEN and of CANVAS_OTHER_USER_ID."""

ALLOWED, DENIED, NOT_FOUND, NO_TOKEN, INVALID_TOKEN = "allowed", "denied", "404", "401", "401 invalid"
"""The expected responses; both kinds of 401 have their own body (behaviour 2)."""

PERMISSIONS = {
    "no token": {account: [NO_TOKEN] * len(OPERATIONS) for account in ACCOUNTS},
    "invalid token": {account: [INVALID_TOKEN] * len(OPERATIONS) for account in ACCOUNTS},
    "test user": {TEST_USER: [ALLOWED] * 4 + [NOT_FOUND], OTHER_USER: [DENIED] * 4 + [NOT_FOUND]},
    "other user": {TEST_USER: [DENIED] * 4 + [NOT_FOUND], OTHER_USER: [ALLOWED] * 4 + [NOT_FOUND]},
    "admin": {account: [ALLOWED] * 4 + [NOT_FOUND] for account in ACCOUNTS},
    "site admin": {account: [ALLOWED] * 4 + [NOT_FOUND] for account in ACCOUNTS},
}
"""The expected response to each of OPERATIONS, by actor and by owner of the channels (behaviour 2, 3.2, 3.3).

It applies if users may edit their own channels.
"""
_WITHOUT_EDITING = [ALLOWED, *[DENIED] * 3, NOT_FOUND]
"""The expected responses to users who may not edit their own channels."""

TEST = "test_permissions::test_permission_matrix_is_enforced"
FAILED_MARK, SKIPPED_MARK = " !", " ?"
_MARKS = {"passed": "", "failed": FAILED_MARK, "skipped": SKIPPED_MARK}


def expected_responses(actor: str, account: str, *, may_edit: bool) -> list[str]:
    """Return the expected response to each of OPERATIONS; `may_edit` is whether users may edit their own channels."""
    return PERMISSIONS[actor][account] if may_edit or actor != account else _WITHOUT_EDITING


def cell_name(actor: str, account: str, operation: str) -> str:
    """Return the name of one cell, which is also the id of its test."""
    return f"{actor}, {operation}, channels of {account}"


def matrix_rows(outcomes: Iterable[Outcome], *, may_edit: bool = True) -> list[tuple[str, ...]]:
    """Return the matrix as rows of text, its header first; failed and skipped cells end with a mark.

    `may_edit` is whether users may edit their own channels.
    The list is empty if the outcomes contain no test of the matrix.
    """
    statuses = {outcome.test: outcome.status for outcome in outcomes if outcome.test.startswith(f"{TEST}[")}
    if not statuses:
        return []
    rows = [
        (
            actor,
            account,
            *(
                expected + _MARKS[statuses.get(f"{TEST}[{cell_name(actor, account, operation)}]", "skipped")]
                for operation, expected in zip(
                    OPERATIONS, expected_responses(actor, account, may_edit=may_edit), strict=True
                )
            ),
        )
        for actor in PERMISSIONS
        for account in ACCOUNTS
    ]
    return [("actor", "channels of", *OPERATIONS), *rows]
