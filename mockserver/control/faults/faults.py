"""The faults of one world, and the choice of the one that is applied to a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

from mockserver.control.faults.effects import effect_of, is_possible_for
from mockserver.control.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockserver.api.request import ApiRequest
    from mockserver.control.faults.documented import DocumentedResponses
    from mockserver.control.faults.effects import Effect

MAX_FAULTS = 1000
"""The number of faults of each world."""


@dataclass
class Fault:
    """A fault: the requests that it matches, how often it is applied to them, and its effect."""

    id: int
    document: dict[str, Any]
    """The fault as the client described it."""
    is_enabled: bool = True
    matches: int = 0
    """The number of matching requests to which no earlier fault was applied."""
    hits: int = 0
    """The number of requests to which the fault was applied."""
    random: Random = field(default_factory=Random)
    """The source of its delays and of its probability."""

    def applies_to(self, request: ApiRequest, operation_id: str) -> bool:
        """Return whether the fault is applied to the request, which is counted if it matches."""
        if not (self.is_enabled and self._matches(request, operation_id)):
            return False
        self.matches += 1
        is_hit = self._is_hit()
        self.hits += is_hit
        return is_hit

    @property
    def delay(self) -> float:
        """A delay in seconds: fixed, or random from the fault's range."""
        delay = self.document.get("delay", {})
        least = delay.get("min_seconds", 0.0)
        return self.random.uniform(least, max(least, delay.get("max_seconds", least)))

    def to_json(self) -> dict[str, Any]:
        """Return the fault as the control contract describes it."""
        return {
            "id": self.id,
            **self.document,
            "enabled": self.is_enabled,
            "matches": self.matches,
            "hits": self.hits,
        }

    def _matches(self, request: ApiRequest, operation_id: str) -> bool:
        match = self.document.get("match", {})
        token = request.world.tokens.get(request.access_token or "")
        found = {
            "operation_id": operation_id,
            "user_id": token.user_id if token else None,
            "token": request.access_token,
        }
        return all(found[name] == value for name, value in match.items())

    def _is_hit(self) -> bool:
        times = self.document.get("times", {})
        number = self.matches - times.get("skip", 0)
        if number < 1:
            return False
        if "next" in times:
            return bool(self.hits < times["next"])
        if "every" in times:
            return bool(number % times["every"] == 0)
        if "probability" in times:
            return bool(self.random.random() < times["probability"])
        return True


class Faults:
    """The faults of one world, in the order in which they were added."""

    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self._ids = count(1)

    def __len__(self) -> int:
        return len(self._faults)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults.values())

    def add(self, document: dict[str, Any]) -> Fault:
        """Add a fault. Raises Problem at the maximum."""
        if len(self._faults) >= MAX_FAULTS:
            raise Problem(409, "too_many_faults", f"A world has at most {MAX_FAULTS} faults; delete some.")
        seed = document.get("times", {}).get("seed", 0)
        fault = Fault(next(self._ids), document, random=Random(seed))  # noqa: S311  # it chooses faults, not secrets
        self._faults[fault.id] = fault
        return fault

    def find(self, id_: int) -> Fault:
        """Return the fault with this id. Raises Problem if there is none."""
        if id_ not in self._faults:
            raise Problem(404, "unknown_fault", f"There is no fault with the id {id_}.")
        return self._faults[id_]

    def delete(self, id_: int) -> None:
        """Delete a fault. Raises Problem if there is none."""
        del self._faults[self.find(id_).id]

    def clear(self) -> None:
        """Delete all faults; ids are not used again."""
        self._faults.clear()

    def choose(
        self, request: ApiRequest, operation_id: str, responses: DocumentedResponses
    ) -> tuple[Fault, Effect] | None:
        """Return the first fault that applies to the request, with its effect; None without one."""
        for fault in self:
            document = fault.document["effect"]
            if not is_possible_for(document, operation_id, responses):
                continue
            if fault.applies_to(request, operation_id):
                return fault, effect_of(document, fault.delay, operation_id, responses)
        return None
