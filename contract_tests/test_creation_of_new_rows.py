"""Creation of new rows, by the first creates of a run: later creates of the same addresses restore these rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from contract_tests.account.baseline import WITH_SKIP_CONFIRMATION
from contract_tests.client.api_client import expect_fields, expect_ok

if TYPE_CHECKING:
    from contract_tests.account.baseline import Baseline


@pytest.mark.parametrize("account", ["owner_creations", "other_creations"])
@pytest.mark.cases(smoke=1)
def test_create_of_a_new_row_returns_the_channel(request: pytest.FixtureRequest, account: str) -> None:
    """A create of a new row returns the channel as sent in every encoding, like a restoration (behaviour 5)."""
    baseline: Baseline = request.getfixturevalue(account)

    baseline.check_first_creations()

    responses = baseline.responses.items()
    assert responses
    for (pair, encoding), response in responses:
        baseline.client.transport.steps = [baseline.steps[pair, encoding]]  # reports show it if an assertion fails
        channel = expect_ok(response)
        is_by_admin = account == "other_creations" or baseline.client.editor is not None
        state = "active" if pair == WITH_SKIP_CONFIRMATION and is_by_admin else "unconfirmed"
        expect_fields(channel, type=pair.type, address=pair.address, user_id=baseline.client.id, workflow_state=state)
        assert channel["created_at"] is not None, "created_at of a new channel: null was received, not a time"


@pytest.mark.cases(smoke=1)
def test_new_channel_has_the_next_position_and_a_higher_id(owner_creations: Baseline) -> None:
    """A new channel has the highest position plus one, deleted channels included, and a higher id (behaviour 5.6)."""
    new = owner_creations.new_channels()
    if len(new) < 2:
        pytest.skip("needs a user whose channels one run has created: restored channels keep their positions")

    owner_creations.check_first_creations()
    positions = [channel["position"] for channel in new]
    ids = [channel["id"] for channel in new]
    before = [channel.get("position") for channel in owner_creations.channels_before]

    assert None not in positions, "position of a new channel: null was received, not a number"
    assert positions == list(range(positions[0], positions[0] + len(new))), (
        f"position: new channels have the positions {positions}, which are not consecutive"
    )
    assert positions[0] > max((each for each in before if isinstance(each, int)), default=0), (
        f"position: the first new channel has the position {positions[0]}, which is not the highest"
    )
    assert ids == sorted(set(ids)), "id: the ids of new channels are not unique and ascending"


def test_new_channels_have_ascending_creation_times(owner_creations: Baseline) -> None:
    """created_at of a new channel is not before that of the channels created before it (behaviour 8)."""
    owner_creations.check_first_creations()

    times = [channel["created_at"] for channel in owner_creations.new_channels()]

    assert None not in times, "created_at of a new channel: null was received, not a time"
    assert times == sorted(times), "created_at: the times of new channels are not ascending"
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time) for time in times), (
        "created_at: the time is not in UTC and to the second"
    )
