"""The results of the killed runs, and their section of docs/reliability.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.reliability.suite_runs import Kill, Moment
from benchmarks.report import machine_lines, markdown_table

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class NextRun:
    """A run after one that was killed."""

    status: int
    """The exit status."""
    remaining: int
    """The number of channels by which the account differs after it from the account before the killed run."""
    output: str


@dataclass(frozen=True)
class KilledRun:
    """One run that was killed, and the runs after it."""

    kill: Kill
    seed: int
    leftovers: int
    """The number of channels by which the account differed right after the kill."""
    next_run: NextRun
    """The next run, which lost responses too."""
    complete_run: NextRun
    """The next run again, or another one without a loss if that one ended early."""

    @property
    def is_restored(self) -> bool:
        """Whether the account was byte for byte as before after a complete run, and no run failed."""
        return self.complete_run.remaining == 0 and self.complete_run.status == 0 and self.next_run.status in {0, 2}

    def description(self) -> str:
        """Return a line for the terminal, with the end of the outputs if the account was not restored."""
        line = (
            f"killed {self.kill.moment} (number {self.kill.number}, seed {self.seed}), left {self.leftovers}; "
            f"next run: exit status {self.next_run.status}, remaining {self.next_run.remaining}; "
            f"complete run: exit status {self.complete_run.status}, remaining {self.complete_run.remaining}"
        )
        if self.is_restored:
            return line
        return "\n".join([line, self.next_run.output[-2000:], self.complete_run.output[-2000:]])


def render_section(runs: Sequence[KilledRun], seed: int, loss: float) -> list[str]:
    """Return the lines of the section."""
    restored = sum(run.is_restored for run in runs)
    inside_push = sum(run.kill.moment == Moment.PUSH for run in runs)
    with_leftovers = sum(run.leftovers > 0 for run in runs)
    ended_early = sum(run.next_run.status != 0 for run in runs)
    restored_by_next = sum(run.next_run.remaining == 0 for run in runs)
    rows = [_row(moment, [run for run in runs if run.kill.moment == moment]) for moment in Moment]
    sentences = (
        f"After the next complete run, the account was byte for byte as before in {restored} of {len(runs)}",
        f"{inside_push} runs were killed inside the creation of a push channel",
        f"{with_leftovers} runs left channels right after the kill",
        f"The proxy lost {loss:.0%} of the responses of each killed run, and of each next run",
        f"{ended_early} of the next runs ended early for this reason, and a run without a loss followed",
        f"Complete or not, the next run had restored the account in {restored_by_next} of {len(runs)}",
        f"The seed was {seed}",
    )
    return [
        *(f"{sentence}." for sentence in sentences),
        "",
        *(f"- {line}" for line in machine_lines("pytest", "httpx2")),
        "",
        *markdown_table(["killed", "runs", "runs with leftovers", "leftover channels", "restored"], rows),
    ]


def _row(moment: Moment, runs: Sequence[KilledRun]) -> list[str]:
    with_leftovers = sum(run.leftovers > 0 for run in runs)
    leftovers = sum(run.leftovers for run in runs)
    restored = sum(run.is_restored for run in runs)
    return [moment, *map(str, (len(runs), with_leftovers, leftovers, restored))]
