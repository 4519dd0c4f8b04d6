"""The one gate through which every request leaves, shut by default.

The fence takes a call as fields and encodes it itself, so what it checked is what leaves.
"""

from __future__ import annotations

import json
import re
import shlex
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import httpx2

from contract_tests import pool
from contract_tests.settings import UnusableTargetError

if TYPE_CHECKING:
    from collections.abc import Callable

    from contract_tests.journal import Journal
    from contract_tests.settings import Settings

Fields = tuple[tuple[str, str], ...]
ROOT = "/api/v1/users/"
_RATE_LIMIT = "Rate Limit Exceeded"
_TRIES = 8
_MEDIA_TYPES = {"form": "application/x-www-form-urlencoded", "json": "application/json"}


class RefusedError(Exception):
    """The suite tried to send what it must not; a mistake in the suite, never in the target."""


@dataclass(frozen=True)
class Call:
    """One request before it is encoded; path segments are plain text."""

    method: str
    user: str
    tail: tuple[str, ...] = ()
    query: Fields = ()
    body: Fields = ()
    encoding: str = "form"
    token: str | None = field(default=None, repr=False)
    token_name: str = "CANVAS_TOKEN"  # noqa: S105 - the name of a variable, not a token
    owner: int = 0
    headers: Fields = ()

    @property
    def path(self) -> str:
        """The path as it is sent."""
        segments = (self.user, "communication_channels", *self.tail)
        return ROOT + "/".join(quote(segment, safe=":@+") for segment in segments)

    @property
    def target(self) -> str:
        """The path and the query as they are sent."""
        return self.path + (f"?{urlencode(self.query)}" if self.query else "")

    def curl(self) -> str:
        """The call as a line to paste; the token is a variable."""
        parts = ["curl -s -X", self.method, f'"$CANVAS_URL"{shlex.quote(self.target)}']
        if self.token is not None:
            parts.append(f'-H "Authorization: Bearer ${self.token_name}"')
        parts += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in self.headers]
        if self.encoding == "json" and self.body:
            parts.append(f"-H 'Content-Type: application/json' -d {shlex.quote(_json(self.body))}")
        else:
            flag = "-F" if self.encoding == "multipart" else "--data-urlencode"
            parts += [f"{flag} {shlex.quote(f'{name}={value}')}" for name, value in self.body]
        return " ".join(parts)


