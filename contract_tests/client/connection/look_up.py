"""The addresses of a host, looked up with a time-out, which the operating system's own look-up does not have."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading


class LookUpTimeout(Exception):
    """A look-up that takes too long."""


def look_up(host: str, port: int, seconds: float) -> list[str]:
    """Return the IP addresses of the host in the order of the operating system.

    Raises LookUpTimeout, and OSError or UnicodeError for a host name that is unknown or invalid.
    The thread of a look-up that takes too long is a daemon: it does not keep the process from ending.
    """
    if _is_address(host):
        return [host]
    results: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()
    thread = threading.Thread(target=_look_up, args=(host, port, results), name="look-up", daemon=True)
    thread.start()
    try:
        result = results.get(timeout=seconds)
    except queue.Empty:
        raise LookUpTimeout from None
    if isinstance(result, Exception):
        raise result
    return result


def _look_up(host: str, port: int, results: queue.SimpleQueue[list[str] | OSError | UnicodeError]) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        results.put(error)
    else:
        results.put(list(dict.fromkeys(_numeric(address) for *_, address in found)))


def _numeric(address: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]) -> str:
    """Return the IP address, with the interface of a link-local one."""
    scope = address[3] if len(address) == 4 else 0
    return f"{address[0]}%{scope}" if scope and "%" not in str(address[0]) else str(address[0])


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
