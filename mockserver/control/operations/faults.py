"""Operations on the faults of a world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.control.faults.effects import is_possible_for
from mockserver.control.problems import Problem

if TYPE_CHECKING:
    from mockserver.control.faults.documented import DocumentedResponses
    from mockserver.control.faults.faults import Faults
    from mockserver.control.operations.context import Context

Body = dict[str, Any]


class FaultOperations:
    """Operations on the faults of the world of the current request; `responses` are those of the contract."""

    def __init__(self, context: Context, responses: DocumentedResponses) -> None:
        self._context = context
        self._responses = responses

    async def list_faults(self) -> list[Body]:
        """Return all faults."""
        return [fault.to_json() for fault in self._faults]

    async def create_fault(self, body: Body) -> tuple[Body, int]:
        """Add a fault."""
        self._check(body)
        return self._faults.add(body).to_json(), 201

    async def clear_faults(self) -> tuple[None, int]:
        """Delete all faults."""
        self._faults.clear()
        return None, 204

    async def get_fault(self, fault_id: int) -> Body:
        """Return a fault."""
        return self._faults.find(fault_id).to_json()

    async def update_fault(self, fault_id: int, body: Body) -> Body:
        """Switch a fault on or off."""
        fault = self._faults.find(fault_id)
        fault.is_enabled = body["enabled"]
        return fault.to_json()

    async def delete_fault(self, fault_id: int) -> tuple[None, int]:
        """Delete a fault."""
        self._faults.delete(fault_id)
        return None, 204

    @property
    def _faults(self) -> Faults:
        return self._context.world.faults

    def _check(self, body: Body) -> None:
        """Raise Problem for a fault that can never be applied as described."""
        delay, times, effect = body.get("delay", {}), body.get("times", {}), body["effect"]
        if delay.get("max_seconds", delay.get("min_seconds", 0)) < delay.get("min_seconds", 0):
            raise Problem(400, "invalid_fault", "delay: max_seconds is less than min_seconds.")
        if effect["kind"] == "delay" and not delay:
            raise Problem(400, "invalid_fault", "An effect of the kind delay needs a delay with min_seconds.")
        if len(times.keys() - {"seed", "skip"}) > 1:
            raise Problem(400, "invalid_fault", "times has one of next, every and probability, not several.")
        operation_id = body.get("match", {}).get("operation_id")
        if effect["kind"] == "documented_response":
            self._check_documented(effect, operation_id)
        elif operation_id and not is_possible_for(effect, operation_id, self._responses):
            detail = f"A response of {operation_id} cannot have the violation {effect['violation']}."
            raise Problem(400, "invalid_fault", detail)

    def _check_documented(self, effect: Body, operation_id: str | None) -> None:
        """Raise Problem unless the contract has the response, for this operation or for any."""
        status, example = effect["status"], effect.get("example")
        operations = [operation_id] if operation_id else self._responses.operation_ids
        if not any(self._responses.has(each, status, example) for each in operations):
            self._responses.find(operations[0], status, example)  # raises the Problem
