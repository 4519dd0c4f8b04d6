"""Dispatch of a request: its method, its body, and the mock's own failures (behaviour 1.2, 1.3)."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import httpx2
import pytest

from mockserver import World, create_app
from mockserver.api.bodies import MAX_BODY_BYTES
from tests.channel_requests import FORM, OWN_CHANNELS
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient
    from starlette.types import ASGIApp, Message, Receive

    from tests.conftest import ClientFactory

FORM_OF_A_NEW_CHANNEL = b"communication_channel[address]=a@b.c&communication_channel[type]=email"


class TestMethod:
    def test_unknown_method_is_405_with_an_html_page(self, client_for: ClientFactory) -> None:
        response = client_for().request("FOO", OWN_CHANNELS)

        assert (response.status_code, response.headers["content-type"]) == (405, "text/html; charset=utf-8")

    @pytest.mark.parametrize(
        ("data", "headers"), [({"_method": "delete"}, {}), ({}, {"X-HTTP-Method-Override": "DELETE"})]
    )
    def test_post_may_be_overridden_with_delete(
        self, student: TestClient, data: dict[str, str], headers: dict[str, str]
    ) -> None:
        response = student.post(f"{OWN_CHANNELS}/3", data=data, headers=headers)

        assert (response.status_code, response.json()["workflow_state"]) == (200, "retired")

    @pytest.mark.parametrize("sent", [{"data": {"_method": "head"}}, {"headers": {"X-HTTP-Method-Override": "HEAD"}}])
    def test_post_overridden_with_head_has_content_length_0(self, served: str, sent: dict[str, dict[str, str]]) -> None:
        with httpx2.Client(base_url=f"{served}/api/v1/", params={"access_token": "student-token"}) as client:
            head = client.post(OWN_CHANNELS, **sent)  # type: ignore[arg-type]  # data or headers
            get = client.get(OWN_CHANNELS)

        assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "0")
        assert head.headers["etag"] == get.headers["etag"]

    def test_method_in_the_query_is_ignored(self, student: TestClient) -> None:
        response = student.post(f"{OWN_CHANNELS}/3", params={"_method": "delete"})

        assert response.status_code == 403  # of the operation of POST, which resets the bounce count

    def test_method_in_json_is_ignored(self, student: TestClient) -> None:
        response = student.post(f"{OWN_CHANNELS}/1", json={"_method": "delete"})

        assert response.status_code == 403  # of the operation of POST, which resets the bounce count


class TestBody:
    def test_content_length_over_the_limit_is_413_and_the_body_is_not_read(self, student: TestClient) -> None:
        headers = {**FORM, "Content-Length": str(MAX_BODY_BYTES + 1)}

        response = student.post(OWN_CHANNELS, content=b"x", headers=headers)

        assert response.status_code == 413
        assert response.json() == {"errors": [{"message": "the body is over 1048576 bytes"}]}

    def test_chunked_body_over_the_limit_is_413(self, student: TestClient) -> None:
        def chunks() -> Iterator[bytes]:
            for _ in range(64):
                yield b"x" * 65536

        response = student.post(OWN_CHANNELS, content=chunks(), headers=FORM)

        assert response.status_code == 413

    def test_chunks_are_joined(self, student: TestClient) -> None:
        form = FORM_OF_A_NEW_CHANNEL

        response = student.post(OWN_CHANNELS, content=iter([form[:20], form[20:40], form[40:]]), headers=FORM)

        assert response.json()["address"] == "a@b.c"

    def test_body_that_stops_is_408_after_the_timeout(self, world: World) -> None:
        chunks = [{"type": "http.request", "body": b"communication_channel[address]=a@b.c&", "more_body": True}]

        async def receive() -> Message:
            if not chunks:
                await asyncio.Event().wait()  # for an event that is never set
            return chunks.pop()

        start, body = post_form(create_app(world, body_timeout=0.01), receive)

        assert start["status"] == 408
        assert json.loads(body["body"]) == {"errors": [{"message": "the body did not come"}]}
        assert len(world.users[1].channels.listed) == 3

    def test_body_without_an_end_is_408_although_parts_arrive(self, world: World) -> None:
        async def receive() -> Message:
            await asyncio.sleep(0)  # lets the loop run
            return {"type": "http.request", "body": b"", "more_body": True}

        start, _ = post_form(create_app(world, body_timeout=0.01), receive)

        assert start["status"] == 408

    def test_disconnection_before_the_end_of_the_body_changes_nothing(
        self, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        messages: list[Message] = [
            {"type": "http.request", "body": FORM_OF_A_NEW_CHANNEL, "more_body": True},
            {"type": "http.disconnect"},
        ]

        async def receive() -> Message:
            return messages.pop(0)

        post_form(create_app(world), receive)

        assert len(world.users[1].channels.listed) == 3
        assert caplog.text == ""

    @pytest.mark.parametrize("length", ["0", "-1", "x"])
    def test_malformed_or_zero_content_length_means_no_body(self, student: TestClient, length: str) -> None:
        response = student.get(OWN_CHANNELS, headers={"Content-Length": length})

        assert response.status_code == 200

    @pytest.mark.parametrize("zeros", [0, 20, 5000])
    @pytest.mark.parametrize(("length", "status"), [(0, 200), (1, 200), (MAX_BODY_BYTES + 1, 413)])
    def test_leading_zeros_of_content_length_are_ignored(
        self, student: TestClient, zeros: int, length: int, status: int
    ) -> None:
        response = student.get(OWN_CHANNELS, headers={"Content-Length": "0" * zeros + str(length)})

        assert response.status_code == status

    def test_content_type_without_a_body_is_ignored(self, student: TestClient) -> None:
        response = student.get(OWN_CHANNELS, headers={"Content-Type": "application/json"})

        assert (response.status_code, response.headers.get("x-contract-violation")) == (200, None)

    @pytest.mark.parametrize(
        ("content", "headers", "status"),
        [
            (b"{", {"Content-Type": "application/json"}, 400),
            (b"a=%ff", FORM, 400),
            (b"a=1", {"Content-Type": "nonsense"}, 406),
            (b"x", {**FORM, "Content-Length": str(MAX_BODY_BYTES + 1)}, 413),
        ],
        ids=["malformed JSON", "not UTF-8", "malformed media type", "too large"],
    )
    def test_invalid_body_is_reported_only_on_a_known_route(
        self, student: TestClient, content: bytes, headers: dict[str, str], status: int
    ) -> None:
        unknown_route = student.post("users/self/nowhere", content=content, headers=headers)
        known_route = student.post(OWN_CHANNELS, content=content, headers=headers)

        assert (unknown_route.status_code, known_route.status_code) == (404, status)


class TestFailure:
    def test_response_that_violates_the_contract_is_replaced_with_500(self, student: TestClient, world: World) -> None:
        world.channels[1].workflow_state = "nonsense"

        response = student.get(OWN_CHANNELS)

        assert response.status_code == 500
        assert "The mock's response violates openapi.yaml" in response.json()["errors"][0]["message"]
        assert "'nonsense' is not one of" in response.json()["errors"][0]["message"]

    def test_bug_of_the_mock_is_500_and_its_traceback_is_only_logged(
        self, student: TestClient, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        del world.users[1]  # the owner of the token

        response = student.get(OWN_CHANNELS)

        assert response.status_code == 500
        assert "this is a bug of the mock" in response.json()["errors"][0]["message"]
        assert "KeyError" not in response.text
        assert "KeyError" in caplog.text


def test_malformed_host_header_is_not_copied_into_links(student: TestClient) -> None:
    link = student.get(OWN_CHANNELS, headers={"Host": 'x>; rel="next'}).headers["link"]

    assert 'x>; rel="next' not in link


@pytest.mark.parametrize("host", ["::1:8000", "[::1", "]:[", "a:b:c", "a b", "x:99999999"])
def test_malformed_host_header_is_replaced_with_the_server(student: TestClient, host: str) -> None:
    link = student.get(OWN_CHANNELS, headers={"Host": host}).headers["link"]

    assert link.startswith("<http://canvas.test:80/api/v1/")


def test_ipv6_host_header_is_copied_into_links(student: TestClient) -> None:
    link = student.get(OWN_CHANNELS, headers={"Host": "[::1]:8000"}).headers["link"]

    assert link.startswith("<http://[::1]:8000/api/v1/")


def post_form(app: ASGIApp, receive: Receive) -> list[Message]:
    """Send a POST with a chunked form, whose body `receive` returns, and return the messages of the response."""
    path = f"/api/v1/{OWN_CHANNELS}"
    scope = {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [
            (b"authorization", b"Bearer student-token"),
            (b"content-type", FORM["Content-Type"].encode()),
            (b"transfer-encoding", b"chunked"),
        ],
        "server": ("127.0.0.1", 8000),
    }
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    asyncio.run(asyncio.wait_for(app(scope, receive, send), HANG_SECONDS))
    return messages
