"""`python -m mutants list` names every mutant; `python -m mutants serve NAME --port 8000` serves one."""

from __future__ import annotations

import argparse
import contextlib
import logging
import socket
import sys
from typing import TYPE_CHECKING

import uvicorn

from mutants.catalogue import FAULTS, HARMLESS, mutant_named
from mutants.surgery import Mutant, Surgery

if TYPE_CHECKING:
    from collections.abc import Sequence

MISTAKE = 2
"""The exit status for an unknown name or a taken port."""


def main(arguments: Sequence[str] | None = None) -> int:
    """List the mutants, or serve one until Ctrl-C; 2 with one sentence for what cannot be served."""
    options = _parser().parse_args(arguments)
    if options.verb == "list":
        for each in (*HARMLESS, *FAULTS):
            print(f"{each.name:<52}{each.sentence}")
        return 0
    mutant = mutant_named(options.name)
    if mutant is None:
        print(f"There is no mutant {options.name!r}; `python -m mutants list` names them all.", file=sys.stderr)
        return MISTAKE
    try:
        listener = socket.create_server(("127.0.0.1", options.port), backlog=2048)
    except OSError as error:
        print(f"Port {options.port} cannot be listened on: {error.strerror}. Choose another.", file=sys.stderr)
        return MISTAKE
    return _serve(mutant, listener)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mutants", allow_abbrev=False, description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list", help="name every mutant")
    serve = verbs.add_parser("serve", help="serve one mutant on loopback and print its URL")
    serve.add_argument("name", metavar="NAME")
    serve.add_argument("--port", type=int, default=8000, help="0 takes a free one (default: %(default)s)")
    return parser


def _serve(mutant: Mutant, listener: socket.socket) -> int:
    logging.basicConfig(level=logging.CRITICAL)
    with listener, Surgery() as mock:
        mutant.operate(mock)
        config = uvicorn.Config(mock.app(), log_level="critical", access_log=False, timeout_graceful_shutdown=1)
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
