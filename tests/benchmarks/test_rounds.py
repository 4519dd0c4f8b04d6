from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING

from benchmarks import __main__ as command
from benchmarks.results import Measurement, Results, Startup
from benchmarks.servers.catalogue import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


@contextmanager
def run_nothing(server: Server) -> Iterator[SimpleNamespace]:
    yield SimpleNamespace(server=server, startup=lambda: Startup(1, 50), memory_mib=lambda: 60.0)


def test_each_workload_runs_on_all_servers_before_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, str]] = []

    def measure(process: SimpleNamespace, workload: str, _seconds: float) -> Measurement:
        sent.append((process.server.name, workload))
        return Measurement(100, 1, 2, 80)

    monkeypatch.setattr(command, "run_server", run_nothing)
    monkeypatch.setattr(command, "run_workload", measure)
    results = Results([], {}, {"a": [], "b": []}, {"a": [], "b": []})

    command._measure_round([Server("a", ()), Server("b", (), workloads=("list", "page"))], 1, results)

    warm_up = [("a", "mixed"), ("b", "list")]  # the mixed workload, if the server has it
    assert sent == [
        *warm_up,
        *(("a", "list"), ("b", "list"), ("a", "page"), ("b", "page")),
        *(("a", "mixed"), ("a", "create"), ("a", "recreate")),
    ]
    assert results.rounds[0].keys() == {*sent} - {("b", "mixed")}
    assert results.memory_after_workloads == {"a": [60.0], "b": [60.0]}
