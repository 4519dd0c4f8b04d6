"""The command line of the contract tests: `canvas-contract`, `python -m contract_tests`, `make contract`.

Exit status: 0 passed, 1 failed, 2 inconclusive.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import ExitStack
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from contract_tests.client.redaction.escapes import one_line
from contract_tests.command.interruption import Interruption, ignore_signals
from contract_tests.command.packages import missing_packages_error
from contract_tests.command.parsers import VARIABLES, OptionError, clean_up_parser, suite_parser
from contract_tests.command.token_arguments import token_argument_error, without_tokens
from contract_tests.report.names import PAGE, remove_reports

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Sequence

_INCONCLUSIVE = 2
_STARTING = "The run starts, which takes a few seconds, and then ends without a test"
"""The activity that a signal prints while the run starts."""
_CRASH = "The suite ended with an error of its own ({}); report it to the authors of the suite."
_CLEAN_UP = "clean-up"
"""The argument that deletes leftover channels instead of running tests."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tests or the clean-up, as `arguments` say, and return the exit status.

    Without `arguments`, those of the process apply.
    """
    interruption = Interruption()
    with interruption.handling():
        try:
            status = _main(sys.argv[1:] if arguments is None else arguments, interruption)
            sys.stdout.flush()
        except OSError:  # standard output is full, or its reader has closed the pipe, as `| head` does
            # otherwise Python's own flush, when the process ends, fails and changes the exit status
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return _INCONCLUSIVE
        except KeyboardInterrupt:
            print(f"Inconclusive: {interruption.sentence}")
            return _INCONCLUSIVE
        return status


def command() -> NoReturn:
    """Run the command line, and end the process with the exit status; no signal changes it any more."""
    status = main()
    ignore_signals()
    sys.exit(status)


def _main(arguments: Sequence[str], interruption: Interruption) -> int:
    """Run the tests or the clean-up, and return the exit status; print why a run of the tests has no verdict.

    Raises KeyboardInterrupt if a signal interrupts the clean-up.
    """
    start, reason, status = None, "", _INCONCLUSIVE  # no start: the command is clean-up
    with ExitStack() as stack:
        try:
            with interruption.protected(lambda: _STARTING):
                is_clean_up = _is_clean_up(arguments)
                start = None if is_clean_up else _start(arguments, stack)
            if start is None:
                return _clean_up([argument for argument in arguments if argument != _CLEAN_UP], interruption)
            reason = start.obstacle or start.error
            if not reason:
                reason, status = _run(start.pytest_options, interruption)
        except KeyboardInterrupt:
            if start is None:
                raise
            has_reports = (start.folder / PAGE).exists()  # the run has written them, with the reason
            reason = "" if has_reports else interruption.sentence
        except Exception as error:  # noqa: BLE001  # exit status 1 is the verdict `failed`
            reason = _CRASH.format(f"{type(error).__name__}: {error}")
        finally:
            gc.enable()  # which _start has disabled
        interruption.start_reports()
        if start is None:
            return _refuse(reason)
        if start.obstacle:  # also after a signal: the folder may be another run's
            return _refuse(_as_typed(start.obstacle, start.given))
        return _refuse(_as_typed(reason, start.given), start.folder) if reason else status


class _Start(NamedTuple):
    """A run before its start."""

    given: dict[str, str]
    """The values of the options that set a variable."""
    folder: Path
    pytest_options: list[str]
    obstacle: str
    """The sentence on why the run can neither start nor write reports; empty if it can."""
    error: str
    """The sentence on a wrong option; empty if there is none."""


def _start(arguments: Sequence[str], stack: ExitStack) -> _Start:
    """Set the variables of the options, and prepare the folder of the reports; a wrong option is `error`."""
    gc.disable()  # the objects that imports make remain; looking at them takes a quarter of the CPU time of the start
    wrong_option = token_argument_error(arguments, os.environ)
    try:
        # an argument with a token is not read, because a sentence or a report could repeat it
        options, pytest_options = suite_parser().parse_known_args([] if wrong_option else arguments)
    except OptionError as error:
        options, pytest_options = suite_parser().parse_known_args([])
        wrong_option = f"{error}; canvas-contract --help lists the options."
    given = _set_variables(options, VARIABLES)
    if options.read_only:
        os.environ["READ_ONLY"] = "1"
    folder = Path(os.environ.get("REPORTS") or "reports")
    all_options = [*_pytest_options(is_verbose=options.verbose), *pytest_options]
    return _Start(given, folder, all_options, _prepare(folder, stack), wrong_option)


def _set_variables(options: Namespace, names: Iterable[str]) -> dict[str, str]:
    """Set the variable of each of the options `names` that is given, and return the values by option."""
    values = {name: getattr(options, name.removeprefix("--")) for name in names}
    given = {name: value for name, value in values.items() if value is not None}
    os.environ.update({VARIABLES[name]: value for name, value in given.items()})
    return given


def _is_clean_up(arguments: Sequence[str]) -> bool:
    """Return whether clean-up is an argument, with nothing before it but options of a run and their values."""
    before = [*takewhile(lambda argument: argument != _CLEAN_UP, arguments)]
    try:
        return len(before) < len(arguments) and not suite_parser().parse_known_args(before)[1]
    except OptionError:
        return False


def _clean_up(arguments: Sequence[str], interruption: Interruption) -> int:
    """Delete leftover channels, and return the exit status; the reports of the last run remain."""
    try:
        if reason := token_argument_error(arguments, os.environ) or missing_packages_error():
            return _refuse(reason)
        options = clean_up_parser().parse_args(arguments)
    except OptionError as error:
        return _refuse(f"{error}; canvas-contract clean-up --help lists the options.")
    given = _set_variables(options, ("--url", "--reports"))

    from contract_tests.clean_up_command import clean_up_leftovers  # noqa: PLC0415  # see missing_packages_error
    from contract_tests.client.inconclusive import Inconclusive  # noqa: PLC0415

    try:
        return clean_up_leftovers(
            interruption, [part for pair in given.items() for part in pair], is_confirmed=options.yes
        )
    except Inconclusive as error:
        return _refuse(_as_typed(str(error), given))


def _run(arguments: Sequence[str], interruption: Interruption) -> tuple[str, int]:
    """Run pytest, and return the reason if the run was refused, so that it wrote no reports, and the exit status."""
    from contract_tests.report.command import run_pytest, settings_error  # noqa: PLC0415  # see missing_packages_error

    if reason := settings_error():
        return reason, _INCONCLUSIVE
    return run_pytest(arguments, interruption)


def _prepare(folder: Path, stack: ExitStack) -> str:
    """Lock the folders of the reports and of the journal, and remove the reports of an earlier run.

    Return why no run can start; empty if it can.
    """
    if reason := missing_packages_error():
        return reason

    # A signal that interrupted the import of a package later would make it unusable for the reports.
    from contract_tests.report import command, files  # noqa: F401, PLC0415, I001  # see missing_packages_error
    from contract_tests.client.run.folder import opened_folder, reason_of  # noqa: PLC0415  # see missing_packages_error
    from contract_tests.client.settings import Inconclusive  # noqa: PLC0415

    journal = Path(os.environ.get("CANVAS_JOURNAL") or folder)
    try:
        stack.enter_context(opened_folder(folder))
        if not (journal.exists() and journal.samefile(folder)):
            stack.enter_context(opened_folder(journal, "CANVAS_JOURNAL"))
        remove_reports(folder)
    except Inconclusive as error:
        return str(error)
    except OSError as error:
        return (
            f"REPORTS is {str(folder)!r}, where {Path(error.filename or folder).name} cannot be replaced "
            f"({reason_of(error)}); remove it, or set REPORTS to another folder."
        )
    return ""


def _refuse(reason: str, folder: Path | None = None) -> int:
    """Print why the run is inconclusive, write it into the reports as far as that is possible, and return 2.

    Without `folder` there are no reports: the command is clean-up, or the folder cannot be used.
    """
    reason = without_tokens(one_line(reason), os.environ)
    print(f"Inconclusive: {reason}", flush=True)
    if folder is None:
        return _INCONCLUSIVE

    from contract_tests.report.files import report_line, write_refusal  # noqa: PLC0415  # see missing_packages_error

    write_refusal(reason, folder)
    print(one_line(report_line(folder)))
    return _INCONCLUSIVE


def _as_typed(reason: str, options: Iterable[str]) -> str:
    """Return the reason; if it starts with the variable of one of the options, with the option in its place."""
    for name in options:
        if reason.startswith(f"{VARIABLES[name]} "):
            return reason.replace(VARIABLES[name], name, 1)
    return reason


def _pytest_options(*, is_verbose: bool) -> list[str]:
    """Return the options of pytest in every run: the suite prints the results itself, and writes no other files."""
    folder = str(Path(__file__).parent)
    return [
        folder,
        *("--import-mode=importlib", "-p", "no:cacheprovider", "-o", "console_output_style=classic", "-q", "-rN"),
        f"--hypothesis-seed={os.environ.get('SEED') or 1}",
        *("--tb=no", "--confcutdir", folder),
        f"--canvas-summary={'full' if is_verbose else 'short'}",
    ]


if __name__ == "__main__":
    command()
