"""The command line of the contract tests: `canvas-contract`, `python -m contract_tests`, `make contract`.

Exit status: 0 passed, 1 failed, 2 inconclusive.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from contract_tests.report.names import remove_reports

if TYPE_CHECKING:
    from collections.abc import Sequence

_INCONCLUSIVE = 2
_REQUIRED = ("hypothesis", "jinja2", "openapi_spec_validator", "pytest", "schemathesis")
"""The packages of the extra `contract`; this module imports none of them before it has looked for them."""
_EXTRA = (
    "The contract tests need packages that are not installed ({}); "
    "install them with: pip install 'canvas-channels-contract[contract]'."
)
_VARIABLES = {"--url": "CANVAS_URL", "--profile": "PROFILE", "--seed": "SEED", "--reports": "REPORTS"}
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

exit status of canvas-contract and of python -m contract_tests:
  0  passed: every selected test ran, and none failed
  1  failed: the server violates the contract
  2  inconclusive: the server could not be tested; the output states the reason and the remedy
make contract exits with 0 for passed, and with 2 for failed and for inconclusive.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Test the target against the contract, and return the exit status."""
    try:
        return _main(arguments)
    except BrokenPipeError:  # the reader has closed the pipe, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _INCONCLUSIVE
    except KeyboardInterrupt:
        return _refuse("The run was interrupted; run it again.", Path(os.environ.get("REPORTS") or "reports"))


def _main(arguments: Sequence[str] | None) -> int:
    try:
        options, pytest_options = _parser().parse_known_args(arguments)
    except _OptionError as error:
        folder = Path(os.environ.get("REPORTS") or "reports")
        return _refuse(_prepare(folder) or f"{error}; canvas-contract --help lists the options.", folder)
    given = {name: getattr(options, name.removeprefix("--")) for name in _VARIABLES}
    os.environ.update({_VARIABLES[name]: value for name, value in given.items() if value is not None})
    os.environ.update({"READ_ONLY": "1"} if options.read_only else {})
    folder = Path(os.environ.get("REPORTS") or "reports")
    if reason := _prepare(folder):
        return _refuse(reason, folder)

    import pytest  # noqa: PLC0415  # see _REQUIRED

    from contract_tests.report.command import CommandLine, NotStarted, settings_error  # noqa: PLC0415

    if reason := settings_error():
        return _refuse(_as_typed(reason, [name for name, value in given.items() if value is not None]), folder)
    command = CommandLine()
    try:
        status = pytest.main([*_own_options(is_verbose=options.verbose), *pytest_options], plugins=[command])
    except NotStarted:
        status = pytest.ExitCode.USAGE_ERROR
    if command.error:
        return _refuse(command.error, folder)
    if not command.has_started:
        reason = "No test ran: pytest has only printed what its options ask for."
        return _refuse(reason, folder)
    return int(status) if status in (0, 1) else _INCONCLUSIVE


def _prepare(folder: Path) -> str:
    """Remove the reports of an earlier run, and return the reason why no run can start; empty if there is none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remove_reports(folder)
    except OSError as error:
        return f"REPORTS is {str(folder)!r}, where no report can be written ({error.strerror}); set it to a folder."
    missing = [name for name in _REQUIRED if importlib.util.find_spec(name) is None]
    return _EXTRA.format(", ".join(missing)) if missing else ""


def _refuse(reason: str, folder: Path) -> int:
    """Print why the run is inconclusive, write it into the reports as far as that is possible, and return 2."""
    print(f"Inconclusive: {reason}")
    try:
        from contract_tests.report.files import report_line, write_refusal  # noqa: PLC0415  # see _REQUIRED

        write_refusal(reason, folder)
        print(report_line(folder))
    except (ImportError, OSError):  # the reason is that a package or the folder is missing
        pass
    return _INCONCLUSIVE


def _as_typed(reason: str, options: Sequence[str]) -> str:
    """Return the reason with the name of the option in place of the variable that it sets."""
    for name in options:
        if reason.startswith(f"{_VARIABLES[name]} "):
            return reason.replace(_VARIABLES[name], name, 1)
    return reason


def _own_options(*, is_verbose: bool) -> list[str]:
    folder = str(Path(__file__).parent)
    return [
        folder,
        *("--import-mode=importlib", "-p", "no:cacheprovider", "-o", "console_output_style=classic", "-q", "-rN"),
        f"--hypothesis-seed={os.environ.get('SEED') or 1}",
        *("--tb=no", "--confcutdir", folder),
        f"--canvas-summary={'full' if is_verbose else 'short'}",
    ]


class _OptionError(Exception):
    """A wrong option of the command line."""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are exceptions, and not the end of the process."""

    def error(self, message: str) -> NoReturn:
        """Raise the error."""
        raise _OptionError(message)


class _Once(argparse.Action):
    """An option that may be given once."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, option: str | None = None
    ) -> None:
        if getattr(namespace, self.dest) is not None:
            parser.error(f"{option} is given twice; give it once")
        setattr(namespace, self.dest, values)


def _parser() -> argparse.ArgumentParser:
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


if __name__ == "__main__":
    sys.exit(main())
