"""Requests that the safety guard rejects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.client.request import Request
from contract_tests.client.safety import addresses
from contract_tests.client.safety.guard import SafetyGuard, UnsafeRequestError
from contract_tests.client.safety.journal import Journal
from contract_tests.client.settings import Settings
from contract_tests.client.transport import Transport

if TYPE_CHECKING:
    from pathlib import Path

CHANNEL = "communication_channel"
SECRET = "a-token-that-nobody-may-see"


def request(method: str, **parts: Any) -> Request:
    """Return a request about the channels of user 1."""
    return Request(method, "self", owner=1, **parts)


UNSAFE = [
    request("DELETE", tail=("3",)),
    request("DELETE", tail=("+3",)),
    request("DELETE", tail=("3.0",)),
    request("DELETE", tail=("email", "student@school.example")),
    request("DELETE", tail=("abc",), query=(("type", "email"), ("address", "student@school.example"))),
    request("DELETE", tail=("push",), body=(("push_token", "somebody-s"),)),
    request("POST", body=((f"{CHANNEL}[address]", "a@b"), (f"{CHANNEL}[type]", "email"))),
    request("POST", body=((f"{CHANNEL}[address]", "anything"), (f"{CHANNEL}[type]", "fax"))),
    request("POST", body=((f"{CHANNEL}[type]", "push"), (f"{CHANNEL}[token]", "somebody-s"))),
    request("POST", body=((f"{CHANNEL}[address]", addresses.FIRST.address), (f"{CHANNEL}[type]", "fax"))),
    request("POST", document={CHANNEL: {"address": "a@b", "type": "email"}}),
    request("POST", query=((f"{CHANNEL}[address]", "a@b"),), body=((f"{CHANNEL}[type]", "email"),)),
    request("POST", tail=("3",)),
    request("POST", body=(("_method", "delete"), (f"{CHANNEL}[type]", "email"))),
    request("POST", headers=(("X-HTTP-Method-Override", "DELETE"),)),
    request("PUT", body=(("a", "b"),)),
    request("PATCH", tail=("3",)),
    request("TRACE"),
]


@pytest.mark.parametrize("unsafe", UNSAFE, ids=lambda unsafe: unsafe.curl({}, " "))
def test_unsafe_request_is_not_sent(unsafe: Request, tmp_path: Path) -> None:
    transport = Transport(Settings("http://127.0.0.1:9", {"CANVAS_TOKEN": SECRET}), Journal(tmp_path, "origin"))

    with pytest.raises(UnsafeRequestError):
        transport.send(unsafe)

    assert transport.sent == 0


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH", "OPTIONS"])
def test_read_only_run_sends_get_and_head_only(method: str, tmp_path: Path) -> None:
    settings = Settings("http://127.0.0.1:9", {"CANVAS_TOKEN": SECRET}, is_read_only=True)
    transport = Transport(settings, Journal(tmp_path, "origin"))

    with pytest.raises(pytest.skip.Exception, match="not sent in a read-only run"):
        transport.send(request(method))

    assert transport.sent == 0
    transport.guard.check(request("GET"))
    transport.guard.check(request("HEAD"))


def test_preexisting_channel_is_not_deleted(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "origin")
    guard = SafetyGuard(journal)
    journal.record_creation(1, 40)
    delete = request("DELETE", tail=("40",))
    guard.check(delete)
    guard.preexisting_channels.add(40)

    with pytest.raises(UnsafeRequestError):
        guard.check(delete)


@pytest.mark.parametrize(
    "unsafe",
    [
        request("POST", body=((f"{CHANNEL}[type]", "push"), (f"{CHANNEL}[token]", addresses.DEVICE))),
        request("DELETE", tail=("push", "push")),
        request("DELETE", tail=("push",)),
    ],
    ids=lambda unsafe: unsafe.curl({}, " "),
)
def test_preexisting_push_channel_is_not_changed(unsafe: Request, tmp_path: Path) -> None:
    guard = SafetyGuard(Journal(tmp_path, "origin"))
    guard.open(1, [])
    guard.check(unsafe)
    guard.users_with_push_channel.add(1)

    with pytest.raises(UnsafeRequestError):
        guard.check(unsafe)
