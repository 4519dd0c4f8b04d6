"""A stateful mock of Canvas's Communication Channels API, served by Connexion from openapi.yaml.

What this module offers is imported when it is first asked for, so that the command line can say what is wrong with
its options, and rest the garbage collector, before Connexion is read.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.app import create_app
    from mockserver.world import World
    from mockserver.worldfile import Seed, read_world

__all__ = ["Seed", "World", "create_app", "read_world"]

_HOMES = {
    "Seed": "mockserver.worldfile",
    "World": "mockserver.world",
    "create_app": "mockserver.app",
    "read_world": "mockserver.worldfile",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
