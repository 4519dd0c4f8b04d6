"""Measurements of a process and of its responses over time, and the tally of what was sent to it."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_SENTENCES = 20
"""The failures that are reported; all are counted."""


@dataclass(frozen=True)
class Sample:
    """The resources of a process at one time."""

    seconds: float
    """The time since the start of the measurement."""
    memory_mib: float
    """The resident set size (RSS)."""
    descriptors: int
    """The number of open file descriptors."""
    threads: int


def take_sample(pid: int, seconds: float) -> Sample:
    """Return the resources of the process now. Raises OSError if it has ended."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    status = dict(line.split(":", 1) for line in lines)
    if "VmRSS" not in status:  # a process that has ended, and has not been waited for
        raise ProcessLookupError(pid)
    descriptors = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return Sample(seconds, int(status["VmRSS"].split()[0]) / 1024, descriptors, int(status["Threads"]))


@dataclass
class Tally:
    """Outcomes, durations and failures of the requests of several threads."""

    outcomes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """The number of each outcome, such as a status, by the kind of input."""
    latencies: list[tuple[float, float]] = field(default_factory=list)
    """The time and the duration of each request of a client, in seconds."""
    failures: int = 0
    sentences: list[str] = field(default_factory=list)
    """The first failures."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, kind: str, outcome: str) -> None:
        """Count one input of this kind."""
        with self._lock:
            self.outcomes[kind][outcome] += 1

    def add_latency(self, seconds: float, duration: float) -> None:
        """Add the duration of a request that was sent at this time."""
        self.latencies.append((seconds, duration))  # needs no lock: it is one operation

    def fail(self, kind: str, reason: str) -> None:
        """Count and report a failure."""
        with self._lock:
            self.failures += 1
            if len(self.sentences) < _MAX_SENTENCES:
                self.sentences.append(f"{kind}: {reason}")

    def total(self, kinds: Sequence[str]) -> int:
        """Return the number of inputs of these kinds."""
        with self._lock:
            return sum(sum(self.outcomes[kind].values()) for kind in kinds if kind in self.outcomes)


@dataclass(frozen=True)
class Percentiles:
    """The distribution of durations, in milliseconds."""

    p50: float
    p99: float
    maximum: float

    @classmethod
    def of(cls, durations: Sequence[float]) -> Percentiles:
        """Return the percentiles of durations in seconds; zero for none."""
        ordered = sorted(durations) or [0.0]
        last = len(ordered) - 1
        return cls(*(1000 * ordered[round(share * last)] for share in (0.5, 0.99, 1)))


def percentiles_between(latencies: Sequence[tuple[float, float]], start: float, end: float) -> Percentiles:
    """Return the percentiles of the requests that were sent between two times."""
    return Percentiles.of([duration for seconds, duration in latencies if start <= seconds < end])
