"""Variants of responses: statuses, headers and bodies."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mockserver.canvas.errors import BadParameters
from mutants.exchange import CRASH, Response
from mutants.links import link_last_page_past_the_end
from mutants.mutant import equivalent

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.exchange import Request
    from mutants.patching import PatchedMock

_TEXT_CRASH = b"500 Internal Server Error\nIf you are the administrator of this website...\n"
"""The start of the plain text that Canvas sends if it crashes and cannot make the error page either."""
_MAX_ID = 2**63 - 1
"""The largest id that the database can store."""
_MAX_USER_ID_DIGITS = 19
"""Canvas looks up no user id with more digits."""
_TRANSLATIONS = {
    "user authorization required": "Benutzerautorisierung erforderlich",
    "user not authorized to perform that action": "Der Benutzer ist dazu nicht berechtigt",
    "The specified resource does not exist.": "Die angegebene Ressource existiert nicht.",
    "An error occurred.": "Ein Fehler ist aufgetreten.",
    "can't be blank": "muss ausgef\u00fcllt werden",
    "is invalid": "ist ung\u00fcltig",
    "SNS is not configured for this developer key": "SNS ist nicht konfiguriert",
    "For All Devices": "F\u00fcr alle Ger\u00e4te",
}
_OLDER_MESSAGES = {"can't be blank": "blank", "is invalid": "invalid", "has already been taken": "taken"}
"""The messages of validation errors of today, and those of Canvas before about 2024, which are the error types."""
_TOKEN_ERRORS = re.compile(rb'"(Revoked|Expired) access token\."(,"expired_at":"[^"]*")?')


def _change_headers(mock: PatchedMock, change: Callable[[dict[str, str]], object]) -> None:
    """Change the headers of every response."""
    mock.on_response(lambda _request, response: change(response.headers))


def _crash_on_bad_parameters(mock: PatchedMock) -> None:
    """Return 500 where the mock returns 400 because Canvas crashes."""
    mock.replace(BadParameters, "status_code", 500)
    mock.replace(BadParameters, "body", lambda self: dict(CRASH))


def _set_text_crash(response: Response) -> None:
    response.status, response.body = 500, _TEXT_CRASH
    response.headers["content-type"] = "text/plain"


def _use_error_types_as_messages(response: Response) -> None:
    for text, word in _OLDER_MESSAGES.items():
        response.body = response.body.replace(f'"message":"{text}"'.encode(), f'"message":"{word}"'.encode())


def _set_null_message_of_422(response: Response) -> None:
    if response.status == 422:
        response.json = {"errors": [{**error, "message": None} for error in response.json["errors"]]}


@equivalent
def denied_requests_are_401(mock: PatchedMock) -> None:
    """Denied requests return 401, as in Canvas before about 2024."""
    mock.options["unauthorized_status"] = 401


@equivalent
def error_report_ids(mock: PatchedMock) -> None:
    """Errors have an `error_report_id`."""
    mock.options["error_report_ids"] = True


@equivalent
def unknown_fields(mock: PatchedMock) -> None:
    """Channels, and all other bodies that are objects, have undocumented fields."""

    def change(_request: Request, response: Response) -> None:
        value = response.json
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                each.update({"new_in_canvas": True, "notes": None, "more": {"a": [1]}})
        if value is not None:
            response.json = value

    mock.on_response(change)


@equivalent
def unknown_headers(mock: PatchedMock) -> None:
    """Responses have undocumented headers."""
    _change_headers(
        mock, lambda headers: headers.update({"status": "200 OK", "x-served-by": "edge-7", "x-session-id": "0f"})
    )


@equivalent
def headers_in_utf_8(mock: PatchedMock) -> None:
    """Some header values have characters outside ASCII in UTF-8, the ETag and the cookie among them."""
    _add_to_headers(mock, "caf\u00e9 \u65e5\u672c".encode())


@equivalent
def headers_in_latin_1(mock: PatchedMock) -> None:
    """Some header values have bytes that are not valid UTF-8, the ETag and the cookie among them."""
    _add_to_headers(mock, b"caf\xe9 \x80\xff")


@equivalent
def headers_in_two_encodings(mock: PatchedMock) -> None:
    """One header has characters in UTF-8, another in Latin-1, and others, such as the ETag, in both."""
    utf_8, latin_1 = "\u00e9".encode(), b"\xe9"
    _add_to_headers(mock, utf_8 + latin_1)
    _change_headers(
        mock,
        lambda headers: headers.update({"x-served-by": utf_8.decode("latin-1"), "server": latin_1.decode("latin-1")}),
    )


def _add_to_headers(mock: PatchedMock, characters: bytes) -> None:
    """Add the bytes to known and unknown headers and to the ETag, and remove them from If-None-Match."""
    text = characters.decode("latin-1")

    def before(request: Request) -> None:
        sent = request.headers.get(b"if-none-match")
        if sent is not None:
            request.headers[b"if-none-match"] = sent.replace(characters + b'"', b'"')

    def after(_request: Request, response: Response) -> None:
        response.headers |= {"x-served-by": text, "server": text, "set-cookie": f"place={text}; path=/"}
        response.headers["x-canvas-meta"] = f"{response.headers.get('x-canvas-meta', '')}place={text};"
        if "etag" in response.headers:
            response.headers["etag"] = f'{response.headers["etag"][:-1]}{text}"'

    mock.on_request(before)
    mock.on_response(after)


@equivalent
def malformed_rate_limit_headers(mock: PatchedMock) -> None:
    """A proxy replaces the numbers of the rate-limit headers by words."""
    _change_headers(mock, lambda headers: headers.update({"x-rate-limit-remaining": "many", "x-request-cost": "-"}))


@equivalent
def headers_in_capitals(mock: PatchedMock) -> None:
    """The words of header names start with capital letters."""

    def change(_request: Request, response: Response) -> None:
        for name in list(response.headers):
            if name != "content-length":  # Response.send sets it under this name
                response.headers[name.title()] = response.headers.pop(name)

    mock.on_response(change)


@equivalent
def few_headers(mock: PatchedMock) -> None:
    """A proxy removes all headers but those that a response needs."""
    needed = {"content-type", "content-length", "link", "www-authenticate"}

    def change(_request: Request, response: Response) -> None:
        response.headers = {name: value for name, value in response.headers.items() if name in needed}

    mock.on_response(change)


@equivalent
def no_etag(mock: PatchedMock) -> None:
    """A proxy removes the ETag, and no response is 304."""

    def before(request: Request) -> None:
        request.headers.pop(b"if-none-match", None)

    mock.on_request(before)
    _change_headers(mock, lambda headers: headers.pop("etag", None))


@equivalent
def no_rate_limit_headers(mock: PatchedMock) -> None:
    """Responses have no rate-limit headers."""
    _change_headers(
        mock, lambda headers: (headers.pop("x-rate-limit-remaining", None), headers.pop("x-request-cost", None))
    )


@equivalent
def plain_content_type(mock: PatchedMock) -> None:
    """The Content-Type of JSON has no charset."""

    def change(_request: Request, response: Response) -> None:
        if "json" in response.headers.get("content-type", ""):
            response.headers["content-type"] = "application/json"

    mock.on_response(change)


@equivalent
def cookies(mock: PatchedMock) -> None:
    """Responses set a cookie; a change with a cookie and without a token returns 422, as from CSRF protection."""

    def before(request: Request) -> Response | None:
        if b"cookie" not in request.headers or request.token or request.method == "GET":
            return None
        return Response(422, {"content-type": "application/json"}, b'{"status":"422"}')

    mock.on_request(before)
    _change_headers(mock, lambda headers: headers.update({"set-cookie": "canvas_session=abc; path=/"}))


@equivalent
def keys_in_another_order(mock: PatchedMock) -> None:
    """The keys of every object are in reverse order."""

    def reverse_keys(value: Any) -> Any:
        if isinstance(value, list):
            return [reverse_keys(each) for each in value]
        return {key: reverse_keys(value[key]) for key in reversed(value)} if isinstance(value, dict) else value

    def change(_request: Request, response: Response) -> None:
        if response.json is not None:
            response.json = reverse_keys(response.json)

    mock.on_response(change)


@equivalent
def json_in_ascii(mock: PatchedMock) -> None:
    """JSON is indented, and characters outside ASCII are escaped."""

    def change(_request: Request, response: Response) -> None:
        if response.json is not None:
            response.body = json.dumps(response.json, indent=1).encode()

    mock.on_response(change)


@equivalent
def translated_messages(mock: PatchedMock) -> None:
    """Messages, and the address of the push channel, are in another language."""

    def change(_request: Request, response: Response) -> None:
        if response.json is not None:
            text = response.body.decode()
            for english, german in _TRANSLATIONS.items():
                text = text.replace(json.dumps(english), json.dumps(german, ensure_ascii=False))
            response.body = text.encode()

    mock.on_response(change)


@equivalent
def messages_are_error_types(mock: PatchedMock) -> None:
    """The messages of validation errors are the error types, as in Canvas before about 2024."""
    mock.on_response(lambda _request, response: _use_error_types_as_messages(response))


@equivalent
def blank_push_token_has_a_null_message(mock: PatchedMock) -> None:
    """`message` in the error of a blank push token is null, as in Canvas before about 2024."""
    mock.on_response(lambda _request, response: _set_null_message_of_422(response))


@equivalent
def older_canvas(mock: PatchedMock) -> None:
    """Statuses and messages of errors are those of Canvas before about 2024, and channels have no bounce fields."""
    mock.options["unauthorized_status"] = 401

    def change(_request: Request, response: Response) -> None:
        _use_error_types_as_messages(response)
        _set_null_message_of_422(response)
        response.body = _TOKEN_ERRORS.sub(b'"Invalid access token."', response.body)

    def alter(_request: Request, channel: dict[str, Any]) -> None:
        for name in [name for name in channel if "bounce" in name]:
            del channel[name]

    mock.on_response(change)
    mock.on_channel(alter)


@equivalent
def pages_past_the_end_have_a_last_link(mock: PatchedMock) -> None:
    """A page past the end has a `last` link to itself, no `next` link, and the requested size in its links."""
    link_last_page_past_the_end(mock, lambda number, _last: number)


@equivalent
def pages_past_the_end_link_to_the_last_page(mock: PatchedMock) -> None:
    """A page past the end has a `last` link to the last page with rows, no `next` link, and the requested size."""
    link_last_page_past_the_end(mock, lambda _number, last: last)


@equivalent
def huge_ids_crash(mock: PatchedMock) -> None:
    """Channel ids above 2^63-1, and such user ids of 19 digits, return 500 and the general error body, as on Canvas."""

    def change(request: Request, response: Response) -> None:
        channel_id = request.subpath[0] if request.subpath else ""
        is_huge = _is_huge(request.user_id, _MAX_USER_ID_DIGITS) or _is_huge(channel_id)
        if response.status == 404 and is_huge:
            response.status, response.json = 500, CRASH

    mock.on_response(change)


@equivalent
def malformed_json_crashes_as_text(mock: PatchedMock) -> None:
    """A body that is sent as JSON, but is not valid JSON, returns 500 in plain text, as on Canvas."""

    def change(request: Request, response: Response) -> None:
        if request.has_malformed_json:
            _set_text_crash(response)

    mock.on_response(change)


@equivalent
def known_crashes(mock: PatchedMock) -> None:
    """Parameters on which Canvas is known to crash return 500 and the general error body."""
    _crash_on_bad_parameters(mock)


@equivalent
def crashes_as_text(mock: PatchedMock) -> None:
    """Parameters on which Canvas is known to crash return 500 and plain text, because its error page crashes too."""

    def change(_request: Request, response: Response) -> None:
        if response.status == 500:
            _set_text_crash(response)

    _crash_on_bad_parameters(mock)
    mock.on_response(change)


def _is_huge(segment: str, max_digits: int = 100) -> bool:
    """Return whether the segment is a number above 2^63-1 that Canvas looks up as an id."""
    # the default `max_digits` is for channel ids: `int` raises ValueError for thousands of digits
    return segment.isdigit() and len(segment) <= max_digits and int(segment) > _MAX_ID
