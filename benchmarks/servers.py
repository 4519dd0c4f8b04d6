"""What is measured: how a server is started, and where its channels are."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCRATCH = ROOT / ".bench"
CHANNELS = "/users/{}/communication_channels"

EVERY_LOAD = ("list", "page", "create", "recreate")
MOCK, LIMIT, LIMIT_WITH_HEADERS = "the mock", "bare Starlette", "bare Starlette, Canvas's headers"


@dataclass(frozen=True)
class Server:
    """One contestant. `command` holds `PORT` where its port goes."""

    name: str
    command: tuple[str, ...]
    prefix: str = "/api/v1" + CHANNELS
    """The path of a person's channels, with `{}` for the person."""
    loads: tuple[str, ...] = EVERY_LOAD
    third_page: str = "?page=3&per_page=25"

    def on(self, port: int) -> list[str]:
        """The command line that serves on this port."""
        return [word.replace("PORT", str(port)) for word in self.command]


def mock(channels: int) -> Server:
    """The mock with so many channels."""
    return Server(mock_name(channels), (sys.executable, "-m", "benchmarks.serve", "mock", "PORT", str(channels)))


def mock_name(channels: int) -> str:
    """What the mock with so many channels is called in the tables."""
    return MOCK if channels == 10 else f"{MOCK}, {channels:,} channels"


def typed_mock() -> Server:
    """The mock as a person starts it, for the cold start."""
    return Server(MOCK, (str(Path(sys.executable).parent / "canvas-mock"), "--port", "PORT"))


def limit() -> Server:
    """Bare Starlette."""
    return Server(LIMIT, (sys.executable, "-m", "benchmarks.serve", "starlette", "PORT"))


def limit_with_headers() -> Server:
    """Bare Starlette with the headers that Canvas sends."""
    return Server(LIMIT_WITH_HEADERS, (*limit().command, "headers"))


def environment() -> dict[str, str]:
    """What the servers find in their environment: the benchmarks can be imported, nothing else is new."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}
