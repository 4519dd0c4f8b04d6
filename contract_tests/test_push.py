"""Push: one channel for all devices, and tokens that come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests import pool
from contract_tests.caller import Caller, done, missing

if TYPE_CHECKING:
    from contract_tests.caller import Channel
    from contract_tests.settings import Settings


@pytest.fixture
def device(owner: Caller, settings: Settings) -> Caller:
    """The owner with a token whose developer key has an SNS ARN; needs a user without a push channel."""
    if not settings.push_token:
        pytest.skip("needs CANVAS_PUSH_TOKEN")
    if any(channel["type"] == "push" for channel in owner.channels()):
        pytest.skip("needs a user who has no push channel")
    return Caller(owner.fence, owner.contract, settings.push_token, "CANVAS_PUSH_TOKEN", id=owner.id)


def test_a_channel_holds_every_device(device: Caller) -> None:
    """A second token, or the first in other letter case, answers the same active channel."""
    channel = _add(device, "canvas-contract-a")

    assert (channel["type"], channel["workflow_state"]) == ("push", "active")
    assert _add(device, "canvas-contract-b") == channel
    assert _add(device, "CANVAS-CONTRACT-A") == channel
    assert [each for each in device.channels() if each["type"] == "push"] == [channel]


@pytest.mark.parametrize("token", ["canvas-contract-a", "CANVAS-CONTRACT-A", "canvas-contract-unknown"])
def test_forgetting_a_device_keeps_the_channel(device: Caller, token: str) -> None:
    """Deleting a push token, known or not, answers success and leaves every channel, as often as it is asked."""
    _add(device, "canvas-contract-a")
    before = device.channels()

    answers = [done(device.delete_push_token(token)) for _ in range(2)]

    assert [answer["success"] for answer in answers] == [True, True]
    assert device.channels() == before


def test_a_push_channel_is_found_under_push(device: Caller) -> None:
    """The push channel is deleted by the address push, and comes back as the same row."""
    channel = _add(device, "canvas-contract-a")

    assert done(device.delete_by_address(pool.PUSH)) == {**channel, "workflow_state": "retired"}
    missing(device.delete_push_token("canvas-contract-a"))

    assert _add(device, "canvas-contract-a") == channel


def test_a_device_needs_a_token(device: Caller) -> None:
    """A push channel without a device token is refused."""
    answer = device.post((("communication_channel[type]", "push"),))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "token"


def test_push_of_a_number_is_not_push_of_self(owner: Caller) -> None:
    """The literal path with `self` alone deletes tokens; with an id it looks for a channel named push."""
    missing(owner.delete("push", str(owner.id)))


def test_push_without_sns_is_refused(owner: Caller, device: Caller) -> None:
    """A token whose developer key has no SNS ARN cannot add a device."""
    assert device.token != owner.token

    answer = owner.post(
        (("communication_channel[type]", "push"), ("communication_channel[token]", "canvas-contract-a"))
    )

    assert answer.status_code == 400
    assert isinstance(answer.json()["errors"]["type"], str)


def _add(device: Caller, token: str) -> Channel:
    channel: Channel = done(
        device.post((("communication_channel[type]", "push"), ("communication_channel[token]", token)))
    )
    return channel
