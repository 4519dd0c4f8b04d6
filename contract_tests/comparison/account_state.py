"""State of the caller's account on the target, and the world file that brings a mock into the same state."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from contract_tests.account.clean_up import channel_of, list_unvalidated, send_unvalidated
from contract_tests.client.api_client import (
    ADDRESS,
    FORBIDDEN_STATUSES,
    TOKEN,
    TYPE,
    UNLIMITED_PAGE_SIZE,
    USUAL_PAGE_LIMIT,
    page_size,
)
from contract_tests.client.body import json_object
from contract_tests.client.ids import IDS_PER_SHARD, local_id
from contract_tests.client.request import CREATE, Request
from contract_tests.client.safety import addresses
from contract_tests.comparison.random_requests import ROWS, Access
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

    from contract_tests.client.api_client import ApiClient, Channel

USER_TOKENS = ("CANVAS_TOKEN", "CANVAS_PUSH_TOKEN")
"""The variables of the user's valid tokens; random requests use no other user's."""

REJECTED_TOKENS = ("CANVAS_EXPIRED_TOKEN", "CANVAS_REVOKED_TOKEN")

_TYPES = frozenset({"email", "sms", "push", "twitter", "slack"})
_STATES = frozenset({"unconfirmed", "active"})
_MAX_AGE_OF_NEW_ROW = timedelta(seconds=10)
"""The maximum age of a row in the response to its creation."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass
class AccountState:
    """The state of the caller's account on the target, as far as responses show it and depend on it."""

    owner: ApiClient
    before: list[Channel]
    """The channels before the comparison, with redacted addresses."""
    tokens: list[str] = field(default_factory=list)
    """The variables of the user's valid tokens."""
    rejected_tokens: list[str] = field(default_factory=list)
    """The variables of the tokens that the target rejects."""
    push_tokens: set[str] = field(default_factory=set)
    """The variables of the tokens that can create push channels."""
    rows: dict[int, Channel] = field(default_factory=dict)
    """The suite's deleted channels, by index in ROWS: those of earlier runs, whose rows remain (behaviour 5.5)."""
    can_create: bool = True
    """Whether the user may create and delete e-mail and SMS channels."""
    shard: int = 0
    """The shard of the user, or 0 if the target does not show it."""
    max_per_page: int = USUAL_PAGE_LIMIT
    has_tilde_user_ids: bool = True

    @property
    def has_push_channel(self) -> bool:
        """Whether the user had a push channel before the comparison."""
        return self.owner.id in self.owner.transport.guard.users_with_push_channel

    @property
    def access(self) -> Access:
        """The tokens and kinds of requests that random requests may use."""
        may_create_push = self.can_create and not self.has_push_channel
        return Access(self.tokens, self.rejected_tokens, bool(self.shard), may_create_push)

    @property
    def global_ids(self) -> dict[str, str]:
        """The placeholders of random requests for global ids."""
        if not self.shard:
            return {}
        return {"shard": str(self.shard), "global user": str(self.shard * IDS_PER_SHARD + local_id(self.owner.id))}

    def row_requests(self) -> Iterator[tuple[int, Request]]:
        """Yield the requests that create the channels of ROWS, with the index of each.

        A user who may not create e-mail channels could create a push channel, and not delete it (behaviour 3.2).
        """
        for index, pair in enumerate(ROWS):
            if not self.can_create:  # record_row may have learnt this from the last response
                return
            fields = ((ADDRESS, pair.address), (TYPE, pair.type))
            names = self.tokens[:1]
            if pair == addresses.PUSH:
                names = [] if self.has_push_channel else self.tokens  # SNS depends on each token's developer key
                fields = ((TYPE, "push"), (TOKEN, addresses.DEVICE))
            for name in names:
                yield index, Request("POST", "self", body=fields, token_name=name, operation=CREATE)

    def record_row(self, index: int, token_name: str, response: httpx2.Response) -> None:
        """Record what the response to a request of `row_requests` shows of the account."""
        channel = channel_of(response)
        if channel is not None and not _is_new(channel, response):
            self.rows[index] = channel
        if ROWS[index] == addresses.PUSH:
            # Errors as an object mean that the developer key has no SNS ARN (behaviour 5.7).
            if not isinstance(json_object(response).get("errors"), dict):
                self.push_tokens.add(token_name)
            return
        if response.status_code in FORBIDDEN_STATUSES:
            self.can_create = False

    def world_text(self) -> str:
        """Return a world file with this state, as JSON, which is also YAML.

        It has the mock's public tokens, and no address of the user.
        """
        return json.dumps(self._world(), indent=2, ensure_ascii=False) + "\n"

    def _world(self) -> dict[str, Any]:
        account = {
            "users_can_edit_communication_channels": self.can_create,
            "max_per_page": self.max_per_page,
            "tilde_user_ids": self.has_tilde_user_ids,
            **({"shard": self.shard} if self.shard else {}),
        }
        existing = [
            _entry(channel, f"redacted-{number}@example.com") for number, channel in enumerate(self.before, start=1)
        ]
        deleted = [
            {**_entry(channel, ROWS[index].address), "type": ROWS[index].type, "state": "retired"}
            for index, channel in self.rows.items()
        ]
        user = {
            "id": local_id(self.owner.id),
            "name": "The caller",
            "login_id": "caller@example.com",  # the account's settings apply to users with a login (behaviour 3.2)
            "tokens": list(self._token_entries()),
            "channels": existing + deleted,
        }
        return {"account": account, "users": [user]}

    def _token_entries(self) -> Iterator[dict[str, Any]]:
        values = DEFAULT_WORLD_VARIABLES
        yield from ({"value": values[name], "sns": name in self.push_tokens} for name in USER_TOKENS)
        yield {"value": values["CANVAS_EXPIRED_TOKEN"], "expires_at": "2026-01-31T00:00:00Z"}
        yield {"value": values["CANVAS_REVOKED_TOKEN"], "revoked": True}


