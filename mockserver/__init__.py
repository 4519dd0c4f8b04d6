"""A stateful mock of Canvas's Communication Channels API, served by Connexion from openapi.yaml.

The public names are imported on first use: the command line can then report a bad option, and pause the garbage
collector, before Connexion is imported.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.app import create_app
    from mockserver.canvas.seed import Seed, read_world
    from mockserver.canvas.world import World

__all__ = ["Seed", "World", "create_app", "read_world"]

_MODULES = {
    "Seed": "mockserver.canvas.seed",
    "World": "mockserver.canvas.world",
    "create_app": "mockserver.app",
    "read_world": "mockserver.canvas.seed",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
