"""What happened in a run, as plain data that is already masked: no token, no personal data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

Status = Literal["passed", "failed", "not checked"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer; `number` counts from 1 in the order of sending.

    `test` and `operation` are empty outside tests and outside the contract's operations.
    `actor` is the name of the token's variable, such as CANVAS_TOKEN, and empty without a token;
    the Authorization header already reads `Bearer $CANVAS_TOKEN`.
    `url` is absolute, `started` is aware and in UTC.
    """

    number: int
    test: str
    operation: str
    actor: str
    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: str
    status: int
    response_headers: tuple[tuple[str, str], ...]
    body: str
    started: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one test found about one property, such as "a deleted channel is gone".

    `test` is its name with its module, `test_deletion::test_a_deleted_channel_is_gone[id]`.
    `promise` is a sentence or two, `section` where it is made: "behaviour 6", a JSON pointer of openapi.yaml, or empty.
    `reason` says why it was not checked.
    `expected`, `came_back` ("404 Not Found, {...}") and `script`, curl lines to paste, belong to a failure.
    """

    property: str
    test: str
    promise: str
    section: str
    operations: tuple[str, ...]
    status: Status
    reason: str = ""
    expected: str = ""
    came_back: str = ""
    script: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Defect:
    """A known defect of Canvas, seen and tolerated."""

    name: str
    says: str
    times: int


class Sentence(NamedTuple):
    """One sentence or table row of Canvas's page: where the contract has it, which tests hold it, and how it stands."""

    id: str
    says: str
    pointer: str
    tests: Sequence[str]
    state: str


@dataclass
class Run:
    """One run of the suite against one target.

    `rows` is a sentence on the rows of the pool that are in use, `tokens` the names of the variables that were set.
    `notes` are sentences such as "The target has no SNS."
    """

    target: str
    profile: str
    seed: int
    started: datetime
    seconds: float
    requests: int
    budget: int
    rows: str
    tokens: tuple[str, ...]
    outcomes: list[Outcome] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    defects: list[Defect] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    traceability: Sequence[Sentence] = ()
    matrix: Sequence[tuple[str, ...]] = ()
