"""What Canvas may vary, and a suite that raises no false alarm must bear."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from starlette.middleware.gzip import GZipMiddleware

from mockserver.errors import BadParameters
from mockserver.world import World
from mutants.exchange import Reply
from mutants.surgery import harmless, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mutants.exchange import Ask
    from mutants.surgery import Surgery

_OWNER = 1
_NOW_AND_THEN = 151
_LARGE = 2**53
_CRASH = {"errors": [{"message": "An error occurred.", "error_code": "internal_server_error"}]}
_WORDS = {
    "user authorization required": "Benutzerautorisierung erforderlich",
    "user not authorized to perform that action": "Der Benutzer ist dazu nicht berechtigt",
    "The specified resource does not exist.": "Die angegebene Ressource existiert nicht.",
    "An error occurred.": "Ein Fehler ist aufgetreten.",
    "can't be blank": "muss ausgef\u00fcllt werden",
    "is invalid": "ist ung\u00fcltig",
    "SNS is not configured for this developer key": "SNS ist nicht konfiguriert",
    "For All Devices": "F\u00fcr alle Ger\u00e4te",
}


def _headers(mock: Surgery, change: Callable[[dict[str, str]], object]) -> None:
    mock.on_reply(lambda _ask, reply: change(reply.headers))


def _channels(mock: Surgery, *rows: dict[str, Any]) -> None:
    """What the owner has before the run."""
    mock.user(_OWNER)["channels"] = [{"id": 100 + number, **row} for number, row in enumerate(rows)]


# -- answers


@harmless
def refusals_are_401(mock: Surgery) -> None:
    """Refusals are 401, as before about 2024."""
    mock.options["unauthorized_status"] = 401


@harmless
def error_reports_are_numbered(mock: Surgery) -> None:
    """Errors carry an `error_report_id`."""
    mock.options["error_report_ids"] = True


@harmless
def unknown_fields(mock: Surgery) -> None:
    """Channels and errors have fields that nobody described."""

    def change(_ask: Ask, reply: Reply) -> None:
        value = reply.value
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                each.update({"new_in_canvas": True, "notes": None, "more": {"a": [1]}})
        if value is not None:
            reply.value = value

    mock.on_reply(change)


@harmless
def unknown_headers(mock: Surgery) -> None:
    """Answers have headers that nobody described."""
    _headers(mock, lambda headers: headers.update({"status": "200 OK", "x-served-by": "edge-7", "x-session-id": "0f"}))


@harmless
def headers_in_capitals(mock: Surgery) -> None:
    """Header names are written in capitals."""

    def change(_ask: Ask, reply: Reply) -> None:
        for name in list(reply.headers):
            if name != "content-length":
                reply.headers[name.title()] = reply.headers.pop(name)

    mock.on_reply(change)


@harmless
def few_headers(mock: Surgery) -> None:
    """A proxy leaves only the headers that an answer needs."""
    needed = {"content-type", "content-length", "link", "www-authenticate"}
    mock.on_reply(
        lambda _ask, reply: setattr(reply, "headers", {k: v for k, v in reply.headers.items() if k in needed})
    )


@harmless
def no_etag(mock: Surgery) -> None:
    """A proxy strips the ETag, and there is no 304."""

    def before(ask: Ask) -> None:
        ask.headers.pop(b"if-none-match", None)

    mock.on_ask(before)
    _headers(mock, lambda headers: headers.pop("etag", None))


@harmless
def no_rate_limit_headers(mock: Surgery) -> None:
    """Answers say nothing of cost and budget."""
    _headers(mock, lambda headers: (headers.pop("x-rate-limit-remaining", None), headers.pop("x-request-cost", None)))


@harmless
def plain_content_type(mock: Surgery) -> None:
    """JSON comes without a charset."""

    def change(_ask: Ask, reply: Reply) -> None:
        if "json" in reply.headers.get("content-type", ""):
            reply.headers["content-type"] = "application/json"

    mock.on_reply(change)


@harmless
def cookies(mock: Surgery) -> None:
    """Answers set cookies, and a create of a session without a token is refused as a forgery."""

    def before(ask: Ask) -> Reply | None:
        if b"cookie" not in ask.headers or ask.token or ask.method == "GET":
            return None
        return Reply(422, {"content-type": "application/json"}, b'{"status":"422"}')

    mock.on_ask(before)
    _headers(mock, lambda headers: headers.update({"set-cookie": "canvas_session=abc; path=/"}))


@harmless
def shards_are_named_in_headers(mock: Surgery) -> None:
    """X-Canvas-User-Id has the shard before the user's number, as on hosted systems."""

    def change(headers: dict[str, str]) -> None:
        if "x-canvas-user-id" in headers:
            headers["x-canvas-user-id"] = str(10_890 * 10**13 + int(headers["x-canvas-user-id"]))

    _headers(mock, change)


@harmless
def keys_in_another_order(mock: Surgery) -> None:
    """The keys of every object are in another order."""

    def turned(value: Any) -> Any:
        if isinstance(value, list):
            return [turned(each) for each in value]
        return {key: turned(value[key]) for key in reversed(value)} if isinstance(value, dict) else value

    def change(_ask: Ask, reply: Reply) -> None:
        if reply.value is not None:
            reply.value = turned(reply.value)

    mock.on_reply(change)


