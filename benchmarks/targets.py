"""Performance targets of the mock with every validation on; a target that is not met stays in the report, unchanged."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.results import format_median
from benchmarks.servers.catalogue import (
    BASELINE,
    BASELINE_WITH_HEADERS,
    MOCK,
    MOCK_WITHOUT_JOURNAL,
    WORKLOADS,
    mock_name,
)
from benchmarks.servers.comparison import PRISM

if TYPE_CHECKING:
    from benchmarks.results import Results

_LARGE = 1_000_000


@dataclass(frozen=True)
class Target:
    """A limit on the median of the measured values: an upper one, or a lower one with `at_least`."""

    text: str
    measured: list[float]
    limit: float
    at_least: bool = False
    number_format: str = "{:.2f}"

    @property
    def result(self) -> str:
        """`met`, `not met` or `not measured`."""
        if not self.measured:
            return "not measured"
        middle = median(self.measured)
        is_met = middle >= self.limit if self.at_least else middle < self.limit
        return "met" if is_met else "not met"

    def row(self) -> list[str]:
        """Return the cells of the table: the target, the measured values, the result."""
        return [self.text, format_median(self.measured, self.number_format), self.result]


def targets(results: Results) -> list[Target]:
    """Return every target with the values that this run measured."""
    return [*_rate_targets(results), *_latency_and_start_targets(results), *_world_size_targets(results)]


def _rate_targets(results: Results) -> list[Target]:
    limits = [
        (workload, reference, limit)
        for workload in ("list", "page", "mixed")
        for reference, limit in ((BASELINE, 0.70), (BASELINE_WITH_HEADERS, 0.85), (MOCK_WITHOUT_JOURNAL, 0.95))
    ]
    limits += [("create", BASELINE, 0.65), ("recreate", BASELINE, 0.65)]
    prism_ratios = [ratios for each in WORKLOADS if (ratios := results.rate_ratios(MOCK, PRISM, each))]
    return [
        *(
            Target(
                f"{workload}: rate at least {limit:.2f} of that of {reference}",
                results.rate_ratios(MOCK, reference, workload),
                limit,
                at_least=True,
            )
            for workload, reference, limit in limits
        ),
        Target(
            f"rate at least 5 times that of {PRISM}, in every workload",
            min(prism_ratios, key=median, default=[]),
            5,
            at_least=True,
            number_format="{:.1f}",
        ),
    ]


def _latency_and_start_targets(results: Results) -> list[Target]:
    tail_ratios = [measurement.p99 / measurement.p50 for measurement in results.measurements(MOCK, "list")]
    idle_memory = [startup.memory_mib for startup in results.cold_starts.get(MOCK, [])]
    return [
        Target("list with 16 connections: p99 under 8 times p50", tail_ratios, 8, number_format="{:.1f}"),
        Target(
            "cold start: time to first successful response under 0.5 of Prism's",
            results.cold_start_ratios(MOCK, PRISM),
            0.5,
        ),
        Target("memory when idle: under 80 MiB", idle_memory, 80, number_format="{:.0f}"),
    ]


def _world_size_targets(results: Results) -> list[Target]:
    large = mock_name(_LARGE)
    cpu_ratios = results.cpu_ratios(large, MOCK, WORKLOADS)
    return [
        Target(
            "memory with 1,000,000 further channels: under 1,024 MiB",
            results.memory_after_workloads.get(large, []),
            1024,
            number_format="{:,.0f}",
        ),
        Target(
            "CPU time per request, in every workload: 1,000,000 further channels multiply it by less than 1.25",
            [max(cpu_ratios)] if cpu_ratios else [],
            1.25,
        ),
    ]
