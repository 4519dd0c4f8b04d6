"""The report of `make bench`: docs/performance.md."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.load_generator import CONNECTIONS
from benchmarks.results import format_median
from benchmarks.servers import comparison
from benchmarks.servers.catalogue import BASELINE, BASELINE_WITH_HEADERS, MOCK, ROOT, WORKLOADS
from benchmarks.targets import targets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.results import Results

TITLES = {
    "list": "List of 10 channels",
    "page": "Page 3 of a list, 25 channels per page",
    "mixed": "1,000 users in turn, with their pages in turn and 5 % writes",
    "create": "Create a channel with a unique address from a form",
    "recreate": "Delete and re-create a channel",
}

_LARGER_MOCK = f"{MOCK}, "
"""The start of the names of the mock with further channels."""

_PREFACE = """\
# Performance

`make bench` writes this page; the sections after the tables come from `performance-notes.md`, which is written by hand.
Each figure is the median of the rounds, with the minimum and the maximum in brackets.
A ratio is calculated within a round, because other processes of the machine change all rates together.
The mock runs with all its features: authentication, request and response validation, ETag.
It is measured a second time without its request journal.
Bare Starlette is the baseline: the same operations on the same uvicorn, without tokens and validation.
It is measured a second time with as many headers as Canvas sends.
Prism returns examples of the same size and has no state.
Scalar's mock server runs handlers written for this benchmark and validates requests.
json-server stores the same channels and validates nothing.
The benchmark checks that each server returns 10 channels for the list and 25 for the page.
A dash marks a workload that the server does not support.

The workload `mixed` cannot be made fast by remembering responses.
Each of 1,000 users has an own token and 40 channels.
They are read in turn, 5, 10, 20 and 40 per page, at 15,000 different URLs.
Of 40 requests, one creates a channel of the user, and one deletes a channel that was created before.
The API has no bookmarks: its Link header has numbers of pages.
"""

_WORLD_SIZES = """\
Each world is created in the server's process, before its first response.
It has the users of all workloads, who have 40,290 channels, and the further channels of other users.
Even the smallest one therefore differs from the mock in the table above, which is `canvas-mock` with its default world.
"""


def render_report(results: Results, seconds: float) -> str:
    """Return the page in Markdown; `seconds` is the duration of each workload."""
    return "\n".join(
        [
            _PREFACE,
            *(f"- {line}" for line in _conditions(results, seconds)),
            "",
            "## Targets",
            "",
            *markdown_table(["target", "measured", "result"], [target.row() for target in targets(results)]),
            "",
            "## Requests",
            "",
            *(line for workload in WORKLOADS for line in _workload_section(results, workload)),
            "## Cold start and memory",
            "",
            *_cold_start_table(results),
            "",
            "## Size of the world",
            "",
            _WORLD_SIZES,
            *_world_size_table(results),
            "",
            (ROOT / "docs" / "performance-notes.md").read_text("utf-8").strip(),
            "",
        ]
    )


def _workload_section(results: Results, workload: str) -> Iterable[str]:
    head = [
        "server",
        "requests/s",
        "ratio to bare Starlette",
        "ratio with Canvas's headers",
        "ratio to Prism",
        "CPU time per request, us",
        "p50, ms",
        "p99, ms",
    ]
    names = [name for name in results.servers if not name.startswith(_LARGER_MOCK)]
    rows = [_workload_row(results, name, workload) for name in names]
    return [f"### {TITLES[workload]}", "", *markdown_table(head, rows), ""]


def _workload_row(results: Results, name: str, workload: str) -> list[str]:
    measurements = results.measurements(name, workload)
    return [
        name,
        format_median([each.rate for each in measurements], "{:,.0f}"),
        format_median(results.rate_ratios(name, BASELINE, workload), "{:.2f}"),
        format_median(results.rate_ratios(name, BASELINE_WITH_HEADERS, workload), "{:.2f}"),
        format_median(results.rate_ratios(name, comparison.PRISM, workload), "{:.1f}"),
        format_median([each.cpu for each in measurements], "{:.0f}"),
        format_median([each.p50 for each in measurements], "{:.1f}"),
        format_median([each.p99 for each in measurements], "{:.1f}"),
    ]


def _cold_start_table(results: Results) -> list[str]:
    head = [
        "server",
        "time to first successful response, s",
        "ratio to Prism",
        "MiB after first response",
        "MiB after workloads",
    ]
    rows = [
        [
            name,
            format_median([start.seconds for start in starts], "{:.2f}"),
            format_median(results.cold_start_ratios(name, comparison.PRISM), "{:.2f}"),
            format_median([start.memory_mib for start in starts], "{:.0f}"),
            format_median(results.memory_after_workloads[name], "{:.0f}"),
        ]
        for name, starts in results.cold_starts.items()
    ]
    return markdown_table(head, rows)


def _world_size_table(results: Results) -> list[str]:
    head = [
        "further channels",
        "time to first successful response, s",
        "MiB after first response",
        *(f"{workload}: CPU time per request, us" for workload in WORKLOADS),
        "MiB after workloads",
    ]
    names = [name for name in results.servers if name == MOCK or name.startswith(_LARGER_MOCK)]
    return markdown_table(head, [_world_size_row(results, name) for name in names])


def _world_size_row(results: Results, name: str) -> list[str]:
    starts = results.startups[name]
    channels = name.removeprefix(_LARGER_MOCK).removesuffix(" channels")
    cpu_times = [[each.cpu for each in results.measurements(name, workload)] for workload in WORKLOADS]
    return [
        "0" if name == MOCK else channels,
        format_median([start.seconds for start in starts], "{:.2f}"),
        format_median([start.memory_mib for start in starts], "{:,.0f}"),
        *(format_median(times, "{:.0f}") for times in cpu_times),
        format_median(results.memory_after_workloads[name], "{:,.0f}"),
    ]


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    return [_markdown_row(head), _markdown_row(["---"] * len(head)), *map(_markdown_row, rows)]


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def machine_lines(*packages: str) -> list[str]:
    """Return the date with the machine, and the versions of Python and of the packages, as two lines."""
    package_versions = ", ".join(f"{name} {version(name)}" for name in packages)
    cpu_info = Path("/proc/cpuinfo")  # on Linux only, and without model names on some processors
    lines = cpu_info.read_text().splitlines() if cpu_info.exists() else []
    processor = next((line.partition(": ")[2] for line in lines if "model name" in line), platform.machine())
    return [
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} processors ({processor}), {platform.system()}",
        f"Python {platform.python_version()}, {package_versions}",
    ]


def _conditions(results: Results, seconds: float) -> list[str]:
    rounds = len(results.rounds)
    other_cpu = [each.other_cpu_share * 100 for round_ in results.rounds for each in round_.values()]
    return [
        *machine_lines("connexion", "starlette", "uvicorn", "uvloop"),
        comparison.versions(),
        f"wrk, 1 thread, {CONNECTIONS} connections, loopback; {rounds} interleaved rounds, {seconds:g} s per workload",
        "warm-up of each server before its workloads: `mixed`, or else `list`, for the same time, not counted",
        f"CPU time of other processes during the workloads: {format_median(other_cpu, '{:.0f}')} % of all processors",
    ]
