"""Client of the API: one method per operation, with every response validated against the contract."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.client.editor import NO_EDITOR_REASON
from contract_tests.client.request import CREATE, DELETE, DELETE_BY_ADDRESS, DELETE_PUSH_TOKEN, LIST, Request
from contract_tests.client.safety.addresses import received_key
from contract_tests.client.safety.guard import READ_ONLY_REASON
from contract_tests.client.violations import is_channel_response, repeated_channel, violation_message

if TYPE_CHECKING:
    import httpx2

    from contract_tests.client.editor import Editor
    from contract_tests.client.request import Fields
    from contract_tests.client.safety.addresses import TypedAddress
    from contract_tests.client.transport import Transport
    from contract_tests.client.violations import ResponseValidator

Channel = dict[str, Any]
FORBIDDEN_STATUSES = frozenset({401, 403})
"""The statuses of a denied request: 403, and 401 on Canvas before about 2024."""

USUAL_PAGE_LIMIT = 100
"""The largest page of hosted Canvas; a Canvas may have another limit (behaviour 4.1)."""
UNLIMITED_PAGE_SIZE = 10**9
"""A page size above the limit of every Canvas."""
MAX_CHANNELS = 400
"""The maximum length of a list: Canvas allows a user 101 rows (behaviour 5.6), older Canvas more."""
_PAGE_SIZE = re.compile(r"[?&]per_page=(\d{1,18})(?!\d)")
"""The page size in a link; a longer number is not a page size."""

ADDRESS = "communication_channel[address]"
TYPE = "communication_channel[type]"
TOKEN = "communication_channel[token]"  # noqa: S105 - a field's name, not a token


@dataclass(frozen=True)
class ApiClient:
    """Client with one access token, or none, for the channels of one user."""

    transport: Transport
    contract: ResponseValidator
    token: str | None = field(repr=False)
    token_name: str
    """The name of the token's variable."""
    id: int = 0
    """The id of the user in the path; 0 if it is unknown."""
    user: str = "self"
    """The user as the path names it: an id or `self`."""
    masquerade: str = ""
    """The parameter `as_user_id` of every request; no parameter if empty."""
    editor: Editor | None = None
    """The token that creates and deletes channels in place of `token`, if the user may not edit them."""

    @property
    def own(self) -> ApiClient:
        """This client without an editor: it sends every request with its own token."""
        return replace(self, editor=None)

    @property
    def can_create(self) -> bool:
        """Whether this run can create channels for the user."""
        return not self.transport.guard.is_read_only and (self.editor is None or self.editor.token is not None)

    def require_creation(self) -> None:
        """Skip the current test if this run cannot create channels for the user."""
        if not self.can_create:
            pytest.skip(READ_ONLY_REASON if self.transport.guard.is_read_only else NO_EDITOR_REASON)

    def for_user(self, id_: int, user: str = "") -> ApiClient:
        """Return a client with the same token for another user or spelling; `user` is the spelling in the path."""
        return replace(self, id=id_, user=user or str(id_), editor=self.editor if id_ == self.id else None)

    def with_token(self, name: str) -> ApiClient:
        """Return a client with the token of the variable `name`, for the channels of the token's own user."""
        return ApiClient(self.transport, self.contract, self.transport.settings.tokens[name], name)

    def acting_as(self, id_: int) -> ApiClient:
        """Return a client with the same token that acts as another user (behaviour 3.6)."""
        return replace(self, id=id_, user="self", masquerade=str(id_), editor=None)

    # -- the five operations

    def list_page(self, query: Fields = (), headers: Fields = (), method: str = "GET") -> httpx2.Response:
        """List one page of channels."""
        return self.send(LIST, method, query=query, headers=headers)

    def create(self, address: TypedAddress, extra: Fields = (), encoding: str = "form") -> httpx2.Response:
        """Create a channel with this type and address, sent together with the `extra` parameters."""
        return self.create_with((*self.create_fields(address), *extra), encoding)

    def create_with(self, fields: Fields, encoding: str = "form", query: Fields = ()) -> httpx2.Response:
        """Create a channel with exactly these parameters."""
        if encoding == "query":
            return self.send(CREATE, "POST", query=(*fields, *query))
        return self.send(CREATE, "POST", body=fields, encoding=encoding, query=query)

    def create_with_document(self, document: object) -> httpx2.Response:
        """Create a channel with exactly this JSON body."""
        return self.send(CREATE, "POST", document=document)

    def delete(self, channel: int | str, query: Fields = ()) -> httpx2.Response:
        """Delete the channel with this id."""
        return self.send(DELETE, "DELETE", tail=(str(channel),), query=query)

    def delete_by_address(self, address: TypedAddress) -> httpx2.Response:
        """Delete the channel with this type and address."""
        return self.send(DELETE_BY_ADDRESS, "DELETE", tail=tuple(address))

    def delete_push_token(self, fields: Fields, encoding: str = "form") -> httpx2.Response:
        """Delete a push token of the current user."""
        parts: dict[str, Any] = {"query": fields} if encoding == "query" else {"body": fields, "encoding": encoding}
        return self.send(DELETE_PUSH_TOKEN, "DELETE", user="self", tail=("push",), **parts)

    # -- combinations of the operations

    def list_channels(self, *, fresh: bool = False) -> list[Channel]:
        """Return all channels, from pages of 100 or of the largest size that the target allows.

        Fail if the list has more channels than a user can have, or repeats one.

        Unless `fresh`, the channels that were read before are returned if no other request was sent since then.
        """
        key, remembered = (self.token, self.user, self.masquerade), self.transport.complete_lists
        if fresh or key not in remembered:
            channels = self._read_channels()
            self.transport.complete_lists = {**remembered, key: channels}
        return copy.deepcopy(self.transport.complete_lists[key])

    def find_or_create(self, address: TypedAddress) -> Channel:
        """Return the channel with this type and address, and create it if the list has none."""
        self.require_creation()
        found = (channel for channel in self.list_channels() if received_key(channel) == address.key)
        return next(found, None) or self.create_channel(address)

    def _read_channels(self) -> list[Channel]:
        channels: list[Channel] = []
        ids: set[str] = set()
        for number in range(1, MAX_CHANNELS + 2):  # enough for pages of one channel each
            response = self.list_page((("page", str(number)), ("per_page", "100")))
            page, size = expect_ok(response), page_size(response) or 100
            assert len(page) <= size, f"a page has {len(page)} channels, and its links have per_page={size}"
            new_ids = {str(channel["id"]) for channel in page} - ids
            ids |= new_ids
            channels += page
            if len(page) < size:
                assert not (repeated := repeated_channel(channels)), repeated
                return channels
            assert new_ids, f"the list does not end: page {number} only repeats channels of earlier pages"
            if len(channels) > MAX_CHANNELS:
                break
        raise AssertionError(f"the list does not end: page {number} is full, after {len(channels)} channels")

    def find_page_limit(self) -> int:
        """Return the number of rows to which the target limits a page; 100 if its links do not show it.

        A violation by the response is only noted, because many tests need the number.
        """
        request = self.build_request(LIST, "GET", query=(("per_page", str(UNLIMITED_PAGE_SIZE)),))
        response = self.transport.send(request)
        self.note_violation(request, response)
        return (page_size(response) if response.status_code == 200 else None) or USUAL_PAGE_LIMIT

    @staticmethod
    def create_fields(address: TypedAddress) -> Fields:
        """Return the parameters that create a channel with this type and address."""
        return ((ADDRESS, address.address), (TYPE, address.type))

    def create_channel(self, address: TypedAddress, extra: Fields = ()) -> Channel:
        """Create a channel and return it; fail unless the response is 200."""
        channel: Channel = expect_ok(self.create(address, extra))
        return channel

    def create_missing_channels(self) -> list[Channel]:
        """Create a channel for every address of the profile that has none, if this run can, and return all channels."""
        channels = self.list_channels()
        if not self.can_create:
            return channels
        existing = {received_key(channel) for channel in channels}
        missing = [address for address in self.transport.settings.limits.addresses if address.key not in existing]
        for address in missing:
            self.create_channel(address)
        return self.list_channels() if missing else channels

    # -- requests of any kind

    def send(self, operation: str, method: str, **parts: Any) -> httpx2.Response:
        """Build a request, send it and return the response, validated as by `send_request`."""
        return self.send_request(self.build_request(operation, method, **parts))

    def send_request(self, request: Request) -> httpx2.Response:
        """Send a request and return the response; fail if it violates the contract other than by a known defect."""
        response = self.transport.send(request)
        if self.transport.steps[-1].known_defect is None:
            message = violation_message(self.contract, request, response)
            assert not message, message
        return response

    def note_violation(self, request: Request, response: httpx2.Response) -> None:
        """Remember whether a response outside the tests violates the contract, which the run reports at its end.

        Only a success that can be Canvas's is validated. The set-up and the clean-up continue in any case.
        """
        if self.transport.steps[-1].known_defect is None and is_channel_response(request, response):
            message = violation_message(self.contract, request, response)
            if message:
                self.transport.note_violation(message)

    def build_request(self, operation: str, method: str, **parts: Any) -> Request:
        """Return a request of this client; `parts` are further fields of Request, and override those of the client.

        An editor replaces the token of a request that edits channels; if no token of the run may create a channel, the
        test that does so is skipped.
        """
        as_user = (("as_user_id", self.masquerade),) if self.masquerade else ()
        query = (*parts.pop("query", ()), *as_user)
        defaults = {"user": self.user, "token": self.token, "token_name": self.token_name, "owner": self.id}
        request = Request(method, operation=operation, query=query, **{**defaults, **parts})
        return request if self.editor is None else self.editor.prepare(request)


