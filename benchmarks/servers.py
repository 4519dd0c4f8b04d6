"""What is compared: how each server is started, and where its channels are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.crowd import crowded_world

ROOT = Path(__file__).parent.parent
SCRATCH = ROOT / ".bench"
_NODE = SCRATCH / "node"
_BIN = _NODE / "node_modules" / ".bin"
_CHANNELS = "/users/{}/communication_channels"

PRISM, JSON_SERVER = "5.14.2", "0.17.4"
"""The newest Prism that runs on Node 20, and the newest json-server that is not a beta."""

EVERY_LOAD = ("list", "page", "create", "recreate")
MOCK, LIMIT, PEER = "the mock", "bare Starlette", "Prism"


@dataclass(frozen=True)
class Server:
    """One contestant. `command` holds `PORT` where its port goes."""

    name: str
    command: tuple[str, ...]
    prefix: str = "/api/v1" + _CHANNELS
    """The path of a person's channels, with `{}` for the person."""
    loads: tuple[str, ...] = EVERY_LOAD
    third_page: str = "?page=3&per_page=25"

    def on(self, port: int) -> list[str]:
        """The command line that serves on this port."""
        return [word.replace("PORT", str(port)) for word in self.command]


def contestants() -> list[Server]:
    """Everything that is compared, the mock first."""
    prism = (str(_BIN / "prism"), "mock", str(ROOT / "openapi.yaml"), "--port", "PORT")
    rows = str(SCRATCH / "json-server.json")
    routes = str(SCRATCH / "json-server-routes.json")
    return [
        mock(10),
        Server(LIMIT, (sys.executable, "-m", "benchmarks.serve", "starlette", "PORT")),
        Server(PEER, prism, prefix=_CHANNELS),
        Server(
            "json-server",
            (str(_BIN / "json-server"), rows, "--routes", routes, "--quiet", "--port", "PORT"),
            loads=("list", "page", "create"),
            third_page="?_page=3&_limit=25",
        ),
    ]


def mock(channels: int) -> Server:
    """The mock with so many channels."""
    name = MOCK if channels == 10 else f"{MOCK}, {channels:,} channels"
    return Server(name, (sys.executable, "-m", "benchmarks.serve", "mock", "PORT", str(channels)))


def command_lines() -> list[Server]:
    """What a person types, for the cold start."""
    _, limit, prism, json_server = contestants()
    canvas_mock = (str(Path(sys.executable).parent / "canvas-mock"), "--port", "PORT")
    return [Server(MOCK, canvas_mock), limit, prism, json_server]


def install_peers() -> None:
    """Put Prism and json-server into the scratch folder, once."""
    wanted = {"private": True, "dependencies": {"@stoplight/prism-cli": PRISM, "json-server": JSON_SERVER}}
    manifest = _NODE / "package.json"
    if not (manifest.exists() and json.loads(manifest.read_text()).get("dependencies") == wanted["dependencies"]):
        _NODE.mkdir(parents=True, exist_ok=True)
        (_NODE / "package.json").write_text(json.dumps(wanted))
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=_NODE, check=True)
    (SCRATCH / "json-server-routes.json").write_text(
        json.dumps({"/api/v1/users/:id/communication_channels*": "/channels$2"})
    )


def fill_json_server() -> None:
    """Give json-server the ten channels that the mock lists; it writes its file at every creation."""
    world = crowded_world(10)
    rows = [channel.shown(with_bounces=False) for channel in list(world.channels.values())[:10]]
    (SCRATCH / "json-server.json").write_text(json.dumps({"channels": rows}))


def environment() -> dict[str, str]:
    """What the servers find in their environment: the benchmarks can be imported, nothing else is new."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}
