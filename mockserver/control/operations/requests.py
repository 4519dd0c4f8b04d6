"""Operations on the request journal of a world."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from mockserver.control.operations.times import read_time
from mockserver.control.problems import Problem
from mockserver.control.redaction import Redaction
from mockserver.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockserver.api.routes import Routes
    from mockserver.canvas.errors import Header
    from mockserver.control.operations.context import Context
    from mockserver.control.request_journal import Entry, RequestJournal

Body = dict[str, Any]

_MARK = "\ue000"
"""The place of the token in a command before it is quoted; no request has this private character."""
_NOT_IN_CURL = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "user-agent", "x-mock-control-token"}
)


class RequestOperations:
    """Operations on the requests of the world of the current request."""

    def __init__(self, context: Context, routes: Routes) -> None:
        self._context = context
        self._routes = routes

    async def list_requests(self, limit: int = 100, **filters: Any) -> list[Body]:
        """Return the requests that match, the newest first."""
        return [self._shown(entry) for entry in islice(self._matching(**filters), limit)]

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
        """The journal of the world. Raises Problem if the mock records no requests: no list or number would be true."""
        journal = self._context.world.requests
        if not journal.is_enabled:
            raise Problem(
                409,
                "journal_disabled",
                "The mock was started with --journal 0 and records no requests; start it with a larger number.",
            )
        return journal

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
        redaction = Redaction(entry)
        body: Body = {
            "world": self._context.world.name,
            "number": entry.number,
            "received_at": datetime.fromtimestamp(entry.received_at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "milliseconds": round(entry.seconds * 1000, 3),
            "method": entry.method,
            "url": redaction.text(target),
            "headers": _headers(redaction, entry.headers),
            "body": redaction.text(entry.body),
            "status": entry.status,
            "response_headers": _headers(redaction, entry.response_headers),
            "response_body": redaction.text(entry.response_body),
            "violations": _sentences(redaction, entry.violations),
            "response_violations": _sentences(redaction, entry.response_violations),
            "curl": self._curl(entry, target),
        }
        if entry.operation_id:
            body["operation_id"] = entry.operation_id
        else:
            body["route"] = self._routes.explain(entry.method, printable(redaction.text(entry.path)))
        if entry.user_id is not None:
            body["user_id"] = entry.user_id
        if entry.fault_id is not None:
            body["fault_id"] = entry.fault_id
        if entry.effect:
            body["effect"] = entry.effect
        return body

    def _curl(self, entry: Entry, target: bytes) -> str:
        """Return the request as a curl command; text that is not UTF-8 is replaced."""
        redaction = Redaction(entry, _MARK)
        url = self._context.base_url + redaction.text(target)
        parts = ["curl", *_curl_options(entry, url), url]
        headers = [(name.decode("latin-1"), redaction.header(name, value)) for name, value in entry.headers]
        for name, text in headers:
            if name not in _NOT_IN_CURL:
                parts += ["-H", f"{name}: {text}" if text else f"{name};"]  # curl sends `name;` as an empty header
        if entry.body:
            if not any(name == "content-type" for name, _ in headers):
                parts += ["-H", "content-type:"]  # or curl would add the type of a form
            parts += ["--data-raw", redaction.text(entry.body)]
        return shlex.join(parts).replace(_MARK, "'\"$TOKEN\"'")


def _curl_options(entry: Entry, url: str) -> list[str]:
    """Return the method, and the options with which curl sends the URL as it is."""
    options = [] if entry.method == "GET" and not entry.body else ["-X", entry.method]
    if entry.method == "HEAD":
        options = ["-I"]
    if re.search(r"[][{}]", url):
        options.append("--globoff")
    if "/." in url:
        options.append("--path-as-is")
    return options


def _headers(redaction: Redaction, headers: tuple[Header, ...]) -> list[Body]:
    return [{"name": name.decode("latin-1"), "value": redaction.header(name, value)} for name, value in headers]


def _sentences(redaction: Redaction, violations: tuple[str, ...]) -> list[str]:
    return [redaction.text(violation.encode("utf-8", "replace")) for violation in violations]
