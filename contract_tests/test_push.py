"""Push: one channel for all devices, and tokens that come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests import pool
from contract_tests.caller import TOKEN, TYPE, done, missing, said

if TYPE_CHECKING:
    from contract_tests.caller import Caller, Channel

_, FIRST, SECOND = pool.DEVICES
UNKNOWN = f"{pool.DEVICE}-unknown"


def test_a_channel_holds_every_device(device: Caller, owner: Caller) -> None:
    """A second token, or the first in other letter case, answers the same active channel (behaviour 5.7)."""
    channel = _add(device, FIRST)

    assert (channel["type"], channel["workflow_state"]) == ("push", "active")
    assert channel["address"].strip()
    assert pool.DEVICE not in channel["address"].lower(), "the address shows the device's token"
    assert _add(device, SECOND) == channel
    assert _add(device, FIRST.upper()) == channel
    assert [each for each in owner.channels() if each["type"] == "push"] == [channel]


@pytest.mark.parametrize("encoding", ["form", "query", "json", "multipart"])
@pytest.mark.parametrize("token", [FIRST, FIRST.upper(), UNKNOWN, ""])
def test_forgetting_a_device_keeps_the_channel(device: Caller, owner: Caller, token: str, encoding: str) -> None:
    """Deleting a push token, known or not, answers success and leaves every channel (behaviour 7)."""
    _add(device, FIRST)
    before = owner.channels()

    answers = [done(device.delete_push_token((("push_token", token),), encoding)) for _ in range(2)]

    assert [answer["success"] for answer in answers] == [True, True]
    assert owner.channels() == before


def test_the_last_device_leaves_the_channel(device: Caller, owner: Caller) -> None:
    """The push channel stays, and is listed, when no device is left (behaviour 7)."""
    channel = _add(device, FIRST)

    for token in pool.DEVICES:
        done(device.delete_push_token((("push_token", token),)))

    assert channel in owner.channels()


def test_a_push_channel_is_found_under_push(device: Caller, owner: Caller) -> None:
    """The push channel is deleted by the address push, and comes back as the same row (behaviour 6)."""
    channel = _add(device, FIRST)

    missing(device.delete_by_address(pool.Pair("push", channel["address"])))
    assert done(device.delete_by_address(pool.PUSH)) == {**channel, "workflow_state": "retired"}
    missing(device.delete_push_token((("push_token", FIRST),)))
    assert channel not in owner.channels()

    assert _add(device, FIRST) == channel


@pytest.mark.parametrize("fields", [(), ((TOKEN, ""),), ((TOKEN, "  "),)], ids=["missing", "empty", "blanks"])
def test_a_device_needs_a_token(device: Caller, owner: Caller, fields: tuple[tuple[str, str], ...]) -> None:
    """A push channel without a device token is refused (behaviour 5.7)."""
    before = owner.channels()

    answer = device.post(((TYPE, "push"), *fields))

    assert answer.status_code == 422, said(answer)
    assert answer.json()["errors"][0]["field"] == "token"
    assert owner.channels() == before


def test_a_push_channel_needs_no_address(device: Caller) -> None:
    """The address of a push channel is ignored (behaviour 5.7)."""
    channel = _add(device, FIRST)

    answer = device.post(((TYPE, "push"), (TOKEN, FIRST), ("communication_channel[address]", pool.FIRST.address)))

    assert done(answer) == channel


def test_push_of_a_number_is_not_push_of_self(owner: Caller) -> None:
    """The literal path with self alone deletes tokens; with an id it looks for a channel named push (behaviour 1.1)."""
    missing(owner.about(owner.id).delete("push"))


@pytest.mark.parametrize("fields", [(("push_token", UNKNOWN),), ()], ids=["a token", "no token"])
def test_without_a_push_channel_there_is_nothing_to_forget(owner: Caller, fields: tuple[tuple[str, str], ...]) -> None:
    """A user who has no push channel is answered 404, whatever token is named (behaviour 7)."""
    if owner.id in owner.wire.fence.foreign_push:
        pytest.skip("needs a user who has no push channel")

    missing(owner.delete_push_token(fields))


def test_push_without_sns_is_refused(owner: Caller) -> None:
    """A token whose developer key has no SNS ARN cannot add a device, and is told so (behaviour 5.7)."""
    if owner.id in owner.wire.fence.foreign_push:
        pytest.skip("needs a user who has no push channel")
    before = owner.channels()

    answer = owner.post(((TYPE, "push"), (TOKEN, FIRST)))

    if answer.status_code == 200:
        pytest.skip("needs a CANVAS_TOKEN whose developer key cannot push")
    assert answer.status_code == 400, said(answer)
    assert isinstance(answer.json()["errors"]["type"], str)
    assert owner.channels() == before


def _add(device: Caller, token: str) -> Channel:
    channel: Channel = done(device.post(((TYPE, "push"), (TOKEN, token))))
    return channel