def page_size(response: httpx2.Response) -> int | None:
    """Return the number of rows per page in the link to the current page; None if there is none."""
    match = _PAGE_SIZE.search(response.links.get("current", {}).get("url", ""))
    return int(match[1]) if match else None


def expect_ok(response: httpx2.Response) -> Any:
    """Assert that the response is 200, and return its JSON body."""
    assert response.status_code == 200, f"expected 200, got {describe(response)}"
    return response.json()


def expect_fields(channel: Channel, **expected: object) -> None:
    """Assert that the channel has these values, and name the first field with another one."""
    for name, value in expected.items():
        received = channel.get(name)
        assert received == value, f"{name}: {json.dumps(received)} was received, and {json.dumps(value)} is expected"


def expect_forbidden(response: httpx2.Response) -> None:
    """Assert that the response denies an authenticated user the request, in Canvas's format (behaviour 3.1)."""
    assert response.status_code in FORBIDDEN_STATUSES, f"expected 403 or 401, got {describe(response)}"
    status = response.json().get("status")
    is_translated = response.status_code == 401 and isinstance(status, str) and status not in {"", "unauthenticated"}
    assert status == "unauthorized" or is_translated, (
        "a denied request has the status unauthorized, which older Canvas translates"
    )
    assert response.json()["errors"], "a denied request has an error message"
    assert "www-authenticate" not in response.headers, "a denied request has no header WWW-Authenticate"
    cache_control = response.headers.get("cache-control", "no-store")  # if absent, nothing caches a 401 or 403
    assert "no-store" in cache_control or "no-cache" in cache_control, (
        f"the response to a denied request may be cached: {cache_control}"
    )


