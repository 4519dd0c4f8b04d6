"""Measurements of all rounds of one run, and the statistics of the report."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Measurement:
    """The measurement of one workload on one server."""

    rate: float
    """Requests per second."""
    p50: float
    """Median latency in milliseconds."""
    p99: float
    """99th percentile of the latency in milliseconds."""
    cpu: float
    """Microseconds of the server's CPU time per request."""
    other_cpu_share: float = 0.0
    """Share of the CPU time of all processors that processes other than the server and wrk used."""


class Startup(NamedTuple):
    """The start of one server."""

    seconds: float
    """From the start of the process to the first successful response."""
    memory_mib: float
    """Memory after the first successful response."""


Round = dict[tuple[str, str], Measurement]
"""The measurements of one round, by names of server and workload."""


@dataclass(frozen=True)
class Results:
    """All rounds of one run. A workload that a server does not support, or that was not run, gives an empty list."""

    rounds: list[Round]
    cold_starts: dict[str, list[Startup]]
    """By server, each started by the command that its users run."""
    startups: dict[str, list[Startup]]
    """By server, before its workloads; includes the creation of a large world."""
    memory_after_workloads: dict[str, list[float]]
    """MiB, by server."""

    @property
    def servers(self) -> list[str]:
        """The names of the servers with workloads, in the order of the report."""
        return list(self.memory_after_workloads)

    def measurements(self, server: str, workload: str) -> list[Measurement]:
        """Return the measurements of the workload on the server, in the order of the rounds."""
        return [round_[server, workload] for round_ in self.rounds if (server, workload) in round_]

    def rate_ratios(self, server: str, reference: str, workload: str) -> list[float]:
        """Return the ratio of the server's rate to that of the reference server, for each round."""
        return [
            measurement.rate / reference_measurement.rate
            for measurement, reference_measurement in zip(
                self.measurements(server, workload), self.measurements(reference, workload), strict=False
            )
        ]

    def cold_start_ratios(self, server: str, reference: str) -> list[float]:
        """Return the ratio of the server's cold start time to that of the reference server, for each start."""
        pairs = zip(self.cold_starts.get(server, []), self.cold_starts.get(reference, []), strict=False)
        return [start.seconds / reference_start.seconds for start, reference_start in pairs]

    def cpu_ratios(self, server: str, reference: str, workloads: Sequence[str]) -> list[float]:
        """Return the ratio of the servers' median CPU times per request, for each workload measured on both."""

        def median_cpu(name: str, workload: str) -> float:
            return median(measurement.cpu for measurement in self.measurements(name, workload))

        measured_on_both = [
            workload
            for workload in workloads
            if self.measurements(server, workload) and self.measurements(reference, workload)
        ]
        return [median_cpu(server, workload) / median_cpu(reference, workload) for workload in measured_on_both]


def format_median(values: Sequence[float], number_format: str) -> str:
    """Return the median of several values with the minimum and the maximum in brackets, a single value, or `-`."""
    if not values:
        return "-"
    text: Callable[[float], str] = number_format.format
    if len(values) == 1:
        return text(values[0])
    return f"{text(median(values))} ({text(min(values))}-{text(max(values))})"
