"""What the mock is held to, with every check on; a missed target is said, and never moved."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.peers import PRISM
from benchmarks.results import spread
from benchmarks.servers import EVERY_LOAD, LIMIT, MOCK, mock_name

if TYPE_CHECKING:
    from benchmarks.results import Results

_LARGE = 1_000_000


@dataclass(frozen=True)
class Target:
    """A bound on the median of what was measured."""

    text: str
    measured: list[float]
    bound: float
    at_least: bool = False
    form: str = "{:.2f}"

    @property
    def verdict(self) -> str:
        """`met`, `not met`, or `not measured`."""
        if not self.measured:
            return "not measured"
        middle = median(self.measured)
        return "met" if (middle >= self.bound if self.at_least else middle < self.bound) else "not met"

    def row(self) -> list[str]:
        """The target, the measurement, the verdict."""
        return [self.text, spread(self.measured, self.form), self.verdict]


def targets(results: Results) -> list[Target]:
    """Every target, beside what this run measured."""
    large = mock_name(_LARGE)
    tails = [figures.p99 / figures.p50 for figures in results.figures(MOCK, "list")]
    growth = results.growth(large, MOCK, EVERY_LOAD)
    return [
        Target("list: at least 0.60 of bare Starlette", results.ratios(MOCK, LIMIT, "list"), 0.60, at_least=True),
        Target("list: at least 4 times Prism", results.ratios(MOCK, PRISM, "list"), 4, at_least=True, form="{:.1f}"),
        Target(
            "create: at least 0.50 of bare Starlette's form echo",
            results.ratios(MOCK, LIMIT, "create"),
            0.50,
            at_least=True,
        ),
        Target("p99 of a list at 16 connections: under 8 times p50", tails, 8, form="{:.1f}"),
        Target("first good answer: within 0.6 of Prism's", results.cold_ratios(MOCK, PRISM), 0.6),
        Target("idle: under 80 MiB", [mib for _, mib in results.cold.get(MOCK, [])], 80, form="{:.0f}"),
        Target("1,000,000 channels: under 1,024 MiB", results.loaded.get(large, []), 1024, form="{:,.0f}"),
        Target(
            "no time grows with other users or their channels: with 1,000,000 channels, processor time under 1.25 of "
            "that with 10, whatever the load",
            [max(growth)] if growth else [],
            1.25,
        ),
    ]
