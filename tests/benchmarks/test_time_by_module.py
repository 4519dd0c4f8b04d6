from __future__ import annotations

import sys
from collections import Counter
from itertools import islice
from types import FrameType, FunctionType

import pytest

from benchmarks import time_by_module
from benchmarks.workload_users import MIXED_USERS

REQUESTS = 40_000
REMAINING = 25
"""The channels that are created and not deleted, because the first delete is the 1,021st request."""


def test_mixed_workload_gives_each_user_all_pages_and_5_percent_writes() -> None:
    requests = list(islice(time_by_module.mixed_requests(), REQUESTS))

    methods = Counter(request.method for request in requests)
    pages = {(request.user_id, request.query) for request in requests if request.method == "GET"}
    writers = {request.user_id for request in requests if request.method == "POST"}
    assert (methods["POST"], methods["DELETE"]) == (REQUESTS // 40, REQUESTS // 40 - REMAINING)  # 2.5 % each
    assert len(pages) == (8 + 4 + 2 + 1) * MIXED_USERS.users  # 40 channels in pages of 5, 10, 20 and 40
    assert writers == {*MIXED_USERS.ids}


def test_mixed_workload_deletes_each_channel_once_and_after_its_creation() -> None:
    channels = set()
    for request in islice(time_by_module.mixed_requests(), REQUESTS):
        if request.method == "POST":
            channels.add((request.user_id, request.address))
        if request.method == "DELETE":
            channels.remove((request.user_id, request.path.removeprefix("/email/")))

    assert len(channels) == REMAINING


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="uvloop does not support Windows")
def test_command_prints_the_time_of_the_mock_of_the_baseline_and_of_each_part(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(time_by_module, "_REQUESTS", 200)
    monkeypatch.setattr(time_by_module, "_SAMPLED_RUNS", 5)

    assert time_by_module.main([]) == 0

    head, _, *lines = capsys.readouterr().out.splitlines()
    times = {name: [float(time) for time in times] for name, *times in map(cells, lines)}
    mock, _baseline = times.pop("the mock"), times.pop("bare Starlette")
    assert cells(head) == ["us per request", "list", "create", "mixed"]
    assert [sum(column) for column in zip(*times.values(), strict=True)] == pytest.approx(mock, abs=1)
    assert "mockserver.api.response" in times


def cells(row: str) -> list[str]:
    return row.strip("| ").split(" | ")


def current_frame() -> FrameType:
    return sys._getframe()


def frame_of_a_callee() -> FrameType:
    return current_frame()


def test_part_is_the_innermost_module_of_the_mock() -> None:
    # a frame whose function has a module of the mock, and whose caller has this module
    code = frame_of_a_callee.__code__
    frame = FunctionType(code, {"__name__": "mockserver.api.response", "current_frame": current_frame})()

    assert time_by_module._part(frame, by_function=False) == "mockserver.api.response"
    assert time_by_module._part(frame, by_function=True) == "mockserver.api.response: frame_of_a_callee"
    assert time_by_module._part(current_frame(), by_function=False) == "the benchmark"
