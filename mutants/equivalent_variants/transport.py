"""Variants of the transport: delays, compression, connections and rate limits."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

from starlette.middleware.gzip import GZipMiddleware

from mockserver.api import response as api_response
from mutants.exchange import Response
from mutants.mutant import equivalent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mutants.exchange import Request
    from mutants.patching import PatchedMock

_PERIOD = 151
"""The number of requests from one rate-limit error, or dropped connection, to the next."""


def _limit_rate(mock: PatchedMock, status: int, text: str, **other_headers: str) -> None:
    """Return a rate-limit error for every 151st request; `other_headers` replace those of Canvas."""

    def before(_request: Request) -> Response | None:
        if not _is_due(requests):
            return None
        headers = other_headers or {"content_type": "text/plain; charset=utf-8", "x_rate_limit_remaining": "0.0"}
        return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, text.encode())

    requests = itertools.count(1)
    mock.on_request(before)


def _is_due(requests: Iterator[int]) -> bool:
    """Count one request, and return whether it is the last of a period."""
    return next(requests) % _PERIOD == 0


@equivalent
def slow(mock: PatchedMock) -> None:
    """Every response is delayed by 3 milliseconds."""

    def middleware(app: ASGIApp) -> ASGIApp:
        async def delayed(scope: Scope, receive: Receive, send: Send) -> None:
            await asyncio.sleep(0.003)
            await app(scope, receive, send)

        return delayed

    mock.add_middleware(middleware)


@equivalent
def compressed(mock: PatchedMock) -> None:
    """Bodies are compressed with gzip."""
    mock.add_middleware(lambda app: GZipMiddleware(app, minimum_size=1))


@equivalent
def chunked(mock: PatchedMock) -> None:
    """Bodies are sent in chunks, without a Content-Length."""

    def middleware(app: ASGIApp) -> ASGIApp:
        async def chunking(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_in_chunks(message: Message) -> None:
                if message["type"] == "http.response.start":
                    if message["status"] not in {204, 304}:
                        message["headers"] = [pair for pair in message["headers"] if pair[0] != b"content-length"]
                    await send(message)
                    return
                body = message.get("body", b"")
                await send({**message, "body": body[:7], "more_body": True})
                await send({**message, "body": body[7:]})

            await app(scope, receive, send_in_chunks)

        return chunking

    mock.add_middleware(middleware)


@equivalent
def connections_are_closed(mock: PatchedMock) -> None:
    """The server closes the connection after every response."""
    mock.on_response(lambda _request, response: response.headers.update({"connection": "close"}))


@equivalent
def connections_are_dropped(mock: PatchedMock) -> None:
    """The server drops the connection on some lists."""

    def middleware(app: ASGIApp) -> ASGIApp:
        async def dropping(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] != "GET" or not _is_due(requests):
                await app(scope, receive, send)
                return
            headers = [(b"content-type", b"application/json"), (b"content-length", b"100")]
            # uvicorn closes the connection, because no body follows
            await send({"type": "http.response.start", "status": 200, "headers": headers})

        return dropping

    requests = itertools.count(1)
    mock.add_middleware(middleware)


@equivalent
def rate_limit_403(mock: PatchedMock) -> None:
    """Some requests return 403 Rate Limit Exceeded in plain text and have no effect."""
    _limit_rate(mock, 403, "403 Forbidden (Rate Limit Exceeded)\n")


@equivalent
def rate_limit_429(mock: PatchedMock) -> None:
    """Some requests return 429 Rate Limit Exceeded in plain text and have no effect."""
    _limit_rate(mock, 429, "429 Too Many Requests (Rate Limit Exceeded)\n")


@equivalent
def rate_limit_in_other_words(mock: PatchedMock) -> None:
    """A gateway rejects some requests with 429, in its own words and without Retry-After."""
    _limit_rate(mock, 429, "Please slow down.", content_type="text/plain")


@equivalent
def rate_limit_429_as_html(mock: PatchedMock) -> None:
    """A gateway rejects some requests with 429, an HTML page, and Retry-After in seconds."""
    _limit_rate(mock, 429, "<html>Busy</html>", content_type="text/html", retry_after="1")


@equivalent
def rate_limit_403_as_html(mock: PatchedMock) -> None:
    """A gateway rejects some requests with 403, an HTML page, and a date in the past in Retry-After."""
    date = "Mon, 05 Jan 2026 08:00:01 GMT"
    _limit_rate(mock, 403, "<html>Forbidden</html>", content_type="text/html", retry_after=date)


@equivalent
def rate_limit_403_in_other_words(mock: PatchedMock) -> None:
    """A gateway rejects some requests with 403 and an HTML page that names a rate limit, without Retry-After."""
    _limit_rate(mock, 403, "<h1>You are being rate limited</h1>", content_type="text/html; charset=iso-8859-1")


@equivalent
def rate_limit_as_json(mock: PatchedMock) -> None:
    """A gateway rejects some requests with 429 and its own JSON."""
    _limit_rate(mock, 429, '{"message":"API rate limit exceeded"}', content_type="application/json")


@equivalent
def if_none_match_is_ignored(mock: PatchedMock) -> None:
    """If-None-Match has no effect, because a web server removes the header; an unchanged list is sent again."""
    mock.replace(api_response, "_matches", lambda if_none_match, etag: False)


@equivalent
def etags_have_a_suffix(mock: PatchedMock) -> None:
    """A web server adds `-gzip` to ETags and does not remove it from If-None-Match, as mod_deflate does."""
    _add_etag_suffix(mock, lambda _request: "-gzip", is_removed=False)


@equivalent
def etags_have_a_known_suffix(mock: PatchedMock) -> None:
    """A web server adds `-gzip` to the ETag of each 200, removes it from If-None-Match, and returns 304 without it."""
    _add_etag_suffix(mock, lambda _request: "-gzip", is_removed=True)


@equivalent
def etags_depend_on_the_encoding(mock: PatchedMock) -> None:
    """A web server adds the first encoding that the client accepts to ETags, and does not remove it again."""

    def suffix(request: Request) -> str:
        accepted = request.headers.get(b"accept-encoding", b"identity").decode().partition(",")[0].strip()
        return f";{accepted}"

    _add_etag_suffix(mock, suffix, is_removed=False)


def _add_etag_suffix(mock: PatchedMock, suffix: Callable[[Request], str], *, is_removed: bool) -> None:
    """Add a suffix to the ETags of 200 responses; `is_removed` is whether If-None-Match reaches the mock without it."""

    def before(request: Request) -> None:
        sent = request.headers.get(b"if-none-match")
        if sent is not None and is_removed:
            request.headers[b"if-none-match"] = sent.replace(f'{suffix(request)}"'.encode(), b'"')

    def after(request: Request, response: Response) -> None:
        if "etag" in response.headers and response.status == 200:
            response.headers["etag"] = f'{response.headers["etag"][:-1]}{suffix(request)}"'

    mock.on_request(before)
    mock.on_response(after)
