"""Serve the mock with uvicorn, and restart it when a file changes."""

from __future__ import annotations

import gc
import logging
import shlex
import socket
import sys
from contextlib import contextmanager
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
from mockserver.listeners import CannotListen, close, file_number, tcp_listeners, unix_listener
from mockserver.protocol import MAX_REFUSED, BoundedProtocol, ConnectionLimit
from mockserver.proxy import TrustedProxy
from mockserver.terminal import LogFormatter, printable
from mockserver.tls import tls_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from starlette.types import ASGIApp

_FIRST_PATH = "/api/v1/users/self/communication_channels"
_SERVER: dict[str, Any] = {
    "log_config": None,  # records reach the handler of `run`, which writes them on one printable line
    "log_level": "warning",
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,  # uvicorn would trust every client on loopback; TrustedProxy reads them
    "ws": "none",  # the mock has no web sockets, and looking for an implementation delays the start
    "timeout_graceful_shutdown": 1,
}
_MAX_SHOWN_TOKENS = 12  # all of the default world
USAGE_ERROR = 2
"""The exit status for a bad option, a bad world file, or a port that is in use."""


def run(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    """Serve until Ctrl-C and return 0; return USAGE_ERROR if the options cannot be served.

    `options` are the parsed `arguments`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogFormatter("%(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("watchfiles").setLevel(logging.WARNING)  # it counts changes; _log_changes names the files
    logging.getLogger("connexion").setLevel(logging.WARNING)  # it has a line for each stream of events
    logging.getLogger("connexion.validators").setLevel(logging.CRITICAL)  # the mock itself reports violations
    try:
        return _serve_and_restart(options, arguments) if options.reload else _serve(options)
    except (WorldFileError, CannotListen) as error:
        print(f"canvas-mock: {printable(error)}", file=sys.stderr)
        return USAGE_ERROR


def _serve(options: argparse.Namespace) -> int:
    world = World(read_world(options.world))
    tls = tls_settings(options.tls_cert, options.tls_key)
    with _listening(options) as listeners:
        addresses = _addresses(listeners)
        app = _app(world, options, [host for host, _ in addresses])
        gc.freeze()  # the world stays; each scan of a million channels stopped all requests for 0.6 s
        gc.enable()
        allowed = allow_connections(options.max_connections, MAX_REFUSED)
        for warning in (_exposure_warning(addresses), _connections_warning(options.max_connections, allowed)):
            if warning is not None:
                print(warning, file=sys.stderr)
        print(_banner(world, options, addresses), file=sys.stderr, flush=True)
        settings = _SERVER | tls | {"http": partial(BoundedProtocol, limit=ConnectionLimit(allowed))}
        _Server(uvicorn.Config(app, **settings), options.uds).run(sockets=listeners)
    return 0


class _Server(uvicorn.Server):
    """A server that removes the file of its Unix socket at the end; SIGTERM ends the process before `run` returns."""

    def __init__(self, config: uvicorn.Config, uds: Path | None) -> None:
        super().__init__(config)
        self._uds = uds
        self._file_number = file_number(uds) if uds else None

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close all connections and sockets."""
        await super().shutdown(sockets)
        if self._uds and file_number(self._uds) == self._file_number:  # another mock may have replaced it
            self._uds.unlink(missing_ok=True)


def _app(world: World, options: argparse.Namespace, addresses: Sequence[str]) -> ASGIApp:
    """Return the application with these options; `addresses` are those at which it is served."""
    # Behind a proxy, a mock on loopback is reached by other machines.
    is_reachable = bool(options.trust_proxy) or not all(map(is_loopback, addresses))
    app = create_app(
        world,
        strict=options.strict,
        unauthorized_status=options.unauthorized_status,
        error_report_ids=options.error_report_ids,
        rate_limit=RateLimit(options.rate_limit, cost=options.rate_limit_cost) if options.rate_limit else None,
        hosts={options.host, *addresses, *options.allow_host},
        origins=options.allow_origin,
        cors=not options.no_cors,
        control=ControlAccess(options.control_token, is_reachable=is_reachable),
        max_worlds=options.max_worlds,
        world_idle=options.world_idle,
        journal_length=options.journal,
    )
    return TrustedProxy(app, options.trust_proxy) if options.trust_proxy else app


def _serve_and_restart(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    """Serve in a child process, and restart it after each change of the code, the contract or the world file."""
    # Files and sockets are opened once before the child process starts, so that `run` reports errors.
    read_world(options.world)
    tls_settings(options.tls_cert, options.tls_key)
    with _listening(options):
        pass
    if options.uds:
        options.uds.unlink()  # the file remains when its socket is closed
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


@contextmanager
def _listening(options: argparse.Namespace) -> Iterator[list[socket.socket]]:
    """Open the sockets, and close them at the end. Raises CannotListen."""
    opened = [unix_listener(options.uds)] if options.uds else tcp_listeners(options.host, options.port)
    try:
        yield opened
    finally:
        close(opened)


def _addresses(listeners: Iterable[socket.socket]) -> list[tuple[str, int]]:
    """Return addresses and ports of the sockets; none for a Unix socket."""
    return [listener.getsockname()[:2] for listener in listeners if listener.family != socket.AF_UNIX]


def _exposure_warning(addresses: Iterable[tuple[str, int]]) -> str | None:
    """Return a warning if other machines can reach an address, else None."""
    reachable = [authority_of(*address) for address in addresses if not is_loopback(address[0])]
    if not reachable:
        return None
    kind = "is not a loopback address" if len(reachable) == 1 else "are not loopback addresses"
    return (
        f"Warning: {' and '.join(reachable)} {kind}, and the tokens are public. "
        "Everybody who can reach this machine can read and change the channels of the mock."
    )


def _connections_warning(wanted: int, allowed: int) -> str | None:
    """Return a warning if the system allows fewer connections than wanted, else None."""
    if allowed == wanted:
        return None
    return f"Warning: the limit on open files (ulimit -n) allows {allowed} connections, not {wanted}."


def _banner(world: World, options: argparse.Namespace, addresses: Sequence[tuple[str, int]]) -> str:
    scheme = "https" if options.tls_cert else "http"
    urls = [f"{scheme}://{authority_of(*address)}" for address in addresses]
    where = f"the socket {printable(options.uds)}" if options.uds else " and ".join(urls)
    url = urls[0] if urls else f"{scheme}://localhost"
    curl = f"curl --unix-socket {printable(shlex.quote(str(options.uds)))}" if options.uds else "curl"
    tokens = [token.value for user in world.users.values() for token in user.tokens]
    ellipsis = ", ..." if len(tokens) > _MAX_SHOWN_TOKENS else ""
    shown = printable(", ".join(tokens[:_MAX_SHOWN_TOKENS]) + ellipsis)
    header = printable(shlex.quote(f"Authorization: Bearer {tokens[0] if tokens else 'TOKEN'}"))
    mode = " (strict: requests that violate the contract are rejected)" if options.strict else ""
    return (
        f"Canvas Communication Channels mock on {where}{mode}\n"
        f"  users and tokens  {url}/\n"
        f"  API reference     {url}/docs/\n"
        f"  tokens            {shown}\n"
        f"  example           {curl} -H {header} {url}{_FIRST_PATH}\n"
        f"Press Ctrl-C to stop."
    )
