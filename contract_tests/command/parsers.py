"""The options of the command line, and the texts of its help."""

from __future__ import annotations

import argparse
from typing import NoReturn

VARIABLES = {"--url": "CANVAS_URL", "--profile": "PROFILE", "--seed": "SEED", "--reports": "REPORTS"}
"""The variable that each option sets."""

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
  REQUIRE_BOUNCE_FIELDS    1 fails if the site admin receives no bounce fields

Proxies and certificates are read from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY,
SSL_CERT_FILE, SSL_CERT_DIR, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.
Tests whose variables are not set are skipped.
All other options are passed to pytest, such as -k deletion.
A file such as contract_tests/test_tokens.py, or contract_tests/test_tokens.py::test_altered_token_is_401,
selects its tests.

canvas-contract clean-up deletes the channels that runs have left; see canvas-contract clean-up --help.

exit status of canvas-contract and of python -m contract_tests:
  0  passed: every selected test ran, and none failed
  1  failed: the server violates the contract
  2  inconclusive: the server could not be tested; the output states the reason and the remedy
make contract exits with 0 for passed, and with 2 for failed and for inconclusive.
"""

_CLEAN_UP_EPILOG = """\
It deletes only channels at the suite's reserved addresses, and what a journal in the folder explains:
those of the user of CANVAS_TOKEN and, with CANVAS_ADMIN_TOKEN, those of CANVAS_OTHER_USER_ID.
CANVAS_ADMIN_TOKEN also deletes the channels of users who may not edit them.
Without a terminal and without --yes it lists them, and prints the command that deletes them.

exit status:
  0  the last list of each account shows none of these channels
  2  channels remain, or an account could not be listed; the output states the reason and the remedy
"""


class OptionError(Exception):
    """A wrong option of the command line."""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are exceptions, and not the end of the process."""

    def error(self, message: str) -> NoReturn:
        """Raise the error."""
        raise OptionError(message)


class _Once(argparse.Action):
    """An option that may be given once."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, option: str | None = None
    ) -> None:
        if getattr(namespace, self.dest) is not None:
            parser.error(f"{option} is given twice; give it once")
        setattr(namespace, self.dest, values)


def suite_parser() -> argparse.ArgumentParser:
    """Return the parser of the options of a run; options of pytest are unknown to it."""
    parser = _Parser(
        prog="canvas-contract",
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Test a server against the contract of Canvas's Communication Channels API.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "--url", action=_Once, help="origin of the server (default: $CANVAS_URL, or a mock that the run starts)"
    )
    parser.add_argument(
        "--profile",
        action=_Once,
        metavar="NAME",
        help="size of the run: smoke, quick, default or thorough (default: $PROFILE, or 'default')",
    )
    parser.add_argument("--seed", action=_Once, help="seed of the generated examples (default: $SEED, or 1)")
    parser.add_argument(
        "--read-only", action="store_true", help="send GET and HEAD only; tests that need other requests are skipped"
    )
    parser.add_argument(
        "--reports", action=_Once, metavar="DIR", help="folder of the reports (default: $REPORTS, or ./reports)"
    )
    parser.add_argument(
        "--verbose", action="store_true", help="print the table of properties and the permission matrix"
    )
    return parser


def clean_up_parser() -> argparse.ArgumentParser:
    """Return the parser of the options of `canvas-contract clean-up`."""
    parser = _Parser(
        prog="canvas-contract clean-up",
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="List the channels that runs of the contract suite have left, and delete them after asking.",
        epilog=_CLEAN_UP_EPILOG,
    )
    parser.add_argument("--url", action=_Once, help="origin of the server (default: $CANVAS_URL)")
    parser.add_argument(
        "--reports", action=_Once, metavar="DIR", help="folder of the journal (default: $REPORTS, or ./reports)"
    )
    parser.add_argument("--yes", action="store_true", help="delete without asking")
    return parser
