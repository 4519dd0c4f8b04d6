"""Description of a server under measurement, and the descriptions of the mock and of bare Starlette."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from mockserver.control.request_journal import DEFAULT_LENGTH

ROOT = Path(__file__).parents[2]
SCRATCH = ROOT / ".bench"
CHANNELS_PATH = "/users/{}/communication_channels"

WORKLOADS = ("list", "page", "mixed", "create", "recreate")
MOCK, MOCK_WITHOUT_JOURNAL = "the mock", "the mock without request journal"
BASELINE, BASELINE_WITH_HEADERS = "bare Starlette", "bare Starlette with Canvas's headers"


@dataclass(frozen=True)
class Server:
    """A server under measurement. `command` contains `PORT` in place of its port."""

    name: str
    command: tuple[str, ...]
    channels_path: str = "/api/v1" + CHANNELS_PATH
    """The path of a user's channels, with `{}` in place of the user's id."""
    workloads: tuple[str, ...] = WORKLOADS
    third_page: str = "?page=3&per_page=25"
    """The query of the third page of 25 channels."""

    def command_on(self, port: int) -> list[str]:
        """Return the command line that serves on this port."""
        return [word.replace("PORT", str(port)) for word in self.command]


def mock(channels: int = 0) -> Server:
    """Return the mock with this number of channels in addition to those of the workloads."""
    return Server(mock_name(channels), _mock_command(channels, DEFAULT_LENGTH))


def mock_without_journal() -> Server:
    """Return the mock that records no requests."""
    return Server(MOCK_WITHOUT_JOURNAL, _mock_command(0, 0))


def _mock_command(channels: int, journal_length: int) -> tuple[str, ...]:
    return (sys.executable, "-m", "benchmarks.servers.serve", "mock", "PORT", str(channels), str(journal_length))


def mock_name(channels: int) -> str:
    """Return the name of the mock with this number of further channels, as the tables show it."""
    return f"{MOCK}, {channels:,} channels" if channels else MOCK


def installed_mock() -> Server:
    """Return the mock as the command `canvas-mock` starts it, for the cold start."""
    return Server(MOCK, (str(Path(sys.executable).parent / "canvas-mock"), "--port", "PORT"))


def baseline() -> Server:
    """Return bare Starlette."""
    return Server(BASELINE, (sys.executable, "-m", "benchmarks.servers.serve", "starlette", "PORT"))


def baseline_with_headers() -> Server:
    """Return bare Starlette with the headers that Canvas sends."""
    return Server(BASELINE_WITH_HEADERS, (*baseline().command, "headers"))


def environment() -> dict[str, str]:
    """Return the environment variables of a server: those of this process, and a PYTHONPATH with this package."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}
