"""Connection to the target: sends an HTTP request, again after a lost connection, and reads the whole response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2

from contract_tests.client.body import is_too_deep
from contract_tests.client.connection.deadline import ExchangeDeadline, ResponseTooLarge
from contract_tests.client.connection.endpoint import Endpoint
from contract_tests.client.connection.errors import (
    CONNECTION_FAILURES,
    connection_sentence,
    is_permanent,
    response_sentence,
)
from contract_tests.client.connection.http_client import open_client
from contract_tests.client.headers import header_bytes, with_body, with_plain_headers
from contract_tests.client.request import READ_METHODS
from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    from contract_tests.client.request import Request
    from contract_tests.client.run.pacing import Clock
    from contract_tests.client.settings import Settings

_GATEWAY_STATUSES = frozenset({502, 503, 504})
_MAX_RESPONSE_BYTES = 4 * 1024 * 1024
"""The maximum size of a decoded body."""
_GATEWAY_PAUSE = 0.5
"""Seconds before a request is repeated after an error of a gateway."""


class TargetConnection:
    """A connection to the target of the run, with a deadline for each exchange; `http_transport` replaces the network.

    Raises Inconclusive if the settings allow none.
    """

    def __init__(
        self, settings: Settings, clock: Clock, http_transport: httpx2.BaseTransport | None, exchange_seconds: float
    ) -> None:
        self._clock = clock
        self._origin = settings.url
        self._deadline = ExchangeDeadline(clock.now, exchange_seconds)
        self._client, proxy = open_client(settings, self._deadline, http_transport)
        self.endpoint = Endpoint(settings.url, proxy)

    def build_request(self, request: Request) -> httpx2.Request:
        """Return the request as the HTTP client sends it."""
        headers = [(name.encode(), header_bytes(value)) for name, value in request.request_headers().items()]
        content: dict[str, Any] = request.content()
        return self._client.build_request(request.method, f"{self._origin}{request.target}", headers=headers, **content)

    def send(self, http_request: httpx2.Request) -> httpx2.Response:
        """Send the request, and return the response as received. Raises Inconclusive.

        A request that changes nothing is sent up to four times, after a lost connection or an error of a gateway.
        """
        attempts = 4 if http_request.method in READ_METHODS else 1
        for remaining in reversed(range(attempts)):
            try:
                self._deadline.start()
                response = self._read(self._client.send(http_request, stream=True))
            except CONNECTION_FAILURES as error:
                if remaining == 0 or is_permanent(error):
                    raise Inconclusive(connection_sentence(error, self.endpoint)) from None
                continue
            if sentence := response_sentence(response.status_code, response.text, self.endpoint):
                raise Inconclusive(sentence)
            if response.status_code not in _GATEWAY_STATUSES:
                return response
            if remaining == 0:
                raise Inconclusive(
                    f"The target's gateway returns {response.status_code}, and the response of the Canvas behind it is "
                    "unknown; run again when the Canvas is available."
                )
            self._clock.wait(_GATEWAY_PAUSE)
        raise AssertionError("a request has at least one attempt")

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _read(self, response: httpx2.Response) -> httpx2.Response:
        """Return the response with its whole body. Raises ResponseTooLarge and ExchangeTimeout."""
        self._deadline.start_body()
        body = bytearray()
        try:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > _MAX_RESPONSE_BYTES:
                    raise ResponseTooLarge("body")
                self._deadline.remaining()
        finally:
            response.close()
        if is_too_deep(bytes(body)):
            raise ResponseTooLarge("nesting")
        return with_plain_headers(with_body(response, bytes(body)))
