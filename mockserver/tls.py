"""The certificate and the key with which the mock serves HTTPS."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING, Any

from mockserver.listeners import CannotListen
from mockserver.terminal import printable

if TYPE_CHECKING:
    from pathlib import Path

_REASONS = {
    "KEY_VALUES_MISMATCH": "the key is that of another certificate",
    "EE_KEY_TOO_SMALL": "the key is too short",
    "CA_MD_TOO_WEAK": "its signature is too weak",
}
"""What is wrong with a certificate or its key, by OpenSSL's name of the reason."""


def tls_settings(certificate: Path | None, key: Path | None) -> dict[str, Any]:
    """Return uvicorn's settings for TLS; none without a certificate. The key may be in the certificate's file.

    Raises CannotListen.
    """
    if certificate is None:
        return {}
    key = key or certificate
    _check_marker(certificate, "-----BEGIN CERTIFICATE-----", "no certificate")
    _check_marker(key, "PRIVATE KEY-----", "no private key")
    try:
        # Without a password here, OpenSSL would ask for it at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:  # SSLError is an OSError
        reason = _REASONS.get(getattr(error, "reason", None) or "", "they are damaged, or the key has a password")
        files = " and ".join(dict.fromkeys((printable(certificate), printable(key))))
        raise CannotListen(
            f"Cannot use the certificate in {files}: {reason}. Use PEM files; the key must have no password."
        ) from None
    return {"ssl_certfile": certificate, "ssl_keyfile": key}


def _check_marker(file: Path, marker: str, problem: str) -> None:
    """Raise CannotListen unless the file can be read and contains `marker`, from the first line of a PEM block."""
    try:
        text = file.read_text("latin-1")
    except (OSError, ValueError) as error:  # ValueError: the path has a NUL or a surrogate
        cause = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "no file has this name"
        raise CannotListen(
            f"Cannot read {printable(file)}: {cause}. Name PEM files with --tls-cert and --tls-key."
        ) from None
    if marker not in text:
        raise CannotListen(
            f"{printable(file)} has {problem} in PEM format. Use other files with --tls-cert, --tls-key."
        )
