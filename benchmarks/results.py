"""What was measured, in all rounds of one run, and how it is said."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.measure import Figures

Round = dict[tuple[str, str], "Figures"]
"""What each server gave under each load, in one round."""


@dataclass(frozen=True)
class Results:
    """All rounds of one run. What a server does not do, or nobody measured, is an empty list."""

    rounds: list[Round]
    cold: dict[str, list[tuple[float, float]]]
    """Seconds to the first good answer and MiB then, by server, each started as a person starts it."""
    started: dict[str, list[tuple[float, float]]]
    """Likewise, of the servers that are then loaded; a crowd is built before the first answer."""
    loaded: dict[str, list[float]]
    """MiB after the loads, by server."""

    def figures(self, name: str, load: str) -> list[Figures]:
        """What the server gave under the load, round by round."""
        return [round_[name, load] for round_ in self.rounds if (name, load) in round_]

    def ratios(self, name: str, other: str, load: str) -> list[float]:
        """The server's rate to the other's, within each round."""
        return [
            ours.rate / theirs.rate
            for ours, theirs in zip(self.figures(name, load), self.figures(other, load), strict=False)
        ]

    def cold_ratios(self, name: str, other: str) -> list[float]:
        """The server's time to its first good answer to the other's, start by start."""
        ours, theirs = self.cold.get(name, []), self.cold.get(other, [])
        return [mine / its for (mine, _), (its, _) in zip(ours, theirs, strict=False)]

    def growth(self, name: str, other: str, loads: Sequence[str]) -> list[float]:
        """The server's processor time to the other's, in medians, under each load that both have."""

        def cpu(server: str, load: str) -> float:
            return median(figures.cpu for figures in self.figures(server, load))

        both = [load for load in loads if self.figures(name, load) and self.figures(other, load)]
        return [cpu(name, load) / cpu(other, load) for load in both]


def spread(values: Sequence[float], form: str) -> str:
    """The median, with the lowest and the highest; `-` without values."""
    if not values:
        return "-"
    say: Callable[[float], str] = form.format
    if len(values) == 1:
        return say(values[0])
    return f"{say(median(values))} ({say(min(values))}-{say(max(values))})"
