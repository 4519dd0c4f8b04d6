"""The command line of the mock: `python -m mockserver`, `canvas-mock`, `make mock`."""

from __future__ import annotations

import argparse
import gc
import math
import os
import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from mockserver.control.origins import ANY, is_origin
from mockserver.proxy import network
from mockserver.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


_HOST = re.compile(r"\*|[A-Za-z0-9_.-]+|\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?")
"""A host name, an IPv4 address, or `*`; or an IPv6 address, with at least two colons and optional brackets."""

_DURATION = re.compile(r"([0-9]{1,7})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the mock until Ctrl-C and return 0; return 2 and print one sentence if it cannot be served."""
    given = sys.argv[1:] if arguments is None else arguments
    parser = _parser()
    options = parser.parse_args(given)
    if options.tls_key and not options.tls_cert:
        parser.error("--tls-key needs --tls-cert")
    if os.getpid() == 1:  # in a container; the system discards signals for process 1 until it has a handler
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    gc.disable()  # the objects made at the start stay; scanning them took a tenth of the start
    try:
        from mockserver import server  # noqa: PLC0415  # its imports take most of the start

        return server.run(options, given)
    except KeyboardInterrupt:
        return 0
    finally:
        gc.enable()


class _Parser(argparse.ArgumentParser):
    """An argument parser whose messages have printable characters only."""

    def error(self, message: str) -> NoReturn:
        """Print the message and exit with 2."""
        super().error(printable(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="canvas-mock",
        allow_abbrev=False,
        description="Serve a stateful mock of Canvas's Communication Channels API from openapi.yaml.",
        epilog="The mock listens on loopback by default. Its tokens are public, so do not expose it to a network.",
    )
    _add_addresses(parser.add_argument)
    _add_behaviour(parser.add_argument)
    _add_access(parser.add_argument)
    _add_worlds(parser.add_argument)
    parser.add_argument(
        "--reload", action="store_true", help="restart when openapi.yaml, the world file or the code changes"
    )
    return parser


def _add_addresses(add: Callable[..., object]) -> None:
    """Add the options for the addresses at which the mock listens."""
    add(
        "--host",
        default="127.0.0.1",
        help="address to listen on; localhost and :: listen on IPv4 and IPv6 (default: %(default)s)",
    )
    add(
        "--port",
        type=_port,
        default=8000,
        help="port to listen on; 0 selects a free one (default: %(default)s)",
    )
    add("--uds", type=_path, metavar="PATH", help="Unix socket to listen on, in place of --host and --port")
    add("--tls-cert", type=_path, metavar="FILE", help="PEM file with the certificate and its chain; serves HTTPS")
    add("--tls-key", type=_path, metavar="FILE", help="PEM file with the key (default: the file of --tls-cert)")
    add(
        "--trust-proxy",
        type=_network,
        action="append",
        default=[],
        metavar="ADDRESS",
        help="address or network of a reverse proxy whose headers X-Forwarded-Proto, -Host and -Prefix are used; "
        "'*' for every address; may be repeated (default: the headers are ignored)",
    )


def _add_behaviour(add: Callable[..., object]) -> None:
    """Add the options that change responses."""
    add(
        "--world",
        type=Path,
        metavar="FILE",
        help="YAML file with the users, tokens and channels to start with",
    )
    add("--strict", action="store_true", help="reject requests that violate the contract with 400 and the violations")
    add(
        "--unauthorized-status",
        type=int,
        choices=(403, 401),
        default=403,
        help="status of a denied request; 401 as in Canvas before about 2024 (default: 403)",
    )
    add(
        "--error-report-ids",
        action="store_true",
        help="add error_report_id to the errors for which Canvas creates an error report",
    )
    add(
        "--rate-limit",
        type=int,
        nargs="?",
        const=429,
        choices=(429, 403),
        help="limit the requests of each token as Canvas does; 429 as hosted Canvas since October 2025, 403 as others "
        "(default: no limit; without a status: 429)",
    )
    add(
        "--rate-limit-cost",
        type=_cost,
        default=1.0,
        metavar="UNITS",
        help="units that a request costs, of 600 units that refill by 10 a second (default: 1)",
    )


def _add_access(add: Callable[..., object]) -> None:
    """Add the options for the clients and the browser pages that may use the mock."""
    add(
        "--allow-host",
        type=_host,
        action="append",
        default=[],
        metavar="NAME",
        help="host of the Host header, and of browser pages, to accept besides loopback and --host; "
        "'*' for every Host header; may be repeated",
    )
    add(
        "--max-connections",
        type=_connections,
        default=1000,
        metavar="N",
        help="connections that may be open at once; more get the response 503 (default: %(default)s)",
    )
    add(
        "--allow-origin",
        type=_origin,
        action="append",
        default=[],
        metavar="ORIGIN",
        help="origin of browser pages to accept, such as https://app.example or capacitor://localhost; "
        "'*' for every origin; may be repeated",
    )
    add("--no-cors", action="store_true", help="send no CORS headers, and respond 404 to preflight requests, as Canvas")
    add(
        "--control-token",
        metavar="TOKEN",
        default=os.environ.get("CANVAS_MOCK_CONTROL_TOKEN") or None,
        help="require this token, in the header X-Mock-Control-Token, for changes through /_mock; "
        "needed for them if --host is not loopback (default: the variable CANVAS_MOCK_CONTROL_TOKEN)",
    )


def _add_worlds(add: Callable[..., object]) -> None:
    """Add the options for worlds and their request journals."""
    add(
        "--max-worlds",
        type=_number,
        default=10_000,
        metavar="NUMBER",
        help="maximum number of worlds besides the default one (default: %(default)s)",
    )
    add(
        "--world-idle",
        type=_duration,
        default="1h",
        metavar="TIME",
        help="time without a request after which a world is deleted, such as 90s, 30m or 2h (default: %(default)s)",
    )
    add(
        "--journal",
        type=_number,
        default=1000,
        metavar="NUMBER",
        help="number of requests that each world remembers; 0 for none (default: %(default)s)",
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; ports are 0 to 65535")
    return int(text)


def _connections(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of connections from 1 to 999999")
    return int(text)


def _host(text: str) -> str:
    """Return the name or address of a host; IPv6 addresses may have brackets."""
    if not _HOST.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not the name of a host without scheme and port; try localhost")
    return text


def _path(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("'' is not the name of a file")
    return Path(text)


def _network(text: str) -> str:
    """Return an address, a network, or `*`."""
    try:
        if text != ANY:
            network(text)
    except ValueError:
        message = f"{text!r} is not an address or a network; try 127.0.0.1 or 172.16.0.0/12"
        raise argparse.ArgumentTypeError(message) from None
    return text


def _origin(text: str) -> str:
    """Return an origin as browsers send it, or `*`."""
    if text != ANY and not is_origin(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not an origin; try http://app.test:3000")
    return text


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number up to 9999999; try 1000")
    return int(text)


def _duration(text: str) -> float:
    """Return a duration in seconds."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time with its unit; try 90s, 30m or 2h")
    return float(match[1]) * _SECONDS[match[2]]


def _cost(text: str) -> float:
    try:
        cost = float(text)
    except ValueError:
        cost = -1.0  # out of range
    if not 0 <= cost < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of units; try 1")
    return cost


if __name__ == "__main__":
    sys.exit(main())