@harmless
def json_in_ascii(mock: Surgery) -> None:
    """JSON is written with escapes and blanks."""

    def change(_ask: Ask, reply: Reply) -> None:
        if reply.value is not None:
            reply.body = json.dumps(reply.value, indent=1).encode()

    mock.on_reply(change)


@harmless
def translated_messages(mock: Surgery) -> None:
    """Messages, and the address of the push channel, are in another language."""

    def change(_ask: Ask, reply: Reply) -> None:
        if reply.value is not None:
            text = reply.body.decode()
            for english, german in _WORDS.items():
                text = text.replace(json.dumps(english), json.dumps(german, ensure_ascii=False))
            reply.body = text.encode()

    mock.on_reply(change)


@harmless
def older_canvas(mock: Surgery) -> None:
    """Canvas before about 2024: refusals 401, no bounce fields even for site admins, the type's word as the message."""
    mock.options["unauthorized_status"] = 401

    def change(_ask: Ask, reply: Reply) -> None:
        for text, word in ((b"can't be blank", b"blank"), (b"is invalid", b"invalid")):
            reply.body = reply.body.replace(text, word)

    def alter(_ask: Ask, channel: dict[str, Any]) -> None:
        for name in [name for name in channel if "bounce" in name]:
            del channel[name]

    mock.on_reply(change)
    mock.on_channel(alter)


@harmless
def known_crashes(mock: Surgery) -> None:
    """Where Canvas is known to crash it answers 500, in its generic shape."""
    mock.replace(BadParameters, "status_code", 500)
    mock.replace(BadParameters, "body", lambda self: dict(_CRASH))


@harmless
def crashes_as_text(mock: Surgery) -> None:
    """Where Canvas is known to crash, the page that says so crashes too, and the web server answers in plain text."""

    def change(_ask: Ask, reply: Reply) -> None:
        if reply.status == 500:
            reply.body = b"500 Internal Server Error\nIf you are the administrator of this website...\n"
            reply.headers["content-type"] = "text/plain"

    mock.replace(BadParameters, "status_code", 500)
    mock.replace(BadParameters, "body", lambda self: dict(_CRASH))
    mock.on_reply(change)


# -- the way there


@harmless
def slow(mock: Surgery) -> None:
    """Every answer takes some milliseconds."""

    def make(app: ASGIApp) -> ASGIApp:
        async def slowly(scope: Scope, receive: Receive, send: Send) -> None:
            await asyncio.sleep(0.003)
            await app(scope, receive, send)

        return slowly

    mock.wrap(make)


@harmless
def compressed(mock: Surgery) -> None:
    """Bodies are compressed with gzip."""
    mock.wrap(lambda app: GZipMiddleware(app, minimum_size=1))


@harmless
def chunked(mock: Surgery) -> None:
    """Bodies come in chunks, without a length."""

    def make(app: ASGIApp) -> ASGIApp:
        async def in_chunks(scope: Scope, receive: Receive, send: Send) -> None:
            async def cut(message: Message) -> None:
                if message["type"] == "http.response.start":
                    if message["status"] not in {204, 304}:
                        message["headers"] = [pair for pair in message["headers"] if pair[0] != b"content-length"]
                    await send(message)
                    return
                body = message.get("body", b"")
                await send({**message, "body": body[:7], "more_body": True})
                await send({**message, "body": body[7:]})

            await app(scope, receive, cut)

        return in_chunks

    mock.wrap(make)


@harmless
def connections_are_closed(mock: Surgery) -> None:
    """The server closes the connection after every answer."""
    _headers(mock, lambda headers: headers.update({"connection": "close"}))


@harmless
def connections_are_dropped(mock: Surgery) -> None:
    """Now and then the server drops the connection on a list."""

    def make(app: ASGIApp) -> ASGIApp:
        async def dropping(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] != "GET" or not _is_time(count):
                await app(scope, receive, send)
                return
            headers = [(b"content-type", b"application/json"), (b"content-length", b"100")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})

        return dropping

    count: list[int] = []
    mock.wrap(make)


@harmless
def rate_limit_403(mock: Surgery) -> None:
    """Now and then the answer is 403 Rate Limit Exceeded, in plain text, and nothing was done."""
    _rate_limit(mock, 403, "403 Forbidden (Rate Limit Exceeded)\n")


@harmless
def rate_limit_429(mock: Surgery) -> None:
    """Now and then the answer is 429 Rate Limit Exceeded, in plain text, and nothing was done."""
    _rate_limit(mock, 429, "429 Too Many Requests (Rate Limit Exceeded)\n")


def _rate_limit(mock: Surgery, status: int, text: str) -> None:
    def before(_ask: Ask) -> Reply | None:
        if not _is_time(count):
            return None
        headers = {"content-type": "text/plain; charset=utf-8", "x-rate-limit-remaining": "0.0"}
        return Reply(status, headers, text.encode())

    count: list[int] = []
    mock.on_ask(before)


