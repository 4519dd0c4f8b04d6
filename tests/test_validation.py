"""The quick yes to a request or an answer never says yes where Connexion, as it comes, would say no."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from connexion.exceptions import BadRequestProblem, NonConformingResponse
from connexion.middleware.request_validation import RequestValidationOperation
from connexion.middleware.response_validation import ResponseValidationOperation
from connexion.resolver import Resolver
from connexion.spec import Specification
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver import World, read_world
from mockserver import call as calls
from mockserver.call import Call
from mockserver.contract import read_contract
from mockserver.parameters import FORM, nest
from mockserver.request_validation import NOT_IN_DIGITS, RequestOperation
from mockserver.response_validation import ResponseOperation

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

CONTRACT = read_contract()
WORLD = World(read_world())
odd_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
numbers = st.integers(-3, 120).map(str) | st.sampled_from(
    ["0", "-0", "+1", "1.0", "1_0", " 1", "٣", "1e2", "9" * 19, "9" * 25]
)
booleans = st.sampled_from(["true", "false", "True", "FALSE", "1", "0", "yes", "no", "", "on"])
types = st.sampled_from(["email", "sms", "push", "EMAIL", "fax", "", "email "])
addresses = st.sampled_from(["a@b.c", "", " ", "a" * 255, "é" * 255, "a" * 256, "5550100"])
users = st.sampled_from(
    ["self", "1", "007", "SELF", "1" * 19, "1" * 20, "sis_user_id:x", "sis_user_id:", "hex:uuid:6", "nope:1"]
)
anything = odd_text | numbers | booleans | types | addresses | users

values = {
    "user_id": users | odd_text,
    "id": numbers | odd_text,
    "type": types | odd_text,
    "address": addresses | odd_text,
    "page": numbers | odd_text,
    "per_page": numbers | odd_text,
    "as_user_id": users | odd_text,
    "communication_channel[address]": addresses | odd_text,
    "communication_channel[type]": types | odd_text,
    "communication_channel[token]": anything,
    "skip_confirmation": booleans | odd_text,
    "push_token": anything,
}


def _operations() -> dict[str, Any]:
    """Connexion's operations, by operationId, of a contract loaded anew: Connexion writes into what it loads."""
    specification = Specification.load(read_contract())
    resolver = Resolver(lambda _name: lambda: None)
    return {
        operation["operationId"]: specification.operation_cls.from_spec(
            specification, path=path, method=method, resolver=resolver
        )
        for path, item in CONTRACT["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


async def go_on(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """What stands behind a validation that has nothing to say."""


async def nothing() -> Message:
    return {"type": "http.request", "body": b""}


async def nowhere(_message: Message) -> None:
    """Where nobody listens."""


async def replay(scope: Scope, _receive: Receive, send: Send) -> None:
    """What stands behind a validation of answers: it says what the scope says."""
    await send(scope["start"])
    await send(scope["message"])


OPERATIONS = _operations()
STOCK = {name: RequestValidationOperation(go_on, operation=operation) for name, operation in OPERATIONS.items()}
OURS = {name: RequestOperation(go_on, operation=operation, strict=False) for name, operation in _operations().items()}
STOCK_ANSWERS = {name: ResponseValidationOperation(replay, operation=op) for name, op in _operations().items()}
OUR_ANSWERS = {name: ResponseOperation(replay, operation=operation) for name, operation in _operations().items()}


def connexion_accepts(name: str, path: dict[str, str], query: dict[str, str], form: dict[str, str] | None) -> bool:
    """The verdict of Connexion as it comes."""
    body = urlencode(form or {}).encode()
    headers = (
        [(b"content-type", FORM.encode()), (b"content-length", str(len(body)).encode())] if form is not None else []
    )
    scope = {
        "type": "http",
        "path": "/",
        "headers": headers,
        "query_string": urlencode(query).encode(),
        "path_params": path,
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    try:
        asyncio.run(STOCK[name](scope, receive, nowhere))
    except BadRequestProblem:
        return False
    return True


def our_breaches(name: str, path: dict[str, str], query: dict[str, str], form: dict[str, str] | None) -> list[str]:
    """What the mock says of the same request."""
    sent = nest((form or {}).items())
    call = Call(WORLD, "POST", "/", "", dict(query), {**sent, **query}, path_parameters=path)
    call.media_type = FORM if form is not None else None
    scope = {"type": "http", calls.KEY: call}
    asyncio.run(OURS[name](scope, nothing, nowhere))
    return call.breaches


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[str, str], dict[str, str], dict[str, str] | None]:
    """An operation, and parameters for it that may or may not fit; every name may be missing where it can be."""
    operation_id = draw(st.sampled_from(sorted(OPERATIONS)))
    operation = OPERATIONS[operation_id]
    parameters = sorted(operation.parameters, key=lambda parameter: str(parameter["name"]))
    path = {p["name"]: draw(values[p["name"]].filter(bool)) for p in parameters if p["in"] == "path"}
    query = {p["name"]: draw(values[p["name"]]) for p in parameters if p["in"] == "query" and draw(st.booleans())}
    if not operation.request_body:
        return operation_id, path, query, None
    names = operation.body_schema(FORM)["properties"]
    form = {name: draw(values[name]) for name in names if draw(st.integers(0, 3))}
    return operation_id, path, query, form


@settings(max_examples=2000)
@given(request=requests())
def test_the_mock_and_stock_connexion_agree_on_every_request(
    request: tuple[str, dict[str, str], dict[str, str], dict[str, str] | None],
) -> None:
    name, path, query, form = request

    breaches = [text for text in our_breaches(name, path, query, form) if not text.endswith(NOT_IN_DIGITS)]

    assert (breaches == []) == connexion_accepts(name, path, query, form), breaches


@pytest.mark.parametrize("written", [" 2 ", "+2", "1_0", "٣"])
def test_a_number_that_only_some_readers_take_is_named(written: str) -> None:
    breaches = our_breaches("list_communication_channels", {"user_id": "self"}, {"page": written}, None)

    assert breaches == [f"list_communication_channels: query parameter page: {written!r} is not written in digits"]


@pytest.mark.parametrize("written", ["2", "007", "9" * 25])
def test_a_number_in_digits_is_not_named(written: str) -> None:
    assert our_breaches("list_communication_channels", {"user_id": "self"}, {"page": written}, None) == []


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
bodies = st.one_of(
    st.builds(
        lambda key, value: {**channel(), key: value}, st.sampled_from([*channel(), "bounce_count", "more"]), json_values
    ),
    st.builds(lambda key: {k: v for k, v in channel().items() if k != key}, st.sampled_from([*channel(), "none"])),
    st.lists(st.just(channel()), max_size=2),
    st.just({"success": True}),
    json_values,
)


@settings(max_examples=1000)
@given(
    name=st.sampled_from(sorted(OPERATIONS)),
    status=st.sampled_from([200, 400, 401, 403, 404, 422, 429]),
    body=bodies,
    headers=st.lists(st.sampled_from([(b"link", b"<x>"), (b"etag", b"x")]), unique=True),
)
def test_no_answer_is_let_out_that_stock_connexion_would_hold(
    name: str, status: int, body: object, headers: list[tuple[bytes, bytes]]
) -> None:
    ours = is_sent(OUR_ANSWERS[name], status, body, headers)

    assert not ours or is_sent(STOCK_ANSWERS[name], status, body, headers)


def test_a_status_that_is_not_documented_is_held() -> None:
    assert not is_sent(OUR_ANSWERS["create_communication_channel"], 201, channel(), [])


def test_a_list_without_its_link_header_is_held() -> None:
    assert not is_sent(OUR_ANSWERS["list_communication_channels"], 200, [channel()], [])


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_the_contract_promises_is_let_out(name: str) -> None:
    values = {"list_communication_channels": [channel()], "delete_push_token": {"success": True}}

    assert is_sent(OUR_ANSWERS[name], 200, values.get(name, channel()), [(b"link", b"<x>")])


def is_sent(validation: Any, status: int, body: object, headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether a validation lets this answer out."""
    all_headers = [(b"content-type", b"application/json"), *headers]
    start = {"type": "http.response.start", "status": status, "headers": all_headers}
    message = {"type": "http.response.body", "body": json.dumps(body).encode()}
    sent = []

    async def keep(message: Message) -> None:
        sent.append(message)

    try:
        asyncio.run(validation({"type": "http", "start": start, "message": message}, nothing, keep))
    except NonConformingResponse:
        return False
    return len(sent) == 2
