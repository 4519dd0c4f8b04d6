"""Choice of the proxy by the environment."""

from __future__ import annotations

import pytest

from contract_tests.client.connection.proxy import find_proxy
from contract_tests.client.settings import Inconclusive

TARGET = "https://canvas.example.edu"
NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"HTTPS_PROXY": "http://a:1"}, ("http://a:1", "HTTPS_PROXY")),
        ({"https_proxy": "http://a:1"}, ("http://a:1", "https_proxy")),
        ({"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:1"}, ("http://a:1", "https_proxy")),
        ({"ALL_PROXY": "http://a:1"}, ("http://a:1", "ALL_PROXY")),
        ({"ALL_PROXY": "http://a:1", "HTTPS_PROXY": "http://b:1"}, ("http://b:1", "HTTPS_PROXY")),
        ({"HTTPS_PROXY": "a:1"}, ("http://a:1", "HTTPS_PROXY")),
        ({"HTTPS_PROXY": "http://me:secret@a:1"}, ("http://a:1", "HTTPS_PROXY")),
        ({"HTTP_PROXY": "http://a:1"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_proxy_is_that_of_the_scheme_or_of_all(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: tuple[str, str] | None
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    proxy = find_proxy(TARGET)

    assert (proxy and (proxy.origin, proxy.variable)) == expected
    assert "secret" not in repr(proxy)


def test_http_target_uses_the_proxy_for_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://a:1")
    monkeypatch.setenv("HTTP_PROXY", "http://b:1")

    proxy = find_proxy("http://canvas.example.edu")

    assert proxy is not None
    assert proxy.origin == "http://b:1"


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize(
    ("no_proxy", "target", "is_excluded"),
    [
        ("canvas.example.edu", TARGET, True),
        ("Example.EDU", TARGET, True),
        (".example.edu", TARGET, True),
        (".example.edu", "https://example.edu", True),
        ("*.example.edu", TARGET, True),
        ("other.edu, example.edu", TARGET, True),
        ("other.edu *", TARGET, True),
        ("ample.edu", TARGET, False),
        ("canvas.example.edu:443", TARGET, True),
        ("canvas.example.edu:8443", TARGET, False),
        ("example.edu:8443", "https://canvas.example.edu:8443", True),
        ("127.0.0.0/8", "https://127.0.0.1:8443", True),
        ("10.0.0.0/8", "https://127.0.0.1:8443", False),
        ("127.0.0.1:8443", "https://127.0.0.1:8443", True),
        ("::1", "https://[::1]:8443", True),
        ("[::1]:8443", "https://[::1]:8443", True),
        ("fe80::/10", "https://[::1]", False),
        ("localhost", "https://localhost:8443", True),
        (",", TARGET, False),
    ],
)
def test_no_proxy_excludes_hosts(
    monkeypatch: pytest.MonkeyPatch, name: str, no_proxy: str, target: str, is_excluded: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://a:1")
    monkeypatch.setenv(name, no_proxy)

    assert (find_proxy(target) is None) == is_excluded


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("socks4://a:1", "HTTPS_PROXY is the URL of a socks4 proxy, which is not supported"),
        ("socks5://me:secret@a:1", "HTTPS_PROXY is the URL of a socks5 proxy, which needs another package"),
        ("http://me:secret@:1", "HTTPS_PROXY is no URL of a proxy"),
        ("http://me:secret@a:port", "HTTPS_PROXY is no URL of a proxy"),
    ],
)
def test_proxy_that_cannot_be_used_is_inconclusive(monkeypatch: pytest.MonkeyPatch, value: str, message: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)

    with pytest.raises(Inconclusive, match=message) as refusal:
        find_proxy(TARGET)

    assert "secret" not in str(refusal.value)
