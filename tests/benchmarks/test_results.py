from __future__ import annotations

from benchmarks.results import Measurement, Results, format_median


def test_rate_ratios_are_calculated_within_a_round() -> None:
    quiet = {("the mock", "list"): Measurement(600, 1, 2, 80), ("bare Starlette", "list"): Measurement(1000, 1, 2, 40)}
    busy = {("the mock", "list"): Measurement(70, 1, 2, 80), ("bare Starlette", "list"): Measurement(100, 1, 2, 40)}

    ratios = Results([quiet, busy], {}, {}, {}).rate_ratios("the mock", "bare Starlette", "list")

    assert format_median(ratios, "{:.2f}") == "0.65 (0.60-0.70)"
