"""The only addresses that the suite ever creates, the same in every run.

Canvas counts deleted channels too, for ever, so a suite that invents addresses fills an account.
Every address is of a reserved domain (RFC 2606, RFC 6761) or a fictional telephone number.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Pair(NamedTuple):
    """One address as one type: what Canvas keeps at most one row of for each user."""

    type: str
    address: str

    def __str__(self) -> str:
        """As the names of tests show it."""
        return f"{self.type} {self.address}"

    @property
    def key(self) -> tuple[str, str]:
        """The row that Canvas makes of it: any unknown type is email, letter case does not matter (behaviour 5.4)."""
        if self.type == "push":
            return "push", "push"
        return "sms" if self.type == "sms" else "email", self.address.lower()


FIRST = Pair("email", "canvas-contract-1@example.com")
SECOND = Pair("email", "canvas-contract-2@example.com")
PLUS = Pair("email", ".canvas-contract..+plus&a=b'c.@example.com")
PERCENT = Pair("email", "canvas-contract%41@invalid")
MIXED_CASE = Pair("email", "Canvas-Contract.Case@Example.COM")
NON_ASCII = Pair("email", "canvas-contract-jos\u00e9@example.com")
QUOTED = Pair("email", '"canvas-contract quoted"@example.com')
LONGEST = Pair("email", "canvas-contract-" + "\u00e9" * 227 + "@example.com")
PHONE = Pair("sms", "+12025550171")
GATEWAY = Pair("sms", "2025550172@sms.example.com")
SAME_ADDRESS_OTHER_TYPE = Pair("sms", FIRST.address)

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
)
"""What Canvas accepts (behaviour 5.3, 11)."""

UNCHECKED = Pair("EMAIL", PHONE.address)
"""A type that Canvas does not know: it stores an e-mail channel and does not look at the address (behaviour 5.4)."""

REFUSED = (
    Pair("email", "canvas-contract"),
    Pair("email", "canvas-contract@"),
    Pair("email", "canvas-contract @example.com"),
    Pair("email", "canvas-contract@example.com."),
    Pair("email", "<canvas-contract@example.com>"),
    Pair("email", " canvas-contract@example.com"),
)
"""E-mail addresses that Canvas refuses; a row of one appears only on a server that is wrong."""

TOO_LONG = Pair("email", "canvas-contract-" + "x" * 228 + "@example.com")
"""One character more than the column holds (behaviour 11)."""

ABSENT = Pair("email", "canvas-contract-never@example.com")
"""An address that is never created, for deletions that must find nothing."""

PUSH = Pair("push", "push")
"""The push channel, under the address by which Canvas finds it."""

DEVICE = "canvas-contract"
"""How every device token of the suite's begins."""

DEVICES = (DEVICE, f"{DEVICE}-a+b/c", f"{DEVICE}-b")
"""The device tokens that are ever registered."""

USUAL = frozenset(pair.key for pair in (*ACCEPTED, UNCHECKED, PUSH))
"""Thirteen rows: all that a thousand runs leave in one user's account, where what must be refused is."""

KEYS = USUAL | {pair.key for pair in (*REFUSED, TOO_LONG)}
"""Twenty rows: all that they leave in the account of a server that refuses nothing."""

_OURS = re.compile(f"{DEVICE}|{re.escape(PHONE.address)}|{re.escape(GATEWAY.address)}", re.IGNORECASE)


def is_ours(address: str) -> bool:
    """Whether a text can only come from this pool, even if a server has spoiled it."""
    return _OURS.search(address) is not None
