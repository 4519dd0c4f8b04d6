"""What may leave, and nothing else: the suite touches no channel but its own, whatever a test or a fuzzer asks for."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from contract_tests import pool
from contract_tests.pool import Pair

if TYPE_CHECKING:
    from contract_tests.call import Call
    from contract_tests.journal import Journal

_NEVER_AN_ID = 2**62
"""Canvas counts its ids up, on hosted systems from the shard's ten trillions: none comes near this."""

_TYPES = frozenset({"email", "sms", ""})
"""Of any other type Canvas makes an e-mail row, and where the database has no unique index another each time."""

_OTHER_METHOD = frozenset({"_method", "x-http-method-override"})


class RefusedError(Exception):
    """The suite tried to send what it must not; a mistake in the suite, never in the target."""


class Fence:
    """Shut by default: a call passes only if even a server that is wrong could do no harm with it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.foreign: set[int] = set()
        """The ids of channels that were there before."""
        self.foreign_addresses: set[tuple[int, str]] = set()
        """The addresses of those that look like ours, by their user, in lower case."""
        self.foreign_push: set[int] = set()
        """The users who have a push channel that is not ours."""

    def check(self, call: Call) -> None:
        """Let the call pass, its intent written down first; RefusedError for any that is outside."""
        names = {name.lower() for name, _ in (*call.parameters(), *call.headers)}
        if names.isdisjoint(_OTHER_METHOD) and self._passes(call):
            return
        raise RefusedError(f"{call.method} {call.path} is outside the fence")

    def _passes(self, call: Call) -> bool:
        match call.method:
            case "GET" | "HEAD":
                return len(call.tail) <= 1
            case "PUT" | "PATCH":  # Canvas has no such routes
                return not call.parameters() and len(call.tail) < 2 and all(map(self._is_ours_or_nothing, call.tail))
            case "POST":
                return not call.tail and self._may_create(call)
            case "DELETE":
                return self._may_delete(call)
        return False

    def _may_create(self, call: Call) -> bool:
        devices = call.values("communication_channel[token]")
        kinds = call.values("communication_channel[type]") or [""]
        addresses = call.values("communication_channel[address]") or [""]
        wanted = list(product(kinds, addresses))
        if not (all(map(_is_device, devices)) and all(self._is_safe(call.owner, *pair) for pair in wanted)):
            return False
        for kind, address in wanted:
            if isinstance(kind, str) and isinstance(address, str):
                self._journal.intend(call.owner, Pair(kind, address).key)
        return True

    def _is_safe(self, owner: int, kind: object, address: object) -> bool:
        """Whether the row that this would make, if any, is of the pool."""
        if kind == "push":
            return owner not in self.foreign_push
        if not isinstance(address, str):  # Canvas fails on it; as text it is no e-mail address
            return kind == "email" and "@" not in str(address)
        if not address.strip():
            return True
        pair = Pair(str(kind), address.replace("\0", ""))
        return pair.key in pool.KEYS and (kind in _TYPES or pair == pool.UNCHECKED)

    def _may_delete(self, call: Call) -> bool:
        sent = {name: call.values(name) for name in ("type", "address")}
        if any(sent.values()) and not self._redirects_to_ours(call, sent):
            return False
        match call.tail:
            case ("push",) if call.user == "self":
                devices = call.values("push_token")
                return all(map(_is_device, devices)) and (bool(devices) or call.owner not in self.foreign_push)
            case (channel,):
                return self._is_ours_or_nothing(channel)
            case (kind, address):
                return self._may_delete_at(call.owner, kind, address)
        return False

    def _redirects_to_ours(self, call: Call, sent: dict[str, list[object]]) -> bool:
        """Whether `type` and `address` beside the path lead to channels of the pool (behaviour 1.1)."""
        return all(self._may_delete_at(call.owner, str(kind), str(to)) for kind, to in product(*sent.values()))

    def _is_ours_or_nothing(self, channel: str) -> bool:
        """Whether every number in the segment is a channel of ours or an id that nobody has."""
        numbers = [int(digits) for digits in re.findall(r"\d+", channel)]
        return all(
            number in self._journal.made.keys() - self.foreign for number in numbers if 0 < number < _NEVER_AN_ID
        )

    def _may_delete_at(self, owner: int, kind: str, address: str) -> bool:
        if kind.lower() == "push":
            return owner not in self.foreign_push
        return pool.is_ours(address) and (owner, address.strip().lower()) not in self.foreign_addresses


def _is_device(token: object) -> bool:
    text = str(token)
    return not text.strip() or text.lower().startswith(pool.DEVICE)
