"""Sample outcomes, exchanges and runs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from contract_tests.client.exchange import Exchange
from contract_tests.oracle.contract import Contract
from contract_tests.oracle.coverage import Coverage, measure_coverage
from contract_tests.oracle.outcome import Outcome
from contract_tests.oracle.traceability import Sentence
from contract_tests.report.record.run import ObservedDefect, Run

LIST, CREATE, DELETE_PUSH_TOKEN, DELETE, DELETE_BY_ADDRESS = OPERATIONS = (
    "list_communication_channels",
    "create_communication_channel",
    "delete_push_token",
    "delete_communication_channel",
    "delete_communication_channel_by_address",
)
DOCUMENT: dict[str, Any] = Contract().document
CHANNEL = {
    "id": "1",
    "position": 1,
    "workflow_state": "active",
    "user_id": "1",
    "created_at": None,
    "address": "jos\u00e9@example.com",
    "type": "email",
}
JSON = "application/json; charset=utf-8"
PASSED = Outcome(
    "list is ordered by position",
    "test_listing::test_list_is_ordered_by_position",
    "By `position`.",
    "",
    (LIST,),
    "passed",
)
FAILED = Outcome(
    "second delete is 404",
    "test_deletion::test_second_delete_is_404[id]",
    "A second delete is 404 <b>for jos\u00e9</b>.",
    "/paths/~1users",
    (CREATE, DELETE),
    "failed",
    operation=DELETE,
    violation="404 & nothing\n  else",
    detail="404 & nothing\n  else\nassert 1 == 2",
    steps=2,
    received='200 OK, {"address": "<script>alert(1)</script>\u2603\x1b[2J"}',
    script="curl -s \"$CANVAS_URL/a?b=1&c=<script>\" \\\n  -H 'Accept: \u2603'\ncurl -s x",
)
SKIPPED = Outcome(
    "push channel without sns is 400",
    "test_push::test_push_channel_without_sns_is_400",
    "A push channel needs SNS.",
    "behaviour 5.7",
    (CREATE,),
    "skipped",
    "no SNS",
)


def exchange(operation: str, status: int, body: object, media_type: str = JSON, **changes: Any) -> Exchange:
    """Return an exchange with this response, whose body becomes JSON unless it is text; `changes` are other fields."""
    text = body if isinstance(body, str) else json.dumps(body)
    sample = Exchange(
        number=1,
        test="test_listing::test_x",
        operation=operation,
        actor="CANVAS_TOKEN",
        method="GET",
        url="https://canvas.example/api/v1/users/self/communication_channels?page=1&filter=a+b%2Bc&empty=",
        request_headers=(("Authorization", "Bearer $CANVAS_TOKEN"),),
        request_body="",
        status=status,
        response_headers=(("Content-Type", media_type), ("link", "<x>"), ("Date", "today")),
        body=text,
        started=datetime(2026, 3, 2, 10, 15, tzinfo=UTC),
        seconds=0.0125,
    )
    return replace(sample, **changes)


def coverage(*exchanges: Exchange) -> Coverage:
    return measure_coverage(DOCUMENT, exchanges)


def sample_run(*outcomes: Outcome) -> Run:
    return Run(
        target="https://canvas.example",
        profile="quick",
        seed=7,
        started=datetime(2026, 3, 2, 10, 15, tzinfo=UTC),
        seconds=83,
        requests=1234,
        budget=3000,
        rows="Channels that the suite created for user 1: 14.",
        tokens=("CANVAS_TOKEN",),
        outcomes=list(outcomes),
        exchanges=[exchange(LIST, 200, [{**CHANNEL, "pronouns": "<i>"}])],
        defects=[ObservedDefect("NUL character", "a NUL character crashes", 1)],
        notes=["The target has no SNS."],
        traceability=[Sentence("index.1", "Lists <channels>.", "/paths", ("test_listing::test_x",), "passed")],
    )


SAMPLE_RUN = sample_run(PASSED, FAILED, SKIPPED)
