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
def test_text_that_canvas_reads_as_true(admin: TestClient, value: str) -> None:
    channel = create_channel(admin, "n@x.org", skip_confirmation=value)

    assert channel["workflow_state"] == "active"


@pytest.mark.parametrize("value", ["no", "n", "false", "f", "off", "0", "", "abc", "0.5", "TRUE ", "y "])
def test_text_that_canvas_reads_as_false(admin: TestClient, value: str) -> None:
    channel = create_channel(admin, "n@x.org", skip_confirmation=value)

    assert channel["workflow_state"] == "unconfirmed"


@pytest.mark.parametrize(
    ("value", "state"), [(True, "active"), (False, "unconfirmed"), (None, "unconfirmed"), (1, "active")]
)
def test_json_value(admin: TestClient, value: object, state: str) -> None:
    body = {"communication_channel": {"address": "n@x.org", "type": "email"}, "skip_confirmation": value}

    response = admin.post(OWN_CHANNELS, json=body)

    assert response.json()["workflow_state"] == state
