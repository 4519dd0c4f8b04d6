"""The journal of created channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract_tests.client.safety import addresses
from contract_tests.client.safety.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path


def test_journal_of_a_killed_run_is_read_by_the_next_runs(tmp_path: Path) -> None:
    killed = Journal(tmp_path, "origin")
    killed.record_intent(1, addresses.FIRST.key)
    killed.record_creation(1, 40)
    killed.record_creation(1, 41)
    killed.record_deletion(40)
    with killed.path.open("a", encoding="utf-8") as file:
        file.write('{"created": [1, 4')

    second = Journal(tmp_path, "origin")
    second.record_creation(1, 43)
    third = Journal(tmp_path, "origin")

    assert second.live == {41: 1, 43: 1}
    assert third.live == second.live
    assert second.intents == {(1, *addresses.FIRST.key)}
