"""Validation of responses against the contract.

The mock validates with compiled schemas, which only accept, and consults Connexion's own validators for what those do
not accept. A property shows that the mock sends no response that Connexion alone would reject.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from connexion.exceptions import NonConformingResponse
from connexion.middleware.response_validation import ResponseValidationOperation
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver import World
from mockserver.api.response import RESPONSE_KEY, ApiResponse, EncodedItem
from mockserver.api.response_validation import ResponseOperation
from mockserver.contract import compile_schema
from tests.api.connexion_operations import (
    CONTRACT,
    EXAMPLES,
    connexion_operations,
    discard,
    do_nothing,
    receive_empty_body,
)
from tests.channel_requests import OWN_CHANNELS

if TYPE_CHECKING:
    from starlette.testclient import TestClient
    from starlette.types import Message, Receive, Scope, Send


async def send_response_of_scope(scope: Scope, _receive: Receive, send: Send) -> None:
    """The application behind Connexion's validation of responses: sends the response that the scope has."""
    await send(scope["start"])
    await send(scope["message"])


OPERATIONS = connexion_operations()
CONNEXION_RESPONSES = {
    name: ResponseValidationOperation(send_response_of_scope, operation=operation)
    for name, operation in connexion_operations().items()
}
MOCK_RESPONSES = {
    name: ResponseOperation(do_nothing, operation=operation) for name, operation in connexion_operations().items()
}


def channel() -> dict[str, Any]:
    return dict(CONTRACT["components"]["examples"]["DeletedEmail"]["value"])


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 9)
    | st.sampled_from(["", "x", "retired", "active", "2026-01-05T08:00:00Z"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["errors", "message"]), inner, max_size=2)
    ),
    max_leaves=4,
)
valid_and_invalid_bodies = st.one_of(
    st.builds(
        lambda key, value: {**channel(), key: value}, st.sampled_from([*channel(), "bounce_count", "more"]), json_values
    ),
    st.builds(lambda key: {k: v for k, v in channel().items() if k != key}, st.sampled_from([*channel(), "none"])),
    st.lists(st.just(channel()), max_size=2),
    st.just({"success": True}),
    json_values,
)


def mock_sends(name: str, status: int, body: object, headers: list[tuple[bytes, bytes]]) -> bool:
    """Return whether the mock's validation of an operation accepts this response."""
    scope = {"type": "http", RESPONSE_KEY: ApiResponse(body, status, headers)}
    try:
        asyncio.run(MOCK_RESPONSES[name](scope, receive_empty_body, discard))
    except NonConformingResponse:
        return False
    return True


def connexion_sends(name: str, status: int, body: object, headers: list[tuple[bytes, bytes]]) -> bool:
    """Return whether Connexion's own validation sends this response."""
    all_headers = [(b"content-type", b"application/json"), *headers]
    start = {"type": "http.response.start", "status": status, "headers": all_headers}
    message = {"type": "http.response.body", "body": json.dumps(body).encode()}
    sent = []

    async def send(message: Message) -> None:
        sent.append(message)

    try:
        scope = {"type": "http", "start": start, "message": message}
        asyncio.run(CONNEXION_RESPONSES[name](scope, receive_empty_body, send))
    except NonConformingResponse:
        return False
    return len(sent) == 2


class TestResponseValidation:
    @pytest.mark.slow
    @settings(max_examples=EXAMPLES)
    @given(
        name=st.sampled_from(sorted(OPERATIONS)),
        status=st.sampled_from([200, 400, 401, 403, 404, 422, 429]),
        body=valid_and_invalid_bodies,
        headers=st.lists(st.sampled_from([(b"link", b"<x>"), (b"etag", b"x")]), unique=True),
    )
    def test_mock_sends_no_response_that_connexion_rejects(
        self, name: str, status: int, body: object, headers: list[tuple[bytes, bytes]]
    ) -> None:
        sent_by_mock = mock_sends(name, status, body, headers)

        assert not sent_by_mock or connexion_sends(name, status, body, headers)

    @pytest.mark.parametrize("value", ["30/05/2012 17:00", "2012-05-30", "2012-05-30T17:00:00", "2012-02-30T17:00:00Z"])
    @pytest.mark.parametrize("field", ["created_at", "last_bounce_at", "last_suppression_bounce_at"])
    def test_time_in_another_format_is_not_sent(self, field: str, value: str) -> None:
        assert not mock_sends("create_communication_channel", 200, {**channel(), field: value}, [])

    @pytest.mark.parametrize("field", ["id", "user_id"])
    def test_id_above_64_bits_is_not_sent(self, field: str) -> None:
        assert not mock_sends("create_communication_channel", 200, {**channel(), field: 2**63}, [])
        assert mock_sends("create_communication_channel", 200, {**channel(), field: 2**63 - 1}, [])

    def test_format_without_a_check_is_refused(self) -> None:
        with pytest.raises(ValueError, match="the format 'uuid'; add its check"):
            compile_schema({"type": "object", "properties": {"id": {"type": "string", "format": "uuid"}}})

    def test_undocumented_status_is_not_sent(self) -> None:
        assert not mock_sends("create_communication_channel", 201, channel(), [])

    def test_list_without_a_link_header_is_not_sent(self) -> None:
        assert not mock_sends("list_communication_channels", 200, [channel()], [])

    def test_channel_that_becomes_invalid_is_no_longer_sent(self, student: TestClient, world: World) -> None:
        before = student.get(OWN_CHANNELS)
        world.channels[1].workflow_state = "nonsense"
        after = student.get(OWN_CHANNELS)

        assert (before.status_code, after.status_code) == (200, 500)

    def test_list_with_one_invalid_item_is_not_sent(self) -> None:
        items = [EncodedItem(channel()) for _ in range(3)]
        link = [(b"link", b"<x>")]

        assert mock_sends("list_communication_channels", 200, items, link)
        assert not mock_sends("list_communication_channels", 200, [*items, {**channel(), "id": "x"}], link)
        assert not mock_sends("list_communication_channels", 200, [*items, EncodedItem({"id": 1})], link)

    def test_encoded_item_is_validated_against_each_schema(self) -> None:
        item = EncodedItem(1)

        assert item.is_accepted_by(compile_schema({"type": "integer"}))
        assert not item.is_accepted_by(compile_schema({"type": "string"}))

    def test_list_with_a_maximum_length_is_validated_as_a_whole(self) -> None:
        operation = connexion_operations()["list_communication_channels"]
        operation.responses["200"]["content"]["application/json"]["schema"]["maxItems"] = 1
        validation = ResponseOperation(do_nothing, operation=operation)
        item = EncodedItem(channel())

        assert validation.accepts(ApiResponse([item], 200, [(b"link", b"<x>")]))
        assert not validation.accepts(ApiResponse([item, item], 200, [(b"link", b"<x>")]))

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_response_of_the_contract_is_sent(self, name: str) -> None:
        bodies = {"list_communication_channels": [channel()], "delete_push_token": {"success": True}}

        is_sent = mock_sends(name, 200, bodies.get(name, channel()), [(b"link", b"<x>")])

        assert is_sent, f"add the body of {name} to `bodies`, unless it is a channel"
