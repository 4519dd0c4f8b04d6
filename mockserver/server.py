"""Serve the mock with uvicorn, and restart it when a file changes."""

from __future__ import annotations

import gc
import logging
import os
import shlex
import socket
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from watchfiles import run_process

from mockserver.address import authority_of
from mockserver.app import create_app
from mockserver.canvas.rate_limit import RateLimit
from mockserver.canvas.seed import WorldFileError, read_world
from mockserver.canvas.world import World
from mockserver.contract import contract_file
from mockserver.control.access import ControlAccess
from mockserver.control.origins import is_loopback
from mockserver.descriptors import allow_connections
from mockserver.protocol import MAX_REFUSED, BoundedProtocol, ConnectionLimit
from mockserver.terminal import LogFormatter, printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

_FIRST_PATH = "/api/v1/users/self/communication_channels"
_SERVER: dict[str, Any] = {
    "log_config": None,  # records reach the handler of `run`, which writes them on one printable line
    "log_level": "warning",
    "access_log": False,
    "server_header": False,
    "ws": "none",  # the mock has no web sockets, and looking for an implementation delays the start
    "timeout_graceful_shutdown": 1,
}
USAGE_ERROR = 2
"""The exit status for a bad option, a bad world file, or a port that is in use."""


class _CannotListen(Exception):
    """An address on which the mock cannot listen; the message says why and what to do."""


def run(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    """Serve until Ctrl-C and return 0; return USAGE_ERROR if the options cannot be served.

    `options` are the parsed `arguments`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogFormatter("%(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("watchfiles").setLevel(logging.WARNING)  # it counts changes; _log_changes names the files
    logging.getLogger("connexion").setLevel(logging.WARNING)  # it has a line for each stream of events
    try:
        return _serve_and_restart(options, arguments) if options.reload else _serve(options)
    except (WorldFileError, _CannotListen) as error:
        print(f"canvas-mock: {printable(error)}", file=sys.stderr)
        return USAGE_ERROR


def _serve(options: argparse.Namespace) -> int:
    world = World(read_world(options.world))
    with _listener(options.host, options.port) as listener:
        app = create_app(
            world,
            strict=options.strict,
            unauthorized_status=options.unauthorized_status,
            error_report_ids=options.error_report_ids,
            rate_limit=RateLimit(options.rate_limit, cost=options.rate_limit_cost) if options.rate_limit else None,
            hosts={options.host, listener.getsockname()[0], *options.allow_host},
            origins=options.allow_origin,
            cors=not options.no_cors,
            control=ControlAccess(options.control_token, is_reachable=not is_loopback(listener.getsockname()[0])),
            max_worlds=options.max_worlds,
            world_idle=options.world_idle,
            journal_length=options.journal,
        )
        gc.freeze()  # the world stays; each scan of a million channels stopped all requests for 0.6 s
        gc.enable()
        allowed = allow_connections(options.max_connections, MAX_REFUSED)
        for warning in (_exposure_warning(listener), _connections_warning(options.max_connections, allowed)):
            if warning is not None:
                print(warning, file=sys.stderr)
        print(_banner(world, options, listener), file=sys.stderr, flush=True)
        settings = _SERVER | {"http": partial(BoundedProtocol, limit=ConnectionLimit(allowed))}
        uvicorn.Server(uvicorn.Config(app, **settings)).run(sockets=[listener])
    return 0


def _serve_and_restart(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    """Serve in a child process, and restart it after each change of the code, the contract or the world file."""
    # Both lines only raise the errors of the first start here, where `run` reports them.
    read_world(options.world)
    _listener(options.host, options.port).close()
    gc.enable()
    package = Path(__file__).parent
    folders = [path for path in package.rglob("*") if path.is_dir() and path.name != "__pycache__"]
    files = [Path(str(contract_file())), *([options.world] if options.world else [])]
    command = shlex.join([sys.executable, "-m", "mockserver", *(a for a in arguments if a != "--reload")])
    run_process(
        *{package, *folders, *(file.resolve().parent for file in files)},
        target=command,
        target_type="command",
        callback=_log_changes,
        watch_filter=lambda _change, path: path.endswith((".css", ".html", ".js", ".py", ".yaml", ".yml")),
        recursive=False,
    )
    return 0


def _log_changes(changes: Iterable[tuple[object, str]]) -> None:
    names = sorted({Path(path).name for _, path in changes})
    print(f"Changed: {printable(', '.join(names))}. Restarting.", file=sys.stderr, flush=True)


def _listener(host: str, port: int) -> socket.socket:
    host = host.strip().removeprefix("[").removesuffix("]")
    if not host:  # Python would listen on every address
        raise _CannotListen("--host is empty. Use 127.0.0.1 for this machine only, or 0.0.0.0 for every address.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        address = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)[0][4]
        return socket.create_server(address, family=family, backlog=2048)
    except (OSError, ValueError) as error:  # ValueError for characters that no name has
        number = error.errno if isinstance(error, OSError) else None
        if not number or number < 0:  # getaddrinfo reports an unknown name with a number below zero
            name = printable(host)
            raise _CannotListen(f"{name} is not the name of a host. Choose another with --host.") from None
        where, reason = authority_of(host, port), os.strerror(number)
        raise _CannotListen(f"Cannot listen on {where}: {reason}. Choose another port with --port.") from None


def _exposure_warning(listener: socket.socket) -> str | None:
    """Return a warning if other machines can reach the address, else None."""
    host, port = listener.getsockname()[:2]
    if is_loopback(host):
        return None
    return (
        f"Warning: {authority_of(host, port)} is not a loopback address, and the tokens are public. "
        "Everybody who can reach this machine can read and change the channels of the mock."
    )


def _connections_warning(wanted: int, allowed: int) -> str | None:
    """Return a warning if the system allows fewer connections than wanted, else None."""
    if allowed == wanted:
        return None
    return f"Warning: the limit on open files (ulimit -n) allows {allowed} connections, not {wanted}."


def _banner(world: World, options: argparse.Namespace, listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    url = f"http://{authority_of(host, port)}"
    tokens = [token.value for user in world.users.values() for token in user.tokens]
    shown = printable(", ".join(tokens[:12]) + (", ..." if len(tokens) > 12 else ""))
    header = printable(shlex.quote(f"Authorization: Bearer {tokens[0] if tokens else 'TOKEN'}"))
    mode = " (strict: requests that violate the contract are rejected)" if options.strict else ""
    return (
        f"Canvas Communication Channels mock on {url}{mode}\n"
        f"  users and tokens  {url}/\n"
        f"  API reference     {url}/docs/\n"
        f"  tokens            {shown}\n"
        f"  example           curl -H {header} {url}{_FIRST_PATH}\n"
        f"Press Ctrl-C to stop."
    )
