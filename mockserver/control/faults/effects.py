"""What a fault does to one request: a delay, another response, or a damaged one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mockserver.api.dispatch import EndedExchange
from mockserver.api.response import ApiResponse
from mockserver.control.faults.documented import DocumentedResponse, DocumentedResponses
from mockserver.control.faults.violations import is_possible

if TYPE_CHECKING:
    from mockserver.api.request import ApiRequest

_CHALLENGE = ("www-authenticate", 'Bearer realm="canvas-lms"')
_GATEWAY_PAGE = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n</body>\r\n</html>\r\n"
)
_REASONS = {
    500: "500 Internal Server Error",
    502: "502 Bad Gateway",
    503: "503 Service Temporarily Unavailable",
    504: "504 Gateway Time-out",
}

SERVER_ERRORS = frozenset(_REASONS)
"""The statuses of server errors."""

NO_EFFECT: dict[str, Any] = {"kind": "delay"}
"""The effect of a fault that only delays."""


@dataclass(frozen=True)
class Effect:
    """What happens to one request."""

    document: dict[str, Any]
    """The effect as the control contract describes it."""
    delay: float = 0.0
    """The seconds to wait before everything else."""
    response: DocumentedResponse | None = None
    """The documented response that replaces the operation's."""

    @property
    def kind(self) -> str:
        """The kind of the effect."""
        return str(self.document["kind"])

    @property
    def is_rate_limit(self) -> bool:
        """Whether the response is that of a token without budget, which has headers of its own."""
        return self.response is not None and self.response.example == "rate_limit"

    async def before(self, request: ApiRequest, contract_url: str) -> ApiResponse | None:
        """Wait, then return the response that replaces the operation's, or None.

        `contract_url` is the server of the contract, which the examples of headers contain.
        Raises EndedExchange for the response of a gateway, and DroppedConnection.
        """
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.response is not None:
            return _documented(self.response, request, contract_url)
        if self.kind == "server_error":
            return _server_error(self.document["status"], self.document.get("source", "canvas"))
        if self.kind == "dropped_connection" and self.document["time"] == "before_change":
            raise DroppedConnection
        return None


class DroppedConnection(BaseException):
    """The end of a connection without a response; not an error of the mock, so it is no Exception."""


def effect_of(document: dict[str, Any], delay: float, operation_id: str, responses: DocumentedResponses) -> Effect:
    """Return the effect that the document describes, for one operation. Raises Problem for an undocumented response."""
    response = None
    if document["kind"] == "documented_response":
        response = responses.find(operation_id, document["status"], document.get("example"))
    return Effect(document, delay, response)


def is_possible_for(document: dict[str, Any], operation_id: str, responses: DocumentedResponses) -> bool:
    """Return whether the effect exists for an operation: its response is documented, or can have the violation."""
    if document["kind"] == "documented_response":
        return responses.has(operation_id, document["status"], document.get("example"))
    if document["kind"] == "contract_violation":
        return is_possible(document["violation"], operation_id)
    return True


def _documented(response: DocumentedResponse, request: ApiRequest, contract_url: str) -> ApiResponse:
    """Return the example as a response of the mock; URLs in its headers start as the client's do."""
    headers = [*response.headers]
    # The contract does not require the header, since the 401 of masquerading lacks it.
    if response.status == 401 and response.example != "masquerade":
        headers.append(_CHALLENGE)
    base = f"{request.origin}{request.prefix}/api/v1"
    media_type = f"{response.media_type}; charset=utf-8".encode()
    encoded = [(name.encode(), value.replace(contract_url, base).encode("latin-1")) for name, value in headers]
    return ApiResponse(response.value, response.status, encoded, media_type)


def _server_error(status: int, source: str) -> ApiResponse:
    """Return Canvas's response to an error of its own. Raises EndedExchange with the page of a gateway."""
    if source == "canvas":
        value = {"errors": [{"message": "An error occurred.", "error_code": "internal_server_error"}]}
        return ApiResponse({**value, "error_report_id": 1}, status)
    body = _GATEWAY_PAGE.format(_REASONS[status]).encode()
    headers = [(b"content-type", b"text/html"), (b"content-length", b"%d" % len(body)), (b"server", b"nginx")]
    raise EndedExchange(status, headers, body)
