"""Runs of the suite on the fake Canvas: the accounts that they open, their creates, and faults of the responses."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx2

from contract_tests.account.opened import OpenedAccounts
from contract_tests.account.preflight import open_account
from contract_tests.client.api_client import ADDRESS, TOKEN, TYPE, ApiClient
from contract_tests.client.inconclusive import Inconclusive
from contract_tests.client.safety import addresses
from tests.contract_tests.account.fake_canvas import SETTINGS, FakeCanvas

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EMAIL = ((ADDRESS, addresses.FIRST.address), (TYPE, "email"))
SMS = ((ADDRESS, addresses.PHONE.address), (TYPE, "sms"))
UNKNOWN = ((ADDRESS, addresses.UNKNOWN_TYPE.address), (TYPE, addresses.UNKNOWN_TYPE.type))
PUSH = ((TYPE, "push"), (TOKEN, addresses.DEVICE))
OWN = ("email", "student@school.example.edu")


def open_owner(canvas: FakeCanvas, folder: Path) -> tuple[ApiClient, OpenedAccounts]:
    """Open the account of the test user in a new run."""
    opened = OpenedAccounts()
    client, _ = open_account(canvas.client(folder), opened)
    return client, opened


def open_other(canvas: FakeCanvas, folder: Path) -> tuple[ApiClient, OpenedAccounts]:
    """Open the account of the other user in a new run that has no token of the test user."""
    settings = replace(SETTINGS, tokens={"CANVAS_TOKEN": "other-token", "CANVAS_ADMIN_TOKEN": "admin-token"})
    opened = OpenedAccounts()
    client, _ = open_account(canvas.client(folder, replace(settings, other_user_id=0)), opened)
    return client, opened


def admin_of(client: ApiClient) -> ApiClient:
    """Return the admin's client in the same run."""
    return ApiClient(client.transport, client.contract, "admin-token", "CANVAS_ADMIN_TOKEN")


def create(client: ApiClient, fields: tuple[tuple[str, str], ...]) -> None:
    """Send a create, with the token that can register devices if it is that of a push channel; ignore how it ends."""
    sender = replace(client, token="push-token", token_name="CANVAS_PUSH_TOKEN") if fields == PUSH else client
    with suppress(Inconclusive, Killed):
        client.transport.send(sender.build_request("", "POST", body=fields))


class Killed(BaseException):
    """The end of a killed run."""


def kill(canvas: FakeCanvas, request: httpx2.Request) -> httpx2.Response:
    """Execute the request; kill the run before it has the response to a create."""
    response = canvas.execute(request)
    if request.method == "POST":
        raise Killed
    return response


def lose(canvas: FakeCanvas, request: httpx2.Request) -> httpx2.Response:
    """Execute the request; drop the connection before the response to a create."""
    response = canvas.execute(request)
    if request.method == "POST":
        raise httpx2.RemoteProtocolError("dropped")
    return response


def respond(status: int, **parts: object) -> Callable[[FakeCanvas, httpx2.Request], httpx2.Response]:
    """Return a fault that executes all requests, and responds to creates with this status and these other parts."""

    def fault(canvas: FakeCanvas, request: httpx2.Request) -> httpx2.Response:
        response = canvas.execute(request)
        return httpx2.Response(status, **parts) if request.method == "POST" else response  # type: ignore[arg-type]

    return fault


def not_found(_canvas: FakeCanvas, _request: httpx2.Request) -> httpx2.Response:
    """Respond with 404 to each request."""
    return httpx2.Response(404, json={"errors": [{"message": "not found"}]})
