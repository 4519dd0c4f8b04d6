"""Requests of the Communication Channels API that many tests send, and response bodies that many tests expect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2
    from starlette.testclient import TestClient

OWN_CHANNELS = "users/self/communication_channels"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

CHANNEL_FIELDS = ["id", "position", "workflow_state", "user_id", "created_at", "address", "type"]
BOUNCE_FIELDS = [
    "bounce_count",
    "last_bounce_at",
    "last_transient_bounce_at",
    "last_suppression_bounce_at",
    "last_bounce_summary",
    "last_transient_bounce_summary",
]
CHANNEL_FIELDS_WITH_BOUNCES = [*CHANNEL_FIELDS[:5], *BOUNCE_FIELDS, *CHANNEL_FIELDS[5:]]

FORBIDDEN = {"status": "unauthorized", "errors": [{"message": "user not authorized to perform that action"}]}
NOT_FOUND = {"errors": [{"message": "The specified resource does not exist."}]}


def channels_of(user_id: int | str) -> str:
    return f"users/{user_id}/communication_channels"


def channel_form(address: str, kind: str = "email", **others: str) -> dict[str, str]:
    return {"communication_channel[address]": address, "communication_channel[type]": kind, **others}


def push_form(push_token: str) -> dict[str, str]:
    return {"communication_channel[type]": "push", "communication_channel[token]": push_token}


def create_channel(
    client: TestClient, address: str, kind: str = "email", user_id: int | str = "self", **others: str
) -> dict[str, Any]:
    """Create a channel and return it as the response has it."""
    response = client.post(channels_of(user_id), data=channel_form(address, kind, **others))
    assert response.status_code == 200, response.text
    return dict(response.json())


def register_device(client: TestClient, push_token: str) -> httpx2.Response:
    return client.post(OWN_CHANNELS, data=push_form(push_token))


def unregister_device(client: TestClient, push_token: str) -> httpx2.Response:
    return client.request("DELETE", f"{OWN_CHANNELS}/push", data={"push_token": push_token})


def listed_addresses(client: TestClient, user_id: int | str = "self") -> list[str]:
    return [channel["address"] for channel in client.get(channels_of(user_id), params={"per_page": 100}).json()]


def validation_failures(response: httpx2.Response) -> list[tuple[str, str, str]]:
    """Return the attribute, the message and the type of each validation error in the response."""
    entries = [entry for attribute in response.json()["errors"].values() for entry in attribute]
    return [(entry["attribute"], entry["message"], entry["type"]) for entry in entries]
