"""Failed tests, grouped by their cause: the operation and the violation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contract_tests.oracle.contract import Contract
from contract_tests.report.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contract_tests.oracle.outcome import Outcome

_CONTRACT = re.compile(r"The (?:(\d{3}) )?response (?:of \w+ )?violates openapi\.yaml: (.*)", re.DOTALL)
"""The message for a response that violates the contract: its status, and the violations."""

_PART = re.compile(r"; (?=\$|status |content type |the required |the body )")
"""The separator of the violations of one response."""

_PATH = re.compile(r"(\$[^\s:]*): (.*)", re.DOTALL)
"""The JSON path and the message of a violation of a schema."""

_INSTANCE = re.compile(
    r".+?(?= (?:is not|is less|is greater|is too|is valid|does not|should|has |was expected|were unexpected))",
    re.DOTALL,
)
"""The value at the start of such a message."""

_NOT_OF_TYPE = re.compile(r" is not of type '(\w+)'\Z")
_NOT_OF_FORMAT = re.compile(r" is not a '([\w-]+)'\Z")
_NOT_ONE_OF = re.compile(r" is not one of \[([^\[\]]*)\]\Z")
_NULL = ": None for not nullable"
"""The end of the message on a null; the validator adds one on the type of the same value."""

_REPEATED = re.compile(r"the list has the channel \S+ (?:twice|\d+ times)\Z")
_CONTENT_TYPE = re.compile(r"content type .* is not documented")
_FIELD = re.compile(r"\$(?:\[\d+\])?\.(\w+): ")
_TYPES = {"integer": "an integer", "string": "text", "array": "a list", "object": "an object", "boolean": "a boolean"}
_ABSENT = re.compile(r"'([^']+)' is a required property")
_RECEIVED = re.compile(r"(got \d{3}):? .*", re.DOTALL)
"""An unexpected status, and the response after it."""

_VARIABLE_PARTS = (
    (re.compile(r"\bchannel \S+ (?:twice|\d+ times)"), "channel N twice"),
    (re.compile(r"\{.*\}|\[[^\]]*[\"'{,][^\]]*\]", re.DOTALL), "{...}"),
    (re.compile(r"\[\d+\]"), "[*]"),
    (re.compile(r"'[^']*'|\"[^\"]*\""), "'...'"),
    (re.compile(r"\S+@\S+"), "..."),
    (re.compile(r"(?<![\w.])[+-]?(?:\d{1,2}|\d{4,})(?![\w.]\d)"), "N"),  # not three digits: these are statuses
)
"""The parts of a violation that differ from test to test, and the text that replaces each."""

_MAX_LENGTH = 2_000
"""The length of the start of a violation by which it is grouped: the expressions above take quadratic time."""
_RANK_CONTRACT, _RANK_PROPERTY, _RANK_WITHOUT_REQUESTS = range(3)


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
    """The outcome with the fewest requests, but at least one if any outcome has requests."""
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
    Of two such causes, the first is that of more tests. Causes without requests are last.
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
    text = _RECEIVED.sub(r"\1", outcome.violation.partition("\n")[0][:_MAX_LENGTH])
    for pattern, replacement in _VARIABLE_PARTS:
        text = pattern.sub(replacement, text)
    return text


def violation(outcome: Outcome) -> str:
    """Return the violation of a failed test, in words and in one line."""
    if found := _CONTRACT.match(outcome.violation):
        status = f"the {found[1]} response" if found[1] else "the response"
        return f"{status} violates openapi.yaml: {'; '.join(_contract_violations(found[2], has_values=True))}"
    return outcome.violation.partition("\n")[0] or f'the response is not as expected by the test "{outcome.property}"'


def expected(outcome: Outcome) -> str:
    """Return the expected response in words: the contract's description, or the rule of the test."""
    # The client checks every list for repeated channels, whatever the rule of the test is.
    if _REPEATED.match(outcome.violation):
        return "A list has each channel of the user once, in order of position."
    found = _CONTRACT.match(outcome.violation)
    if found is None or outcome.operation not in Contract().operations():
        return outcome.rule
    return _documented(outcome.operation, found[1], found[2])