class Fence:
    """Sends what is safe, slowly enough, and refuses the rest before it leaves."""

    def __init__(
        self,
        settings: Settings,
        journal: Journal,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self.journal = journal
        self.foreign: set[int] = set()
        self.foreign_keys: set[tuple[str, str]] = set()
        self.trace: list[str] = []
        self.sent = 0
        self._settings = settings
        self._clock, self._wait = clock, wait
        self._next = clock()
        self._client = httpx2.Client(base_url=settings.url, timeout=30.0, follow_redirects=False, trust_env=False)

    def send(self, call: Call) -> httpx2.Response:
        """The answer to a call that is safe; RefusedError for any other."""
        self._check(call)
        self.trace.append(call.curl())
        for _ in range(_TRIES):
            answer = self._once(call)
            if answer.status_code not in {403, 429} or _RATE_LIMIT not in answer.text:
                return self._record(call, answer)
            self._wait(1.0)
        raise UnusableTargetError("The target keeps answering Rate Limit Exceeded; run again later or lower RATE.")

    @property
    def origin(self) -> str:
        """The only origin to which anything is sent."""
        return self._settings.url

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _once(self, call: Call) -> httpx2.Response:
        if self.sent >= self._settings.budget:
            raise UnusableTargetError(
                f"The budget of {self._settings.budget} requests is spent; choose a larger PROFILE."
            )
        self._pace()
        self.sent += 1
        request = self._client.build_request(call.method, call.target, headers=_headers(call), **_encoded(call))
        return self._deliver(request, tries=3 if call.method == "GET" else 1)

    def _deliver(self, request: httpx2.Request, tries: int) -> httpx2.Response:
        for left in reversed(range(tries)):
            try:
                return self._client.send(request)
            except httpx2.TransportError as error:
                if left == 0:
                    raise UnusableTargetError(
                        f"The target does not answer ({type(error).__name__}); see that CANVAS_URL is right."
                    ) from error
        raise AssertionError("a request has at least one try")

    def _pace(self) -> None:
        now = self._clock()
        if self._settings.rate and now < self._next:
            self._wait(self._next - now)
        if self._settings.rate:
            self._next = max(now, self._next) + 1 / self._settings.rate

    def _check(self, call: Call) -> None:
        match call.method:
            case "GET" if not call.tail:
                return
            case "POST" if not call.tail and self._may_create(call):
                return
            case "DELETE" if not _redirects(call) and self._may_delete(call):
                return
        raise RefusedError(f"{call.method} {call.path} is outside the fence")

    def _may_create(self, call: Call) -> bool:
        fields = dict((*call.body, *call.query))
        kind = fields.get("communication_channel[type]", "")
        address = fields.get("communication_channel[address]", "")
        if not address.strip() and kind != "push":
            return True
        key = _key(kind, address)
        if key not in pool.KEYS or key in self.foreign_keys:
            return False
        self.journal.intend(call.owner, key)
        return True

    def _may_delete(self, call: Call) -> bool:
        match call.tail:
            case ("push",) if call.user == "self":
                return dict(call.body).get("push_token", "").lower().startswith(pool.DEVICE)
            case (channel,) if not _could_be_id(channel):
                return True
            case (channel,):
                return int(channel) in self.journal.made and int(channel) not in self.foreign
            case (kind, address):
                key = (kind.lower(), address.lower())
                return key in pool.KEYS | {pool.ABSENT.key} and key not in self.foreign_keys
        return False

    def _record(self, call: Call, answer: httpx2.Response) -> httpx2.Response:
        if 300 <= answer.status_code < 400 and answer.status_code != 304:
            raise UnusableTargetError(
                "The target redirects elsewhere; set CANVAS_URL to the address that answers itself."
            )
        if answer.status_code == 200 and call.method in {"POST", "DELETE"}:
            self._remember(call.method, _json_object(answer))
        return answer

    def _remember(self, method: str, channel: dict[str, Any]) -> None:
        match channel:
            case {"id": int(number), "user_id": int(owner)} if number not in self.foreign:
                if method == "POST":
                    self.journal.create(owner, number)
                elif channel.get("workflow_state") == "retired":
                    self.journal.delete(number)


def _key(kind: str, address: str) -> tuple[str, str]:
    """The row that Canvas would make: it takes any unknown type as email, and ignores a push channel's address."""
    if kind == "push":
        return pool.PUSH.key
    return ("sms" if kind == "sms" else "email", address.lower())


def _redirects(call: Call) -> bool:
    """Whether `type` and `address` beside the path would lead Canvas to another channel than the path's."""
    return not {"type", "address"}.isdisjoint(dict((*call.body, *call.query)))


def _could_be_id(text: str) -> bool:
    return re.fullmatch(r"\d+", text) is not None and 0 < int(text) < 2**63


def _headers(call: Call) -> dict[str, str]:
    headers = dict(call.headers)
    if call.body and call.encoding in _MEDIA_TYPES:
        headers["Content-Type"] = _MEDIA_TYPES[call.encoding]
    if call.token is not None:
        headers["Authorization"] = f"Bearer {call.token}"
    return headers


def _encoded(call: Call) -> dict[str, Any]:
    match call.encoding:
        case _ if not call.body:
            return {}
        case "json":
            return {"content": _json(call.body)}
        case "multipart":
            return {"files": [(name, (None, value)) for name, value in call.body]}
    return {"content": urlencode(call.body)}


def _json(fields: Fields) -> str:
    document: dict[str, Any] = {}
    for name, value in fields:
        outer, _, inner = name.rstrip("]").partition("[")
        if inner:
            document.setdefault(outer, {})[inner] = value
        else:
            document[outer] = value
    return json.dumps(document)


def _json_object(answer: httpx2.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
