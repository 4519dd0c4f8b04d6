"""Canvas's conversion of values to booleans, as `skip_confirmation` shows it (behaviour 5.8).

The conversion of text to numbers is tested with `page` and `per_page` in tests/api/test_pagination.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.channel_requests import OWN_CHANNELS, create_channel

if TYPE_CHECKING:
    from starlette.testclient import TestClient


@pytest.mark.parametrize("value", ["yes", "Y", "true", "TRUE", "t", "on", "1", "2", "-1", "01", "1.5", " 1"])
def test_true_text_of_skip_confirmation_makes_the_channel_active(admin: TestClient, value: str) -> None:
    channel = create_channel(admin, "n@x.org", skip_confirmation=value)

    assert channel["workflow_state"] == "active"


@pytest.mark.parametrize("value", ["no", "n", "false", "f", "off", "0", "", "abc", "0.5", "TRUE ", "y "])
def test_false_text_of_skip_confirmation_leaves_the_channel_unconfirmed(admin: TestClient, value: str) -> None:
    channel = create_channel(admin, "n@x.org", skip_confirmation=value)

    assert channel["workflow_state"] == "unconfirmed"


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (True, "active"),
        (False, "unconfirmed"),
        (None, "unconfirmed"),
        (1, "active"),
        (0, "unconfirmed"),
        ([], "unconfirmed"),
        ([1], "unconfirmed"),
        ([True], "unconfirmed"),
        ({}, "unconfirmed"),
        ({"a": 1}, "unconfirmed"),
    ],
)
def test_json_value_of_skip_confirmation_determines_the_state(admin: TestClient, value: object, state: str) -> None:
    body = {"communication_channel": {"address": "n@x.org", "type": "email"}, "skip_confirmation": value}

    response = admin.post(OWN_CHANNELS, json=body)

    assert (response.status_code, response.json()["workflow_state"]) == (200, state)


@pytest.mark.parametrize("name", ["skip_confirmation[]", "skip_confirmation[a]"])
def test_list_or_object_in_skip_confirmation_leaves_the_channel_unconfirmed(admin: TestClient, name: str) -> None:
    channel = create_channel(admin, "n@x.org", **{name: "true"})

    assert channel["workflow_state"] == "unconfirmed"
