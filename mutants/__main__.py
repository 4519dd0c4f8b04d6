"""The command line of the mutants: `python -m mutants list`, and `python -m mutants serve NAME --port 8000`."""

from __future__ import annotations

import argparse
import contextlib
import logging
import socket
import sys
from typing import TYPE_CHECKING

import uvicorn

from mutants.catalogue import EQUIVALENT_VARIANTS, FAULTS, find_mutant
from mutants.patching import PatchedMock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mutants.mutant import Mutant

USAGE_ERROR = 2
"""The exit status for an unknown mutant, and for a port that is in use."""


def main(arguments: Sequence[str] | None = None) -> int:
    """List the mutants, or serve one until Ctrl-C, and return 0; return USAGE_ERROR if it cannot be served."""
    options = _parser().parse_args(arguments)
    if options.command == "list":
        for each in (*EQUIVALENT_VARIANTS, *FAULTS):
            print(f"{each.name:<52}{each.sentence}")
        return 0
    mutant = find_mutant(options.name)
    if mutant is None:
        print(f"Unknown mutant {options.name!r}; `python -m mutants list` lists all.", file=sys.stderr)
        return USAGE_ERROR
    try:
        listener = socket.create_server(("127.0.0.1", options.port), backlog=2048)  # as many as uvicorn
    except OSError as error:
        print(f"Cannot listen on port {options.port}: {error.strerror}. Choose another port.", file=sys.stderr)
        return USAGE_ERROR
    return _serve(mutant, listener)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mutants",
        allow_abbrev=False,
        description="List the mutants of the mock, or serve one.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="list the name and the description of every mutant")
    serve = commands.add_parser("serve", help="serve one mutant on loopback and print its URL")
    serve.add_argument("name", metavar="NAME")
    serve.add_argument("--port", type=int, default=8000, help="0 selects a free port (default: %(default)s)")
    return parser


def _serve(mutant: Mutant, listener: socket.socket) -> int:
    logging.basicConfig(level=logging.CRITICAL)
    with listener, PatchedMock() as mock:
        mutant.apply(mock)
        config = uvicorn.Config(mock.build_app(), log_level="critical", access_log=False, timeout_graceful_shutdown=1)
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