def observe_account(owner: ApiClient, before: list[Channel]) -> AccountState:
    """Return the state of the account as lists of channels show it."""
    state = AccountState(owner, before)
    set_tokens = owner.transport.settings.tokens
    state.tokens = [name for name in USER_TOKENS if name in set_tokens and _is_token_of(owner, name, before)]
    state.rejected_tokens = [
        name for name in REJECTED_TOKENS if name in set_tokens and _list_with(owner, name).status_code == 401
    ]
    largest = send_unvalidated(owner, "GET", query=(("per_page", str(UNLIMITED_PAGE_SIZE)),))
    state.max_per_page = page_size(largest) or USUAL_PAGE_LIMIT
    header = largest.headers.get("x-canvas-user-id", "")
    if header.isdecimal() and local_id(int(header)) == local_id(owner.id):
        state.shard = int(header) // IDS_PER_SHARD
    if state.shard:
        tilde = owner.for_user(owner.id, f"{state.shard}~{local_id(owner.id)}")
        state.has_tilde_user_ids = send_unvalidated(tilde, "GET").status_code == 200
    return state


def _list_with(owner: ApiClient, token_name: str) -> httpx2.Response:
    token = owner.transport.settings.tokens[token_name]
    return send_unvalidated(replace(owner, token=token, token_name=token_name, user="self"), "GET")


def _is_token_of(owner: ApiClient, token_name: str, before: list[Channel]) -> bool:
    """Return whether a token belongs to the caller: a token of another user would change another account."""
    if token_name == owner.token_name:
        return True
    user = _list_with(owner, token_name).headers.get("x-canvas-user-id", "")
    if user.isdecimal():
        return local_id(int(user)) == local_id(owner.id)
    token = owner.transport.settings.tokens[token_name]
    listed = list_unvalidated(replace(owner, token=token, token_name=token_name, user="self"))
    return bool(before) and {channel["id"] for channel in listed} == {channel["id"] for channel in before}


def _is_new(channel: Channel, response: httpx2.Response) -> bool:
    """Return whether the response reports a new row, not a restored one, which has its old `created_at`."""
    try:
        now = parsedate_to_datetime(response.headers.get("date", ""))
        created_at = datetime.fromisoformat(str(channel.get("created_at")))
    except ValueError:
        return False
    return created_at.tzinfo is not None and abs(now - created_at) < _MAX_AGE_OF_NEW_ROW


def _entry(channel: Channel, address: str) -> dict[str, Any]:
    """Return the entry of a world document for a listed channel, with this address instead of its own."""
    position, created_at = channel.get("position"), str(channel.get("created_at"))
    type_, state = channel.get("type"), channel.get("workflow_state")
    return {
        "id": local_id(channel["id"]),
        "type": type_ if type_ in _TYPES else "email",
        "address": address,
        "state": state if state in _STATES else "active",
        **({"position": position} if isinstance(position, int) and position > 0 else {}),
        **({"created_at": created_at} if _TIME.fullmatch(created_at) else {}),
    }
