"""The result of the soak, its problems, and its section of docs/reliability.md."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.reliability.garbage import GARBAGE
from benchmarks.reliability.measurements import Percentiles, Sample, Tally, percentiles_between
from benchmarks.reliability.requests import BAD_REQUESTS
from benchmarks.reliability.workers import CLIENTS, GARBAGE_CONNECTIONS
from benchmarks.report import machine_lines, markdown_table

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Sequence

_MAX_GROWTH = 1.2
"""The ratio of the memory in the last tenth of the soak to that in the second, above which the memory grows."""

_MAX_OUTCOMES = 6
"""The most frequent outcomes of a kind, which the table shows."""


@dataclass
class SoakResult:
    """Counted requests and responses, and the resources of the mock over time."""

    seed: int
    seconds: float
    tally: Tally
    samples: list[Sample] = field(default_factory=list)
    """The first one was taken before the first request, the last one after the mock had closed all connections."""
    log_lines: int = 0
    tracebacks: int = 0

    def progress(self) -> str:
        """Return a line for the terminal; p99 is that of the last 30 seconds."""
        last = self.samples[-1]
        latencies = self._latencies(last.seconds - 30, last.seconds)
        return (
            f"{last.seconds:.0f} of {self.seconds:.0f} s: {self.requests:,} requests, {self.connections:,} connections "
            f"of garbage, {last.memory_mib:.0f} MiB, {last.descriptors} descriptors, p99 {latencies.p99:.0f} ms, "
            f"{self.tally.failures} failures"
        )

    @property
    def requests(self) -> int:
        """The number of requests of the clients."""
        return self.tally.total(self.request_kinds())

    @property
    def connections(self) -> int:
        """The number of connections of garbage."""
        return self.tally.total(tuple(GARBAGE))

    def request_kinds(self) -> list[str]:
        """Return the kinds of the clients' requests so far."""
        sent = set(self.tally.outcomes) - GARBAGE.keys()
        bad = [kind for kind in BAD_REQUESTS if kind in sent]
        return [*sorted(sent - BAD_REQUESTS.keys()), *bad]

    def problems(self) -> list[str]:
        """Return the problems, one sentence each."""
        problems = [f"{sentence}." for sentence in self.tally.sentences]
        if self.tally.failures > len(problems):
            problems.append(f"{self.tally.failures - len(problems)} more failures.")
        if self.tracebacks:
            problems.append(f"The log has {self.tracebacks} tracebacks.")
        first, last = self.samples[0], self.samples[-1]
        if last.descriptors > first.descriptors:
            problems.append(f"{last.descriptors - first.descriptors} file descriptors were not closed.")
        early, late = self._memory(0.1, 0.2), self._memory(0.9, 1.0)
        if early and late > _MAX_GROWTH * early:
            problems.append(f"The memory grew from {early:.0f} MiB to {late:.0f} MiB.")
        return problems

    def _memory(self, start: float, end: float) -> float:
        """Return the median memory between two shares of the duration; zero without a sample."""
        first, last = start * self.seconds, end * self.seconds
        return median([sample.memory_mib for sample in self.samples if first <= sample.seconds < last] or [0.0])

    def _latencies(self, start: float, end: float) -> Percentiles:
        return percentiles_between(self.tally.latencies, start, end)

    def latency_rows(self) -> list[list[str]]:
        """Return the latencies of the first tenth, the last tenth and the whole soak, as rows of a table."""
        tenth = self.seconds / 10
        parts = {"first tenth": (0.0, tenth), "last tenth": (9 * tenth, self.seconds), "all": (0.0, math.inf)}
        rows = []
        for name, (start, end) in parts.items():
            latencies = self._latencies(start, end)
            rows.append([name, f"{latencies.p50:.1f}", f"{latencies.p99:.1f}", f"{latencies.maximum:.1f}"])
        return rows

    def resource_rows(self) -> list[list[str]]:
        """Return memory, descriptors and threads at the start, at their maximum, and at the end."""
        resources: dict[str, Callable[[Sample], float]] = {
            "memory (RSS), MiB": lambda sample: sample.memory_mib,
            "open file descriptors": lambda sample: sample.descriptors,
            "threads": lambda sample: sample.threads,
        }
        rows = []
        for name, resource_of in resources.items():
            values = [resource_of(sample) for sample in self.samples]
            rows.append([name, f"{values[0]:.0f}", f"{max(values):.0f}", f"{values[-1]:.0f}"])
        return rows


def render_section(result: SoakResult) -> list[str]:
    """Return the lines of the section."""
    problems = result.problems()
    verdict = "The soak failed" if problems else "The soak passed"
    summary = (
        f"{verdict}: {result.requests:,} requests of {CLIENTS} clients and {result.connections:,} connections of "
        f"garbage, {GARBAGE_CONNECTIONS} at once, in {result.seconds / 60:g} minutes (seed {result.seed})."
    )
    outcomes = result.tally.outcomes
    garbage = [kind for kind in GARBAGE if kind in outcomes]
    return [
        summary,
        f"It wrote {result.log_lines:,} lines to its log, with {result.tracebacks} tracebacks.",
        *problems,
        "",
        *(f"- {line}" for line in machine_lines("uvicorn", "httptools")),
        f"- load average of the last minute, at the end: {os.getloadavg()[0]:.1f}",
        "",
        *markdown_table(["the mock", "before", "maximum", "after"], result.resource_rows()),
        "",
        "![Memory of the mock over time](images/soak-memory.svg)",
        "",
        "The latency includes the client, which shares its process with all other clients.",
        "",
        *markdown_table(["latency, ms", "p50", "p99", "maximum"], result.latency_rows()),
        "",
        *markdown_table(["request", "sent", "status: number"], _outcome_rows(outcomes, result.request_kinds())),
        "",
        *markdown_table(
            ["connection of garbage", "opened", "status, or end: number"], _outcome_rows(outcomes, garbage)
        ),
    ]


def _outcome_rows(outcomes: dict[str, Counter[str]], kinds: Sequence[str]) -> list[list[str]]:
    rows = []
    for kind in kinds:
        counts = outcomes[kind].most_common()
        shown = [f"{outcome}: {number:,}" for outcome, number in counts[:_MAX_OUTCOMES]]
        if others := sum(number for _, number in counts[_MAX_OUTCOMES:]):
            shown.append(f"others: {others:,}")
        rows.append([kind, f"{outcomes[kind].total():,}", "; ".join(shown)])
    return rows
