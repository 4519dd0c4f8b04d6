"""The sockets on which the mock listens: the addresses of a host name in both families, or one Unix socket."""

from __future__ import annotations

import errno
import os
import socket
import stat
from typing import TYPE_CHECKING

from mockserver.address import authority_of
from mockserver.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_BACKLOG = 2048
_ATTEMPTS = 20
"""The number of free ports to try: one that is free in the first family may be in use in the other."""

_ALL_IPV4, _ALL_IPV6 = "0.0.0.0", "::"  # noqa: S104  # what `--host ::` means
_NO_FAMILY = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}
"""The errors of an address whose family the machine does not support."""


class CannotListen(Exception):
    """An address on which the mock cannot listen; the message says why and what to do."""


def tcp_listeners(host: str, port: int) -> list[socket.socket]:
    """Return a socket for each address of a host, IPv4 first, all with the same port; `::` includes IPv4.

    Port 0 selects a free port. Raises CannotListen.
    """
    name = host.strip().removeprefix("[").removesuffix("]")
    if not name:  # Python would listen on every address
        raise CannotListen("--host is empty. Use 127.0.0.1 for this machine only, or 0.0.0.0 for every address.")
    addresses = _addresses(name, port)
    for attempt in range(_ATTEMPTS):
        try:
            return _listen(addresses, port)
        except OSError as error:
            is_last = attempt == _ATTEMPTS - 1
            if port or error.errno != errno.EADDRINUSE or is_last:
                where, reason = authority_of(name, port), os.strerror(error.errno or 0)
                raise CannotListen(f"Cannot listen on {where}: {reason}. Choose another port with --port.") from None
    raise AssertionError("the last attempt returns or raises")


def _addresses(name: str, port: int) -> list[tuple[socket.AddressFamily, str]]:
    """Return family and address of each address of a name. Raises CannotListen."""
    if name == _ALL_IPV6:
        return [(socket.AF_INET, _ALL_IPV4), (socket.AF_INET6, _ALL_IPV6)]
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError):  # ValueError: characters that no name has
        raise CannotListen(f"{printable(name)} is not the name of a host. Choose another with --host.") from None
    ordered = sorted(found, key=lambda entry: entry[0] != socket.AF_INET)
    return list(dict.fromkeys((entry[0], str(entry[4][0])) for entry in ordered))


def _listen(addresses: list[tuple[socket.AddressFamily, str]], port: int) -> list[socket.socket]:
    """Return the sockets. Raises OSError if an address cannot be used, except one of a family without support."""
    listeners: list[socket.socket] = []
    unsupported: OSError | None = None
    try:
        for family, address in addresses:
            try:
                listener = socket.create_server((address, port), family=family, backlog=_BACKLOG)
            except OSError as error:
                if error.errno not in _NO_FAMILY:
                    raise
                unsupported = error
                continue
            listeners.append(listener)
            port = port or listener.getsockname()[1]
    except OSError:
        close(listeners)
        raise
    if unsupported is not None and not listeners:
        raise unsupported
    return listeners


def unix_listener(path: Path) -> socket.socket:
    """Return a Unix socket at a path; one that no process listens on is replaced. Raises CannotListen."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        _remove_unused(path)
        listener.bind(str(path))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        reason = os.strerror(error.errno) if error.errno else str(error)
        where = printable(path)
        raise CannotListen(f"Cannot listen on {where}: {reason}. Choose another path with --uds.") from None
    return listener


def _remove_unused(path: Path) -> None:
    """Remove a socket on which no process listens. Raises OSError for another file, and if a process listens."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise OSError(errno.EEXIST, "the file exists")
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)  # a process that does not accept connections could block the connect
        try:
            client.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise OSError(errno.EADDRINUSE, "a process listens")


def file_number(path: Path) -> tuple[int, int] | None:
    """Return the numbers of a file and of its file system; None without the file."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def close(listeners: Iterable[socket.socket]) -> None:
    """Close the sockets."""
    for listener in listeners:
        listener.close()
