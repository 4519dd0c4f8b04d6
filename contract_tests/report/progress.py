"""Output while a run is in progress: a line at regular intervals, and the folding of logs in CI systems."""

from __future__ import annotations

import argparse
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping
    from typing import TextIO

INTERVAL = 20.0
"""Seconds between two lines, so that a log has at least one every 30 seconds."""

_LONGEST_INTERVAL = 86_400.0
"""A day; a thread cannot wait for `inf` seconds."""


def progress_interval(text: str) -> float:
    """Return the value of --progress-interval. Raises ArgumentTypeError if it is no positive number of seconds."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _LONGEST_INTERVAL:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive number of seconds; 86400 is the largest")
    return seconds


class Progress:
    """A thread that writes a line at regular intervals, even while a request gets no response."""

    def __init__(self, line: Callable[[], str], file: TextIO, interval: float = INTERVAL) -> None:
        self._line = line
        self._file = file
        self._interval = interval
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._write_lines, name="progress", daemon=True)

    def start(self) -> None:
        """Start to write lines."""
        self._thread.start()

    def stop(self) -> None:
        """Write no more lines."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()

    def _write_lines(self) -> None:
        while not self._end.wait(self._interval):
            try:
                print(self._line(), file=self._file, flush=True)
            except (OSError, ValueError):  # the reader has closed the pipe
                return


class Folding:
    """The marks with which GitHub and GitLab fold a part of a log; no marks elsewhere.

    `now` returns the time in seconds since 1970, which GitLab's marks contain.
    """

    def __init__(self, variables: Mapping[str, str], now: Callable[[], float]) -> None:
        self._is_github = variables.get("GITHUB_ACTIONS") == "true"
        self._is_gitlab = variables.get("GITLAB_CI") == "true" and not self._is_github
        self._now = now

    def start(self, name: str, title: str) -> str:
        """Return the line before a folded part; empty without folding."""
        if self._is_github:
            return f"::group::{title}"
        mark = f"section_start:{int(self._now())}:{name}[collapsed=true]"
        return f"\x1b[0K{mark}\r\x1b[0K{title}" if self._is_gitlab else ""

    def end(self, name: str) -> str:
        """Return the line after a folded part; empty without folding."""
        if self._is_github:
            return "::endgroup::"
        return f"\x1b[0Ksection_end:{int(self._now())}:{name}\r\x1b[0K" if self._is_gitlab else ""

    def without_commands(self, line: str) -> str:
        """Return a line that GitHub does not take for a command, whatever the target has sent."""
        if self._is_github and line.lstrip().startswith("::"):
            return line.replace("::", ": :", 1)
        return line


class QuietReporter(pytest.TerminalReporter):  # type: ignore[misc]  # it is final; no hook leaves out these parts
    """pytest's reporter, without the parts that the summary of the run replaces."""

    def pytest_keyboard_interrupt(self, excinfo: object) -> None:  # signature of the base class
        """Print nothing: the verdict has the reason."""

    def pytest_unconfigure(self) -> None:
        """Print nothing: the verdict has the reason."""

    def pytest_internalerror(self, excrepr: object) -> bool:  # noqa: ARG002  # signature of the base class
        """Print nothing: the verdict has the error, and report.html its traceback."""
        return True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Count the collected tests, and print no traceback."""
        if not report.failed:
            super().pytest_collectreport(report)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: object, exitstatus: object) -> Generator[None]:  # noqa: ARG002  # likewise
        """Print the failures in the form of --tb, if it is given."""
        yield
        if self.config.option.tbstyle != "no":
            self.summary_errors()
            self.summary_failures()


def use_quiet_reporter(config: pytest.Config) -> None:
    """Replace pytest's reporter by one that leaves the end of the run to the summary."""
    if config.option.tbstyle == "auto":  # not given: the summary has each cause once
        config.option.tbstyle = "no"
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        config.pluginmanager.unregister(reporter)
        config.pluginmanager.register(QuietReporter(config), "terminalreporter")


@contextmanager
def standard_output() -> Iterator[TextIO]:
    """Yield a copy of standard output as it is now: pytest redirects the original during a test."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace") as file:
        yield file
