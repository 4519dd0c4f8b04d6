"""Start of pytest by the command line: the checks before it, and the reason if a run has no verdict."""

from __future__ import annotations

import gc
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.outcomes import Exit  # the exception of pytest.exit has no public name to recognise

from contract_tests.client.run.folder import opened_folder, unwritable_file_error
from contract_tests.client.safety.journal import Journal
from contract_tests.client.settings import Inconclusive, read_settings
from contract_tests.command.interruption import Interruption
from contract_tests.command.pytest_options import (
    blocked_plugin_sentence,
    select_files,
    unknown_option_sentence,
    unsupported_option_sentence,
)
from contract_tests.command.token_arguments import without_values
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from contract_tests.report.names import REPORTER
from contract_tests.report.text import shortened

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

_ERROR = "error: "
_JUNIT = "--junitxml is"
"""The start of the message of `check_junit`, which needs no other words of `_sentence`."""
_MAX_MESSAGE = 200
"""The maximum length of the message of an exception."""


class CommandLine:
    """A plugin that catches the options that pytest does not know, and hands over the signals of the process."""

    def __init__(self, interruption: Interruption) -> None:
        self.interruption = interruption
        self.error = ""
        """The sentence on a wrong option; empty if there is none."""
        self.exit_status: int | None = None
        """The exit status of the run's verdict; None if the run has written no reports."""

    @pytest.hookimpl(wrapper=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> Generator[None, Any, Any]:
        """Record the verdict of the run, or the error that ends pytest before it collects tests."""
        self.error = (
            blocked_plugin_sentence(config.pluginmanager) or unsupported_option_sentence(config) or select_files(config)
        )
        if self.error:
            raise NotStarted
        try:
            return (yield)
        except pytest.UsageError as error:
            self.error = _sentence(str(error))
            return pytest.ExitCode.USAGE_ERROR
        finally:
            reporter = config.pluginmanager.get_plugin(REPORTER)
            self.exit_status = getattr(reporter, "exit_status", None)

    @pytest.hookimpl(wrapper=True)
    def pytest_cmdline_parse(self, pluginmanager: pytest.PytestPluginManager) -> Generator[None, Any, Any]:
        """Record a wrong option."""
        try:
            return (yield)
        except pytest.UsageError as error:
            self.error = blocked_plugin_sentence(pluginmanager) or _sentence(str(error))
            raise NotStarted from None

    def pytest_collection_finish(self) -> None:
        """Start the garbage collector, which the command line has stopped, and let it look at new objects only.

        The objects of the imports and of the collection remain.
        """
        gc.freeze()
        gc.enable()

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        """Record an error, which can be one before the run starts, and print no traceback."""
        self.error = _error_sentence(excinfo.value)
        return True

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Record the end of pytest by a plugin, which can be one before the run starts."""
        error = excinfo.value
        self.error = self.interruption.sentence or (
            str(error) if isinstance(error, Inconclusive) else _error_sentence(error)
        )


class NotStarted(SystemExit):
    """The end of pytest without a run."""


def run_pytest(arguments: Sequence[str], interruption: Interruption) -> tuple[str, int]:
    """Run pytest, and return the reason if the run ended without a verdict, and the exit status.

    Only the verdict `failed` has the exit status 1, however pytest ends.
    """
    command_line = CommandLine(interruption)
    crash = ""
    try:
        status = pytest.main([*arguments], plugins=[command_line])
    except NotStarted:
        status = pytest.ExitCode.USAGE_ERROR
    except BaseException as error:
        if interruption.name and isinstance(error, KeyboardInterrupt):
            raise
        crash, status = _error_sentence(error), pytest.ExitCode.INTERNAL_ERROR
    verdict = command_line.exit_status
    # A violation remains one if pytest crashes after the reports.
    if verdict == pytest.ExitCode.TESTS_FAILED or (verdict is not None and not crash):
        return "", verdict
    reason = interruption.sentence or command_line.error or crash
    if not reason and status:
        reason = f"pytest ended before the tests with exit status {int(status)}, and has printed the reason."
    # INTERRUPTED is 2, as for an inconclusive run.
    return reason or "No test ran: pytest has only printed what its options ask for.", pytest.ExitCode.INTERRUPTED


def settings_error() -> str:
    """Return the sentence on a wrong variable, or on a journal that cannot be used; empty if there is none."""
    url = os.environ.get("CANVAS_URL", "").rstrip("/")
    folder = Path(os.environ.get("CANVAS_JOURNAL") or os.environ.get("REPORTS") or "reports")
    try:
        # Without a URL, the run starts a mock, whose port is not known yet.
        settings = read_settings(url or "http://127.0.0.1", {} if url else DEFAULT_WORLD_VARIABLES)
        Journal(folder, settings.url).check_writable()
    except Exit as error:
        return str(error.msg)
    return ""


def check_junit(path: str | None) -> None:
    """Raise UsageError if the file of --junitxml cannot be written."""
    if path and (reason := unwritable_file_error(Path(path))):
        raise pytest.UsageError(f"{_JUNIT} {path!r}, which cannot be written ({reason}); set it to another file.")


def interruption_of(config: pytest.Config) -> Interruption:
    """Return the signals that the command line handles; if pytest was started without it, handle them here."""
    for plugin in config.pluginmanager.get_plugins():
        if isinstance(plugin, CommandLine):
            return plugin.interruption
    interruption = Interruption()
    stack = ExitStack()
    config.add_cleanup(stack.close)
    stack.enter_context(interruption.handling())
    stack.enter_context(opened_folder(Path(os.environ.get("REPORTS") or config.invocation_params.dir / "reports")))
    return interruption


def _error_sentence(error: BaseException) -> str:
    """Return the sentence on an exception that pytest or a plugin of it has not handled."""
    message = shortened(" ".join(str(error).split()).rstrip("."), _MAX_MESSAGE)
    name = type(error).__name__
    return (
        f"pytest ended with an error ({f'{name}: {message}' if message else name}); "
        "check its options, PYTEST_ADDOPTS and PYTEST_PLUGINS."
    )


def _sentence(text: str) -> str:
    """Return the message of pytest's parser of options as a sentence."""
    if text.startswith(_JUNIT):
        return text
    lines = [line for line in text.splitlines() if line.strip()] or [""]
    line = next((line for line in lines if _ERROR in line), lines[0])
    message = without_values(line.rpartition(_ERROR)[2].strip().rstrip("."))
    if sentence := unknown_option_sentence(message):
        return sentence
    return f"pytest does not accept the options: {message}; see canvas-contract --help."
