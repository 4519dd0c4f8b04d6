"""The verdict of a run: passed, failed or inconclusive, the same in all reports and in the exit status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from contract_tests.report.table import count
from contract_tests.report.text import plural

if TYPE_CHECKING:
    from contract_tests.report.record.run import Run

Word = Literal["passed", "failed", "inconclusive"]
_EXIT_STATUSES: dict[Word, int] = {"passed": 0, "failed": 1, "inconclusive": 2}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a run, and the sentences that explain it."""

    word: Word
    sentence: str

    @property
    def exit_status(self) -> int:
        """The exit status of the run."""
        return _EXIT_STATUSES[self.word]


def verdict(run: Run) -> Verdict:
    """Return the verdict of the run.

    It is `failed` if the run has seen a violation, however it ended.
    It is `passed` only if every selected test ran to its end, and no clean-up failed.
    """
    tally = count(run.outcomes)
    obstacles = _obstacles(run)
    if tally.failed:
        return Verdict("failed", _joined("Failed:", _failed(run), *obstacles, *run.limits))
    if obstacles or not tally.passed:
        return Verdict("inconclusive", _joined("Inconclusive:", *(obstacles or _nothing_ran(run)), *run.limits))
    return Verdict("passed", _joined(_passed(run), *run.limits))


def not_run_sentence(run: Run) -> str:
    """Return how many of the selected tests were not run; an empty text if all were."""
    number = len(run.not_run)
    verb = "was" if number == 1 else "were"
    return f"{number} of {plural(run.selected, 'test')} {verb} not run" if number else ""


def _obstacles(run: Run) -> list[str]:
    """Return a sentence for each reason why the run does not tell whether the target conforms to the contract."""
    obstacles = []
    not_run = not_run_sentence(run)
    has_failed = any(outcome.status == "failed" for outcome in run.outcomes)
    if run.end:
        # A run that failed has its result: the end is only the reason for the tests that were not run.
        is_joined = bool(not_run) and has_failed
        obstacles.append(f"{not_run}, because the run ended early: {run.end}" if is_joined else run.end)
    if run.errors:
        first = run.errors[0]
        obstacles.append(
            f"{plural(len(run.errors), 'test')} ended with an error of the suite itself, which says nothing about the "
            f"target: {first.test}: {first.message}; report it to the authors of the suite."
        )
    obstacles += filter(None, (run.clean_up, run.unwritten))
    if not_run and not run.end:
        obstacles.append(f"{not_run}, because a fixture that they need failed.")
    elif not_run and not has_failed:
        obstacles.append(f"{not_run}.")
    return obstacles


def _failed(run: Run) -> str:
    properties = {outcome.property for outcome in run.outcomes}
    failed = {outcome.property for outcome in run.outcomes if outcome.status == "failed"}
    return f"the target violates the contract in {len(failed)} of {plural(len(properties), 'property')}."


def _passed(run: Run) -> str:
    properties = len({outcome.property for outcome in run.outcomes})
    skipped = len({outcome.property for outcome in run.outcomes if outcome.status == "skipped"})
    profile = f" (profile {run.profile})" if run.left_out else ""
    if skipped or run.limits:
        verb = "was" if skipped == 1 else "were"
        part = f"{skipped} of {plural(properties, 'property')} {verb} skipped or tested in part"
        return f"Passed, with skipped tests: {part}{profile}."
    return f"Passed: {plural(properties, 'property')} in {plural(len(run.outcomes), 'test')}{profile}."


def _nothing_ran(run: Run) -> list[str]:
    if run.selected:
        return [f"no test ran: {plural(run.selected, 'selected test')}, all skipped."]
    return ["no test ran: none was selected; check the options, such as -k."]


def _joined(*parts: str) -> str:
    return " ".join(parts)
