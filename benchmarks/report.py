"""The results as docs/performance.md."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import peers
from benchmarks.measure import CONNECTIONS
from benchmarks.results import spread
from benchmarks.servers import EVERY_LOAD, LIMIT, MOCK, ROOT
from benchmarks.targets import targets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.results import Results

TITLES = {
    "list": "List of 10",
    "page": "Page 3 of 25",
    "create": "Create from a form, unique address",
    "recreate": "Delete and re-create",
}

_PREFACE = """\
# Performance

Written by `make bench`; only what follows the targets is written by hand, in `performance-notes.md`.
Medians of the rounds, with the lowest and the highest in brackets.
Ratios are taken within a round, because other work on the machine moves all rates together.
The mock does everything it always does: authentication, request and response validation, ETag.
Bare Starlette answers constants of the same size on the same uvicorn and checks nothing.
Once more it does so with as many headers as Canvas sends.
Prism answers examples of the same size, and keeps no state.
Scalar's mock server runs handlers that we wrote for it, and checks requests.
json-server holds the same channels, and checks nothing.
Every server's list is seen to have 10 channels and its page 25; a dash is what a server cannot do.
"""

_SIZES = """\
Each world is built in the server's own process, before its first answer, and with people for every load.
So even the smallest starts otherwise than the mock above, which is `canvas-mock` with its default world.
"""


def page(results: Results, seconds: float) -> str:
    """The page; `seconds` is how long each load ran."""
    return "\n".join(
        [
            _PREFACE,
            *(f"- {line}" for line in _conditions(results, seconds)),
            "",
            "## Targets",
            "",
            *table(["target", "measured", ""], [target.row() for target in targets(results)]),
            "",
            "## Requests",
            "",
            *(line for load in EVERY_LOAD for line in _of_load(results, load)),
            "## Cold start and memory",
            "",
            *_cold(results),
            "",
            "## The size of the world",
            "",
            _SIZES,
            *_sizes(results),
            "",
            (ROOT / "docs" / "performance-notes.md").read_text("utf-8").strip(),
            "",
        ]
    )


def _of_load(results: Results, load: str) -> Iterable[str]:
    head = ["server", "requests/s", "of bare Starlette", "times Prism", "CPU us", "p50 ms", "p99 ms"]
    names = [name for name in results.loaded if not name.startswith(f"{MOCK},")]
    return [f"### {TITLES[load]}", "", *table(head, [_rates(results, name, load) for name in names]), ""]


def _rates(results: Results, name: str, load: str) -> list[str]:
    figures = results.figures(name, load)
    return [
        name,
        spread([f.rate for f in figures], "{:,.0f}"),
        spread(results.ratios(name, LIMIT, load), "{:.2f}"),
        spread(results.ratios(name, peers.PRISM, load), "{:.1f}"),
        spread([f.cpu for f in figures], "{:.0f}"),
        spread([f.p50 for f in figures], "{:.1f}"),
        spread([f.p99 for f in figures], "{:.1f}"),
    ]


def _cold(results: Results) -> list[str]:
    head = ["server", "first good answer, s", "of Prism's", "MiB then", "MiB after load"]
    rows = [
        [
            name,
            spread([seconds for seconds, _ in starts], "{:.2f}"),
            spread(results.cold_ratios(name, peers.PRISM), "{:.2f}"),
            spread([mib for _, mib in starts], "{:.0f}"),
            spread(results.loaded[name], "{:.0f}"),
        ]
        for name, starts in results.cold.items()
    ]
    return table(head, rows)


def _sizes(results: Results) -> list[str]:
    loads = [f"{TITLES[load].lower()}, CPU us" for load in EVERY_LOAD]
    head = ["channels", "first good answer, s", "MiB then", *loads, "MiB after load"]
    rows = [
        [
            name.partition(", ")[2].removesuffix(" channels") or "10",
            spread([seconds for seconds, _ in results.started[name]], "{:.2f}"),
            spread([mib for _, mib in results.started[name]], "{:,.0f}"),
            *(spread([f.cpu for f in results.figures(name, load)], "{:.0f}") for load in EVERY_LOAD),
            spread(results.loaded[name], "{:,.0f}"),
        ]
        for name in results.loaded
        if name.startswith(MOCK)
    ]
    return table(head, rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of Markdown."""
    return [_row(head), _row(["---"] * len(head)), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def machine(*packages: str) -> list[str]:
    """The day, the machine, and what runs there."""
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    known = Path("/proc/cpuinfo")  # of Linux, and without names on some processors
    lines = known.read_text().splitlines() if known.exists() else []
    processor = next((line.partition(": ")[2] for line in lines if "model name" in line), platform.machine())
    return [
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} processors ({processor}), {platform.system()}",
        f"Python {platform.python_version()}, {versions}",
    ]


def _conditions(results: Results, seconds: float) -> list[str]:
    rounds = len(results.rounds)
    others = [figures.others * 100 for round_ in results.rounds for figures in round_.values()]
    return [
        *machine("connexion", "starlette", "uvicorn", "uvloop"),
        peers.versions(),
        f"wrk, 1 thread, {CONNECTIONS} connections, loopback; {rounds} interleaved rounds, {seconds:g} s for each load",
        "each server has first answered lists for as long, which is not counted",
        f"while a load ran, {spread(others, '{:.0f}')} % of all processors' time went to neither its server nor wrk",
    ]
