"""Replay the recorded exchanges against the mock, in process."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mockserver import World, create_app, read_world
from recordings.exchanges import Exchange, Response, read_sequences, world_file
from recordings.explanations import explain

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message

_HOST = "127.0.0.1"


@dataclass
class Result:
    """The numbers of equal and different responses in the replay of one file."""

    exchanges: int = 0
    alike: int = 0
    explained: Counter[str] = field(default_factory=Counter)
    """The number of explained differences, by the name of the explanation."""
    examples: dict[str, Exchange] = field(default_factory=dict)
    """The shortest exchange of each explanation."""
    not_compared: int = 0
    """The exchanges after a change of state to which the mock responded with another status."""
    unexplained: list[str] = field(default_factory=list)
    """One line for each difference without an explanation."""


async def replay(name: str) -> Result:
    """Replay every sequence of a file, each in a restored world, and return the numbers."""
    result = Result()
    logging.getLogger("mockserver").setLevel(logging.ERROR)  # not a line for each violation of the contract
    world = World(read_world(world_file(name)))
    app = create_app(world)
    for sequence in read_sequences(name):
        world.reset()
        await _replay_sequence(app, sequence, result)
    return result


async def _replay_sequence(app: ASGIApp, sequence: list[Exchange], result: Result) -> None:
    for number, recorded in enumerate(sequence):
        mock = await _send(app, recorded)
        result.exchanges += 1
        _compare(recorded, mock, result)
        if recorded.changes_state and recorded.response.status != mock.status:
            rest = len(sequence) - number - 1  # the states differ from here on
            result.exchanges += rest
            result.not_compared += rest
            return


def _compare(recorded: Exchange, mock: Response, result: Result) -> None:
    with_body = recorded.method != "HEAD"
    canvas_parts = recorded.response.compared_parts(with_body=with_body)
    mock_parts = mock.compared_parts(with_body=with_body)
    if canvas_parts == mock_parts:
        result.alike += 1
        return
    explanation = explain(recorded, mock)
    if explanation is None:
        parts = "; ".join(
            f"{part}: Canvas {canvas_parts[part]}, mock {mock_parts[part]}"
            for part in canvas_parts
            if canvas_parts[part] != mock_parts[part]
        )
        result.unexplained.append(f"{recorded.method} {recorded.path} {recorded.headers} {recorded.body}: {parts}")
        return
    result.explained[explanation.name] += 1
    example = result.examples.get(explanation.name)
    if example is None or recorded.length < example.length:
        result.examples[explanation.name] = recorded


async def _send(app: ASGIApp, request: Exchange) -> Response:
    """Send a request to the application as an HTTP server would."""
    path, _, query = request.path.partition("?")
    body = None if request.body is None else request.body.encode()
    headers = {"Host": _HOST, **request.headers, **({} if body is None else {"Content-Length": str(len(body))})}
    scope = {
        "type": "http",
        "method": request.method,
        "scheme": "http",
        "server": (_HOST, 80),
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
    }
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body or b""}

    async def send(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, send)
    start: Any = messages[0]
    received = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    return Response(start["status"], received, b"".join(m["body"] for m in messages[1:]).decode("utf-8", "replace"))
