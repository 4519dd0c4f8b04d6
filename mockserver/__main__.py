"""The command line of the mock: `python -m mockserver`, `canvas-mock`, `make mock`."""

from __future__ import annotations

import argparse
import contextlib
import gc
import logging
import math
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the mock until Ctrl-C; 0 then, 2 with one sentence for what cannot be run."""
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(given)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("watchfiles").setLevel(logging.WARNING)  # it counts the changes; _say_what_changed names them
    try:
        return _serve_and_restart(options, given) if options.reload else _serve(options)
    except (WorldFileError, _CannotListen) as error:
        print(f"canvas-mock: {error}", file=sys.stderr)
        return MISTAKE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="canvas-mock",
        allow_abbrev=False,
        description="A stateful mock of Canvas's Communication Channels API, served from openapi.yaml.",
        epilog="It listens on loopback unless told otherwise; its tokens are public, so keep it there.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add(
        "--port",
        type=_port,
        default=8000,
        help="port to listen on; 0 takes a free one (default: %(default)s)",
    )
    add(
        "--world",
        type=Path,
        metavar="FILE",
        help="YAML file with the users, tokens and channels to start with",
    )
    add("--strict", action="store_true", help="refuse with 400 what breaks the contract, and say what to fix")
    add(
        "--unauthorized-status",
        type=int,
        choices=(403, 401),
        default=403,
        help="401 as Canvas before about 2024 (default: 403)",
    )
    add(
        "--error-report-ids",
        action="store_true",
        help="show error_report_id where Canvas records the failure",
    )
    add(
        "--rate-limit",
        type=int,
        choices=(403, 429),
        help="limit each token as Canvas does, with this status (default: no limit)",
    )
    add(
        "--rate-limit-cost",
        type=_cost,
        default=1.0,
        metavar="UNITS",
        help="what a request takes of the 600 units that refill by 10 a second (default: 1)",
    )
    add("--reload", action="store_true", help="restart when openapi.yaml, the world file or the code changes")
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; ports are 0 to 65535")
    return int(text)


def _cost(text: str) -> float:
    try:
        cost = float(text)
    except ValueError:
        cost = -1.0
    if not 0 <= cost < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of units; try 1")
    return cost


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
        print(_banner(world, options, listener), file=sys.stderr, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(uvicorn.Config(app, **_SERVER)).run(sockets=[listener])
    return 0


def _serve_and_restart(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    """Serve in a process of its own, and in a new one after each change; mistakes are told before the first."""
    read_world(options.world)
    _listener(options.host, options.port).close()
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


if __name__ == "__main__":
    sys.exit(main())
