"""Failed tests, grouped by their cause: the operation and the violation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract_tests.oracle.contract import Contract
from contract_tests.report.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contract_tests.oracle.outcome import Outcome

_CONTRACT = re.compile(r"The (?:(\d{3}) )?response (?:of \w+ )?violates openapi\.yaml: (.*)", re.DOTALL)
_PART = re.compile(r"; (?=\$|status |content type |the required |the body )")
_PATH = re.compile(r"(\$[^\s:]*): (.*)", re.DOTALL)
_INSTANCE = re.compile(
    r".+?(?= (?:is not|is less|is greater|is too|is valid|does not|should|has |was expected|were unexpected))",
    re.DOTALL,
)
_ABSENT = re.compile(r"'([^']+)' is a required property")
_RECEIVED = re.compile(r"(got \d{3}):? .*", re.DOTALL)
_VARIABLE_PARTS = (
    (re.compile(r"\{.*\}|\[[^\]]*[\"'{,][^\]]*\]", re.DOTALL), "{...}"),
    (re.compile(r"\[\d+\]"), "[*]"),
    (re.compile(r"'[^']*'|\"[^\"]*\""), "'...'"),
    (re.compile(r"\S+@\S+"), "..."),
    (re.compile(r"(?<![\w.])[+-]?(?:\d{1,2}|\d{4,})(?![\w.]\d)"), "N"),
)
_RANK_CONTRACT, _RANK_PROPERTY, _RANK_KNOCK_ON = range(3)


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """The failed tests with one cause."""

    operation: str
    """The operationId of the request whose response is the violation; empty if there is none."""
    violation: str
    """The violation in words."""
    expected: str
    """The expected response in words."""
    shortest: Outcome
    """The outcome with the fewest requests."""
    outcomes: tuple[Outcome, ...]

    @property
    def title(self) -> str:
        """The operation and the violation."""
        return f"{self.operation}: {self.violation}" if self.operation else self.violation

    @property
    def tests(self) -> tuple[str, ...]:
        """The names of the tests."""
        return tuple(outcome.test for outcome in self.outcomes)


def failure_groups(outcomes: Iterable[Outcome]) -> list[FailureGroup]:
    """Return the failed tests by cause, the plainest cause first.

    A violation of openapi.yaml is plainer than one of a property, and one with fewer requests than one with more.
    Of two such causes, the first is that of more tests.
    """
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.status == "failed":
            groups.setdefault((outcome.operation, normalised(outcome)), []).append(outcome)
    return sorted((_group(members) for members in groups.values()), key=_rank)


def normalised(outcome: Outcome) -> str:
    """Return the violation without the parts that differ from test to test, such as ids and addresses."""
    if found := _CONTRACT.match(outcome.violation):
        return f"{found[1]}: {'; '.join(_contract_violations(found[2]))}"
    if not outcome.violation:
        return f"property {outcome.property}"
    text = _RECEIVED.sub(r"\1", outcome.violation.partition("\n")[0])
    for pattern, replacement in _VARIABLE_PARTS:
        text = pattern.sub(replacement, text)
    return text


def violation(outcome: Outcome) -> str:
    """Return the violation of a failed test, in words and in one line."""
    if found := _CONTRACT.match(outcome.violation):
        status = f"the {found[1]} response" if found[1] else "the response"
        return f"{status} violates openapi.yaml: {'; '.join(_contract_violations(found[2]))}"
    return outcome.violation.partition("\n")[0] or f'the response is not as expected by the test "{outcome.property}"'


def expected(outcome: Outcome) -> str:
    """Return the expected response in words: the contract's description, or the rule of the test."""
    found = _CONTRACT.match(outcome.violation)
    if found is None or outcome.operation not in Contract().operations():
        return outcome.rule
    if absent := _ABSENT.search(found[2]):
        description = _field_description(absent[1])
        return f"openapi.yaml requires the field {absent[1]}{f': {description}' if description else ''}"
    statuses = Contract().operations()[outcome.operation]["responses"]
    if "status " in found[2] and "not documented" in found[2]:
        return f"One of the statuses that openapi.yaml documents for this operation: {', '.join(statuses)}"
    return f"The response that openapi.yaml documents for the status {found[1] or 'of the response'}"


def source(outcome: Outcome) -> str:
    """Return the source of what is expected: openapi.yaml, or the source of the test's rule."""
    return "openapi.yaml" if _CONTRACT.match(outcome.violation) else outcome.source


def _group(outcomes: Sequence[Outcome]) -> FailureGroup:
    shortest = min(outcomes, key=lambda outcome: (not outcome.steps, outcome.steps, len(outcome.script)))
    return FailureGroup(shortest.operation, violation(shortest), expected(shortest), shortest, tuple(outcomes))


def _rank(group: FailureGroup) -> tuple[int, int, int]:
    if not group.shortest.steps:
        rank = _RANK_KNOCK_ON
    else:
        rank = _RANK_CONTRACT if _CONTRACT.match(group.shortest.violation) else _RANK_PROPERTY
    return rank, group.shortest.steps, -len(group.outcomes)


def _contract_violations(text: str) -> list[str]:
    """Return the violations of one response in words; those of several elements of a list once."""
    return list(dict.fromkeys(_violation_in_words(part) for part in _PART.split(text.strip())))


def _violation_in_words(text: str) -> str:
    found = _PATH.match(text)
    if found is None:
        return text
    path, message = re.sub(r"\[\d+\]", "[*]", found[1]).removeprefix("$").removeprefix("."), found[2]
    if absent := _ABSENT.match(message):
        return f"the required field {absent[1]} is absent{_place(path)}"
    return f"{path or 'the body'}: {_INSTANCE.sub('the value', message, count=1)}"


def _place(path: str) -> str:
    if not path:
        return ""
    return " from the elements of the list" if path == "[*]" else f" from {path}"


def _field_description(name: str) -> str:
    """Return the contract's description of the field of a channel; empty if it is no field of a channel."""
    properties = Contract().document["components"]["schemas"]["CommunicationChannel"]["properties"]
    return " ".join(str(properties.get(name, {}).get("description", "")).split())


def number_of_tests(group: FailureGroup) -> str:
    """Return the number of tests of the group, with its noun."""
    return plural(len(group.outcomes), "test")
