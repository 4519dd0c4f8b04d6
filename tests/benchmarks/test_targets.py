from __future__ import annotations

import pytest

from benchmarks.results import Measurement, Results, Round
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


def rates(of_the_mock: float, **references: float) -> Round:
    """Return a round in which the mock has the same rate in every workload."""
    names = {"bare": "bare Starlette", "prism": "Prism", "no_journal": "the mock without request journal"}
    servers = {"the mock": of_the_mock} | {names[name]: rate for name, rate in references.items()}
    return {
        (server, workload): Measurement(rate, 1, 2, 80)
        for server, rate in servers.items()
        for workload in ("list", "page", "mixed", "create", "recreate")
    }


@pytest.mark.parametrize(
    ("text", "met", "missed"),
    [
        ("mixed: rate at least 0.70 of that of bare Starlette", rates(70, bare=100), rates(69, bare=100)),
        ("create: rate at least 0.65 of that of bare Starlette", rates(65, bare=100), rates(64, bare=100)),
        ("recreate: rate at least 0.65 of that of bare Starlette", rates(65, bare=100), rates(64, bare=100)),
        (
            "list: rate at least 0.95 of that of the mock without request journal",
            rates(95, no_journal=100),
            rates(94, no_journal=100),
        ),
    ],
)
def test_rate_is_compared_with_that_of_another_server(text: str, met: Round, missed: Round) -> None:
    results = [
        target.result
        for round_ in (met, missed)
        for target in targets(Results([round_], {}, {}, {}))
        if target.text == text
    ]

    assert results == ["met", "not met"]


def test_slowest_workload_decides_the_comparison_with_prism() -> None:
    slow = rates(600, prism=100) | {("the mock", "create"): Measurement(410, 1, 2, 80)}

    rows = [target.row() for target in targets(Results([slow], {}, {}, {}))]

    assert ["rate at least 5 times that of Prism, in every workload", "4.1", "not met"] in rows
