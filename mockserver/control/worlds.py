"""The worlds of one mock: the default world, and worlds with names, each made from the seed when it is first used."""

from __future__ import annotations

import re
import time
import uuid
from typing import TYPE_CHECKING

from mockserver.canvas.world import World
from mockserver.control.clock import AdjustableClock
from mockserver.control.faults.faults import Faults
from mockserver.control.problems import Problem
from mockserver.control.request_journal import DEFAULT_LENGTH, Budget, RequestJournal
from mockserver.control.signals import Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockserver.canvas.seed import Seed
    from mockserver.canvas.world import SavedState

DEFAULT = "default"
"""The name of the world of requests that name none."""

MAX_WORLDS = 10_000
"""The default number of worlds besides the default one; each takes about 30 KB and what clients add to it."""

IDLE_SECONDS = 3600.0
"""The default time without a request after which a world is deleted."""

MAX_SNAPSHOTS = 100
"""The number of snapshots of each world."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)


class ControlledWorld:
    """A Canvas world with its clock, snapshots, faults and request journal."""

    def __init__(self, name: str, world: World, requests: RequestJournal) -> None:
        self.name = name
        self.world = world
        self.clock = AdjustableClock(world.clock)
        world.clock = self.clock
        self.snapshots: dict[str, SavedState] = {}
        self.faults = Faults()
        self.requests = requests
        self.changed = Signal()
        """The signal after each request that may have changed the world."""
        self.is_deleted = False
        self.last_used = 0.0
        """The time of the last request, by the clock of `Worlds`."""

    @property
    def prefix(self) -> str:
        """The path below which requests use this world; empty for the default world."""
        return "" if self.name == DEFAULT else f"/worlds/{self.name}"

    def reset(self) -> None:
        """Restore the state of the seed and the time, and delete faults and recorded requests; the snapshots stay."""
        self.world.reset()
        self.clock.reset()
        self.faults.clear()
        self.requests.clear()

    def save_snapshot(self, name: str) -> bool:
        """Save the state under a name, and return whether the name is new. Raises Problem at the maximum."""
        is_new = name not in self.snapshots
        if is_new and len(self.snapshots) >= MAX_SNAPSHOTS:
            raise Problem(
                409, "too_many_snapshots", f"A world has at most {MAX_SNAPSHOTS} snapshots; delete one first."
            )
        self.snapshots[name] = self.world.save()
        return is_new

    def snapshot(self, name: str) -> SavedState:
        """Return the snapshot with this name. Raises Problem for an unknown one."""
        if name not in self.snapshots:
            raise Problem(404, "unknown_snapshot", f"World {self.name} has no snapshot {name}.")
        return self.snapshots[name]


class Worlds:
    """The worlds by name, the least recently used first.

    `now` is a clock in seconds, by which worlds without requests for `idle_seconds` are deleted.
    """

    def __init__(
        self,
        default: World,
        *,
        maximum: int = MAX_WORLDS,
        idle_seconds: float = IDLE_SECONDS,
        journal_length: int = DEFAULT_LENGTH,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.start_id = uuid.uuid4().hex
        """A text that is different after each start of the mock."""
        self._seed = default.seed
        self._clock = default.clock
        self._journal_length = journal_length
        self._budget = Budget()
        self.default = self._controlled(DEFAULT, default)
        self._named: dict[str, ControlledWorld] = {}
        self._maximum = maximum
        self._idle_seconds = idle_seconds
        self._now = now

    def __iter__(self) -> Iterator[ControlledWorld]:
        """Iterate over the default world, then the others."""
        self._delete_idle()
        yield self.default
        yield from self._named.values()

    def use(self, name: str) -> ControlledWorld:
        """Return the world with this name for a request to it, and make it if it does not exist.

        Raises Problem for a malformed name, and at the maximum number of worlds.
        """
        if name == DEFAULT:
            return self.default
        self._delete_idle()
        world = self._named.pop(name, None)
        if world is None:
            world = self._make(name)
        world.last_used = self._now()
        self._named[name] = world
        return world

    def find(self, name: str) -> ControlledWorld:
        """Return the world with this name. Raises Problem if it does not exist."""
        self._delete_idle()
        world = self.default if name == DEFAULT else self._named.get(name)
        if world is None:
            raise Problem(404, "unknown_world", f"There is no world {name}; a request that names it makes it.")
        return world

    def put(self, name: str, seed: Seed) -> bool:
        """Make the world from this seed, or replace all of it, and return whether it is new.

        Raises Problem as `use` does.
        """
        is_new = name != DEFAULT and name not in self._named
        controlled = self.use(name)
        controlled.world.replace(seed)
        controlled.reset()  # the time, the faults and the requests as well
        controlled.snapshots.clear()
        controlled.changed.send()
        return is_new

    def delete(self, name: str) -> None:
        """Delete a world. Raises Problem for the default world, and if it does not exist."""
        if self.find(name) is self.default:
            raise Problem(409, "default_world", "The default world cannot be deleted; reset it.")
        self._remove(name)

    def _remove(self, name: str) -> None:
        controlled = self._named.pop(name)
        controlled.requests.clear()
        controlled.is_deleted = True
        controlled.changed.send()

    def _make(self, name: str) -> ControlledWorld:
        """Return a new world. Raises Problem for a malformed name, and at the maximum number of worlds."""
        if not _NAME.fullmatch(name):
            raise Problem(
                400,
                "invalid_world_name",
                "The name of a world has 1 to 100 letters, digits, dots, hyphens and underscores, "
                "and starts with a letter or a digit.",
            )
        if len(self._named) >= self._maximum:
            raise Problem(
                503,
                "too_many_worlds",
                f"The mock has {self._maximum} worlds; delete one with DELETE /_mock/worlds/NAME, "
                "or start the mock with a larger --max-worlds.",
            )
        return self._controlled(name, World(self._seed, self._clock))

    def _controlled(self, name: str, world: World) -> ControlledWorld:
        return ControlledWorld(name, world, RequestJournal(self._journal_length, self._budget))

    def _delete_idle(self) -> None:
        """Delete the worlds without a request for `idle_seconds`."""
        latest_idle = self._now() - self._idle_seconds
        while self._named:
            name = next(iter(self._named))
            if self._named[name].last_used > latest_idle:
                return
            self._remove(name)
