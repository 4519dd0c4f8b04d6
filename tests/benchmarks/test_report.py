from __future__ import annotations

import pytest

from benchmarks.report import render_report
from benchmarks.results import Measurement, Results, Startup

pytestmark = pytest.mark.usefixtures("node_versions")


def test_report_shows_the_cpu_share_of_other_processes() -> None:
    rounds = [{("the mock", "list"): Measurement(1, 1, 2, 80, other_cpu_share=share)} for share in (0.02, 0.5, 0.12)]

    text = render_report(Results(rounds, {}, {"the mock": []}, {"the mock": []}), 3)

    assert "- CPU time of other processes during the workloads: 12 (2-50) % of all processors\n" in text


def test_report_shows_startup_and_memory_by_size_of_the_world() -> None:
    startups = {
        "the mock": [Startup(0.5, 60.0)],
        "the mock without request journal": [Startup(0.5, 60.0)],
        "the mock, 1,000,000 channels": [Startup(3.25, 500.0), Startup(3.75, 502.0)],
    }
    memory = {"the mock": [70.0], "the mock without request journal": [69.0], "the mock, 1,000,000 channels": [560.0]}

    text = render_report(Results([{}, {}], {}, startups, memory), 3)

    _, _, section = text.partition("## Size of the world\n")
    table = section.partition("\n\n")[2].partition("\n\n")[0]
    head, _, *rows = table.splitlines()
    assert head.startswith(
        "| further channels | time to first successful response, s | MiB after first response | list: CPU time"
    )
    assert rows == [
        "| 0 | 0.50 | 60 | - | - | - | - | - | 70 |",
        "| 1,000,000 | 3.50 (3.25-3.75) | 501 (500-502) | - | - | - | - | - | 560 |",
    ]


def test_report_shows_the_ratio_to_each_baseline() -> None:
    rates = {"the mock": 60, "bare Starlette": 100, "bare Starlette with Canvas's headers": 80, "Prism": 12}
    round_ = {(name, "mixed"): Measurement(rate, 1, 2, 80) for name, rate in rates.items()}

    text = render_report(Results([round_], {}, {"the mock": []}, {name: [] for name in rates}), 3)

    assert "### 1,000 users in turn, with their pages in turn and 5 % writes" in text
    assert "| the mock | 60 | 0.60 | 0.75 | 5.0 | 80 | 1.0 | 2.0 |" in text
