"""Sentences about failed connections: what happened, and what to do."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx2

from contract_tests.client.connection.deadline import ExchangeTimeout, ResponseTooLarge
from contract_tests.client.connection.network import PLAIN_TEXT, OtherProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract_tests.client.connection.endpoint import Endpoint

CONNECTION_FAILURES = (
    httpx2.TransportError,
    httpx2.DecodingError,
    UnicodeError,
    ExchangeTimeout,
    ResponseTooLarge,
)
"""The exceptions of a request that has no response, or none that can be read; UnicodeError is an invalid host name."""

_EXPIRED, _NOT_YET_VALID = 10, 9  # codes of OpenSSL
_OTHER_HOST = frozenset({62, 64})
"""The codes of OpenSSL for a certificate of another host name or of another IP address."""

_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN})
_TIMED_OUT = errno.ETIMEDOUT
_LOST = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED})
_TLS_IN_HTTP = re.compile(
    r"plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled|"
    r"sent an HTTP request to an HTTPS server|host and port requires TLS",
    re.IGNORECASE,
)
"""The texts of nginx, Apache, Go and Tomcat for an http request to a port that expects https."""


_SLOW_PARTS = {
    "connection": "does not complete the connection within a minute",
    "request": "does not read the request within a minute",
    "head": "does not complete the headers of its response within a minute",
    "body": "does not complete its response within a minute",
}
"""What takes too long, by the part of the exchange."""

_LARGE_PARTS = {
    "head": "headers of the target's response are larger than 512 KiB",
    "body": "target's response is larger than 4 MiB",
    "nesting": "JSON of the target's response is nested more than 100 levels deep",
}
"""What is too large, by the part of the exchange."""


def connection_sentence(error: BaseException, endpoint: Endpoint) -> str:
    """Return one sentence on why a request has no usable response, and what to do."""
    causes = list(_causes(error))
    describers = (_limit_sentence, _certificate_sentence, _other_protocol_sentence, _tls_sentence, _network_sentence)
    sentences = (describe(cause, endpoint) for describe in describers for cause in causes)
    return next(filter(None, sentences), None) or _protocol_sentence(error, endpoint)


def response_sentence(status: int, text: str, endpoint: Endpoint) -> str | None:
    """Return one sentence on a response that is not the target's, or None if it may be the target's."""
    if status == 407 and endpoint.proxy:
        return _proxy_sentence("407", endpoint)
    if status == 400 and not endpoint.is_https and _TLS_IN_HTTP.search(text):
        return (
            f"The target {endpoint.url} expects https; set CANVAS_URL to {endpoint.url.replace('http:', 'https:', 1)}."
        )
    return None


def is_permanent(error: BaseException) -> bool:
    """Return whether another attempt would only repeat the failure.

    A rejected password, repeated, may lock the proxy's account, and an exchange at its limit has had its time.
    """
    is_limit = any(isinstance(cause, ExchangeTimeout | ResponseTooLarge) for cause in _causes(error))
    return is_limit or (isinstance(error, httpx2.ProxyError) and str(error).startswith("407"))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception and its causes, from the outside to the inside."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


def _limit_sentence(error: BaseException, endpoint: Endpoint) -> str:
    if isinstance(error, ResponseTooLarge):
        return f"The {_LARGE_PARTS[error.part]}; check that CANVAS_URL is the origin of a Canvas."
    if not isinstance(error, ExchangeTimeout):
        return ""
    if error.part == "look-up":
        host = urlsplit(endpoint.proxy.origin).hostname if endpoint.proxy else endpoint.host
        return f"The host name {host} cannot be looked up in time; check the DNS server of this network, and run again."
    subject = endpoint.peer if error.part in {"connection", "request"} else f"The target {endpoint.url}"
    return f"{subject} {_SLOW_PARTS[error.part]}; check whether it or a proxy before it is overloaded, and run again."


def _certificate_sentence(error: BaseException, endpoint: Endpoint) -> str:
    if not isinstance(error, ssl.SSLCertVerificationError):
        return ""
    host = endpoint.host
    whose = f"{host} or of its proxy" if endpoint.proxy and endpoint.proxy.scheme == "https" else host
    message = str(error.verify_message)
    if error.verify_code in _OTHER_HOST or "doesn't match" in message.lower():
        return (
            f"The certificate of {whose} is for another host name; set CANVAS_URL to the name in the certificate, or "
            "ask the administrator of the server for a certificate with this name."
        )
    if error.verify_code == _EXPIRED or "expired" in message:
        return f"The certificate of {whose} has expired; renew it on the server, and check the clock of this machine."
    if error.verify_code == _NOT_YET_VALID:
        return f"The certificate of {whose} is not yet valid; check the clocks of the server and of this machine."
    return (
        f"The certificate of {whose} is not trusted ({_plain(message)}); if a private authority has signed it, set "
        "SSL_CERT_FILE to a PEM file with the certificate of that authority."
    )


def _other_protocol_sentence(error: BaseException, endpoint: Endpoint) -> str:
    if not isinstance(error, OtherProtocolError):
        return ""
    is_proxy = endpoint.proxy is not None and endpoint.proxy.scheme == "https"
    subject, setting = (
        (endpoint.peer, endpoint.peer_setting) if is_proxy else (f"The target {endpoint.url}", "CANVAS_URL")
    )
    return f"{subject} uses neither TLS nor HTTP on this port; check that {setting} has the port of a web server."


def _tls_sentence(error: BaseException, endpoint: Endpoint) -> str:
    if not isinstance(error, ssl.SSLError):
        return ""
    reason = str(error.reason or "")
    http = endpoint.url.replace("https:", "http:", 1)
    if reason in PLAIN_TEXT and not (endpoint.proxy and endpoint.proxy.scheme == "https"):
        return (
            f"The target {endpoint.url} does not use TLS on this port: it is probably {http}; set CANVAS_URL to that "
            "(http to another machine needs ALLOW_HTTP=1), or to the port of https."
        )
    if reason in PLAIN_TEXT:
        return (
            f"{endpoint.peer} or the target does not use TLS on this port; "
            f"set {endpoint.peer_setting} and CANVAS_URL to http where that is so."
        )
    if "CERTIFICATE_REQUIRED" in reason:
        return (
            f"The target {endpoint.url} requires a certificate of the client, which the suite cannot send; "
            "run it where the server requires none."
        )
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError) or "UNEXPECTED_EOF" in reason:
        return (
            f"The target {endpoint.url} closes the connection during the TLS handshake; check that CANVAS_URL has the "
            "port of https, and that no firewall blocks the connection."
        )
    return (
        f"No TLS connection to the target {endpoint.url} can be established ({_plain(reason) or 'unknown reason'}); "
        "check which versions and ciphers of TLS the server and a proxy before it allow."
    )


def _network_sentence(error: BaseException, endpoint: Endpoint) -> str:
    peer, setting = endpoint.peer, endpoint.peer_setting
    if isinstance(error, socket.gaierror | UnicodeError):
        host = urlsplit(endpoint.proxy.origin).hostname if endpoint.proxy else endpoint.host
        network = "" if endpoint.proxy else ", and that HTTPS_PROXY is set if this network needs a proxy"
        return f"The host name {host} is unknown; check that {setting} is correct{network}."
    if isinstance(error, ConnectionRefusedError):
        return f"{peer} refuses the connection; check that it is running and that {setting} has its port."
    if isinstance(error, httpx2.ConnectTimeout) or (isinstance(error, OSError) and error.errno == _TIMED_OUT):
        return (
            f"{peer} does not accept the connection in time; check that {setting} is correct, that the server is "
            "running, and that no firewall drops the connection."
        )
    if isinstance(error, OSError) and error.errno in _NO_ROUTE:
        return f"{peer} cannot be reached from this network; check the network, and whether it needs HTTPS_PROXY."
    if isinstance(error, OSError) and error.errno in _LOST:
        return (
            f"{peer} resets the connection before the response is complete; check its log, that of a firewall or load "
            f"balancer before it{_https_hint(endpoint)}, and run again."
        )
    return ""


def _protocol_sentence(error: BaseException, endpoint: Endpoint) -> str:
    target = f"The target {endpoint.url}"
    match error:
        case httpx2.ProxyError():
            return _proxy_sentence(str(error), endpoint)
        case httpx2.TimeoutException():
            return (
                f"{target} sends no response in time; check whether it is overloaded, and run again with a lower RATE."
            )
        case httpx2.DecodingError():
            return (
                f"{target} sends a body that cannot be decoded by its Content-Encoding; check the compression of the "
                "server and of a proxy before it."
            )
        case httpx2.RemoteProtocolError():
            return _response_error_sentence(str(error), target, endpoint)
    return f"{target} sends no response ({type(error).__name__}); check that CANVAS_URL is correct and it is running."


def _response_error_sentence(text: str, target: str, endpoint: Endpoint) -> str:
    """Return the sentence for a response that is incomplete or not HTTP, by the message of the HTTP parser."""
    if "incomplete" in text or "without sending complete" in text:
        return (
            f"{target} closes the connection before the response is complete; check its log and that of a proxy "
            "before it, and run again."
        )
    if "Receive buffer too long" in text:
        return (
            f"{target} sends headers, chunk extensions or trailers of more than 100 KiB; "
            "check that CANVAS_URL is the origin of a Canvas."
        )
    if "without sending a response" in text:
        return (
            f"{target} closes the connection without a response; check its log, that of a proxy before "
            f"it{_https_hint(endpoint)}, and run again."
        )
    if _has_tls_record(text) and not endpoint.is_https:
        https = endpoint.url.replace("http:", "https:", 1)
        return f"{target} does not respond in http: its port probably expects https; set CANVAS_URL to {https}."
    return (
        f"{target} sends a response that is not valid HTTP/1.1; "
        f"check that {endpoint.peer_setting} has the port of a web server."
    )


def _https_hint(endpoint: Endpoint) -> str:
    """Return a further cause of a lost connection to an http target."""
    return "" if endpoint.is_https else ", and whether its port expects https"


def _proxy_sentence(text: str, endpoint: Endpoint) -> str:
    """Return the sentence for the status with which the proxy rejects the connection to the target."""
    match = re.match(r"\d{3}", text)
    status = match[0] if match else "an error"
    variable = endpoint.peer_setting
    if status == "407":
        return (
            f"{endpoint.peer} requires a user name and a password, or rejects those in {variable} (407); "
            f"set {variable} to http://USER:PASSWORD@HOST:PORT."
        )
    return (
        f"{endpoint.peer} rejects the connection to {endpoint.host} ({status}); ask its administrator to allow it, "
        "or add the host to NO_PROXY if it can be reached without the proxy."
    )


def _has_tls_record(text: str) -> bool:
    """Return whether the message of the HTTP parser is about the first bytes of a TLS record, or other binary data."""
    return text == "illegal request line" or r"\x15\x03" in text or r"\x16\x03" in text


def _plain(text: str) -> str:
    """Return the text of OpenSSL as words."""
    return re.sub(r"[^\w .,'-]", "", text.replace("_", " ")).strip().lower()[:100]
