"""What the command line does: a world, a listener, uvicorn; and all of it again when a file changes."""

from __future__ import annotations

import gc
import logging
import os
import shlex
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from watchfiles import run_process

from mockserver.app import create_app
from mockserver.contract import contract_file
from mockserver.throttle import Throttle
from mockserver.world import World
from mockserver.worldfile import WorldFileError, read_world

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

_FIRST_PATH = "/api/v1/users/self/communication_channels"
_SERVER: dict[str, Any] = {
    "log_level": "warning",
    "access_log": False,
    "server_header": False,
    "ws": "none",  # no web sockets; looking for them takes time at the start
    "timeout_graceful_shutdown": 1,
}
MISTAKE = 2
"""The exit status for a bad option, a bad world file, or a taken port."""


class _CannotListen(Exception):
    """An address that cannot be listened on; the text says why and what to do."""


def run(options: argparse.Namespace, given: Sequence[str]) -> int:
    """Serve until Ctrl-C; `given` are the words that the options were read from. MISTAKE for what cannot be served."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("watchfiles").setLevel(logging.WARNING)  # it counts the changes; _say_what_changed names them
    try:
        return _serve_and_restart(options, given) if options.reload else _serve(options)
    except (WorldFileError, _CannotListen) as error:
        print(f"canvas-mock: {error}", file=sys.stderr)
        return MISTAKE


def _serve(options: argparse.Namespace) -> int:
    world = World(read_world(options.world))
    app = create_app(
        world,
        strict=options.strict,
        unauthorized_status=options.unauthorized_status,
        error_report_ids=options.error_report_ids,
        throttle=Throttle(options.rate_limit, cost=options.rate_limit_cost),
    )
    with _listener(options.host, options.port) as listener:
        gc.freeze()  # the world stays; each look through a million channels stopped all requests for 0.6 s
        gc.enable()
        print(_banner(world, options, listener), file=sys.stderr, flush=True)
        uvicorn.Server(uvicorn.Config(app, **_SERVER)).run(sockets=[listener])
    return 0


def _serve_and_restart(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    """Serve in a process of its own, and in a new one after each change; mistakes are told before the first."""
    read_world(options.world)
    _listener(options.host, options.port).close()
    gc.enable()
    package = Path(__file__).parent
    files = [Path(str(contract_file())), *([options.world] if options.world else [])]
    command = shlex.join([sys.executable, "-m", "mockserver", *(a for a in arguments if a != "--reload")])
    run_process(
        *{package, package / "control", *(file.resolve().parent for file in files)},
        target=command,
        target_type="command",
        callback=_say_what_changed,
        watch_filter=lambda _change, path: path.endswith((".html", ".py", ".yaml", ".yml")),
        recursive=False,
    )
    return 0


def _say_what_changed(changes: Iterable[tuple[object, str]]) -> None:
    names = sorted({Path(path).name for _, path in changes})
    print(f"Changed: {', '.join(names)}. Starting again.", file=sys.stderr, flush=True)


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        if not error.errno or error.errno < 0:  # the name, not the port, is at fault: getaddrinfo says so below zero
            raise _CannotListen(f"{host} is not the name of a host. Choose another with --host.") from None
        reason = os.strerror(error.errno)
        raise _CannotListen(f"{host}:{port} cannot be listened on: {reason}. Choose another with --port.") from None


def _banner(world: World, options: argparse.Namespace, listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    tokens = [token.value for user in world.users.values() for token in user.tokens]
    shown = ", ".join(tokens[:12]) + (", ..." if len(tokens) > 12 else "")
    manner = "refusing what breaks the contract" if options.strict else "answering as Canvas does"
    return (
        f"Canvas Communication Channels, {manner}: {url}\n"
        f"  people    {url}/        contract {url}/docs/\n"
        f"  tokens    {shown}\n"
        f"  try       curl -H 'Authorization: Bearer {tokens[0] if tokens else 'TOKEN'}' {url}{_FIRST_PATH}\n"
        f"Ctrl-C ends it."
    )
