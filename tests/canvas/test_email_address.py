"""The e-mail addresses that Canvas accepts (behaviour 5.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.channel_requests import OWN_CHANNELS, channel_form, create_channel

if TYPE_CHECKING:
    from starlette.testclient import TestClient


@pytest.mark.canvas_assertion(54)
@pytest.mark.parametrize("address", ["nobody", "@b.com", "a@", "a b@c.com", "Foo <a@b.com>", "a@b.com.", " a@b.com"])
def test_invalid_email_address_is_rejected(student: TestClient, address: str) -> None:
    response = student.post(OWN_CHANNELS, data=channel_form(address))

    failure = {"attribute": "email", "message": "is invalid", "type": "invalid"}
    assert (response.status_code, response.json()) == (400, {"errors": {"email": [failure]}})


@pytest.mark.canvas_assertion(54)
@pytest.mark.parametrize("address", ["a@b", "a..b@c.com", '"a b"@c.com', "josé@example.com", "a@[127.0.0.1]"])
def test_unusual_email_address_is_stored_unchanged(student: TestClient, address: str) -> None:
    channel = create_channel(student, address)

    assert channel["address"] == address
