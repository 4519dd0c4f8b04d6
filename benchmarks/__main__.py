"""`make bench`: install the comparison servers, measure in interleaved rounds, write docs/performance.md."""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks import report
from benchmarks.load_generator import run_workload
from benchmarks.results import Results
from benchmarks.servers import catalogue, comparison
from benchmarks.servers.process import BenchmarkError, measure_cold_start, run_server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.servers.catalogue import Server
    from benchmarks.servers.process import ServerProcess

_PAGE = catalogue.ROOT / "docs" / "performance.md"
_MAX_ROUNDS = 100
_MAX_SECONDS = 10
"""The users of the workload `create` accept 202,000 channels, and the mock creates under 20,000 per second."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status, 2 if the measurement is not possible or fails."""
    options = _parser().parse_args(arguments)
    if platform.system() != "Linux":
        print("make bench requires Linux: it reads CPU time and memory from /proc.", file=sys.stderr)
        return 2
    required_tools = ["wrk"] if options.smoke else ["wrk", "npm"]
    for tool in required_tools:
        if shutil.which(tool) is None:
            print(f"make bench requires {tool}; on Debian: apt-get install {tool}", file=sys.stderr)
            return 2
    try:
        if options.smoke:
            _run_smoke_test()
        else:
            comparison.install()
            _measure_and_report(options.rounds, options.seconds, options.sizes)
    except (comparison.InstallationError, BenchmarkError) as error:
        print(f"make bench: {error}.", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    add = parser.add_argument
    add(
        "--smoke",
        action="store_true",
        help="run each workload for one second, on the mock and bare Starlette only, and write no report",
    )
    add(
        "--rounds",
        type=_integer_up_to(_MAX_ROUNDS),
        default=5,
        help=f"number of rounds, at most {_MAX_ROUNDS} (default: %(default)s)",
    )
    add(
        "--seconds",
        type=_integer_up_to(_MAX_SECONDS),
        default=2,
        help=f"duration of each workload, at most {_MAX_SECONDS} (default: %(default)s)",
    )
    add(
        "--sizes",
        type=int,
        nargs="*",
        default=[1_000_000],
        metavar="CHANNELS",
        help="numbers of further channels to measure the mock with (default: 1000000)",
    )
    return parser


def _integer_up_to(maximum: int) -> Callable[[str], int]:
    def integer(text: str) -> int:
        if not 1 <= (value := int(text)) <= maximum:
            raise argparse.ArgumentTypeError(f"{text} is not from 1 to {maximum}")
        return value

    return integer


def _run_smoke_test() -> None:
    for server in (catalogue.mock(), catalogue.baseline(), catalogue.baseline_with_headers()):
        with run_server(server) as process:
            for workload in server.workloads:
                rate = run_workload(process, workload, 1).rate
                print(f"{server.name}, {workload}: {rate:,.0f} requests/s", flush=True)


def _measure_and_report(rounds: int, seconds: float, sizes: Sequence[int]) -> None:
    others = [catalogue.baseline(), catalogue.baseline_with_headers(), *comparison.all_servers()]
    cold_started = [catalogue.installed_mock(), *others]
    loaded = [catalogue.mock(), catalogue.mock_without_journal(), *others, *map(catalogue.mock, sizes)]
    results = Results(
        rounds=[],
        cold_starts={server.name: [] for server in cold_started},
        startups={server.name: [] for server in loaded},
        memory_after_workloads={server.name: [] for server in loaded},
    )
    for _ in range(rounds):
        comparison.reset_json_server_data()
        for server in cold_started:
            results.cold_starts[server.name] += [measure_cold_start(server), measure_cold_start(server)]
        _measure_round(loaded, seconds, results)
    _PAGE.write_text(report.render_report(results, seconds), "utf-8")
    print(f"Wrote {_PAGE.relative_to(catalogue.ROOT)}.")


def _measure_round(loaded: Sequence[Server], seconds: float, results: Results) -> None:
    """Measure each workload on all servers one after the other, so that a ratio is that of measurements close in time.

    The servers that are not measured wait for requests.
    """
    results.rounds.append({})
    with ExitStack() as stack:
        processes = [stack.enter_context(run_server(server)) for server in loaded]
        for process in processes:
            results.startups[process.server.name].append(process.startup())
            warm_up = "mixed" if "mixed" in process.server.workloads else "list"  # some servers compile at run time
            run_workload(process, warm_up, seconds)
        for workload in catalogue.WORKLOADS:
            for process in processes:
                if workload in process.server.workloads:
                    _measure_workload(process, workload, seconds, results)
        for process in processes:
            results.memory_after_workloads[process.server.name].append(process.memory_mib())


def _measure_workload(process: ServerProcess, workload: str, seconds: float, results: Results) -> None:
    name = process.server.name
    measurement = run_workload(process, workload, seconds)
    results.rounds[-1][name, workload] = measurement
    print(
        f"{name}, {workload}: {measurement.rate:,.0f} requests/s, {measurement.cpu:.0f} us of CPU time per request",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
