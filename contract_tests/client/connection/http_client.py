"""HTTP client of the suite, without cookies and redirects; reads only proxies and certificates from the environment."""

from __future__ import annotations

import logging
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING

import httpx2

from contract_tests.client.connection.certificates import trusted_certificates
from contract_tests.client.connection.network import DeadlineBackend
from contract_tests.client.connection.proxy import find_proxy
from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    import ssl

    from contract_tests.client.connection.deadline import ExchangeDeadline
    from contract_tests.client.connection.proxy import TargetProxy
    from contract_tests.client.settings import Settings

_LOGGERS = ("httpx2", "httpcore2")
"""The loggers of the HTTP client, which log URLs with tokens, and the headers of responses."""
_TIMEOUT = 30.0
"""The maximum duration of connecting, and of each read and write, in seconds; the deadline is that of all together."""


def open_client(
    settings: Settings, deadline: ExchangeDeadline, http_transport: httpx2.BaseTransport | None = None
) -> tuple[httpx2.Client, TargetProxy | None]:
    """Return a client for the target, and the proxy through which it sends. Raises Inconclusive.

    Each exchange of the client obeys the deadline.

    The variables of the environment that the suite honours are read here, because the client would also read others.
    The client logs nothing from now on: options and files of pytest would show its records unredacted.
    """
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    proxy = None if settings.is_own_mock or http_transport else find_proxy(settings.url)
    needs_certificates = settings.url.startswith("https:") or (proxy is not None and proxy.scheme == "https")
    context = trusted_certificates() if needs_certificates and not http_transport else None
    try:
        client = httpx2.Client(
            base_url=settings.url,
            timeout=_TIMEOUT,
            follow_redirects=False,
            trust_env=False,
            transport=http_transport or _http_transport(deadline, context, proxy),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # a session would apply to all tokens
        )
    except (httpx2.InvalidURL, UnicodeError):
        raise Inconclusive(
            "CANVAS_URL has no valid host name; set it to an origin such as https://canvas.example.edu."
        ) from None
    return client, proxy


def _http_transport(
    deadline: ExchangeDeadline, context: ssl.SSLContext | None, proxy: TargetProxy | None
) -> httpx2.HTTPTransport:
    """Return the transport of the client, with connections that obey the deadline."""
    transport = httpx2.HTTPTransport(
        verify=context or True, trust_env=False, proxy=proxy.build(context) if proxy else None
    )
    transport._pool._network_backend = DeadlineBackend(deadline)  # noqa: SLF001  # httpx2 has no argument for it
    return transport
