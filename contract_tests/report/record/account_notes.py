"""Sentences on the test accounts: the channels that the suite created, who creates them, and what a clean-up left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract_tests.account.clean_up import rows_used
from contract_tests.client.run.pacing import CLEAN_UP_MINUTES
from contract_tests.report.text import plural

if TYPE_CHECKING:
    from contract_tests.account.baseline import Baseline
    from contract_tests.client.editor import Editor
    from contract_tests.client.safety.journal import Journal
    from contract_tests.client.transport import Transport


def created_channels(baseline: Baseline, *, has_cleaned_up: bool) -> str:
    """Return sentences on the channels that the suite created and left behind."""
    client, journal = baseline.client, baseline.client.transport.journal
    if client.transport.guard.is_read_only:
        return f"The run was read-only: it created no channel and deleted none.{_earlier_leftovers(journal)}"
    leftover = sum(user == client.id for user in journal.live.values())
    note = f" {editor_note(client.editor)}" if client.editor else ""
    return (
        f"Channels that the suite created for user {client.id}: {rows_used(client)}. "
        f"Leftover channels: {leftover or ('none' if has_cleaned_up else 'unknown')}.{note}"
    )


def editor_note(editor: Editor) -> str:
    """Return a sentence on the token that creates and deletes channels in place of the user's."""
    use = f"the tests use {editor.token_name} for this" if editor.token else "tests that create channels are skipped"
    return f"Users of this Canvas may not edit their channels: {use}."


def activity_after_tests(transport: Transport | None) -> str:
    """Return what a run does after its tests, and how long this may take."""
    if transport is None or transport.guard.is_read_only:
        return "The run ends and writes its reports, which takes a few seconds"
    channels = plural(len(transport.journal.live), "channel")
    return (
        f"The run cleans up the accounts on {transport.settings.url}, with {channels} in its journal, "
        f"which takes {CLEAN_UP_MINUTES} minutes at most"
    )


def _earlier_leftovers(journal: Journal) -> str:
    """Return a sentence on the leftover channels of an earlier run, which a read-only run does not delete."""
    if not journal.live:
        return ""
    ids = ", ".join(map(str, sorted(journal.live)))
    return (
        f" The journal {journal.path.name} of an earlier run lists leftover channels: {ids}. "
        "The next run that is not read-only deletes them."
    )
