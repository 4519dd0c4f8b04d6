"""Failed outcomes for the violations that responses outside the tests show: those of the set-up and the clean-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract_tests.oracle.outcome import Outcome
from contract_tests.report.record.groups import normalised
from contract_tests.report.record.script import shell_script

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract_tests.client.observation import ObservedViolation
    from contract_tests.client.transport import Transport

PROPERTY = "the responses of the set-up and the clean-up conform to the contract"


def noted_outcomes(transport: Transport, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Yield an outcome for each cause, unless a failed test shows it with as few requests."""
    shortest: dict[tuple[str, str], float] = {}
    """The number of requests in the shortest script of each cause."""
    for each in outcomes:
        if each.status == "failed":
            cause = each.operation, normalised(each)
            shortest[cause] = min(each.steps or float("inf"), shortest.get(cause, float("inf")))
    for number, ((operation, _), violation) in enumerate(transport.observation.noted.items(), 1):
        outcome = _outcome(transport, operation, violation, number)
        cause = operation, normalised(outcome)
        if outcome.steps < shortest.get(cause, float("inf")):
            shortest[cause] = outcome.steps
            yield outcome


def _outcome(transport: Transport, operation: str, violation: ObservedViolation, number: int) -> Outcome:
    text = transport.redactor.redact_text(violation.message)
    return Outcome(
        property=PROPERTY,
        test=f"conftest::{PROPERTY}[{number}]",
        rule="Every response with a channel or a list of channels is as the contract describes it.",
        source="openapi.yaml",
        operations=(),
        status="failed",
        operation=operation,
        violation=text,
        detail=text,
        received=violation.steps[-1].response,
        script=shell_script(violation.steps, transport.redactor),
        steps=len(violation.steps),
    )
