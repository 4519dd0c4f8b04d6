"""Records of the requests and responses of a run, redacted: no token, no personal data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from contract_tests.client.request import Request


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response, for the reports.

    `number` counts requests from 1 in the order of sending.
    `test` is empty outside tests, `operation` outside the operations of the contract.
    `actor` is the name of the token's variable, such as CANVAS_TOKEN, or empty for a request without a token;
    the Authorization header is recorded as `Bearer $CANVAS_TOKEN`.
    `response_headers` have their names in the letter case in which they were received.
    `url` is absolute; `started` is in UTC, with time zone.
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
class Step:
    """One request of the current test and its response, from which a failure's shell script is written."""

    request: Request
    created_id: int | None
    """The id of the channel that the request created."""
    response: str
    """The status line and the start of the body."""
    known_defect: str | None = None
    """The name of the known defect of Canvas that explains the response."""
