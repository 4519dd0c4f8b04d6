"""Checks of the command line before a run starts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.outcomes import Exit  # the exception of pytest.exit has no public name to recognise

from contract_tests.client.settings import read_settings
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Generator

_ERROR = "error: "


class CommandLine:
    """A plugin that catches the options that pytest does not know."""

    def __init__(self) -> None:
        self.error = ""
        """The sentence on a wrong option; empty if there is none."""
        self.has_started = False
        """Whether pytest has started to collect tests."""

    @pytest.hookimpl(wrapper=True)
    def pytest_cmdline_main(self) -> Generator[None, Any, Any]:
        """Record an error that ends pytest before it collects tests."""
        try:
            return (yield)
        except pytest.UsageError as error:
            self.error = _sentence(str(error))
            return pytest.ExitCode.USAGE_ERROR

    @pytest.hookimpl(wrapper=True)
    def pytest_cmdline_parse(self) -> Generator[None, Any, Any]:
        """Record a wrong option."""
        try:
            return (yield)
        except pytest.UsageError as error:
            self.error = _sentence(str(error))
            raise NotStarted from None

    def pytest_sessionstart(self) -> None:
        """Record that the run has started: the report plugin writes the reports."""
        self.has_started = True


class NotStarted(SystemExit):
    """The end of pytest without a run."""


def settings_error() -> str:
    """Return the sentence on a wrong variable; empty if there is none."""
    url = os.environ.get("CANVAS_URL", "").rstrip("/")
    try:
        read_settings(url or "http://127.0.0.1", {} if url else DEFAULT_WORLD_VARIABLES)
    except Exit as error:
        return str(error.msg)
    return ""


def _sentence(text: str) -> str:
    """Return the message of pytest's parser of options as a sentence."""
    lines = [line for line in text.splitlines() if line.strip()] or [""]
    line = next((line for line in lines if _ERROR in line), lines[0])
    return f"pytest does not accept the options: {line.rpartition(_ERROR)[2].strip()}; see canvas-contract --help."
