"""The journal of created channels."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from contract_tests.client.inconclusive import Inconclusive
from contract_tests.client.safety import addresses
from contract_tests.client.safety.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_journal_of_a_killed_run_is_read_by_the_next_runs(tmp_path: Path) -> None:
    killed = Journal(tmp_path, "origin")
    killed.record_opened(1, frozenset({7}))
    killed.record_intents(1, {addresses.FIRST.key})
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
    assert second.preexisting == {1: frozenset({7})}


def test_journal_is_removed_only_when_every_account_is_clean(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "origin")
    journal.record_intents(1, {addresses.FIRST.key})
    journal.record_intents(2, {addresses.PUSH.key})
    journal.record_device(2, "CANVAS_PUSH_TOKEN")
    steps: list[Callable[[], None]] = [
        lambda: journal.record_clean(1),
        lambda: journal.record_clean(2),
        lambda: journal.record_device_removal(2, "CANVAS_PUSH_TOKEN"),
    ]
    for step in steps:
        journal.remove()
        assert journal.path.exists()
        step()

    assert Journal(tmp_path, "origin").users_to_clean() == set()
    journal.remove()

    assert not journal.path.exists()


def test_intent_after_a_clean_account_is_open(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "origin")
    for _ in range(2):
        journal.record_intents(1, {addresses.PUSH.key})
        assert Journal(tmp_path, "origin").has_intent(1, addresses.PUSH.key)
        journal.record_clean(1)
        assert not Journal(tmp_path, "origin").has_intent(1, addresses.PUSH.key)


def test_id_of_a_clean_account_is_not_the_suites_in_the_next_run(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "origin")
    journal.record_creation(1, 40)
    journal.record_clean(1)

    assert journal.created == {40: 1}, "the reports of this run count it"
    assert Journal(tmp_path, "origin").created == {}


def test_denial_closes_no_intent_of_an_earlier_run(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "origin")
    journal.record_intents(3, {addresses.FIRST.key})
    journal.record_denial(3)
    assert journal.users_to_clean() == set()

    journal.record_intents(3, {addresses.FIRST.key})
    next_run = Journal(tmp_path, "origin")
    next_run.record_intents(3, {addresses.FIRST.key})
    next_run.record_denial(3)

    assert next_run.users_to_clean() == {3}


@pytest.mark.parametrize("text", ["\0" * 50, "[" * 100_000, "[]", "1"])
def test_damaged_line_does_not_hide_the_others(tmp_path: Path, text: str) -> None:
    journal = Journal(tmp_path, "origin")
    journal.record_intents(1, {addresses.FIRST.key})
    with journal.path.open("ab") as file:
        file.write(text.encode())  # without the end of the line, like a line of a killed run

    Journal(tmp_path, "origin").record_intents(2, {addresses.FIRST.key})

    assert Journal(tmp_path, "origin").users_to_clean() == {1, 2}


def test_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(Journal(tmp_path, "origin").path)

    with pytest.raises(Inconclusive, match=re.escape("cannot be read (it is a named pipe); repair it")):
        Journal(tmp_path, "origin")


def test_only_intents_fail_while_the_journal_cannot_be_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "origin")
    journal.record_intents(1, {addresses.FIRST.key})
    writable = journal.path
    journal.path = tmp_path / "absent" / "journal"
    with pytest.raises(Inconclusive, match="cannot be written"):
        journal.record_intents(1, {addresses.SECOND.key})
    journal.record_creation(1, 40)
    journal.record_deletion(40)
    journal.path = writable

    journal.record_intents(1, {addresses.SECOND.key})

    assert Journal(tmp_path, "origin").intents == {(1, *addresses.FIRST.key), (1, *addresses.SECOND.key)}
