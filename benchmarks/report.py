"""The figures as docs/performance.md."""

from __future__ import annotations

import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.measure import CONNECTIONS
from benchmarks.servers import EVERY_LOAD, JSON_SERVER, LIMIT, MOCK, PEER, PRISM, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from benchmarks.measure import Figures

TITLES = {
    "list": "List of 10",
    "page": "Page 3 of 25",
    "create": "Create from a form, unique address",
    "recreate": "Delete and re-create",
}

Round = dict[tuple[str, str], "Figures"]
"""What each server gave under each load, in one round."""


class Report:
    """All rounds of one run; `cold` and `loaded` are by server: (seconds, MiB) and MiB."""

    def __init__(
        self, rounds: list[Round], cold: dict[str, list[tuple[float, float]]], loaded: dict[str, list[float]]
    ) -> None:
        self.rounds = rounds
        self.cold = cold
        self.loaded = loaded

    def text(self, seconds: float, notes: str) -> str:
        """The page."""
        return "\n".join(
            [
                "# Performance",
                "",
                "Written by `make bench`; only what follows the tables is written by hand, in `performance-notes.md`.",
                "Medians of the rounds, with the lowest and the highest in brackets.",
                "Ratios are taken within a round, because other work on the machine moves all rates together.",
                "The mock does everything it always does: authentication, request and response validation, ETag.",
                "Bare Starlette answers constants of the same size on the same uvicorn and checks nothing.",
                "Prism answers the contract's example of 3 channels to everyone, and keeps no state.",
                "",
                *(f"- {line}" for line in _machine(len(self.rounds), seconds)),
                "",
                "## Requests",
                "",
                *(line for load in EVERY_LOAD for line in self._of_load(load)),
                "## Cold start and memory",
                "",
                *self._cold(),
                "",
                "## The size of the world",
                "",
                *self._sizes(),
                "",
                notes.strip(),
                "",
            ]
        )

    def _of_load(self, load: str) -> Iterable[str]:
        head = ["server", "requests/s", "of bare Starlette", "times Prism", "CPU us", "p50 ms", "p99 ms"]
        rows = [[name, *self._rates(name, load)] for name in self._names(load) if not name.startswith(f"{MOCK},")]
        return [f"### {TITLES[load]}", "", *table(head, rows), ""]

    def _rates(self, name: str, load: str) -> list[str]:
        return [
            spread([f.rate for f in self._all(name, load)], "{:,.0f}"),
            self._ratio(name, LIMIT, load, "{:.2f}"),
            self._ratio(name, PEER, load, "{:.1f}"),
            *self._times(name, load),
        ]

    def _times(self, name: str, load: str) -> list[str]:
        figures = self._all(name, load)
        return [
            spread([f.cpu for f in figures], "{:.0f}"),
            spread([f.p50 for f in figures], "{:.1f}"),
            spread([f.p99 for f in figures], "{:.1f}"),
        ]

    def _ratio(self, name: str, other: str, load: str, form: str) -> str:
        ratios = [r[name, load].rate / r[other, load].rate for r in self.rounds if (other, load) in r]
        return spread(ratios, form)

    def _sizes(self) -> list[str]:
        names = [name for name in self._names("list") if name.startswith(MOCK)]
        head = ["channels", *(f"{TITLES[load].lower()}, CPU us" for load in EVERY_LOAD), "MiB after load"]
        rows = [
            [
                name.partition(", ")[2].removesuffix(" channels") or "10",
                *(spread([f.cpu for f in self._all(name, load)], "{:.0f}") for load in EVERY_LOAD),
                spread(self.loaded[name], "{:.0f}"),
            ]
            for name in names
        ]
        return table(head, rows)

    def _cold(self) -> list[str]:
        head = ["server", "first good answer, s", "of Prism's", "MiB then", "MiB after load"]
        prism = median(seconds for seconds, _ in self.cold[PEER])
        rows = [
            [
                name,
                spread([seconds for seconds, _ in runs], "{:.2f}"),
                f"{median(seconds for seconds, _ in runs) / prism:.2f}",
                spread([mib for _, mib in runs], "{:.0f}"),
                spread(self.loaded[name], "{:.0f}"),
            ]
            for name, runs in self.cold.items()
        ]
        return table(head, rows)

    def _names(self, load: str) -> list[str]:
        return [name for name, its in self.rounds[0] if its == load]

    def _all(self, name: str, load: str) -> list[Figures]:
        return [round_[name, load] for round_ in self.rounds]


def spread(values: Sequence[float], form: str) -> str:
    """The median, with the lowest and the highest."""
    if not values:
        return "-"
    say: Callable[[float], str] = form.format
    if len(values) == 1:
        return say(values[0])
    return f"{say(median(values))} ({say(min(values))}-{say(max(values))})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of Markdown."""
    return [_row(head), _row(["---"] * len(head)), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _machine(rounds: int, seconds: float) -> list[str]:
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    packages = ", ".join(f"{name} {version(name)}" for name in ("connexion", "starlette", "uvicorn", "uvloop"))
    cpus = [line.partition(": ")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    processor = cpus[0] if cpus else platform.machine()
    return [
        f"{datetime.now(UTC):%Y-%m-%d}, {len(cpus)} processors ({processor}), {platform.system()}",
        f"Python {platform.python_version()}, {packages}",
        f"Node {node}, Prism {PRISM}, json-server {JSON_SERVER}",
        f"wrk, 1 thread, {CONNECTIONS} connections, loopback; {rounds} interleaved rounds, {seconds:g} s for each load",
    ]


def notes() -> str:
    """What is written by hand about the figures."""
    return (ROOT / "docs" / "performance-notes.md").read_text("utf-8")
