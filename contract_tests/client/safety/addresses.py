"""Reserved addresses and push tokens: the suite creates channels with no others, and with the same in every run.

Canvas keeps deleted channels and counts them towards its limit (behaviour 5.6), so new addresses in every run would
fill the account.
Every address has a reserved domain (RFC 2606, RFC 6761) or is a fictional telephone number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class TypedAddress(NamedTuple):
    """A channel's type and address; a user has at most one row with the same type and address."""

    type: str
    address: str

    def __str__(self) -> str:
        """Return the form that the names of tests show."""
        return f"{self.type} {self.address}"

    @property
    def key(self) -> tuple[str, str]:
        """The type and address that identify the row in Canvas (behaviour 5.4).

        Canvas stores an unknown type as email, and ignores the letter case of addresses.
        """
        if self.type == "push":
            return "push", "push"
        return "sms" if self.type == "sms" else "email", self.address.lower()


FIRST = TypedAddress("email", "canvas-contract-1@example.com")
SECOND = TypedAddress("email", "canvas-contract-2@example.com")
PLUS = TypedAddress("email", ".canvas-contract..+plus&a=b'c.@example.com")
PERCENT = TypedAddress("email", "canvas-contract%41@invalid")
MIXED_CASE = TypedAddress("email", "Canvas-Contract.Case@Example.COM")
NON_ASCII = TypedAddress("email", "canvas-contract-jos\u00e9@example.com")
QUOTED = TypedAddress("email", '"canvas-contract quoted"@example.com')
LONGEST = TypedAddress("email", "canvas-contract-" + "\u00e9" * 227 + "@example.com")
"""An address of 255 characters, as many as Canvas's database column has (behaviour 11)."""
EMOJI = TypedAddress("email", "canvas-contract-\U0001f600\U0001f9ea@example.com")
PHONE = TypedAddress("sms", "+12025550171")
SPACED = TypedAddress("sms", f"  {PHONE.address} ")
GATEWAY = TypedAddress("sms", "2025550172@sms.example.com")
SAME_ADDRESS_OTHER_TYPE = TypedAddress("sms", FIRST.address)

ACCEPTED = (
    FIRST,
    SECOND,
    PLUS,
    PERCENT,
    MIXED_CASE,
    NON_ASCII,
    QUOTED,
    LONGEST,
    PHONE,
    GATEWAY,
    SAME_ADDRESS_OTHER_TYPE,
    EMOJI,
    SPACED,
)
"""Addresses that Canvas accepts (behaviour 5.3, 11)."""

SMOKE = (FIRST, PHONE, PLUS, NON_ASCII)
"""The accepted addresses of a run of the profile smoke."""

UNKNOWN_TYPE = TypedAddress("EMAIL", PHONE.address)
"""An unknown type: Canvas stores an e-mail channel and does not validate the address (behaviour 5.4)."""

INVALID = (
    TypedAddress("email", "canvas-contract"),
    TypedAddress("email", "canvas-contract@"),
    TypedAddress("email", "canvas-contract @example.com"),
    TypedAddress("email", "canvas-contract@example.com."),
    TypedAddress("email", "<canvas-contract@example.com>"),
    TypedAddress("email", " canvas-contract@example.com"),
)
"""E-mail addresses that Canvas rejects; only a faulty server creates a row for one of them."""

TOO_LONG = TypedAddress("email", "canvas-contract-" + "x" * 228 + "@example.com")
"""An address one character longer than Canvas's database column (behaviour 11)."""

NEVER_CREATED = TypedAddress("email", "canvas-contract-never@example.com")
"""An address that is never created, for deletions whose response must be 404."""

PUSH = TypedAddress("push", "push")
"""The push channel, with the address that a deletion by address uses for it."""

DEVICE = "canvas-contract"
"""The prefix of every push token that the suite registers, and the first of these tokens."""

DEVICES = (DEVICE, f"{DEVICE}-a+b/c", f"{DEVICE}-b")
"""Every push token that the suite registers."""

EXPECTED_KEYS = frozenset(address.key for address in (*ACCEPTED, UNKNOWN_TYPE, PUSH))
"""The keys of the fifteen rows that runs add to a user's account if the server rejects invalid addresses."""

POSSIBLE_KEYS = EXPECTED_KEYS | {address.key for address in (*INVALID, TOO_LONG)}
"""The keys of the twenty-two rows that runs add to a user's account if the server rejects no address."""

_TEST_ADDRESS = re.compile(f"{DEVICE}|{re.escape(PHONE.address)}|{re.escape(GATEWAY.address)}", re.IGNORECASE)


def received_key(channel: Mapping[str, object]) -> tuple[str, str]:
    """Return the type and address that identify the row of a received channel, whatever the letter case of its type."""
    return TypedAddress(str(channel.get("type")).lower(), str(channel.get("address"))).key


def is_push(channel: Mapping[str, object]) -> bool:
    """Return whether a received channel is the push channel, whatever the letter case of its type."""
    return received_key(channel)[0] == PUSH.type


def is_test_address(address: str) -> bool:
    """Return whether only the suite uses this address; also true for one that a faulty server has altered."""
    return _TEST_ADDRESS.search(address) is not None
