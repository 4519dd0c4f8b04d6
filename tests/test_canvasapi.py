"""The published Python client of Canvas, canvasapi, unmodified, against a served mock."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest
import uvicorn
from canvasapi import Canvas
from canvasapi.exceptions import (
    BadRequest,
    Forbidden,
    InvalidAccessToken,
    RateLimitExceeded,
    ResourceDoesNotExist,
    Unauthorized,
    UnprocessableEntity,
)

from mockserver import create_app
from mockserver.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockserver import World

# canvasapi warns that the mock's address is not https.
pytestmark = pytest.mark.filterwarnings("ignore:Canvas may respond unexpectedly when making requests to HTTP URLs")


@pytest.fixture
def connect(world: World) -> Iterator[Callable[..., Canvas]]:
    servers = []

    def canvas(token: str, **app_options: object) -> Canvas:
        listener = socket.create_server(("127.0.0.1", 0))
        app = create_app(world, **app_options)  # type: ignore[arg-type]  # any of its options
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        servers.append((server, thread))
        return Canvas(f"http://127.0.0.1:{listener.getsockname()[1]}", token)

    yield canvas
    for server, thread in servers:
        server.should_exit = True
        thread.join()


def test_the_user_is_found_by_id_and_as_oneself(connect: Callable[..., Canvas]) -> None:
    canvas = connect("student-token")

    assert canvas.get_current_user().id == canvas.get_user(1).id == 1
    assert canvas.get_user("student@school.example", "sis_login_id").name == "Sam Student"


def test_all_pages_are_followed(connect: Callable[..., Canvas]) -> None:
    """canvasapi asks for 100 to a page, and a user has at most 101 channels: two pages."""
    user = connect("many-token").get_current_user()
    for number in range(26, 102):
        fields = {"type": "sms", "address": f"555{number}"}
        user.create_communication_channel(communication_channel=fields)

    positions = [channel.position for channel in user.get_communication_channels()]

    assert positions == list(range(1, 102))


def test_a_channel_is_created_with_a_bracketed_form(connect: Callable[..., Canvas]) -> None:
    user = connect("admin-token").get_user(1)
    fields = {"type": "email", "address": "new+tag@example.com"}

    channel = user.create_communication_channel(communication_channel=fields, skip_confirmation=True)

    assert (channel.address, channel.workflow_state, channel.position) == ("new+tag@example.com", "active", 4)
    assert channel.created_at_date.year == 2026


def test_delete_succeeds_and_answers_false_as_on_real_canvas(connect: Callable[..., Canvas]) -> None:
    """canvasapi looks for the state `deleted`; Canvas says `retired`."""
    user = connect("student-token").get_user(1)
    channel = next(iter(user.get_communication_channels()))

    assert channel.delete() is False
    assert [left.id for left in user.get_communication_channels()] == [2, 3]


@pytest.mark.parametrize(("token", "error"), [("unknown-token", InvalidAccessToken), ("read-only-token", Unauthorized)])
def test_a_refused_token_is_its_own_error(connect: Callable[..., Canvas], token: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        connect(token).get_current_user()


def test_a_refusal_is_forbidden(connect: Callable[..., Canvas]) -> None:
    canvas = connect("student-token")

    with pytest.raises(Forbidden):
        canvas.get_user(2)


def test_what_is_missing_does_not_exist(connect: Callable[..., Canvas]) -> None:
    canvas = connect("admin-token")

    with pytest.raises(ResourceDoesNotExist):
        canvas.get_user(99)


def test_a_duplicate_is_a_bad_request(connect: Callable[..., Canvas]) -> None:
    user = connect("student-token").get_current_user()

    with pytest.raises(BadRequest, match="unique!"):
        user.create_communication_channel(communication_channel={"type": "email", "address": "Student@school.example"})


def test_a_push_channel_without_a_device_is_unprocessable(connect: Callable[..., Canvas]) -> None:
    user = connect("push-token").get_current_user()

    with pytest.raises(UnprocessableEntity):
        user.create_communication_channel(communication_channel={"type": "push"})


def test_a_spent_budget_is_a_rate_limit(connect: Callable[..., Canvas]) -> None:
    canvas = connect("student-token", throttle=Throttle(429, cost=600))
    canvas.get_current_user()

    with pytest.raises(RateLimitExceeded):
        canvas.get_current_user()
