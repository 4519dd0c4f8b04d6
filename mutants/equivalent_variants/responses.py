"""Variants of responses: statuses, headers and bodies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mockserver.canvas.errors import BadParameters
from mutants.exchange import Response
from mutants.mutant import equivalent

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.exchange import Request
    from mutants.patching import PatchedMock

_CRASH = {"errors": [{"message": "An error occurred.", "error_code": "internal_server_error"}]}
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


def _change_headers(mock: PatchedMock, change: Callable[[dict[str, str]], object]) -> None:
    """Change the headers of every response."""
    mock.on_response(lambda _request, response: change(response.headers))


def _crash_on_bad_parameters(mock: PatchedMock) -> None:
    """Return 500 where the mock returns 400 because Canvas crashes."""
    mock.replace(BadParameters, "status_code", 500)
    mock.replace(BadParameters, "body", lambda self: dict(_CRASH))


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
    """Channels and errors have undocumented fields."""

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
def headers_in_capitals(mock: PatchedMock) -> None:
    """The words of header names start with capital letters."""

    def change(_request: Request, response: Response) -> None:
        for name in list(response.headers):
            if name != "content-length":
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
def global_ids_in_headers(mock: PatchedMock) -> None:
    """X-Canvas-User-Id has the number of the shard before the user id, as on hosted Canvas."""

    def change(headers: dict[str, str]) -> None:
        if "x-canvas-user-id" in headers:
            headers["x-canvas-user-id"] = str(10_890 * 10**13 + int(headers["x-canvas-user-id"]))

    _change_headers(mock, change)


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
def older_canvas(mock: PatchedMock) -> None:
    """Denied requests return 401, bounce fields are absent, and messages are error types, as before about 2024."""
    mock.options["unauthorized_status"] = 401

    def change(_request: Request, response: Response) -> None:
        for text, word in ((b"can't be blank", b"blank"), (b"is invalid", b"invalid")):
            response.body = response.body.replace(text, word)

    def alter(_request: Request, channel: dict[str, Any]) -> None:
        for name in [name for name in channel if "bounce" in name]:
            del channel[name]

    mock.on_response(change)
    mock.on_channel(alter)


@equivalent
def known_crashes(mock: PatchedMock) -> None:
    """Parameters on which Canvas is known to crash return 500 and the generic error body."""
    _crash_on_bad_parameters(mock)


@equivalent
def crashes_as_text(mock: PatchedMock) -> None:
    """Parameters on which Canvas is known to crash return 500 and plain text, because its error page crashes too."""

    def change(_request: Request, response: Response) -> None:
        if response.status == 500:
            response.body = b"500 Internal Server Error\nIf you are the administrator of this website...\n"
            response.headers["content-type"] = "text/plain"

    _crash_on_bad_parameters(mock)
    mock.on_response(change)
