"""One request that may have a fault or a preference, and the effect that is applied to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockserver.api.response import ApiResponse
from mockserver.control.faults.effects import DroppedConnection
from mockserver.control.faults.prefer import preferred_effect
from mockserver.control.faults.violations import violate
from mockserver.control.problems import Problem

if TYPE_CHECKING:
    from starlette.types import Scope

    from mockserver.api.dispatch import Exchange
    from mockserver.api.request import ApiRequest
    from mockserver.api.routes import Routes
    from mockserver.canvas.errors import Header
    from mockserver.control.faults.documented import DocumentedResponses
    from mockserver.control.faults.effects import Effect
    from mockserver.control.faults.faults import Fault, Faults

PREFER = b"prefer"
"""The name of the header with a preference."""


@dataclass(frozen=True)
class ContractParts:
    """The parts of the contract from which faults and preferences are made."""

    routes: Routes
    responses: DocumentedResponses
    url: str
    """The server of the contract, which the examples of headers contain."""


class AffectedRequest:
    """A request that may have a fault or a preference."""

    def __init__(self, scope: Scope, faults: Faults, contract: ContractParts) -> None:
        self._scope = scope
        self._faults = faults
        self._prefer = b", ".join(value for name, value in scope["headers"] if name == PREFER).decode("latin-1")
        self._contract = contract
        self.received: ApiRequest
        """The request, set by `intercept`."""
        self.is_processed = True
        """Whether the operation was executed."""
        self._fault: Fault | None = None
        self._effect: Effect | None = None
        self._applied = ""
        """The value of Preference-Applied."""

    @property
    def has_effect(self) -> bool:
        """Whether something other than a delay is done to the request."""
        return self._effect is not None and self._effect.kind != "delay"

    @property
    def fault_id(self) -> int | None:
        """The id of the fault that is applied; None without one."""
        return self._fault.id if self._fault else None

    @property
    def description(self) -> str:
        """What was done to the request; empty if nothing was."""
        if self._applied:
            return f"Prefer: {self._applied}"
        return self._effect.kind if self._effect else ""

    @property
    def is_truncated(self) -> bool:
        """Whether the connection ends in the middle of the body."""
        return self._effect is not None and self._effect.kind == "truncated_body"

    async def intercept(self, request: ApiRequest) -> ApiResponse | None:
        """Choose the effect, and return the response that replaces the operation's, or None.

        Raises EndedExchange for the response of a gateway, and DroppedConnection.
        """
        self.received = request
        operation_id = self._contract.routes.find(request.method, self._scope)
        try:
            self._choose(request, operation_id)
        except Problem as problem:
            return ApiResponse({"errors": [{"message": str(problem), "error_code": problem.code}]}, problem.status)
        if self._effect is None:
            return None
        if self.has_effect:  # browsers repeat a list with its ETag, and 304 would hide the effect
            request.if_none_match = ""
        self.is_processed = False  # if the next line raises
        response = await self._effect.before(request, self._contract.url)
        self.is_processed = response is None
        if response is not None:
            request.operation_id = operation_id  # some headers of a response depend on it
        return response

    def damaged(self, exchange: Exchange) -> Exchange:
        """Return the exchange as the effect changes its response. Raises DroppedConnection."""
        if self._applied:
            exchange.start["headers"].append((b"preference-applied", self._applied.encode("latin-1")))
        if self._effect is None:
            return exchange
        start, body = exchange.start, exchange.body
        if self._effect.is_rate_limit:
            start["headers"] = _without_budget(start["headers"])
        match self._effect.kind:
            case "dropped_connection":
                raise DroppedConnection
            case "truncated_body":
                return exchange._replace(body=body[: len(body) // 2])
            case "malformed_body":  # of the length that Content-Length announces
                return exchange._replace(body=body[: len(body) // 2].ljust(len(body), b"\x00"))
            case "contract_violation":
                name = self._effect.document["violation"]
                status, headers, body = violate(name, start["status"], start["headers"], body)
                return exchange._replace(start={**start, "status": status, "headers": headers}, body=body)
        return exchange

    def _choose(self, request: ApiRequest, operation_id: str) -> None:
        """Set the effect, and the fault that has it. Raises Problem for a preference that cannot be met."""
        preferred = preferred_effect(self._prefer, operation_id, self._contract.responses) if self._prefer else None
        if preferred is not None:
            self._effect, self._applied = preferred
            return
        chosen = self._faults.choose(request, operation_id, self._contract.responses)
        if chosen is not None:
            self._fault, self._effect = chosen


def _without_budget(headers: list[Header]) -> list[Header]:
    """Return the headers of a response to a token without budget: no cost, but the units left (behaviour 9)."""
    others = [header for header in headers if header[0] not in {b"x-request-cost", b"x-rate-limit-remaining"}]
    return [*others, (b"x-rate-limit-remaining", b"0.0749")]
