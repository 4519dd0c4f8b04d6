"""What the mock does when it is at fault itself, and with bodies that are too large or come in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockserver.front import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

    from mockserver import World

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


@pytest.mark.parametrize("length", ["0", "-1", "x"])
def test_a_body_of_no_length_is_no_body(student: TestClient, length: str) -> None:
    response = student.get(SELF, headers={"Content-Length": length})

    assert response.status_code == 200
