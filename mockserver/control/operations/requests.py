"""Operations on the request journal of a world."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mockserver.control.operations.times import read_time
from mockserver.control.problems import Problem
from mockserver.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockserver.api.routes import Routes
    from mockserver.canvas.errors import Header
    from mockserver.control.operations.context import Context
    from mockserver.control.request_journal import Entry, RequestJournal

Body = dict[str, Any]

_REDACTED = "TOKEN"
_NOT_IN_CURL = frozenset({"accept-encoding", "connection", "content-length", "host", "user-agent"})


class RequestOperations:
    """Operations on the requests of the world of the current request."""

    def __init__(self, context: Context, routes: Routes) -> None:
        self._context = context
        self._routes = routes

    async def list_requests(self, limit: int = 100, **filters: Any) -> list[Body]:
        """Return the requests that match, the newest first."""
        return [self._shown(entry) for entry, _ in zip(self._matching(**filters), range(limit), strict=False)]

    async def get_request(self, number: int) -> Body:
        """Return one request."""
        entry = self._journal.find(number)
        if entry is None:
            raise Problem(404, "unknown_request", f"The mock does not remember a request {number} of this world.")
        return self._shown(entry)

    async def count_requests(
        self, exactly: int | None = None, at_least: int | None = None, at_most: int | None = None, **filters: Any
    ) -> Body:
        """Return how many requests match, and whether it is as expected."""
        count = sum(1 for _ in self._matching(**filters))
        is_expected = (
            exactly in {None, count}
            and (at_least is None or count >= at_least)
            and (at_most is None or count <= at_most)
        )
        return {"count": count, "as_expected": is_expected}

    async def wait_for_request(self, timeout: float = 5.0, **filters: Any) -> Body:  # noqa: ASYNC109  # a parameter of the operation
        """Return the first request that matches."""

        def oldest() -> Entry | None:
            found = list(self._matching(**filters))
            return found[-1] if found else None

        entry = await self._context.world.changed.wait(oldest, timeout)
        if entry is None:
            raise Problem(404, "no_request", f"No request that matches was received within {timeout:g} seconds.")
        return self._shown(entry)

    async def clear_requests(self) -> tuple[None, int]:
        """Forget all requests."""
        self._journal.clear()
        return None, 204

    @property
    def _journal(self) -> RequestJournal:
        return self._context.world.requests

    def _matching(
        self,
        method: str = "",
        contains: str = "",
        violation: bool | None = None,
        since: str = "",
        after: int = 0,
        **equal: Any,
    ) -> Iterator[Entry]:
        """Yield the requests that match, the newest first."""
        earliest = read_time("since", since).timestamp() if since else 0.0
        text = contains.encode()
        for entry in self._journal:
            if entry.number <= after:
                return
            if (
                (not method or entry.method == method.upper())
                and (not text or text in entry.path or text in entry.query or text in entry.body)
                and violation in {None, bool(entry.violations)}
                and entry.received_at >= earliest
                and all(getattr(entry, name) == value for name, value in equal.items())
            ):
                yield entry

    def _shown(self, entry: Entry) -> Body:
        """Return the request as the control contract describes it."""
        target = entry.path + (b"?" + entry.query if entry.query else b"")
        body: Body = {
            "number": entry.number,
            "received_at": datetime.fromtimestamp(entry.received_at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "milliseconds": round(entry.seconds * 1000, 3),
            "method": entry.method,
            "url": _redacted(entry, target),
            "headers": _headers(entry, entry.headers),
            "body": _redacted(entry, entry.body),
            "status": entry.status,
            "response_headers": _headers(entry, entry.response_headers),
            "response_body": _redacted(entry, entry.response_body),
            "violations": list(entry.violations),
            "curl": self._curl(entry, target),
        }
        if entry.operation_id:
            body["operation_id"] = entry.operation_id
        else:
            body["route"] = self._routes.explain(entry.method, printable(entry.path.decode("latin-1")))
        if entry.user_id is not None:
            body["user_id"] = entry.user_id
        if entry.fault_id is not None:
            body["fault_id"] = entry.fault_id
        if entry.effect:
            body["effect"] = entry.effect
        return body

    def _curl(self, entry: Entry, target: bytes) -> str:
        """Return the request as a curl command; text that is not UTF-8 is replaced."""
        method = [] if entry.method == "GET" else ["-I"] if entry.method == "HEAD" else ["-X", entry.method]
        parts = ["curl", *method, self._context.base_url + _redacted(entry, target)]
        for name, value in entry.headers:
            if name.decode("latin-1") not in _NOT_IN_CURL:
                parts += ["-H", f"{name.decode('latin-1')}: {_redacted(entry, value)}"]
        if entry.body:
            parts += ["--data-binary", _redacted(entry, entry.body)]
        return shlex.join(parts).replace(_REDACTED, "'\"$TOKEN\"'")


def _headers(entry: Entry, headers: tuple[Header, ...]) -> list[Body]:
    return [{"name": name.decode("latin-1"), "value": _redacted(entry, value)} for name, value in headers]


def _redacted(entry: Entry, data: bytes) -> str:
    """Return bytes as text, without the access token of the request."""
    text = data.decode("utf-8", "replace")
    return text.replace(entry.token, _REDACTED) if entry.token else text
