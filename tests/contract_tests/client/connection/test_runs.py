"""Runs through a proxy, with a private certificate authority, and with connections that fail."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import trustme

from contract_tests.client.connection.certificates import VARIABLES
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from tests.contract_tests.faulty_proxy import ProxiedRequest, ProxiedResponse, running_proxy
from tests.contract_tests.local_servers import running_http_proxy, tls_gateway
from tests.contract_tests.suite_process import run_suite, running_mock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

HOST = f"canvas-{os.getpid()}.example.edu"
"""A name that no other process tests at the same time: only one run may use an account of a host."""
PASSWORD = "a-password-that-nobody-may-see"
PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
NO_ENVIRONMENT = dict.fromkeys((*VARIABLES, *PROXIES), "")
NO_WAITS = {"RATE": "0"}
"""The setting for a target whose host is not local, which otherwise receives ten requests a second."""


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with running_mock("--allow-host", HOST) as url:
        yield url


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def gateway(mock: str, authority: trustme.CA) -> Iterator[int]:
    """The port at which a gateway serves the mock by HTTPS, as localhost and as HOST."""
    with tls_gateway(urlsplit(mock).port or 0, authority.issue_cert("localhost", HOST)) as port:
        yield port


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"])
def test_certificate_of_a_private_authority_is_trusted(
    tmp_path: Path, gateway: int, authority: trustme.CA, bundle: str, name: str
) -> None:
    value = bundle if name != "SSL_CERT_DIR" else _hashed_directory(tmp_path, authority)

    run = _run(tmp_path, f"https://localhost:{gateway}", **{name: value})

    assert run.returncode == 0, run.stdout


def test_certificate_of_another_authority_is_inconclusive(tmp_path: Path, gateway: int) -> None:
    run = _run(tmp_path, f"https://localhost:{gateway}")

    assert run.returncode == 2
    assert "The certificate of localhost is not trusted" in _words(run.stdout)
    assert "set SSL_CERT_FILE" in _words(run.stdout)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_https_target_is_reached_through_the_proxy(tmp_path: Path, gateway: int, bundle: str, name: str) -> None:
    with running_http_proxy({HOST: gateway}) as proxy:
        variables = {name: f"http://me:{PASSWORD}@127.0.0.1:{proxy.port}", "SSL_CERT_FILE": bundle}
        run = _run(tmp_path, f"https://{HOST}", **variables, **NO_WAITS)

    assert run.returncode == 0, run.stdout
    assert set(proxy.requests) == {f"CONNECT {HOST}:443 HTTP/1.1"}
    assert all(each.startswith("Basic ") for each in proxy.credentials)
    assert not any(PASSWORD in file.read_text("utf-8") for file in tmp_path.iterdir() if file.is_file())
    assert PASSWORD not in run.stdout + run.stderr


def test_http_target_is_reached_through_the_proxy(tmp_path: Path, mock: str) -> None:
    with running_http_proxy({HOST: urlsplit(mock).port or 0}) as proxy:
        variables = {"HTTP_PROXY": f"http://127.0.0.1:{proxy.port}", "ALLOW_HTTP": "1"}
        run = _run(tmp_path, f"http://{HOST}", **variables, **NO_WAITS)

    assert run.returncode == 0, run.stdout
    assert all(f" http://{HOST}/api/v1/users/" in line for line in proxy.requests)


@pytest.mark.parametrize("no_proxy", ["127.0.0.1", "127.0.0.0/8"])
def test_excluded_target_is_reached_directly(tmp_path: Path, mock: str, no_proxy: str) -> None:
    run = _run(tmp_path, mock, HTTP_PROXY="http://127.0.0.1:9", NO_PROXY=no_proxy)

    assert run.returncode == 0, run.stdout


def test_mock_of_the_run_is_reached_directly(tmp_path: Path) -> None:
    run = _run(tmp_path, "", HTTP_PROXY="http://127.0.0.1:9", http_proxy="http://127.0.0.1:9")

    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(
    ("url", "variables", "sentence"),
    [
        ("http://127.0.0.1:9", {}, "refuses the connection; check that it is running"),
        ("https://canvas.invalid", {}, "The host name canvas.invalid is unknown"),
        (
            "https://canvas.invalid",
            {"HTTPS_PROXY": f"http://me:{PASSWORD}@127.0.0.1:9"},
            "The proxy http://127.0.0.1:9",
        ),
        (
            "https://canvas.invalid",
            {"HTTPS_PROXY": f"socks4://me:{PASSWORD}@127.0.0.1:9"},
            "a socks4 proxy, which is not",
        ),
        ("https://canvas.invalid", {"SSL_CERT_FILE": "/absent.pem"}, "SSL_CERT_FILE is '/absent.pem', which has no"),
    ],
    ids=["refused", "unknown host", "proxy", "socks4", "no certificates"],
)
def test_failed_connection_is_inconclusive_with_one_sentence(
    tmp_path: Path, url: str, variables: dict[str, str], sentence: str
) -> None:
    run = _run(tmp_path, url, **variables)

    assert run.returncode == 2
    assert sentence in _words(run.stdout + run.stderr)
    assert PASSWORD not in run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("closed", "closes the connection without a response"),
        ("truncated", "closes the connection before the response is complete"),
        ("gzip", "cannot be decoded by its Content-Encoding"),
    ],
)
def test_connection_that_fails_in_the_run_is_inconclusive(tmp_path: Path, fault: str, sentence: str) -> None:
    """The run leaves channels behind, so each has a mock of its own."""

    def fail(request: ProxiedRequest) -> ProxiedResponse | None:
        response = request.send()
        if request.number < 40:  # later, the preflight check has created channels
            return response
        if fault == "truncated":
            response.announced_length = len(response.body) + 10
        if fault == "gzip":
            response.headers.append(("Content-Encoding", "gzip"))
        return None if fault == "closed" else response

    with running_mock() as mock, running_proxy(mock, fail) as url:
        run = _run_with_creations(tmp_path, url)

    assert run.returncode == 2
    assert sentence in _words(run.stdout)


def _run(folder: Path, url: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the suite with reads only, which is enough to connect."""
    return _run_with_creations(folder, url, READ_ONLY="1", **variables)


def _run_with_creations(folder: Path, url: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return run_suite(folder, "-k", "head", CANVAS_URL=url, **(NO_ENVIRONMENT | DEFAULT_WORLD_VARIABLES | variables))


def _words(text: str) -> str:
    return " ".join(text.split())


def _hashed_directory(folder: Path, authority: trustme.CA) -> str:
    """Return a directory in which OpenSSL finds the certificate by the hash of its subject."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the command openssl")
    directory = folder / "certificates"
    directory.mkdir()
    authority.cert_pem.write_to_path(directory / "ca.pem")
    command = [openssl, "x509", "-hash", "-noout", "-in", str(directory / "ca.pem")]
    name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603  # constant
    (directory / f"{name}.0").write_bytes((directory / "ca.pem").read_bytes())
    return str(directory)
