"""Redaction of access tokens in the request journal, and curl commands of unusual requests."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx2
import pytest

from tests.control.conftest import CHANNELS, STUDENT

if TYPE_CHECKING:
    from starlette.testclient import TestClient

TOKEN = "to+ken/with=signs"
ENCODED = quote(TOKEN, safe="")
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
JSON = {"Content-Type": "application/json"}
MULTIPART = b'--x\r\nContent-Disposition: form-data; name="access_token"\r\n\r\n%s\r\n--x--\r\n'


def last_request(client: TestClient, method: str, path: str, **sent: Any) -> dict[str, Any]:
    client.request(method, path, **sent)
    [entry] = client.get("/_mock/requests", params={"limit": 1}).json()
    found: dict[str, Any] = entry
    return found


class TestRedaction:
    @pytest.mark.parametrize(
        ("method", "path", "sent"),
        [
            ("GET", f"{CHANNELS}?access_token={ENCODED}", {}),
            ("GET", f"{CHANNELS}?access_token=%74{ENCODED[1:].lower()}", {}),  # %74 is t
            ("GET", f"{CHANNELS}?access%5Ftoken={ENCODED}", {}),
            ("GET", f"/api/v1/users/{ENCODED}/communication_channels", {"headers": HEADERS}),
            ("GET", f"/api/v1/{ENCODED}/self", {"headers": HEADERS}),
            ("GET", f"/api/v1/nowhere?access_token={ENCODED}", {}),
            ("GET", CHANNELS, {"headers": {**HEADERS, "Referer": f"http://localhost/?access_token={ENCODED}"}}),
            ("POST", CHANNELS, {"data": {"access_token": TOKEN}}),
            ("POST", CHANNELS, {"content": rb'{"access_token": "to+ken\/with=signs"}', "headers": JSON}),
            ("POST", CHANNELS, {"content": rb'{"access_token": "\u0074o+ken/with=signs"}', "headers": JSON}),
            (
                "POST",
                CHANNELS,
                {"content": MULTIPART % TOKEN.encode(), "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
            ),
        ],
    )
    def test_encoded_token_is_replaced(self, control: TestClient, method: str, path: str, sent: dict[str, Any]) -> None:
        control.post("/_mock/users/1/tokens", json={"value": TOKEN})

        entry = last_request(control, method, path, **sent)

        assert "with" not in json.dumps(entry)  # a part of the token that is the same in every encoding
        assert "TOKEN" in str(entry)

    @pytest.mark.parametrize(
        "sent",
        [
            {"params": {"access_token": "student2-token"}, "headers": STUDENT},
            {"headers": [("Authorization", "Bearer student2-token"), ("Authorization", "Bearer student-token")]},
            {"headers": {"Authorization": "Basic student2-token"}},
            {"headers": {"Authorization": "bearer student2-token"}},
            {"headers": {"Authorization": "student2-token"}},
            {"headers": {**STUDENT, "X-Mock-Control-Token": "student2-token"}},
        ],
    )
    def test_credentials_that_the_request_does_not_use_are_replaced(
        self, control: TestClient, sent: dict[str, Any]
    ) -> None:
        assert "student2" not in str(last_request(control, "GET", CHANNELS, **sent))

    def test_short_token_is_replaced_where_tokens_are_sent_only(self, control: TestClient) -> None:
        control.post("/_mock/users/1/tokens", json={"value": "a"})

        header = last_request(control, "GET", CHANNELS, headers={"Authorization": "Bearer a"})
        query = last_request(control, "GET", f"{CHANNELS}?access_token=a&per_page=1")

        assert header["url"] == CHANNELS
        assert {"name": "authorization", "value": "Bearer TOKEN"} in header["headers"]
        assert query["url"] == f"{CHANNELS}?access_token=TOKEN&per_page=1"
        assert json.loads(query["response_body"])[0]["user_id"] == 1


FORM = b"communication_channel[type]=email&communication_channel[address]=new@example.org"


class TestCurl:
    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("method", "query", "sent"),
        [
            ("POST", "?communication_channel[type]=email&communication_channel[address]=a%40b.example", {}),
            ("GET", "?x={a,b}&y=[1-3]", {}),
            ("GET", "/../communication_channels", {}),
            ("GET", "", {"content": b'{"per_page": 1}', "headers": JSON}),
            ("GET", "", {"headers": {"X-Empty": ""}}),
            ("POST", "", {"content": b"@/dev/null", "headers": {"Content-Type": "text/plain"}}),
            ("POST", "", {"content": FORM}),
            ("POST", "", {"json": {"communication_channel": {"type": "email", "address": "TOKEN@example.org"}}}),
        ],
    )
    def test_command_sends_the_same_request(self, served: str, method: str, query: str, sent: dict[str, Any]) -> None:
        base = f"{served}/worlds/curl-{abs(hash((query, str(sent))))}"
        headers = {**STUDENT, **sent.get("headers", {})}
        httpx2.request(method, f"{base}{CHANNELS}{query}", **{**sent, "headers": headers})
        [first] = httpx2.get(f"{base}/_mock/requests").json()

        subprocess.run(  # noqa: S603  # a command that the mock has printed, of a request of this test
            ["sh", "-c", f"{first['curl']} --silent --noproxy '*'"],  # noqa: S607
            env={"TOKEN": "student-token", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            check=True,
        )

        second = httpx2.get(f"{base}/_mock/requests").json()[0]
        assert second["number"] == 2
        assert [second[name] for name in ("method", "url", "body", "violations")] == [
            first[name] for name in ("method", "url", "body", "violations")
        ]
        for name in ("content-type", "authorization"):
            values = [[each["value"] for each in entry["headers"] if each["name"] == name] for entry in (first, second)]
            assert values[0] == values[1], name
