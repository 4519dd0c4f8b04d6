"""The time limit of the tests that wait for another process, a thread, a server or a browser."""

from __future__ import annotations

HANG_SECONDS = 300.0
"""The seconds after which something is considered to hang, on the slowest and busiest of machines."""
