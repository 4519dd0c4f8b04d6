"""The objects of the control API, as control/openapi.yaml describes them."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

Effect = dict[str, Any]
"""What a fault does, such as `{"kind": "server_error", "status": 503}`."""

WorldDocument = dict[str, Any]
"""The state of a world, in the format of a world file."""


class World(TypedDict):
    """A world of the mock."""

    name: str
    users: int
    channels: int


class Token(TypedDict):
    """An access token."""

    id: int
    user_id: int
    value: str
    sns: bool
    revoked: bool
    scopes: NotRequired[list[str]]
    expires_at: NotRequired[str]
    push_tokens: NotRequired[list[str]]


class UserSummary(TypedDict):
    """A user, without channels."""

    id: int
    name: str
    role: str
    tokens: list[Token]
    channels: int


class ChannelEntry(TypedDict):
    """A channel of a world document."""

    id: int
    type: str
    address: NotRequired[str]
    state: NotRequired[Literal["unconfirmed", "active", "retired"]]
    position: NotRequired[int]
    created_at: NotRequired[str]
    imported: NotRequired[bool]
    one_time_password: NotRequired[bool]
    confirmations: NotRequired[int]
    bounces: NotRequired[dict[str, Any]]


class Message(TypedDict):
    """A message that Canvas would have sent."""

    id: int
    kind: Literal["confirmation", "push_registration"]
    to: str
    channel_id: int
    channel_type: str
    user_id: int
    sent_at: str
    code: NotRequired[str]
    link: NotRequired[str]


class Fault(TypedDict):
    """A fault with its numbers."""

    id: int
    description: NotRequired[str]
    match: NotRequired[dict[str, Any]]
    times: NotRequired[dict[str, Any]]
    delay: NotRequired[dict[str, Any]]
    effect: Effect
    enabled: bool
    matches: int
    hits: int


class Header(TypedDict):
    """A header of a request or a response."""

    name: str
    value: str


class Request(TypedDict):
    """A request that the mock received, and its response."""

    world: str
    number: int
    received_at: str
    milliseconds: float
    method: str
    url: str
    headers: list[Header]
    body: str
    operation_id: NotRequired[str]
    user_id: NotRequired[int]
    status: int
    response_headers: list[Header]
    response_body: str
    violations: list[str]
    response_violations: list[str]
    route: NotRequired[str]
    fault_id: NotRequired[int]
    effect: NotRequired[str]
    curl: str


class Clock(TypedDict):
    """The clock of a world."""

    now: str
    frozen: bool
