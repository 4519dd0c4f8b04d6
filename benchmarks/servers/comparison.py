"""Comparison servers: Prism, Scalar's mock server and json-server, at the exact versions of node_servers/."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from benchmarks.servers.catalogue import CHANNELS_PATH, ROOT, SCRATCH, WORKLOADS, Server
from benchmarks.servers.large_world import large_world
from benchmarks.workload_users import LIST_USER, MIXED_USERS, PAGE_USER
from mockserver.contract import read_contract

if TYPE_CHECKING:
    from pathlib import Path

PRISM = "Prism"

_SOURCE = ROOT / "benchmarks" / "node_servers"
_INSTALLED = SCRATCH / "node_servers"
_MODULES = _INSTALLED / "node_modules"
_CONTRACT = SCRATCH / "openapi.json"
_JSON_SERVER_DATA = SCRATCH / "json-server.json"
_JSON_SERVER_ROUTES = SCRATCH / "json-server-routes.json"


class InstallationError(Exception):
    """A failed installation of the comparison servers; the text states the reason."""


def install() -> None:
    """Install the comparison servers and their Node into the scratch folder, if the lock file has changed.

    Raises InstallationError.
    """
    lock, marker = _INSTALLED / "package-lock.json", _MODULES / ".package-lock.json"
    is_current = marker.exists() and lock.read_bytes() == (_SOURCE / lock.name).read_bytes()
    shutil.copytree(_SOURCE, _INSTALLED, dirs_exist_ok=True)
    if not is_current:
        command = ["npm", "ci", "--ignore-scripts", "--silent"]
        if subprocess.run(command, cwd=_INSTALLED, check=False).returncode:
            raise InstallationError(f"npm could not install the packages of {_SOURCE.name}/package-lock.json")
    if not _node_executables():
        raise InstallationError("the comparison servers' Node is available for Linux on x64 and arm64 only")
    _CONTRACT.write_text(json.dumps(contract_with_full_pages()))
    _JSON_SERVER_ROUTES.write_text(json.dumps({"/api/v1/users/:id/communication_channels*": "/users/:id/channels$2"}))


def all_servers() -> list[Server]:
    """Return the comparison servers.

    Prism and Scalar's mock server read the contract; json-server has rows of the same channels.
    """
    node = str(_node_executables()[0])
    prism = (node, str(_MODULES / ".bin" / "prism"), "mock", str(_CONTRACT), "--port", "PORT")
    third_page = "?page=3&per_page=25&__example=page"
    scalar = (node, str(_INSTALLED / "scalar.mjs"), str(_CONTRACT), "PORT")
    json_server = (node, str(_MODULES / ".bin" / "json-server"), str(_JSON_SERVER_DATA))
    return [
        Server(PRISM, prism, CHANNELS_PATH, third_page=third_page),
        Server(
            f"{PRISM}, log of errors only", (*prism, "--verboseLevel", "error"), CHANNELS_PATH, third_page=third_page
        ),
        Server("Scalar, with handlers", scalar, CHANNELS_PATH, workloads=tuple(w for w in WORKLOADS if w != "mixed")),
        Server(
            "json-server",
            (*json_server, "--routes", str(_JSON_SERVER_ROUTES), "--quiet", "--port", "PORT"),
            workloads=("list", "page", "create"),
            third_page="?_page=3&_limit=25",
        ),
    ]


def reset_json_server_data() -> None:
    """Write the channels of the smallest world into json-server's data file, which every creation changes."""
    rows = [{**row, "userId": row["user_id"]} for row in _channel_rows()]
    _JSON_SERVER_DATA.write_text(json.dumps({"users": [], "channels": rows}))


def contract_with_full_pages() -> dict[str, Any]:
    """Return the contract with examples of 10 and, under `page`, 25 channels: the page sizes of the mock."""
    contract = read_contract()
    response = contract["paths"][CHANNELS_PATH.format("{user_id}")]["get"]["responses"]["200"]
    first, many = ([row for row in _channel_rows() if row["user_id"] == user] for user in (LIST_USER, PAGE_USER))
    response["content"]["application/json"]["examples"] = {"list": {"value": first}, "page": {"value": many[50:75]}}
    return contract


def versions() -> str:
    """Return the versions of Node and of the comparison servers, as one line."""
    node = subprocess.run([_node_executables()[0], "--version"], capture_output=True, text=True, check=True).stdout
    names = {"@stoplight/prism-cli": PRISM, "@scalar/mock-server": "Scalar's mock server", "json-server": "json-server"}
    dependencies = json.loads((_SOURCE / "package.json").read_text())["dependencies"]
    return ", ".join([f"Node {node.strip()}", *(f"{name} {dependencies[package]}" for package, name in names.items())])


def _node_executables() -> list[Path]:
    return list(_MODULES.glob("node-linux-*/bin/node"))


def _channel_rows() -> list[dict[str, Any]]:
    """Return the channels of the users that these servers know: all but those of the workload `mixed`."""
    channels = large_world().channels.values()
    return [channel.to_json(with_bounces=False) for channel in channels if channel.user_id not in MIXED_USERS.ids]
