"""The terminal output of a run: wrapped lines without tokens, marks that fold parts of a log, and the progress."""

from __future__ import annotations

import sys
import textwrap
import time
from typing import TYPE_CHECKING, Any

from contract_tests.client.redaction.escapes import printable
from contract_tests.report.formats import terminal
from contract_tests.report.progress import Folding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pytest

    from contract_tests.report.record.recording import Recording

_ERASE_LINE = "\r\x1b[K"


class Console:
    """Prints beside pytest's own output, which captures what tests print."""

    def __init__(self, config: pytest.Config, recording: Recording, variables: Mapping[str, str]) -> None:
        self.unwritten = ""
        """Why a line could not be written; empty if all could."""
        self._config = config
        self._recording = recording
        self._folding = Folding(variables, time.time)

    def print(self, line: str) -> None:
        """Print a line, wrapped at WIDTH columns."""
        self.print_lines(textwrap.wrap(line, terminal.WIDTH, break_long_words=False, break_on_hyphens=False))

    def print_lines(self, lines: Iterable[str]) -> None:
        """Print lines as they are, but without tokens, control characters, and commands of the CI service."""
        for line in lines:
            self._write(self._folding.without_commands(printable(self._recording.without_tokens(line))))

    def start_section(self, name: str, title: str) -> None:
        """Start a part of the log that the CI service folds, where it is known to do so."""
        self._print_mark(self._folding.start(name, title))

    def end_section(self, name: str) -> None:
        """End the part of the log that was started with this name."""
        self._print_mark(self._folding.end(name))

    def show_progress(self, line: str) -> None:
        """Show a line in place of the last one, on a terminal only."""
        if sys.stderr.isatty():
            print(f"{_ERASE_LINE}{printable(line)[: terminal.WIDTH]}", end="", file=sys.stderr, flush=True)

    def clear_progress(self) -> None:
        """Remove the line of the progress."""
        if sys.stderr.isatty():
            print(_ERASE_LINE, end="", file=sys.stderr, flush=True)

    def _print_mark(self, mark: str) -> None:
        if mark:
            self._write(mark)

    def _write(self, line: str) -> None:
        writer: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        capture: Any = self._config.pluginmanager.get_plugin("capturemanager")
        try:
            with capture.global_and_fixture_disabled():
                writer.ensure_newline()
                writer.write_line(line)
                writer.flush()
        except OSError as error:  # the run cleans up and writes its reports all the same
            self.unwritten = f"The output cannot be written ({error.strerror}); run again."
