"""File descriptors for the connections of the mock: each open connection needs one."""

from __future__ import annotations

import sys

if sys.platform != "win32":
    import resource

_OTHER_FILES = 64
"""Descriptors for everything that is not a connection; a mock without clients has about 20."""


def allow_connections(wanted: int, refused: int) -> int:
    """Raise the process's limit on open files for the wanted and the refused connections, as far as possible.

    Return how many connections may be open at once: `wanted`, or fewer if the system allows fewer.
    """
    if sys.platform == "win32":  # which has no such limit
        return wanted
    needed = wanted + refused + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    if soft != unlimited and soft < needed:
        soft = needed if hard == unlimited else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == unlimited else max(1, min(wanted, soft - refused - _OTHER_FILES))
