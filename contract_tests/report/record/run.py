"""Record of a run, from which all reports are made. It contains no token and no personal data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from contract_tests.client.exchange import Exchange
    from contract_tests.oracle.canvas_age import CanvasAge
    from contract_tests.oracle.outcome import Outcome
    from contract_tests.oracle.traceability import Sentence


@dataclass(frozen=True, slots=True)
class ObservedDefect:
    """A known defect of Canvas, and the number of responses that showed it."""

    name: str
    description: str
    number: int


@dataclass(frozen=True, slots=True)
class SuiteError:
    """A test that ended with an error of the suite itself, which says nothing about the target."""

    test: str
    message: str
    """The type and the message of the exception, in one line."""
    detail: str = ""
    """The traceback."""


@dataclass
class Run:
    """One run of the suite against one target."""

    target: str
    """The origin of the server."""
    profile: str
    seed: int
    started: datetime
    seconds: float
    requests: int
    """The number of requests that the run sent."""
    budget: int
    """The number of requests that the profile allows."""
    rows: str
    """A sentence about the channels that the suite created."""
    tokens: tuple[str, ...]
    """The names of the token variables that were set."""
    outcomes: list[Outcome] = field(default_factory=list)
    selected: int = 0
    """The number of tests that were selected for the run."""
    left_out: int = 0
    """The number of tests that belong to a larger profile only."""
    not_run: Sequence[str] = ()
    """The names of the selected tests that did not run to their end."""
    end: str = ""
    """The sentence that says why the run ended early; empty if it did not."""
    errors: Sequence[SuiteError] = ()
    clean_up: str = ""
    """The sentence on a clean-up that failed; empty if none failed."""
    unwritten: str = ""
    """The sentence on reports or output that cannot be written; empty if all can."""
    exchanges: list[Exchange] = field(default_factory=list)
    defects: list[ObservedDefect] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Sentences about the target, such as "The target has no SNS."."""
    age: CanvasAge | None = None
    """The age of the Canvas that the target seems to be; None if no response shows it."""
    limits: Sequence[str] = ()
    """Sentences on what the run could not test, such as "The run was read-only."; the verdict ends with them."""
    traceability: Sequence[Sentence] = ()
    matrix: Sequence[tuple[str, ...]] = ()
    """The rows of the permission matrix, its header first."""