def expect_not_found(response: httpx2.Response) -> None:
    """Assert that the response is 404, in Canvas's format (behaviour 3.5)."""
    assert response.status_code == 404, f"expected 404, got {describe(response)}"
    assert "status" not in response.json(), "a 404 has no status key"
    assert response.json()["errors"][0]["message"], "a 404 has an error message"
    assert "error_code" not in response.json()["errors"][0], "a 404 has no error code, unlike a general failure"


def expect_unauthenticated(response: httpx2.Response, *, has_token: bool) -> None:
    """Assert that the response is 401, in the format for a missing or a rejected token (behaviour 2)."""
    assert response.status_code == 401, f"expected 401, got {describe(response)}"
    assert response.headers.get("www-authenticate", "").startswith("Bearer"), "a 401 names the scheme Bearer"
    assert response.json()["errors"][0]["message"], "a 401 has an error message"
    status = None if has_token else "unauthenticated"
    assert response.json().get("status") == status, "only a 401 without a token has the status unauthenticated"


def expect_validation_errors(response: httpx2.Response, **expected: str) -> None:
    """Assert that the response is 400 with one error of the given type for each attribute (behaviour 5.2)."""
    assert response.status_code == 400, f"expected 400, got {describe(response)}"
    errors = response.json()["errors"]
    assert isinstance(errors, dict), "validation errors are grouped by attribute"
    types = {name: [error["type"] for error in entries] for name, entries in errors.items()}
    assert types == {name: [type_] for name, type_ in expected.items()}
    assert all(error["attribute"] == name for name, entries in errors.items() for error in entries)


def describe(response: httpx2.Response) -> str:
    """Return the status and the start of the body, for messages."""
    return f"{response.status_code}: {response.text[:300]}"
