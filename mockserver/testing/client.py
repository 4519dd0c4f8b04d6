"""A client of the control API, for one world."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self, cast

import httpx2

if TYPE_CHECKING:
    from types import TracebackType

    from mockserver.testing.documents import (
        ChannelEntry,
        Clock,
        Effect,
        Fault,
        Message,
        Request,
        Token,
        UserSummary,
        World,
        WorldDocument,
    )

_TIMEOUT = 70.0
"""The timeout of a request in seconds; longer than the longest wait of an operation, 60 seconds."""


class ControlError(Exception):
    """A response of the control API that is not a success; `problem` is its body."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code', '')}: {problem.get('detail', '')}")
        self.status = status
        self.code = problem.get("code")
        self.problem = problem


class CanvasMock:
    """One world of a mock that runs at `server_url`.

    Args:
        server_url: The origin of the mock.
        world: The name of the world, which is made when it is first used.
        control_token: The token of the mock's option `--control-token`.
        http: A client for the control API in place of a new one.
    """

    def __init__(
        self,
        server_url: str,
        world: str = "default",
        *,
        control_token: str | None = None,
        http: httpx2.Client | None = None,
    ) -> None:
        self.world = world
        self.base_url = f"{server_url.rstrip('/')}/worlds/{world}"
        """The URL that takes the place of Canvas's origin; requests to it use this world."""
        self.api_url = f"{self.base_url}/api/v1"
        self._headers = {"X-Mock-Control-Token": control_token} if control_token else {}
        self._http = http or httpx2.Client(trust_env=False, timeout=_TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the world remains."""
        self._http.close()

    # -- the world

    def delete(self) -> None:
        """Delete the world."""
        self._send("DELETE", f"/worlds/{self.world}")

    def reset(self) -> None:
        """Restore the state with which the world started."""
        self._send("POST", "/reset")

    def state(self) -> WorldDocument:
        """Return the whole state."""
        return cast("WorldDocument", self._send("GET", "/state"))

    def replace_state(self, document: WorldDocument) -> World:
        """Replace the whole state."""
        return cast("World", self._send("PUT", "/state", document))

    def save(self, snapshot: str) -> None:
        """Save the state under a name."""
        self._send("PUT", f"/snapshots/{snapshot}")

    def restore(self, snapshot: str) -> None:
        """Restore a saved state."""
        self._send("POST", f"/snapshots/{snapshot}/restore")

    def update_account(self, **settings: Any) -> dict[str, Any]:
        """Change settings of the account, and return all of them."""
        return cast("dict[str, Any]", self._send("PATCH", "/account", settings))

    # -- users and channels

    def users(self, search: str = "", limit: int = 100) -> list[UserSummary]:
        """Return the users whose id, name, login or token contains the text."""
        body = self._send("GET", "/users", params={"search": search, "limit": limit})
        return cast("list[UserSummary]", body["users"])

    def token(self, user_id: int) -> str:
        """Return the value of the user's first token that has no scopes and no expiry, and is not revoked."""
        entry = self._send("GET", f"/users/{user_id}")
        for token in entry["tokens"]:
            if not (token.get("revoked") or "scopes" in token or "expires_at" in token):
                return str(token["value"])
        raise LookupError(f"user {user_id} has no valid token without scopes")

    def add_user(self, user_id: int, name: str, **entry: Any) -> dict[str, Any]:
        """Add a user, with the other keys of a world document such as `tokens` and `channels`."""
        return cast("dict[str, Any]", self._send("POST", "/users", {"id": user_id, "name": name, **entry}))

    def add_token(self, user_id: int, value: str, **entry: Any) -> Token:
        """Add an access token, with the other keys of a world document such as `scopes` and `expires_at`."""
        return cast("Token", self._send("POST", f"/users/{user_id}/tokens", {"value": value, **entry}))

    def revoke_token(self, value: str) -> None:
        """Revoke an access token. Raises LookupError for an unknown one."""
        for user in self.users(value):
            for token in user["tokens"]:
                if token["value"] == value:
                    self._send("PATCH", f"/tokens/{token['id']}", {"revoked": True})
                    return
        raise LookupError(f"the world has no token {value}")

    def confirm(self, channel_id: int) -> ChannelEntry:
        """Confirm a channel."""
        return cast("ChannelEntry", self._send("POST", f"/channels/{channel_id}/confirm"))

    def bounce(self, channel_id: int, kind: str = "permanent", summary: str | None = None) -> ChannelEntry:
        """Record a message that bounced: the kind is `permanent`, `transient` or `suppression`."""
        body = {"kind": kind, **({"summary": summary} if summary else {})}
        return cast("ChannelEntry", self._send("POST", f"/channels/{channel_id}/bounces", body))

    def update_channel(self, channel_id: int, **changes: bool) -> ChannelEntry:
        """Change `imported` or `one_time_password` of a channel."""
        return cast("ChannelEntry", self._send("PATCH", f"/channels/{channel_id}", changes))

    # -- the outbox

    def messages(self, **filters: Any) -> list[Message]:
        """Return the messages that match, the newest first; the filters are those of the operation `list_messages`."""
        return cast("list[Message]", self._send("GET", "/outbox", params=filters))

    def wait_for_message(self, timeout: float = 5.0, **filters: Any) -> Message:
        """Return the first message that matches. Raises ControlError if none is sent in time."""
        return cast("Message", self._send("GET", "/outbox/next", params={"timeout": timeout, **filters}))

    def clear_messages(self) -> None:
        """Delete all messages."""
        self._send("DELETE", "/outbox")

    # -- faults

    def add_fault(self, effect: Effect, **fault: Any) -> Fault:
        """Add a fault, with the other keys of the control contract: `match`, `times`, `delay`, `description`."""
        return cast("Fault", self._send("POST", "/faults", {"effect": effect, **fault}))

    def fail_next(self, status: int, operation_id: str | None = None, times: int = 1) -> Fault:
        """Make the next requests fail: with a documented response, or for a status from 500 with a server error."""
        kind = "server_error" if status >= 500 else "documented_response"
        match = {"match": {"operation_id": operation_id}} if operation_id else {}
        return self.add_fault({"kind": kind, "status": status}, times={"next": times}, **match)

    def faults(self) -> list[Fault]:
        """Return all faults."""
        return cast("list[Fault]", self._send("GET", "/faults"))

    def clear_faults(self) -> None:
        """Delete all faults."""
        self._send("DELETE", "/faults")

    # -- requests

    def requests(self, **filters: Any) -> list[Request]:
        """Return the requests that match, the newest first; the filters are those of the operation `list_requests`."""
        return cast("list[Request]", self._send("GET", "/requests", params=filters))

    def count_requests(self, **filters: Any) -> int:
        """Return the number of requests that match."""
        return int(self._send("GET", "/requests/count", params=filters)["count"])

    def wait_for_request(self, timeout: float = 5.0, **filters: Any) -> Request:
        """Return the first request that matches. Raises ControlError if none is received in time."""
        return cast("Request", self._send("GET", "/requests/next", params={"timeout": timeout, **filters}))

    def clear_requests(self) -> None:
        """Forget all requests."""
        self._send("DELETE", "/requests")

    # -- the clock

    def clock(self) -> Clock:
        """Return the time of the world."""
        return cast("Clock", self._send("GET", "/clock"))

    def freeze(self, now: datetime | None = None) -> Clock:
        """Stop the clock, at a time or at once."""
        change = {} if now is None else {"now": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        return cast("Clock", self._send("PATCH", "/clock", {"frozen": True, **change}))

    def thaw(self) -> Clock:
        """Let the clock run."""
        return cast("Clock", self._send("PATCH", "/clock", {"frozen": False}))

    def advance(self, seconds: float) -> Clock:
        """Move the time forward."""
        return cast("Clock", self._send("POST", "/clock/advance", {"seconds": seconds}))

    def _send(self, method: str, path: str, body: object = None, params: dict[str, Any] | None = None) -> Any:
        """Send a request to the control API, and return the body of its response. Raises ControlError."""
        response = self._http.request(
            method, f"{self.base_url}/_mock{path}", json=body, params=params, headers=self._headers
        )
        if response.is_success:
            return response.json() if response.content else None
        is_problem = response.headers.get("content-type", "").startswith("application/problem+json")
        raise ControlError(response.status_code, response.json() if is_problem else {"detail": response.text})
