"""Operations on worlds as a whole: health, reset, the list of worlds, state, snapshots and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.canvas.seed import WorldDocumentError, seed_of
from mockserver.canvas.world_document import world_document
from mockserver.control.problems import Problem, mistake_at

if TYPE_CHECKING:
    from mockserver.canvas.seed import Seed
    from mockserver.control.operations.context import Context
    from mockserver.control.worlds import ControlledWorld, Worlds

Body = dict[str, Any]


class WorldOperations:
    """Operations on the worlds of one mock; `context` has the world of the current request."""

    def __init__(self, worlds: Worlds, context: Context) -> None:
        self._worlds = worlds
        self._context = context

    async def get_health(self) -> Body:
        """Return the status of the mock, and the size of the world."""
        return {"status": "ready", **_size(self._context.world)}

    async def reset_world(self) -> tuple[None, int]:
        """Restore the state of the seed."""
        self._context.world.reset()
        return None, 204

    async def list_worlds(self) -> list[Body]:
        """Return all worlds."""
        return [_summary(world) for world in self._worlds]

    async def get_world(self, world: str) -> Body:
        """Return one world."""
        return _summary(self._worlds.find(world))

    async def put_world(self, world: str, body: Body) -> tuple[Body, int]:
        """Make a world, or replace it."""
        is_new = self._worlds.put(world, _seed(body))
        return _summary(self._worlds.find(world)), 201 if is_new else 200

    async def delete_world(self, world: str) -> tuple[None, int]:
        """Delete a world."""
        self._worlds.delete(world)
        return None, 204

    async def get_state(self) -> Body:
        """Return the state as a world document."""
        return world_document(self._context.world.world)

    async def replace_state(self, body: Body) -> Body:
        """Replace the state by that of a world document."""
        self._context.world.world.replace(_seed(body))
        return _summary(self._context.world)

    async def update_account(self, body: Body) -> Body:
        """Change settings of the account."""
        world = self._context.world.world
        for name, value in body.items():
            setattr(world.account, name, tuple(map(str.lower, value)) if name == "banned_email_domains" else value)
        account: Body = world_document(world)["account"]
        return account

    async def list_snapshots(self) -> list[Body]:
        """Return the snapshots."""
        return [{"name": name} for name in self._context.world.snapshots]

    async def save_snapshot(self, snapshot: str) -> tuple[Body, int]:
        """Save the state under a name."""
        is_new = self._context.world.save_snapshot(snapshot)
        return {"name": snapshot}, 201 if is_new else 200

    async def restore_snapshot(self, snapshot: str) -> tuple[None, int]:
        """Restore a saved state."""
        controlled = self._context.world
        controlled.world.restore(controlled.snapshot(snapshot))
        return None, 204

    async def delete_snapshot(self, snapshot: str) -> tuple[None, int]:
        """Delete a snapshot."""
        controlled = self._context.world
        controlled.snapshot(snapshot)  # raises Problem for an unknown one
        del controlled.snapshots[snapshot]
        return None, 204


def _seed(document: Body) -> Seed:
    """Return the seed of a world document. Raises Problem."""
    try:
        return seed_of(document)
    except WorldDocumentError as error:
        raise Problem(
            422, "invalid_world_document", f"The world document has a mistake: {error}", (mistake_at(error),)
        ) from None


def _summary(controlled: ControlledWorld) -> Body:
    return {"name": controlled.name, **_size(controlled)}


def _size(controlled: ControlledWorld) -> Body:
    return {"users": len(controlled.world.users), "channels": len(controlled.world.channels)}
