"""The command line of the suite: `python -m contract_tests`, `canvas-contract`, `make contract`.

Exit status: 0 the contract is kept, 1 it is broken, 2 the target could not be judged.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract_tests.settings import PROFILES

if TYPE_CHECKING:
    from collections.abc import Sequence

_CANNOT_JUDGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the target and say by the exit status whether it keeps the contract."""
    options, rest = _parser().parse_known_args(arguments)
    given = {"CANVAS_URL": options.url, "PROFILE": options.profile, "SEED": options.seed, "REPORTS": options.reports}
    os.environ.update({name: value for name, value in given.items() if value})
    folder = str(Path(__file__).parent)
    junit = Path(os.environ.get("REPORTS") or "reports") / "junit.xml"
    own = ["--import-mode=importlib", "-p", "no:cacheprovider", "-o", "console_output_style=classic", "-q", "-rN"]
    own.append(f"--hypothesis-seed={os.environ.get('SEED') or 1}")
    try:
        status = pytest.main([folder, *own, "--tb=no", f"--junitxml={junit}", "--confcutdir", folder, *rest])
    except BrokenPipeError:  # who reads no further, as `| head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _CANNOT_JUDGE
    return status if status in (0, 1) else _CANNOT_JUDGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="canvas-contract",
        allow_abbrev=False,
        description="Judge a server against the contract of Canvas's Communication Channels API.",
        epilog="Tokens come from the environment: CANVAS_TOKEN, CANVAS_ADMIN_TOKEN, CANVAS_SITE_ADMIN_TOKEN, "
        "CANVAS_PUSH_TOKEN. Other options are pytest's.",
    )
    parser.add_argument("--url", help="the server's origin (default: $CANVAS_URL, else a mock is started)")
    parser.add_argument(
        "--profile", choices=tuple(PROFILES), help="how much is tried (default: $PROFILE, else default)"
    )
    parser.add_argument("--seed", help="the same seed gives the same run (default: $SEED, else 1)")
    parser.add_argument("--reports", metavar="DIR", help="where reports go (default: $REPORTS, else ./reports)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
