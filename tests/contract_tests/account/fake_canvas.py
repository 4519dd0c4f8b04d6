"""A small Canvas in memory for the clean-up of accounts: rows, push tokens, and a fault for each request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import httpx2

from contract_tests.client.api_client import ADDRESS, TOKEN, TYPE, ApiClient
from contract_tests.client.run.pacing import Clock
from contract_tests.client.safety.journal import Journal
from contract_tests.client.settings import Settings
from contract_tests.client.transport import Transport

if TYPE_CHECKING:
    from pathlib import Path

OWNER, OTHER, ADMIN = 1, 2, 9
TOKENS = {"owner-token": OWNER, "push-token": OWNER, "admin-token": ADMIN, "other-token": OTHER}
SETTINGS = Settings(
    "http://127.0.0.1:9",
    {"CANVAS_TOKEN": "owner-token", "CANVAS_PUSH_TOKEN": "push-token", "CANVAS_ADMIN_TOKEN": "admin-token"},
    other_user_id=OTHER,
)
Fault = Callable[["FakeCanvas", httpx2.Request], httpx2.Response]


class NoValidator:
    """A validator that finds no violations."""

    def violations(self, _operation: str, _response: httpx2.Response, *, with_body: bool = True) -> list[str]:
        del with_body
        return []


@dataclass
class FakeCanvas:
    """The rows of all users; each request goes to `fault`, which can `execute` it."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    devices: set[tuple[str, str]] = field(default_factory=set)
    """The access token and the push token of each registered device."""
    fault: Fault = lambda canvas, request: canvas.execute(request)
    requests: list[httpx2.Request] = field(default_factory=list)

    def client(self, folder: Path, settings: Settings = SETTINGS) -> ApiClient:
        """Return the test user's client in a new run."""
        transport = Transport(
            settings,
            Journal(folder, settings.url),
            Clock(wait=lambda _seconds: None),
            httpx2.MockTransport(self._handle),
        )
        return ApiClient(transport, NoValidator(), settings.tokens["CANVAS_TOKEN"], "CANVAS_TOKEN")

    def add(self, user: int, type_: str, address: str) -> int:
        """Add an active row, and return its id."""
        number = 50 + len(self.rows)  # differs from the id of every user
        row = {"id": number, "user_id": user, "type": type_, "address": address, "workflow_state": "active"}
        self.rows.append(row)
        return number

    def active(self, user: int = OWNER) -> list[tuple[str, str]]:
        """Return the types and addresses of the user's active channels."""
        return [(row["type"], row["address"]) for row in self._active_rows(user)]

    def _active_rows(self, user: int) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["user_id"] == user and row["workflow_state"] == "active"]

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        return self.fault(self, request)

    def execute(self, request: httpx2.Request) -> httpx2.Response:
        """Execute the request, and return Canvas's response."""
        token = request.headers["authorization"].removeprefix("Bearer ")
        _api, _version, _users, name, _channels, *tail = _segments(request)
        user = TOKENS[token] if name == "self" else int(name)
        if TOKENS[token] not in {user, ADMIN}:
            return httpx2.Response(403, json={"status": "unauthorized", "errors": [{"message": "denied"}]})
        fields = dict(parse_qsl(request.content.decode()))
        if request.method == "POST":
            return self._create(user, token, fields)
        found = self._active_rows(user)
        if request.method == "GET":
            return httpx2.Response(200, json=found)
        if tail == ["push"] and name == "self" and any(row["type"] == "push" for row in found):
            self.devices -= {each for each in self.devices if each[1] == fields["push_token"]}
            return httpx2.Response(200, json={"success": True})
        return next((_retire(row) for row in found if [str(row["id"])] == tail), _not_found())

    def _create(self, user: int, token: str, fields: dict[str, str]) -> httpx2.Response:
        type_, address = fields.get(TYPE, ""), fields.get(ADDRESS, "")
        if type_ == "push":
            address = "For All Devices"
            if token == "owner-token":  # the developer key of this token cannot register devices
                return httpx2.Response(400, json={"errors": {"type": "SNS is not configured"}})
            self.devices.add((token, fields[TOKEN].lower()))
        for row in self.rows:
            if (row["user_id"], row["type"], row["address"].lower()) == (user, type_, address.lower()):
                row["workflow_state"] = "active"
                return httpx2.Response(200, json=row)
        self.add(user, type_, address)
        return httpx2.Response(200, json=self.rows[-1])


def _segments(request: httpx2.Request) -> list[str]:
    return [unquote(each) for each in request.url.raw_path.decode().partition("?")[0].strip("/").split("/")]


def _retire(row: dict[str, Any]) -> httpx2.Response:
    row["workflow_state"] = "retired"
    return httpx2.Response(200, json=row)


def _not_found() -> httpx2.Response:
    return httpx2.Response(404, json={"errors": [{"message": "The specified resource does not exist."}]})
