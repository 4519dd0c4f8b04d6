"""The command line of the mock: `python -m mockserver`, `canvas-mock`, `make mock`."""

from __future__ import annotations

import argparse
import gc
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the mock until Ctrl-C; 0 then, 2 with one sentence for what cannot be run."""
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(given)
    gc.disable()  # what is made at the start stays; looking through it took a tenth of the time
    try:
        from mockserver import serving  # noqa: PLC0415  # its imports are most of the start

        return serving.run(options, given)
    except KeyboardInterrupt:
        return 0
    finally:
        gc.enable()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="canvas-mock",
        allow_abbrev=False,
        description="A stateful mock of Canvas's Communication Channels API, served from openapi.yaml.",
        epilog="It listens on loopback unless told otherwise; its tokens are public, so keep it there.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add(
        "--port",
        type=_port,
        default=8000,
        help="port to listen on; 0 takes a free one (default: %(default)s)",
    )
    add(
        "--world",
        type=Path,
        metavar="FILE",
        help="YAML file with the users, tokens and channels to start with",
    )
    add("--strict", action="store_true", help="refuse with 400 what breaks the contract, and say what to fix")
    add(
        "--unauthorized-status",
        type=int,
        choices=(403, 401),
        default=403,
        help="401 as Canvas before about 2024 (default: 403)",
    )
    add(
        "--error-report-ids",
        action="store_true",
        help="show error_report_id where Canvas records the failure",
    )
    add(
        "--rate-limit",
        type=int,
        choices=(403, 429),
        help="limit each token as Canvas does, with this status (default: no limit)",
    )
    add(
        "--rate-limit-cost",
        type=_cost,
        default=1.0,
        metavar="UNITS",
        help="what a request takes of the 600 units that refill by 10 a second (default: 1)",
    )
    add("--reload", action="store_true", help="restart when openapi.yaml, the world file or the code changes")
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; ports are 0 to 65535")
    return int(text)


def _cost(text: str) -> float:
    try:
        cost = float(text)
    except ValueError:
        cost = -1.0
    if not 0 <= cost < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of units; try 1")
    return cost


if __name__ == "__main__":
    sys.exit(main())
