"""The limit on all bodies that are being received at once: clients together cannot fill the memory."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mockserver.address import HEADERS_KEY, WHOLE_BODY_KEY
from mockserver.api import bodies
from mockserver.api.errors import BodyTooLarge, IncompleteBody

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope

PART = b"x" * 40
LIMIT = 100
SCOPE: Scope = {HEADERS_KEY: {b"transfer-encoding": b"chunked"}}


def receive_parts(number: int, may_end: asyncio.Event | None = None) -> Receive:
    """Return a function that receives a body of this number of parts, the last one after the event."""
    numbers = iter(range(number))

    async def receive() -> Message:
        is_last = next(numbers) == number - 1
        if is_last and may_end is not None:
            await may_end.wait()
        return {"type": "http.request", "body": PART, "more_body": not is_last}

    return receive


async def read_beside(first: int, second: int) -> tuple[bytes, bytes | None, bytes]:
    """Return three bodies, read from chunked requests.

    The first has `first` parts; the second, of `second` parts, arrives before the first ends, and is None if it is
    refused; the third arrives after both.
    """
    reader, may_end = bodies.BodyReader(60), asyncio.Event()
    waiting = asyncio.create_task(reader.read(SCOPE, receive_parts(first, may_end)))
    await asyncio.sleep(0)  # lets the task read up to the event
    try:
        beside = await reader.read(SCOPE, receive_parts(second))
    except BodyTooLarge:
        beside = None
    may_end.set()
    return await waiting, beside, await reader.read(SCOPE, receive_parts(2))


@pytest.mark.parametrize(("second", "is_refused"), [(1, False), (2, False), (3, True)])
def test_body_is_refused_while_unfinished_bodies_are_over_the_limit(
    monkeypatch: pytest.MonkeyPatch, second: int, is_refused: bool
) -> None:
    # The last part of a body is not counted: the first body has 40 bytes meanwhile, and the second 0, 40 or 80.
    monkeypatch.setattr(bodies, "MAX_UNFINISHED_BYTES", LIMIT)

    first, beside, later = asyncio.run(read_beside(2, second))

    assert first == PART * 2
    assert beside == (None if is_refused else PART * second)
    assert later == PART * 2


@pytest.mark.parametrize("has_arrived", [False, True])
def test_body_of_a_client_that_disconnects_is_incomplete(has_arrived: bool) -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    with pytest.raises(IncompleteBody):
        asyncio.run(bodies.BodyReader(60).read({**SCOPE, WHOLE_BODY_KEY: has_arrived}, receive))
