"""The traffic of a run as HAR 1.2, for browsers, proxies and `redocly drift`; tokens are redacted to variable names."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from contract_tests.client.exchange import Exchange

Headers = tuple[tuple[str, str], ...]
_LOG = {"version": "1.2", "creator": {"name": "canvas-contract", "version": "1"}, "pages": []}


def write(exchanges: Iterable[Exchange], file: TextIO) -> None:
    """Write the exchanges one by one, so that memory does not grow with their number."""
    log = json.dumps(_LOG)
    file.write(f'{{"log": {log[:-1]}, "entries": [')  # the entries follow in place of the closing brace
    for index, exchange in enumerate(exchanges):
        file.write(",\n" if index else "\n")
        file.write(json.dumps(entry(exchange)))
    file.write("\n]}}\n")


def entry(exchange: Exchange) -> dict[str, Any]:
    """Return one exchange as a HAR entry; unknown sizes are -1, as HAR defines, and unknown times 0."""
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
        "queryString": _name_value_pairs(tuple(query)),
        **_message(exchange.request_headers, exchange.request_body),
    }
    if exchange.request_body:
        media_type = _header(exchange.request_headers, "content-type")
        request["postData"] = {"mimeType": media_type, "text": exchange.request_body}
    return request


def _response(exchange: Exchange) -> dict[str, Any]:
    message = _message(exchange.response_headers, exchange.body)
    media_type = _header(exchange.response_headers, "content-type")
    return {
        "status": exchange.status,
        "statusText": _reason_phrase(exchange.status),
        "content": {"size": message["bodySize"], "mimeType": media_type, "text": exchange.body},
        "redirectURL": _header(exchange.response_headers, "location"),
        **message,
    }


def _message(headers: Headers, body: str) -> dict[str, Any]:
    return {
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _name_value_pairs(headers),
        "headersSize": -1,
        "bodySize": len(body.encode("utf-8", "surrogatepass")),
    }


def _name_value_pairs(pairs: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _header(headers: Headers, name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")


def _reason_phrase(status: int) -> str:
    return next((each.phrase for each in HTTPStatus if each == status), "")
