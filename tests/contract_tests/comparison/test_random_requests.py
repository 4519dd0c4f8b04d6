"""Random requests of `make compare ARGS=--random`: equal for equal seeds, and safe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests.client.request import ENCODINGS
from contract_tests.client.safety.guard import SafetyGuard
from contract_tests.client.safety.journal import Journal
from contract_tests.comparison.random_requests import ROWS, SEQUENCE_LENGTH, Access, draw_sequences, resolve

if TYPE_CHECKING:
    from pathlib import Path

    from contract_tests.client.request import Request

USER = 17
FIRST_CHANNEL = 1000
TOKENS = {"CANVAS_TOKEN": "first-token", "CANVAS_PUSH_TOKEN": "second-token", "CANVAS_EXPIRED_TOKEN": "old-token"}
ACCESS = Access(["CANVAS_TOKEN", "CANVAS_PUSH_TOKEN"], ["CANVAS_EXPIRED_TOKEN"], has_global_ids=True)
CHANNELS = {f"channel {index}": str(FIRST_CHANNEL + index) for index in range(len(ROWS))}
GLOBAL_USER = 10**13 + USER
"""The global id of the user on shard 1 (behaviour 3.4)."""
VALUES = {"user": str(USER), "shard": "1", "global user": str(GLOBAL_USER), **CHANNELS}


def draw(number: int, seed: int, access: Access = ACCESS) -> list[Request]:
    return [
        resolve(request, VALUES, TOKENS, USER)
        for sequence in draw_sequences(number, seed, access)
        for request in sequence
    ]


def test_equal_seeds_give_equal_requests() -> None:
    assert draw_sequences(300, 7, ACCESS) == draw_sequences(300, 7, ACCESS)
    assert draw_sequences(300, 7, ACCESS) != draw_sequences(300, 8, ACCESS)


def test_sequences_are_short_and_have_the_requested_number_of_requests() -> None:
    lengths = [len(sequence) for sequence in draw_sequences(101, 7, ACCESS)]

    assert sum(lengths) == 101
    assert max(lengths) <= SEQUENCE_LENGTH


@pytest.mark.parametrize("has_push_channel", [False, True])
def test_safety_guard_allows_every_request(tmp_path: Path, *, has_push_channel: bool) -> None:
    journal = Journal(tmp_path, "https://canvas.example.edu")
    guard = SafetyGuard(journal)
    guard.preexisting_channels |= set(range(1, 101))  # none of them is one of CHANNELS
    guard.opened_users.add(USER)
    guard.users_with_push_channel |= {USER} if has_push_channel else set()
    for index in range(len(ROWS)):
        journal.record_creation(USER, FIRST_CHANNEL + index)
    access = Access(ACCESS.tokens, ACCESS.rejected_tokens, has_global_ids=True, may_create_push=not has_push_channel)

    for seed in range(20):
        for request in draw(300, seed, access):
            guard.check(request)


def test_requests_are_of_the_kinds_of_the_recordings() -> None:
    requests = [request for seed in range(5) for request in draw(300, seed)]

    assert {request.method for request in requests} == {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}
    # The fields of the encoding `query` are in Request.query, not in a body.
    assert {request.encoding for request in requests} >= {*ENCODINGS, "text"} - {"query"}
    assert any(request.document is not None for request in requests)
    assert any(request.values("as_user_id") for request in requests)
    assert any(TOKENS["CANVAS_TOKEN"] in str(request.values("access_token")) for request in requests)
    assert any(request.token is None and not request.values("access_token") for request in requests)
    assert not any("{" in f"{request.path}{request.query}{request.headers}" for request in requests)


def test_requests_concern_no_user_but_the_caller() -> None:
    requests = [request for seed in range(5) for request in draw(300, seed)]

    numbers = {int(request.user) for request in requests if request.user.strip().isdigit()}
    assert numbers <= {USER, GLOBAL_USER, *(0, 2**62, 10**20 - 1)}, "the last three are ids of no user"
