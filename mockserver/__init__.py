"""A stateful mock of Canvas's Communication Channels API, served by Connexion from openapi.yaml."""

from mockserver.app import create_app
from mockserver.world import World
from mockserver.worldfile import Seed, read_world

__all__ = ["Seed", "World", "create_app", "read_world"]
