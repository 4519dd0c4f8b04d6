"""Settings read from the environment."""

from __future__ import annotations

import pytest

from contract_tests.client.settings import Inconclusive, read_settings
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES

TOKEN = "a-token-that-nobody-may-see"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("CANVAS_TOKEN", "", "CANVAS_TOKEN is not set"),
        ("CANVAS_TOKEN", "two words", "CANVAS_TOKEN has a character that is not allowed in a token"),
        ("CANVAS_OTHER_USER_ID", "sis:1", "CANVAS_OTHER_USER_ID is 'sis:1'"),
        ("SEED", "x", "SEED is 'x'"),
        ("RATE", "fast", "RATE is 'fast'"),
        ("PROFILE", "slow", "PROFILE is 'slow'"),
        ("READ_ONLY", "yes", "READ_ONLY is 'yes'"),
    ],
)
def test_invalid_setting_is_inconclusive(monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str) -> None:
    for variable in (*DEFAULT_WORLD_VARIABLES, "SEED", "RATE", "PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("CANVAS_TOKEN", TOKEN)
    monkeypatch.setenv(name, value)

    with pytest.raises(Inconclusive, match=message) as raised:
        read_settings("https://canvas.example.edu", {})

    assert TOKEN not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "canvas.example.edu",
        "ftp://a.example",
        "https://a.example/api",
        "https://me@a.example",
        "http://a.example",
        "https://[::1",
        "https://a:b",
    ],
)
def test_invalid_or_unencrypted_url_is_inconclusive(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("CANVAS_TOKEN", TOKEN)

    with pytest.raises(Inconclusive, match="CANVAS_URL"):
        read_settings(url, {})


def test_default_port_is_removed_from_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANVAS_TOKEN", TOKEN)

    urls = [read_settings(f"https://A.example{port}", {}).url for port in ("", ":443", ":8443")]

    assert urls == ["https://a.example", "https://a.example", "https://a.example:8443"]


def test_http_is_accepted_with_allow_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANVAS_TOKEN", TOKEN)
    monkeypatch.setenv("ALLOW_HTTP", "1")

    settings = read_settings("http://a.example:81", {})

    assert (settings.url, settings.rate) == ("http://a.example:81", 10.0)  # the rate of a target on another machine
