"""Where Canvas and its page part: a difference that is none any more is told, and so is a third way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests.probes import PROBES
from contract_tests.traceability import read_promises

if TYPE_CHECKING:
    from contract_tests.caller import Caller
    from contract_tests.traceability import Difference

ASKED = [difference for difference in read_promises().differences if not difference.unasked]


@pytest.mark.parametrize("difference", ASKED, ids=lambda difference: difference.id)
def test_a_known_difference_is_still_one(difference: Difference, owner: Caller, request: pytest.FixtureRequest) -> None:
    """Where Canvas is known to do other than its page says, it does so still."""
    seen = PROBES[difference.id](owner, request)

    assert not seen.page, f"the page is right now: {difference.page}; seen: {seen.what}"
    assert seen.canvas, f"neither as the page says nor as Canvas does ({difference.canvas}); seen: {seen.what}"
