"""The only addresses that the suite ever creates, the same in every run.

Canvas counts deleted channels too, for ever, so a suite that invents addresses fills an account.
Every address is of a reserved domain (RFC 2606) or a fictional telephone number.
"""

from __future__ import annotations

from typing import NamedTuple


class Pair(NamedTuple):
    """One address as one type: what Canvas keeps at most one row of for each user."""

    type: str
    address: str

    @property
    def key(self) -> tuple[str, str]:
        """The pair as Canvas compares it: the type exactly, the address whatever its letter case."""
        return self.type, self.address.lower()


PLAIN = tuple(Pair("email", f"canvas-contract-{number:02}@example.com") for number in range(1, 6))
PLUS = Pair("email", "canvas-contract+plus@example.com")
PERCENT = Pair("email", "canvas-contract%41@example.com")
MIXED_CASE = Pair("email", "Canvas-Contract.Case@Example.COM")
NON_ASCII = Pair("email", "canvas-contract-jos\u00e9@example.com")
PHONE = Pair("sms", "+12025550171")
GATEWAY = Pair("sms", "2025550172@sms.example.com")
SAME_ADDRESS_OTHER_TYPE = Pair("sms", PLAIN[0].address)

ACCEPTED = (*PLAIN, PLUS, PERCENT, MIXED_CASE, NON_ASCII, PHONE, GATEWAY, SAME_ADDRESS_OTHER_TYPE)
"""What Canvas accepts."""

REFUSED = (
    Pair("email", "canvas-contract"),
    Pair("email", "canvas-contract @example.com"),
    Pair("email", "canvas-contract@"),
    Pair("email", "canvas-contract@example.com."),
    Pair("email", "<canvas-contract@example.com>"),
    Pair("email", " canvas-contract@example.com"),
)
"""E-mail addresses that Canvas refuses; a row of one appears only on a server that is wrong."""

ABSENT = Pair("email", "canvas-contract-never@example.com")
"""An address that is never created, for deletions that must find nothing."""

PUSH = Pair("push", "push")
"""The push channel, under the address by which Canvas finds it."""

DEVICE = "canvas-contract"
"""How every device token of the suite's begins."""

KEYS = frozenset(pair.key for pair in (*ACCEPTED, *REFUSED, PUSH))
"""Nineteen rows: all that a thousand runs leave in one user's account."""
