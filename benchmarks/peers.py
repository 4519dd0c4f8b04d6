"""The mock's peers: installed at the exact versions of peers/, with a Node of their own, and given what they serve."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.crowd import CALLER, COLLECTOR, crowded_world
from benchmarks.servers import CHANNELS, SCRATCH, Server
from mockserver.contract import read_contract

PRISM = "Prism"

_KEPT = Path(__file__).parent / "peers"
_HERE = SCRATCH / "peers"
_MODULES = _HERE / "node_modules"
_CONTRACT = SCRATCH / "openapi.json"
_ROWS = SCRATCH / "json-server.json"
_ROUTES = SCRATCH / "json-server-routes.json"


class CannotInstall(Exception):
    """The peers cannot be had; the text says why."""


def install() -> None:
    """Put the peers into the scratch folder, once for each lock file. Raises CannotInstall."""
    lock, done = _HERE / "package-lock.json", _MODULES / ".package-lock.json"
    have = done.exists() and lock.read_bytes() == (_KEPT / lock.name).read_bytes()
    shutil.copytree(_KEPT, _HERE, dirs_exist_ok=True)
    if not have:
        command = ["npm", "ci", "--ignore-scripts", "--silent"]
        if subprocess.run(command, cwd=_HERE, check=False).returncode:
            raise CannotInstall(f"npm could not install what {_KEPT.name}/package-lock.json names")
    if not _nodes():
        raise CannotInstall("the peers' Node is there for Linux on x64 and arm64 only")
    _CONTRACT.write_text(json.dumps(contract_with_full_pages()))
    _ROUTES.write_text(json.dumps({"/api/v1/users/:id/communication_channels*": "/users/:id/channels$2"}))


def peers() -> list[Server]:
    """Everyone else's servers. Prism and Scalar's are given the contract, json-server rows of the same channels."""
    node = str(_nodes()[0])
    prism = (node, str(_MODULES / ".bin" / "prism"), "mock", str(_CONTRACT), "--port", "PORT")
    full_page = "?page=3&per_page=25&__example=page"
    json_server = (str(_MODULES / ".bin" / "json-server"), str(_ROWS), "--routes", str(_ROUTES), "--quiet")
    return [
        Server(PRISM, prism, CHANNELS, third_page=full_page),
        Server(f"{PRISM}, without its log", (*prism, "--verboseLevel", "error"), CHANNELS, third_page=full_page),
        Server("Scalar, with handlers", (node, str(_HERE / "scalar.mjs"), str(_CONTRACT), "PORT"), CHANNELS),
        Server(
            "json-server",
            (node, *json_server, "--port", "PORT"),
            loads=("list", "page", "create"),
            third_page="?_page=3&_limit=25",
        ),
    ]


def fill_json_server() -> None:
    """Give json-server the channels of the mock's crowd; it writes its file at every creation."""
    rows = [{**row, "userId": row["user_id"]} for row in _rows()]
    _ROWS.write_text(json.dumps({"users": [], "channels": rows}))


def contract_with_full_pages() -> dict[str, Any]:
    """The contract with examples of 10 channels and, under `page`, of 25: as many as the mock answers."""
    contract = read_contract()
    answer = contract["paths"][CHANNELS.format("{user_id}")]["get"]["responses"]["200"]
    caller, collector = ([row for row in _rows() if row["user_id"] == user] for user in (CALLER, COLLECTOR))
    answer["content"]["application/json"]["examples"] = {"list": {"value": caller}, "page": {"value": collector[50:75]}}
    return contract


def versions() -> str:
    """Node and the peers, with their versions."""
    node = subprocess.run([_nodes()[0], "--version"], capture_output=True, text=True, check=True).stdout.strip()
    named = {"@stoplight/prism-cli": PRISM, "@scalar/mock-server": "Scalar's mock server", "json-server": "json-server"}
    wanted = json.loads((_KEPT / "package.json").read_text())["dependencies"]
    return ", ".join([f"Node {node}", *(f"{name} {wanted[package]}" for package, name in named.items())])


def _nodes() -> list[Path]:
    return list(_MODULES.glob("node-linux-*/bin/node"))


def _rows() -> list[dict[str, Any]]:
    return [channel.shown(with_bounces=False) for channel in crowded_world(10).channels.values()]
