from __future__ import annotations

import pytest

from benchmarks.report import render_report
from benchmarks.results import Measurement, Results, Startup

pytestmark = pytest.mark.usefixtures("node_versions")


def test_report_shows_the_cpu_share_of_other_processes() -> None:
    rounds = [{("the mock", "list"): Measurement(1, 1, 2, 80, share)} for share in (0.02, 0.5, 0.12)]

    text = render_report(Results(rounds, {}, {"the mock": []}, {"the mock": []}), 3)

    assert "- CPU time of other processes during the workloads: 12 (2-50) % of all processors\n" in text


def test_report_shows_startup_and_memory_by_size_of_the_world() -> None:
    startups = {
        "the mock": [Startup(0.5, 60.0)],
        "the mock, 1,000,000 channels": [Startup(3.25, 500.0), Startup(3.75, 502.0)],
    }
    memory = {"the mock": [70.0], "the mock, 1,000,000 channels": [560.0]}

    text = render_report(Results([{}, {}], {}, startups, memory), 3)

    assert "| channels | time to first successful response, s | MiB after first response | list: CPU time" in text
    assert "| 10 | 0.50 | 60 | - | - | - | - | 70 |" in text
    assert "| 1,000,000 | 3.50 (3.25-3.75) | 501 (500-502) | - | - | - | - | 560 |" in text
