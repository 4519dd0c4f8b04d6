"""The reserved addresses of the suite."""

from __future__ import annotations

from contract_tests.client.safety import addresses


def test_addresses_are_at_most_22_and_reserved() -> None:
    emails = [address.address for address in (*addresses.ACCEPTED, addresses.NEVER_CREATED) if address.type == "email"]

    assert len(addresses.POSSIBLE_KEYS) <= 22  # the number of rows in docs/ci.md
    assert {email.lower().rpartition("@")[2] for email in emails} == {"example.com", "invalid"}
    assert all(
        addresses.is_test_address(address.address)
        for address in (*addresses.ACCEPTED, addresses.UNKNOWN_TYPE, *addresses.INVALID)
    )
