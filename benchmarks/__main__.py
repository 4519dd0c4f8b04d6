"""`make bench`: installs the peers, measures in interleaved rounds, writes docs/performance.md."""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
from typing import TYPE_CHECKING

from benchmarks import peers, report, servers
from benchmarks.measure import Broken, cold_start, running
from benchmarks.results import Results

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.servers import Server

_PAGE = servers.ROOT / "docs" / "performance.md"
_LONGEST = 10
"""Seconds of a load: the newcomers of load.lua take 202,000 channels, and the mock makes fewer than 20,000 a second."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 2 with one sentence where something is missing, or a load goes wrong."""
    options = _parser().parse_args(arguments)
    if platform.system() != "Linux":
        print("make bench needs Linux, whose /proc says what a server uses.", file=sys.stderr)
        return 2
    needed = ["wrk"] if options.smoke else ["wrk", "npm"]
    for tool in needed:
        if shutil.which(tool) is None:
            print(f"make bench needs {tool}; on Debian: apt-get install {tool}", file=sys.stderr)
            return 2
    try:
        if options.smoke:
            return _smoke()
        peers.install()
        return _measure(options.rounds, options.seconds, options.sizes)
    except (peers.CannotInstall, Broken) as error:
        print(f"make bench: {error}.", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    add = parser.add_argument
    add("--smoke", action="store_true", help="only show that the loads work: the mock and bare Starlette, seconds")
    add("--rounds", type=_up_to(100), default=3, help="how often everything is measured (default: %(default)s)")
    add(
        "--seconds",
        type=_up_to(_LONGEST),
        default=3,
        help=f"how long each load runs, at most {_LONGEST} (default: %(default)s)",
    )
    add(
        "--sizes",
        type=int,
        nargs="*",
        default=[10_000, 1_000_000],
        metavar="CHANNELS",
        help="the larger worlds that the mock is measured with (default: 10000 1000000)",
    )
    return parser


def _up_to(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not 1 <= (value := int(text)) <= most:
            raise argparse.ArgumentTypeError(f"{text} is not from 1 to {most}")
        return value

    return number


def _smoke() -> int:
    for server in (servers.mock(10), servers.limit(), servers.limit_with_headers()):
        with running(server) as run:
            for load in server.loads:
                print(f"{server.name}, {load}: {run.load(load, 1).rate:,.0f} requests/s", flush=True)
    return 0


def _measure(count: int, seconds: float, sizes: Sequence[int]) -> int:
    others = [servers.limit(), servers.limit_with_headers(), *peers.peers()]
    typed = [servers.typed_mock(), *others]
    everyone = [servers.mock(10), *others, *map(servers.mock, sizes)]
    cold: dict[str, list[tuple[float, float]]] = {server.name: [] for server in typed}
    started: dict[str, list[tuple[float, float]]] = {server.name: [] for server in everyone}
    loaded: dict[str, list[float]] = {server.name: [] for server in everyone}
    results = Results([], cold, started, loaded)
    for _ in range(count):
        peers.fill_json_server()
        for server in typed:
            cold[server.name] += [cold_start(server), cold_start(server)]
        results.rounds.append({})
        for server in everyone:
            _load(server, seconds, results)
    page = report.page(results, seconds)
    _PAGE.write_text(page, "utf-8")
    print(f"{_PAGE.relative_to(servers.ROOT)} is written.")
    return 0


def _load(server: Server, seconds: float, results: Results) -> None:
    with running(server) as run:
        results.started[server.name].append((run.seconds, run.memory()))
        run.load("list", seconds)  # not counted: some servers compile as they go
        for load in server.loads:
            figures = results.rounds[-1][server.name, load] = run.load(load, seconds)
            print(f"{server.name}, {load}: {figures.rate:,.0f} requests/s, {figures.cpu:.0f} us", flush=True)
        results.loaded[server.name].append(run.memory())


if __name__ == "__main__":
    sys.exit(main())
