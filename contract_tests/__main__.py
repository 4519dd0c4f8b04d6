"""The command line of the contract tests: `python -m contract_tests`, `canvas-contract`, `make contract`.

Exit status: 0 passed, 1 failed, 2 inconclusive.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract_tests.client.settings import PROFILES

if TYPE_CHECKING:
    from collections.abc import Sequence

_INCONCLUSIVE = 2
_EPILOG = """\
environment variables:
  CANVAS_TOKEN             access token of the test user; required with --url
  CANVAS_OTHER_USER_ID     id of a second test user
  CANVAS_ADMIN_TOKEN       access token of a root-account admin
  CANVAS_SITE_ADMIN_TOKEN  access token of a site admin
  CANVAS_PUSH_TOKEN        access token of the test user that can register devices
  CANVAS_SCOPED_TOKEN      access token with deletion by id as its only scope
  CANVAS_EXPIRED_TOKEN     expired access token
  CANVAS_REVOKED_TOKEN     revoked access token
  RATE                     requests per second; 0 for no limit
  READ_ONLY                1 has the effect of --read-only
  ALLOW_HTTP               1 allows http to another machine

Tests whose variables are not set are skipped.
All other options are passed to pytest, such as -k deletion.

exit status:
  0  passed
  1  failed: the server violates the contract
  2  inconclusive: the server could not be tested; the output states the reason and the remedy
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Test the target against the contract, and return the exit status."""
    options, pytest_options = _parser().parse_known_args(arguments)
    values = {"CANVAS_URL": options.url, "PROFILE": options.profile, "SEED": options.seed, "REPORTS": options.reports}
    values |= {"READ_ONLY": "1"} if options.read_only else {}
    os.environ.update({name: value for name, value in values.items() if value})
    try:
        status = pytest.main([*_own_options(), *pytest_options])
    except BrokenPipeError:  # the reader has closed the pipe, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _INCONCLUSIVE
    return status if status in (0, 1) else _INCONCLUSIVE


def _own_options() -> list[str]:
    folder = str(Path(__file__).parent)
    junit = Path(os.environ.get("REPORTS") or "reports") / "junit.xml"
    return [
        folder,
        *("--import-mode=importlib", "-p", "no:cacheprovider", "-o", "console_output_style=classic", "-q", "-rN"),
        f"--hypothesis-seed={os.environ.get('SEED') or 1}",
        *("--tb=no", f"--junitxml={junit}", "--confcutdir", folder),
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="canvas-contract",
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Test a server against the contract of Canvas's Communication Channels API.",
        epilog=_EPILOG,
    )
    parser.add_argument("--url", help="origin of the server (default: $CANVAS_URL, or a mock that the run starts)")
    parser.add_argument(
        "--profile", choices=tuple(PROFILES), help="number of examples and requests (default: $PROFILE, or 'default')"
    )
    parser.add_argument("--seed", help="seed of the generated examples (default: $SEED, or 1)")
    parser.add_argument(
        "--read-only", action="store_true", help="send GET and HEAD only; tests that need other requests are skipped"
    )
    parser.add_argument("--reports", metavar="DIR", help="folder of the reports (default: $REPORTS, or ./reports)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
