"""Safety guard: rejects every request that could change a channel that the suite did not create."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.client.request import READ_METHODS
from contract_tests.client.safety import addresses
from contract_tests.client.safety.addresses import TypedAddress

if TYPE_CHECKING:
    from collections.abc import Collection

    from contract_tests.client.request import Request
    from contract_tests.client.safety.journal import Journal

READ_ONLY_REASON = "not sent in a read-only run"
"""The reason why a test that sends another request than GET or HEAD is skipped in a read-only run."""

_MIN_UNUSED_ID = 2**62
"""Larger than any channel id: Canvas counts ids up, on hosted systems from multiples of ten trillion."""

_REPEATABLE_TYPES = frozenset({"email", "sms", ""})
"""Types for which a repeated creation adds no row.

Canvas stores any other type as email, in a new row each time if the database has no unique index.
"""

_METHOD_OVERRIDES = frozenset({"_method", "x-http-method-override"})


class UnsafeRequestError(Exception):
    """A request that the safety guard rejects; the cause is an error in the suite, not in the target."""


class SafetyGuard:
    """Allowlist of the requests with which even a faulty server cannot change a channel that the suite did not create.

    The preflight check fills the sets of what existed before the run. `tokens` are the variables of the run's tokens.
    """

    def __init__(self, journal: Journal, tokens: Collection[str] = (), *, is_read_only: bool = False) -> None:
        self._journal = journal
        self._tokens = tokens
        self.is_read_only = is_read_only
        """Whether the guard rejects every request but GET and HEAD."""
        self.preexisting_channels: set[int] = set()
        """The ids of the channels that existed before the run."""
        self.preexisting_addresses: set[tuple[int, str]] = set()
        """The addresses of these channels in lower case, each with its user id."""
        self.users_with_push_channel: set[int] = set()
        """The ids of the users who had a push channel before the run."""
        self.opened_users: set[int] = set()
        """The ids of the users whose channels before the run are in these sets."""

    def open(self, user: int, channels: Collection[dict[str, Any]]) -> None:
        """Record that these are the channels that the user had before the run.

        They are in the journal before the first intent, so that no later run takes one of them for the suite's.
        """
        ids = {channel["id"] for channel in channels}
        self.preexisting_channels |= ids
        self.preexisting_addresses |= {(user, str(channel.get("address")).strip().lower()) for channel in channels}
        self.users_with_push_channel |= {user for channel in channels if addresses.is_push(channel)}
        self.opened_users.add(user)
        self._journal.record_opened(user, frozenset(ids))

    def check(self, request: Request) -> None:
        """Record the intent of a safe request in the journal; raise UnsafeRequestError for any other request.

        In a read-only run, skip the current test if the request is not GET or HEAD.
        """
        if self.is_read_only and request.method not in READ_METHODS:
            pytest.skip(READ_ONLY_REASON)
        names = {name.lower() for name, _ in (*request.parameters(), *request.headers)}
        if names.isdisjoint(_METHOD_OVERRIDES) and self._is_safe(request):
            return
        raise UnsafeRequestError(
            f"{request.method} {request.path} was not sent: it could change a channel that the suite did not create. "
            "Correct the test that sends it."
        )

    def _is_safe(self, request: Request) -> bool:
        match request.method:
            case "GET" | "HEAD":
                return len(request.tail) <= 1
            case "PUT" | "PATCH":  # Canvas has no such routes
                return (
                    not request.parameters()
                    and len(request.tail) < 2
                    and all(map(self._has_only_safe_ids, request.tail))
                )
            case "POST":
                return not request.tail and self._is_safe_creation(request)
            case "DELETE":
                return self._is_safe_deletion(request)
        return False

    def _is_safe_creation(self, request: Request) -> bool:
        """Return whether the creation is safe, and record the intent, and the device, if it is."""
        devices = request.values("communication_channel[token]")
        types = request.values("communication_channel[type]") or [""]
        sent_addresses = request.values("communication_channel[address]") or [""]
        combinations = list(product(types, sent_addresses))
        if not all(map(_is_test_device, devices)):
            return False
        if not all(self._is_safe_to_create(request.owner, type_, address) for type_, address in combinations):
            return False
        keys = {
            TypedAddress(type_, address).key
            for type_, address in combinations
            if isinstance(type_, str) and isinstance(address, str)
        }
        self._journal.record_intents(request.owner, keys)
        if "push" in types and any(str(device).strip() for device in devices) and request.token_name in self._tokens:
            self._journal.record_device(request.owner, request.token_name)
        return True

    def _is_safe_to_create(self, owner: int, type_: object, address: object) -> bool:
        """Return whether the row that this could create, if any, has one of the test addresses."""
        if type_ == "push":
            return self._has_no_own_push_channel(owner)
        if not isinstance(address, str):  # Canvas crashes on it; converted to text it is not an e-mail address
            return type_ == "email" and "@" not in str(address)
        if not address.strip():
            return True
        stored = TypedAddress(str(type_), address.replace("\0", ""))  # a server may drop NUL characters
        return stored.key in addresses.POSSIBLE_KEYS and (
            type_ in _REPEATABLE_TYPES or stored == addresses.UNKNOWN_TYPE
        )

    def _is_safe_deletion(self, request: Request) -> bool:
        overrides = {name: request.values(name) for name in ("type", "address")}
        if any(overrides.values()) and not self._has_safe_overrides(request, overrides):
            return False
        match request.tail:
            case ("push",) if request.user == "self":
                devices = request.values("push_token")
                return all(map(_is_test_device, devices)) and (
                    bool(devices) or self._has_no_own_push_channel(request.owner)
                )
            case (channel,):
                return self._has_only_safe_ids(channel)
            case (type_, address):
                return self._is_safe_to_delete(request.owner, type_, address)
        return False

    def _has_safe_overrides(self, request: Request, overrides: dict[str, list[object]]) -> bool:
        """Return whether the parameters `type` and `address`, which override the path, are safe (behaviour 1.1)."""
        return all(
            self._is_safe_to_delete(request.owner, str(type_), str(address))
            for type_, address in product(*overrides.values())
        )

    def _has_only_safe_ids(self, segment: str) -> bool:
        """Return whether every number in the path segment is the id of a channel of the suite, or of none at all."""
        numbers = [int(digits) for digits in re.findall(r"\d+", segment)]
        return all(
            number in self._journal.created.keys() - self.preexisting_channels
            for number in numbers
            if 0 < number < _MIN_UNUSED_ID
        )

    def _is_safe_to_delete(self, owner: int, type_: str, address: str) -> bool:
        if type_.lower() == "push":
            return self._has_no_own_push_channel(owner)
        is_preexisting = (owner, address.strip().lower()) in self.preexisting_addresses
        return addresses.is_test_address(address) and not is_preexisting

    def _has_no_own_push_channel(self, owner: int) -> bool:
        """Return whether a push channel of this user can only be the suite's.

        A push channel has no test address, so the run must have listed the user's channels, and found no push channel,
        before any request for it.
        """
        return owner in self.opened_users and owner not in self.users_with_push_channel


def _is_test_device(token: object) -> bool:
    """Return whether the push token is one of the suite's, or empty, which registers no device."""
    text = str(token)
    return not text.strip() or text.lower().startswith(addresses.DEVICE)
