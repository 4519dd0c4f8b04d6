"""Requests of the soak: random ones for every operation of the contract, and bad ones of many kinds.

Every kind of fault that the mock can inject belongs in `BAD_REQUESTS` too, as a request that sets the fault.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

_API = "/api/v1/users"
_CHANNELS = f"{_API}/self/communication_channels"
_USERS = (*("self",) * 8, "1", "2", "5", "7", "99999", "sis_user_id:sis-student", "1~2", "abc", str(2**70))
"""The user ids of random requests; a repeated one is more frequent, as a repeated token is."""
_TOKENS = (
    *("student-token", "push-token", "site-admin-token", "student2-token") * 4,
    *("student-token", "push-token", "student2-token", "teacher-token", "observer-token", "admin-token"),
    *("site-admin-token", "many-token", "read-only-token", "delete-only-token", "expired-token", "revoked-token"),
    *("unknown-token", ""),
)
_NUMBERS = ("1", "2", "3", "100", "1000", "0", "-1", "abc", "2.5", "", str(10**30))
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_JSON = {"Content-Type": "application/json"}
_MEDIA_TYPES = (*_FORM.values(), *_JSON.values(), "text/plain")
_ADDRESS = "communication_channel[type]=email&communication_channel[address]="


@dataclass(frozen=True)
class SoakRequest:
    """One request."""

    kind: str
    """The operationId, or the kind of a bad request."""
    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def random_operation(random: Random) -> SoakRequest:
    """Return a random request for a random operation of the contract."""
    build = random.choice((_list, _list, _create, _create, _delete, _delete_by_address, _delete_push_token))
    request = build(random)
    token = random.choice(_TOKENS)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return SoakRequest(request.kind, request.method, request.target, request.headers | headers, request.body)


def random_bad_request(random: Random) -> SoakRequest:
    """Return a bad request of a random kind."""
    kind, build = random.choice(tuple(BAD_REQUESTS.items()))
    request = build(random)
    headers = {"Authorization": "Bearer student-token", **request.headers}
    return SoakRequest(kind, request.method, request.target, headers, request.body)


def _path(random: Random, *tail: str) -> str:
    segments = (random.choice(_USERS), "communication_channels", *tail)
    return "/".join((_API, *(quote(segment, safe=":@") for segment in segments)))


def _address(random: Random) -> tuple[str, str]:
    number = random.randrange(60)
    return random.choice(
        (
            ("email", f"soak-{number}@example.com"),
            ("sms", f"20255501{number:02}"),
            ("push", ""),
            ("email", "not an address"),
            ("fax", f"soak-{number}@example.com"),
        )
    )


def _list(random: Random) -> SoakRequest:
    names = ("page", "per_page", "as_user_id")
    query = {name: random.choice(_NUMBERS) for name in names if random.random() < 0.3}
    headers = {"If-None-Match": 'W/"0123456789abcdef0123456789abcdef"'} if random.random() < 0.1 else {}
    return SoakRequest("list_communication_channels", "GET", f"{_path(random)}?{urlencode(query)}", headers)


def _create(random: Random) -> SoakRequest:
    type_, address = _address(random)
    channel = {"type": type_, "address": address, "token": f"device-{random.randrange(50)}"}
    fields = {f"communication_channel[{name}]": value for name, value in channel.items()}
    fields |= {"skip_confirmation": "1"} if random.random() < 0.3 else {}
    kind, path = "create_communication_channel", _path(random)
    if random.random() < 0.3:
        body = json.dumps({"communication_channel": channel}).encode()
        return SoakRequest(kind, "POST", path, _JSON, body)
    return SoakRequest(kind, "POST", path, _FORM, urlencode(fields).encode())


def _delete(random: Random) -> SoakRequest:
    # Five of the eight ids are small, such as those of the mock's channels.
    number = random.choice((*map(str, random.sample(range(1, 60), 5)), "999999", "abc", "-1"))
    return SoakRequest("delete_communication_channel", "DELETE", _path(random, number))


def _delete_by_address(random: Random) -> SoakRequest:
    type_, address = _address(random)
    tail = (type_, address or "For All Devices")  # a push channel's address in responses and paths
    return SoakRequest("delete_communication_channel_by_address", "DELETE", _path(random, *tail))


def _delete_push_token(random: Random) -> SoakRequest:
    body = urlencode({"push_token": f"device-{random.randrange(50)}"}).encode()
    return SoakRequest("delete_push_token", "DELETE", f"{_CHANNELS}/push", _FORM, body)


def _post(body: bytes, **headers: str) -> SoakRequest:
    return SoakRequest("", "POST", _CHANNELS, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def _post_form(body: str) -> SoakRequest:
    return SoakRequest("", "POST", _CHANNELS, _FORM, body.encode())


def _post_json(body: str) -> SoakRequest:
    return SoakRequest("", "POST", _CHANNELS, _JSON, body.encode())


def _get(query: str = "", **headers: str) -> SoakRequest:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return SoakRequest("", "GET", f"{_CHANNELS}{query}", names)


BAD_REQUESTS: dict[str, Callable[[Random], SoakRequest]] = {
    "malformed JSON": lambda random: _post_json('{"communication_channel": {"type":' + "[" * random.randrange(2000)),
    "JSON nested 10,000 levels deep": lambda _: _post_json("[" * 10_000 + "]" * 10_000),
    "JSON with a number of 5,000 digits": lambda _: _post_json('{"communication_channel": ' + "9" * 5000 + "}"),
    "body of random bytes": lambda random: _post(random.randbytes(300), Content_Type=random.choice(_MEDIA_TYPES)),
    "malformed multipart": lambda random: _post(random.randbytes(300), Content_Type="multipart/form-data; boundary=x"),
    "form with 5,000 parameters": lambda _: _post_form("&".join(f"a{number}=1" for number in range(5000))),
    "form nested 200 levels deep": lambda _: _post_form("a" + "[b]" * 200 + "=1"),
    "form with a name of 5,000 characters": lambda _: _post_form("a" * 5000 + "=1"),
    "address of 300,000 characters": lambda _: _post_form(_ADDRESS + "a" * 300_000 + "@b.c"),
    "body over 1 MiB": lambda random: _post(b"x" * (1_100_000 + random.randrange(1_000_000)), **_FORM),
    "invalid percent escape": lambda _: _get("?per_page=%zz&page=%"),
    "NUL and control characters in a path": lambda _: SoakRequest(
        "", "GET", f"{_API}/%00%1b%5b/communication_channels"
    ),
    "invalid UTF-8 in a query": lambda _: _get("?as_user_id=%ff%fe%c0%80"),
    "foreign Origin": lambda _: _get(Origin="https://attacker.example"),
    "foreign Host": lambda _: _get(Host="attacker.example"),
    "malformed Host": lambda random: _get(Host=random.choice((":", "[::1", "a b", "localhost:x", "\x7f"))),
    "malformed Authorization": lambda random: _get(
        Authorization=random.choice(("Bearer", "Basic eA==", "Bearer  a b"))
    ),
    "unknown method": lambda random: SoakRequest("", random.choice(("PATCH", "PUT", "TRACE", "OPTIONS")), _CHANNELS),
    "unknown path": lambda random: SoakRequest("", "GET", f"/{random.randrange(10**9)}/..//%2e%2e/%252e"),
    "overridden method": lambda _: _post(b"_method=DELETE", X_HTTP_Method_Override="FOO", **_FORM),
    "foreign media type": lambda _: _post(b"<xml/>", Content_Type="application/xml; charset=utf-99"),
}
"""Builds a request of each kind; the mock must respond to each with a status below 500."""
