"""`make bench`: install the comparison servers, measure in interleaved rounds, write docs/performance.md."""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
from typing import TYPE_CHECKING

from benchmarks import comparison_servers, report, servers
from benchmarks.load_generator import run_workload
from benchmarks.results import Results
from benchmarks.server_process import BenchmarkError, measure_cold_start, run_server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.servers import Server

_PAGE = servers.ROOT / "docs" / "performance.md"
_MAX_ROUNDS = 100
_MAX_SECONDS = 10
"""Of a workload: the users of `create` accept 202,000 channels, and the mock creates fewer than 20,000 per second."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status, 2 if a tool is not installed or a measurement fails."""
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
            comparison_servers.install()
            _write_report(options.rounds, options.seconds, options.sizes)
    except (comparison_servers.InstallationError, BenchmarkError) as error:
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
        default=3,
        help=f"number of rounds, at most {_MAX_ROUNDS} (default: %(default)s)",
    )
    add(
        "--seconds",
        type=_integer_up_to(_MAX_SECONDS),
        default=3,
        help=f"duration of each workload, at most {_MAX_SECONDS} (default: %(default)s)",
    )
    add(
        "--sizes",
        type=int,
        nargs="*",
        default=[10_000, 1_000_000],
        metavar="CHANNELS",
        help="sizes of the larger worlds to measure the mock with (default: 10000 1000000)",
    )
    return parser


def _integer_up_to(maximum: int) -> Callable[[str], int]:
    def integer(text: str) -> int:
        if not 1 <= (value := int(text)) <= maximum:
            raise argparse.ArgumentTypeError(f"{text} is not from 1 to {maximum}")
        return value

    return integer


def _run_smoke_test() -> None:
    for server in (servers.mock(10), servers.baseline(), servers.baseline_with_headers()):
        with run_server(server) as process:
            for workload in server.workloads:
                rate = run_workload(process, workload, 1).rate
                print(f"{server.name}, {workload}: {rate:,.0f} requests/s", flush=True)


def _write_report(rounds: int, seconds: float, sizes: Sequence[int]) -> None:
    others = [servers.baseline(), servers.baseline_with_headers(), *comparison_servers.all_servers()]
    cold_started = [servers.mock_command(), *others]
    loaded = [servers.mock(10), *others, *map(servers.mock, sizes)]
    results = Results(
        rounds=[],
        cold_starts={server.name: [] for server in cold_started},
        startups={server.name: [] for server in loaded},
        memory_after_workloads={server.name: [] for server in loaded},
    )
    for _ in range(rounds):
        comparison_servers.reset_json_server_data()
        for server in cold_started:
            results.cold_starts[server.name] += [measure_cold_start(server), measure_cold_start(server)]
        results.rounds.append({})
        for server in loaded:
            _measure_workloads(server, seconds, results)
    _PAGE.write_text(report.render_report(results, seconds), "utf-8")
    print(f"Wrote {_PAGE.relative_to(servers.ROOT)}.")


def _measure_workloads(server: Server, seconds: float, results: Results) -> None:
    with run_server(server) as process:
        results.startups[server.name].append(process.startup())
        run_workload(process, "list", seconds)  # warm-up, not counted: some servers compile at run time
        for workload in server.workloads:
            measurement = run_workload(process, workload, seconds)
            results.rounds[-1][server.name, workload] = measurement
            print(
                f"{server.name}, {workload}: {measurement.rate:,.0f} requests/s, "
                f"{measurement.cpu:.0f} us of CPU time per request",
                flush=True,
            )
        results.memory_after_workloads[server.name].append(process.memory_mib())


if __name__ == "__main__":
    sys.exit(main())
