"""The mock in tests: a server in a thread, a client of the control API, and fixtures for pytest.

The public names are imported on first use: pytest loads the plugin in every run, also where no test uses the mock.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.testing.client import CanvasMock, ControlError
    from mockserver.testing.server import MockServer

__all__ = ["CanvasMock", "ControlError", "MockServer"]

_MODULES = {
    "CanvasMock": "mockserver.testing.client",
    "ControlError": "mockserver.testing.client",
    "MockServer": "mockserver.testing.server",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
