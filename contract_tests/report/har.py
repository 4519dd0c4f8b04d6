"""The traffic as HAR 1.2, for browsers, proxies and `redocly drift`; tokens are names, `Bearer $CANVAS_TOKEN`."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from contract_tests.record import Exchange

Headers = tuple[tuple[str, str], ...]
_HEAD = {"version": "1.2", "creator": {"name": "canvas-contract", "version": "1"}, "pages": []}


def write(exchanges: Iterable[Exchange], file: TextIO) -> None:
    """Write the exchanges one by one, so that a long run needs no more memory than a short one."""
    head = json.dumps(_HEAD)
    file.write(f'{{"log": {head[:-1]}, "entries": [')
    for place, exchange in enumerate(exchanges):
        file.write(",\n" if place else "\n")
        file.write(json.dumps(entry(exchange)))
    file.write("\n]}}\n")


def entry(exchange: Exchange) -> dict[str, Any]:
    """One exchange as HAR has it; what is not known is -1, or 0 where HAR has no other word."""
    milliseconds = round(exchange.seconds * 1000, 3)
    return {
        "startedDateTime": exchange.started.isoformat(timespec="milliseconds"),
        "time": milliseconds,
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "comment": exchange.test,
        "_number": exchange.number,
        "_operationId": exchange.operation,
        "_actor": exchange.actor,
    }


def _request(exchange: Exchange) -> dict[str, Any]:
    query = parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True)
    request = {
        "method": exchange.method,
        "url": exchange.url,
        "queryString": _pairs(tuple(query)),
        **_message(exchange.request_headers, exchange.request_body),
    }
    if exchange.request_body:
        media_type = _value(exchange.request_headers, "content-type")
        request["postData"] = {"mimeType": media_type, "text": exchange.request_body}
    return request


def _response(exchange: Exchange) -> dict[str, Any]:
    message = _message(exchange.response_headers, exchange.body)
    media_type = _value(exchange.response_headers, "content-type")
    return {
        "status": exchange.status,
        "statusText": _phrase(exchange.status),
        "content": {"size": message["bodySize"], "mimeType": media_type, "text": exchange.body},
        "redirectURL": _value(exchange.response_headers, "location"),
        **message,
    }


def _message(headers: Headers, body: str) -> dict[str, Any]:
    return {
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(headers),
        "headersSize": -1,
        "bodySize": len(body.encode("utf-8", "surrogatepass")),
    }


def _pairs(pairs: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _value(headers: Headers, wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")


def _phrase(status: int) -> str:
    return next((each.phrase for each in HTTPStatus if each == status), "")