def _documented(operation: str, status: str | None, violations: str) -> str:
    """Return what the contract describes in place of the violations."""
    absent, field = _ABSENT.search(violations), _FIELD.match(violations)
    if absent:
        description = _field_description(absent[1])
        return f"openapi.yaml requires the field {absent[1]}{f': {description}' if description else ''}"
    if field and (description := _field_description(field[1])):
        return f"openapi.yaml describes the field {field[1]} as {_field_type(field[1])}: {description}"
    if _CONTENT_TYPE.search(violations):
        return "The content type that openapi.yaml documents for the response: application/json"
    if "status " in violations and "not documented" in violations:
        statuses = ", ".join(Contract().operations()[operation]["responses"])
        return f"One of the statuses that openapi.yaml documents for this operation: {statuses}"
    return f"The response that openapi.yaml documents for the status {status or 'of the response'}"


def source(outcome: Outcome) -> str:
    """Return the source of what `expected` returns."""
    if _REPEATED.match(outcome.violation):
        return "behaviour 4"
    return "openapi.yaml" if _CONTRACT.match(outcome.violation) else outcome.source


def _group(outcomes: Sequence[Outcome]) -> FailureGroup:
    shortest = min(outcomes, key=lambda outcome: (not outcome.steps, outcome.steps, len(outcome.script)))
    return FailureGroup(shortest.operation, violation(shortest), expected(shortest), shortest, tuple(outcomes))


def _rank(group: FailureGroup) -> tuple[int, int, int]:
    rank = _RANK_CONTRACT if _CONTRACT.match(group.shortest.violation) else _RANK_PROPERTY
    if not group.shortest.steps:
        rank = _RANK_WITHOUT_REQUESTS
    return rank, group.shortest.steps, -len(group.outcomes)


def _contract_violations(text: str, *, has_values: bool = False) -> list[str]:
    """Return the violations of one response in words; those of several elements of a list once.

    With `has_values`, a value that is not one of several documented ones is shown.
    """
    parts = _PART.split(text.strip())
    nulls = {part.removesuffix(_NULL) for part in parts if part.endswith(_NULL)}
    # Of the violations by one null, only the plainest is left.
    plainest = (part for part in parts if part.endswith(_NULL) or part.partition(": ")[0] not in nulls)
    return list(dict.fromkeys(_violation_in_words(part, has_values=has_values) for part in plainest))


def _violation_in_words(text: str, *, has_values: bool) -> str:
    found = _PATH.match(text)
    if found is None:
        return text
    path, message = re.sub(r"\[\d+\]", "[*]", found[1]).removeprefix("$").removeprefix("."), found[2]
    path = path.removeprefix("[*].")
    if absent := _ABSENT.match(message):
        return f"the required field {absent[1]} is absent{_place(path)}"
    return f"{path or 'the body'}: {_message_in_words(message, has_value=has_values)}"


def _message_in_words(message: str, *, has_value: bool) -> str:
    """Return the message of a schema's violation, with the value only where the documented ones are known."""
    if f": {message}" == _NULL:
        return "null, which is not allowed"
    if found := _NOT_OF_TYPE.search(message):
        return f"not {_TYPES.get(found[1], f'of type {found[1]}')}"
    if found := _NOT_OF_FORMAT.search(message):
        return f"not a {found[1]}"
    if found := _NOT_ONE_OF.search(message):
        value = f"{message[: found.start()]} is " if has_value else ""
        return f"{value}not one of the documented values {found[1]}"
    return _INSTANCE.sub("the value", message, count=1)


def _place(path: str) -> str:
    if not path:
        return ""
    return " from the elements of the list" if path == "[*]" else f" from {path}"


def _field_description(name: str) -> str:
    """Return the contract's description of the field of a channel; empty if it is no field of a channel."""
    return " ".join(str(_field_schema(name).get("description", "")).split())


def _field_type(name: str) -> str:
    """Return the documented type of the field in words."""
    schema = _field_schema(name)
    type_ = _TYPES.get(schema.get("type", ""), "a value")
    return f"{type_}{' or null' if schema.get('nullable') else ''}"


def _field_schema(name: str) -> dict[str, Any]:
    properties = Contract().document["components"]["schemas"]["CommunicationChannel"]["properties"]
    schema: dict[str, Any] = properties.get(name, {})
    return schema


def number_of_tests(group: FailureGroup) -> str:
    """Return the number of tests of the group, with its noun."""
    return plural(len(group.outcomes), "test")
