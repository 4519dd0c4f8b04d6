"""The largest page of a target, from its Link headers."""

from __future__ import annotations

import pytest

from contract_tests.oracle.page_limit import page_limit_note
from tests.contract_tests.samples import CREATE, LIST, exchange


def _note(query: str, size: int, operation: str = LIST, status: int = 200) -> str:
    """Return the note on a list with this query whose link `current` has this page size; other links do not count."""
    url = "https://canvas.example/api/v1/users/self/communication_channels"
    link = f'<{url}?page=1&per_page={size}>; rel="current",<{url}?page=1&per_page=7>; rel="first"'
    sample = exchange(operation, status, [], url=f"{url}?{query}", response_headers=(("Link", link),))
    return page_limit_note([sample])


def test_other_page_limit_is_a_note() -> None:
    assert _note("per_page=1000", 50) == (
        "The largest page of the target has 50 channels; on hosted Canvas it has 100."
    )


@pytest.mark.parametrize(
    ("query", "size"),
    [("per_page=1000", 100), ("per_page=20", 20), ("", 10), ("per_page=-5", 1), ("per_page=1000&page=99", 30)],
)
def test_usual_page_limit_is_no_note(query: str, size: int) -> None:
    assert _note(query, size) == ""


def test_other_operations_and_errors_show_no_limit() -> None:
    assert _note("per_page=1000", 50, operation=CREATE) == ""
    assert _note("per_page=1000", 50, status=404) == ""
