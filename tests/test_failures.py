"""What the mock does when it is at fault itself, and with bodies that are too large or come in pieces."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from mockserver import World, create_app
from mockserver.front import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient
    from starlette.types import Message

SELF = "users/self/communication_channels"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_an_answer_that_breaks_the_contract_never_leaves(student: TestClient, world: World) -> None:
    world.channels[1].workflow_state = "nonsense"

    response = student.get(SELF)

    assert response.status_code == 500
    assert "The mock's own answer breaks openapi.yaml" in response.json()["errors"][0]["message"]
    assert "'nonsense' is not one of" in response.json()["errors"][0]["message"]


def test_a_bug_of_the_mock_is_told_without_a_traceback(
    student: TestClient, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    del world.users[1]

    response = student.get(SELF)

    assert response.status_code == 500
    assert "this is a bug of the mock" in response.json()["errors"][0]["message"]
    assert "KeyError" not in response.text
    assert "KeyError" in caplog.text


def test_a_body_that_is_announced_too_large_is_not_read(student: TestClient) -> None:
    response = student.post(SELF, content=b"x", headers={**FORM, "Content-Length": str(MOST_BYTES + 1)})

    assert (response.status_code, response.json()) == (413, {"errors": [{"message": "the body is over 1048576 bytes"}]})


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", {"Content-Type": "application/json"}, 400),
        (b"a=%ff", FORM, 400),
        (b"a=1", {"Content-Type": "nonsense"}, 406),
        (b"x", {**FORM, "Content-Length": str(MOST_BYTES + 1)}, 413),
    ],
    ids=["no JSON", "no UTF-8", "no media type", "too large"],
)
def test_where_there_is_no_route_nobody_minds_the_body(
    student: TestClient, content: bytes, headers: dict[str, str], status: int
) -> None:
    nowhere = student.post("users/self/nowhere", content=content, headers=headers)
    somewhere = student.post(SELF, content=content, headers=headers)

    assert (nowhere.status_code, somewhere.status_code) == (404, status)


def test_a_body_in_pieces_is_read_up_to_the_limit(student: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(64):
            yield b"x" * 65536

    response = student.post(SELF, content=pieces(), headers=FORM)

    assert response.status_code == 413


def test_a_body_in_pieces_is_one_body(student: TestClient) -> None:
    form = b"communication_channel[address]=a@b.c&communication_channel[type]=email"

    response = student.post(SELF, content=iter([form[:20], form[20:40], form[40:]]), headers=FORM)

    assert response.json()["address"] == "a@b.c"


def test_a_body_that_stops_is_given_up_with_408(world: World) -> None:
    app = create_app(world, longest_pause=0.01)
    pieces = [{"type": "http.request", "body": b"communication_channel[address]=a@b.c&", "more_body": True}]
    sent: list[Message] = []

    async def receive() -> Message:
        if not pieces:
            await asyncio.Event().wait()  # which nobody sets
        return pieces.pop()

    async def keep(message: Message) -> None:
        sent.append(message)

    asyncio.run(asyncio.wait_for(app(_post_of_a_form(), receive, keep), 5))

    start, body = sent
    assert start["status"] == 408
    assert json.loads(body["body"]) == {"errors": [{"message": "the body did not come"}]}
    assert len(world.users[1].channels.listed) == 3


def test_a_body_that_is_cut_off_changes_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    form = b"communication_channel[address]=a@b.c&communication_channel[type]=email"
    pieces: list[Message] = [{"type": "http.request", "body": form, "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Message:
        return pieces.pop(0)

    async def keep(message: Message) -> None:
        pass

    asyncio.run(asyncio.wait_for(create_app(world)(_post_of_a_form(), receive, keep), 5))

    assert len(world.users[1].channels.listed) == 3
    assert caplog.text == ""


def _post_of_a_form() -> dict[str, object]:
    headers = [
        (b"authorization", b"Bearer student-token"),
        (b"content-type", FORM["Content-Type"].encode()),
        (b"transfer-encoding", b"chunked"),
    ]
    path = f"/api/v1/{SELF}"
    return {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "server": ("127.0.0.1", 8000),
    }


@pytest.mark.parametrize("length", ["0", "-1", "x"])
def test_a_body_of_no_length_is_no_body(student: TestClient, length: str) -> None:
    response = student.get(SELF, headers={"Content-Length": length})

    assert response.status_code == 200


class TestUnwieldy:
    """Bodies made to hurt: each is a clear 400, and the world stays as it was."""

    @pytest.mark.parametrize("charset", ["unicode_escape", "utf-7", "punycode", "idna", "undefined", "nonsense"])
    def test_a_charset_of_the_clients_choice_is_not_used(self, student: TestClient, charset: str) -> None:
        fields = {"communication_channel[address]": "\\ud800", "communication_channel[type]": "sms"}
        parts = "".join(f'--X\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items())
        headers = {"Content-Type": f"multipart/form-data; boundary=X; charset={charset}"}

        response = student.post(SELF, content=f"{parts}--X--\r\n".encode(), headers=headers)

        assert (response.status_code, response.json()["address"]) == (200, "\\ud800")
        assert student.get(SELF).status_code == 200

    @pytest.mark.parametrize(
        ("body", "complaint"),
        [
            ("[" * 900 + "]" * 900, "nested deeper"),
            ('{"a":' * 40 + "1" + "}" * 40, "nested deeper"),
            ("[" + "1," * 5000 + "1]", "more than 4096"),
            ('{"' + "=" * 2000 + '":1}', "longer than 1024"),
        ],
    )
    def test_json_that_is_deep_or_wide_is_refused(self, student: TestClient, body: str, complaint: str) -> None:
        response = student.post(SELF, content=body.encode(), headers={"Content-Type": "application/json"})

        assert response.status_code == 400
        assert complaint in response.json()["errors"][0]["message"]

    @pytest.mark.parametrize(("fields", "complaint"), [(1000, "communication_channel is"), (1001, "cannot be parsed")])
    def test_a_multipart_body_of_over_a_thousand_fields_is_refused(
        self, student: TestClient, fields: int, complaint: str
    ) -> None:
        response = student.post(SELF, files=[(f"f{number}", (None, "x")) for number in range(fields)])

        assert response.status_code == 400
        assert complaint in response.json()["errors"][0]["message"]

    def test_many_fields_beside_a_broken_one_are_judged(self, student: TestClient) -> None:
        body = {"communication_channel": {"type": "fax", "address": "x", **{f"k{n}": "v" for n in range(3000)}}}

        response = student.post(SELF, json=body)

        assert response.status_code == 200
        assert "'fax' is not one of" in response.headers["x-contract-violation"]


def test_a_host_that_is_none_does_not_reach_the_links(student: TestClient) -> None:
    link = student.get(SELF, headers={"Host": 'x>; rel="next'}).headers["link"]

    assert 'x>; rel="next' not in link


def test_a_page_of_another_host_cannot_reset_the_mock(student: TestClient) -> None:
    student.delete(f"{SELF}/1")

    refused = student.post("http://canvas.test/_mock/reset", headers={"Origin": "https://evil.example"})

    assert refused.status_code == 403
    assert len(student.get(SELF).json()) == 2
