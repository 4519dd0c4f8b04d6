"""The certificates that the suite trusts, read from the environment as Python's HTTP clients do."""

from __future__ import annotations

import os
import re
import ssl
from pathlib import Path

from contract_tests.client.settings import Inconclusive

VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""The variables with the paths of trusted certificates: of OpenSSL and httpx2, and of requests."""


_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.\d+")


def trusted_certificates() -> ssl.SSLContext | None:
    """Return a context that trusts the certificates of all VARIABLES that are set. Raises Inconclusive.

    It is None if none is set: the HTTP client then trusts the certificates of the system. Several variables add up,
    so that one which a program has set for another tool does not hide the school's own.
    """
    paths = {name: value for name in VARIABLES if (value := os.environ.get(name))}
    if not paths:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for name, value in paths.items():
        try:
            _load(context, value)
        except (OSError, ValueError):  # SSLError, for a file without certificates, is an OSError
            raise Inconclusive(
                f"{name} is {value!r}, which has no certificates in PEM format that can be read; set it to a file with "
                "the certificates of your authority, or to a directory in which `openssl rehash` has run, or unset it."
            ) from None
    return context


def _load(context: ssl.SSLContext, value: str) -> None:
    """Trust the certificates of a file, or of directories in the format of OpenSSL, which are read when needed."""
    if Path(value).is_file():
        context.load_verify_locations(cafile=value)
        return
    if not any(map(_has_certificates, value.split(os.pathsep))):
        raise FileNotFoundError(value)
    context.load_verify_locations(capath=value)


def _has_certificates(directory: str) -> bool:
    """Return whether a file of the directory has the name with which OpenSSL looks for a certificate."""
    path = Path(directory)
    return path.is_dir() and any(_HASHED_NAME.fullmatch(file.name) for file in path.iterdir())
