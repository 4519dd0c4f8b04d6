from __future__ import annotations

import pytest

from benchmarks.results import Measurement, Results
from benchmarks.targets import Target, targets


@pytest.mark.parametrize(
    ("measured", "at_least", "result"),
    [
        ([0.7, 0.6, 0.1], True, "met"),
        ([0.7, 0.59, 0.1], True, "not met"),
        ([0.7, 0.59, 0.1], False, "met"),
        ([0.6], False, "not met"),
        ([], True, "not measured"),
    ],
)
def test_target_compares_the_median_with_the_limit(measured: list[float], at_least: bool, result: str) -> None:
    assert Target("", measured, 0.6, at_least).result == result


def test_cpu_growth_in_a_single_workload_misses_the_target() -> None:
    cpu_times = {"list": 80, "page": 100, "create": 90, "recreate": 90}
    small = {("the mock", workload): Measurement(1, 1, 2, cpu) for workload, cpu in cpu_times.items()}
    large = {
        ("the mock, 1,000,000 channels", workload): Measurement(1, 1, 2, cpu) for workload, cpu in cpu_times.items()
    }
    large["the mock, 1,000,000 channels", "create"] = Measurement(1, 1, 2, 180)

    growth = targets(Results([{**small, **large}], {}, {}, {}))[-1]

    assert growth.row()[1:] == ["2.00", "not met"]


def test_targets_without_measurements_are_not_measured() -> None:
    results = {target.result for target in targets(Results([], {}, {}, {}))}

    assert results == {"not measured"}
