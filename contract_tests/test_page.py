"""Sentences of Canvas's page that no other property holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract_tests import pool
from contract_tests.caller import TOKEN, done

if TYPE_CHECKING:
    from contract_tests.caller import Caller


def test_a_device_token_is_for_push_only(owner: Caller) -> None:
    """A device token that comes with an e-mail address adds no device: the channel is the address's (behaviour 5.7)."""
    before = owner.channels()

    channel = done(owner.create(pool.FIRST, ((TOKEN, pool.DEVICE),)))

    assert (channel["type"], channel["address"]) == pool.FIRST
    assert [each for each in owner.channels() if each not in before] == [channel]