def _is_time(count: list[int]) -> bool:
    count.append(1)
    return len(count) % _NOW_AND_THEN == 0


# -- the school


@harmless
def sns_is_off(mock: Surgery) -> None:
    """No developer key has an SNS ARN."""
    mock.user(_OWNER)["tokens"] = [{"value": "student-token"}, {"value": "push-token"}]


@harmless
def site_admin_reads_no_messages(mock: Surgery) -> None:
    """The site admin may not read messages, and sees no bounce fields."""
    mock.user(6)["rights"] = ["become_user", "manage_students", "manage_user_logins"]


@harmless
def bounces_have_happened(mock: Surgery) -> None:
    """The owner's channels have bounced."""
    bounces = {"bounce_count": 3, "last_bounce_at": "2026-02-01T08:00:00Z", "last_bounce_summary": "550 no such user"}
    _channels(mock, {"type": "email", "address": "owner@school.example", "bounces": bounces})


@told(CANVAS_OTHER_USER_ID=str(_LARGE + 3))
@harmless
def large_ids(mock: Surgery) -> None:
    """Ids are beyond what a double can hold."""
    _shift(mock, _LARGE + 1)


def _shift(mock: Surgery, by: int) -> None:
    for user in mock.document["users"]:
        user["id"] += by
        user["observes"] = [id_ + by for id_ in user.get("observes", ())]
        for channel in user.get("channels", ()):
            channel["id"] += by


# -- the owner


@harmless
def no_channels(mock: Surgery) -> None:
    """The owner has no channels."""
    _channels(mock)


@harmless
def twenty_five_channels(mock: Surgery) -> None:
    """The owner has 25 channels."""
    _channels(mock, *({"type": "email", "address": f"owner{number}@school.example"} for number in range(25)))


@harmless
def a_push_channel(mock: Surgery) -> None:
    """The owner has a push channel."""
    mock.user(_OWNER)["channels"].append({"id": 100, "type": "push", "address": "push"})


@harmless
def a_retired_push_channel(mock: Surgery) -> None:
    """The owner had a push channel."""
    mock.user(_OWNER)["channels"].append({"id": 100, "type": "push", "address": "push", "state": "retired"})


@harmless
def other_types(mock: Surgery) -> None:
    """The owner has channels of types that Canvas no longer makes."""
    _channels(
        mock,
        {"type": "email", "address": "owner@school.example"},
        {"type": "twitter", "address": "owner"},
        {"type": "slack", "address": "owner@slack.example"},
        {"type": "personal_email", "address": "home@owner.example"},
    )


@harmless
def strange_addresses(mock: Surgery) -> None:
    """The owner has addresses of every kind."""
    addresses = [
        '"quoted blank"@school.example',
        "100%@school.example",
        "a+b@school.example",
        "\u65e5\u672c@\u4f8b\u3048.example",
        "<b>bold</b>",
        "a/b?c=d#e@school.example",
        "o'brien&co@school.example",
        "\U0001f600",
        "back\\slash",
        "x" * 255,
    ]
    _channels(mock, *({"type": "sms", "address": address} for address in addresses))


@harmless
def gaps_in_positions(mock: Surgery) -> None:
    """The owner's positions have gaps."""
    _channels(
        mock,
        {"type": "email", "address": "owner@school.example", "position": 4},
        {"type": "sms", "address": "5550100", "position": 9},
    )


@harmless
def positions_against_ids(mock: Surgery) -> None:
    """The owner's older channels have later positions."""
    _channels(
        mock,
        {"type": "email", "address": "owner@school.example", "position": 3},
        {"type": "sms", "address": "5550100", "position": 1},
    )


@harmless
def positions_that_tie(mock: Surgery) -> None:
    """Two of the owner's channels have the same position."""
    _channels(
        mock,
        {"type": "email", "address": "owner@school.example", "position": 2},
        {"type": "sms", "address": "5550100", "position": 2},
    )


@harmless
def a_position_of_null(mock: Surgery) -> None:
    """One of the owner's channels has no position, and is listed last."""
    far = 10**6

    def reset(self: World) -> None:
        original(self)
        self.users[_OWNER].channels.last_position = 2

    original = World.reset
    mock.user(_OWNER)["channels"][2]["position"] = far
    mock.replace(World, "reset", reset)
    mock.on_channel(lambda _ask, channel: channel.update(position=None) if channel["position"] == far else None)


@harmless
def a_birth_of_null(mock: Surgery) -> None:
    """One of the owner's channels was made before Canvas wrote down when."""
    mock.on_channel(lambda _ask, channel: channel.update(created_at=None) if str(channel["id"]) == "1" else None)


@harmless
def many_rows(mock: Surgery) -> None:
    """The owner has seventy deleted channels."""
    rows = ({"type": "email", "address": f"old{n}@school.example", "state": "retired"} for n in range(70))
    _channels(mock, {"type": "email", "address": "owner@school.example"}, *rows)


@harmless
def an_imported_channel(mock: Surgery) -> None:
    """The school imported the owner's first address, and may forbid its deletion."""
    mock.document["account"]["edit_institution_email"] = False
    mock.user(_OWNER)["channels"][0]["imported"] = True
