"""canvasapi, the published Python client of Canvas, without changes against a mock on a socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
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

from mockserver.canvas.rate_limit import RateLimit

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import ServerFactory

# canvasapi warns that the URL of the mock is not https.
pytestmark = pytest.mark.filterwarnings("ignore:Canvas may respond unexpectedly when making requests to HTTP URLs")


@pytest.fixture
def connect(serve: ServerFactory) -> Callable[..., Canvas]:
    """A function that serves a mock with these options and returns a client with this token."""

    def connect_to_new_mock(token: str, **app_options: object) -> Canvas:
        return Canvas(serve(**app_options), token)

    return connect_to_new_mock


def test_user_is_found_as_current_user_and_by_id(connect: Callable[..., Canvas]) -> None:
    canvas = connect("student-token")

    current_user = canvas.get_current_user()
    by_id = canvas.get_user(1)
    by_login_id = canvas.get_user("student@school.example", "sis_login_id")

    assert current_user.id == by_id.id == 1
    assert by_login_id.name == "Sam Student"


def test_list_follows_all_pages(connect: Callable[..., Canvas]) -> None:
    """canvasapi requests 100 rows a page, and a user has at most 101 channels: two pages, if 76 are added to 25."""
    user = connect("many-token").get_current_user()
    for number in range(26, 102):
        user.create_communication_channel(communication_channel={"type": "sms", "address": f"555{number}"})

    positions = [channel.position for channel in user.get_communication_channels()]

    assert positions == list(range(1, 102))


def test_create_sends_a_form_that_the_mock_reads(connect: Callable[..., Canvas]) -> None:
    user = connect("admin-token").get_user(1)
    fields = {"type": "email", "address": "new+tag@example.com"}

    channel = user.create_communication_channel(communication_channel=fields, skip_confirmation=True)

    assert (channel.address, channel.workflow_state, channel.position) == ("new+tag@example.com", "active", 4)
    assert channel.created_at_date.year == 2026


def test_delete_succeeds_and_returns_false_as_with_real_canvas(connect: Callable[..., Canvas]) -> None:
    """canvasapi expects the state `deleted`; Canvas returns `retired`."""
    user = connect("student-token").get_user(1)
    channel = next(iter(user.get_communication_channels()))

    result = channel.delete()

    assert result is False
    assert [remaining.id for remaining in user.get_communication_channels()] == [2, 3]


@pytest.mark.parametrize(("token", "error"), [("unknown-token", InvalidAccessToken), ("read-only-token", Unauthorized)])
def test_rejected_token_raises_its_own_error(
    connect: Callable[..., Canvas], token: str, error: type[Exception]
) -> None:
    canvas = connect(token)

    with pytest.raises(error):
        canvas.get_current_user()


def test_denied_request_raises_forbidden(connect: Callable[..., Canvas]) -> None:
    canvas = connect("student-token")

    with pytest.raises(Forbidden):
        canvas.get_user(2)


def test_unknown_user_raises_resource_does_not_exist(connect: Callable[..., Canvas]) -> None:
    canvas = connect("admin-token")

    with pytest.raises(ResourceDoesNotExist):
        canvas.get_user(99)


def test_duplicate_raises_bad_request(connect: Callable[..., Canvas]) -> None:
    user = connect("student-token").get_current_user()

    with pytest.raises(BadRequest, match="unique!"):
        user.create_communication_channel(communication_channel={"type": "email", "address": "Student@school.example"})


def test_push_without_a_push_token_raises_unprocessable_entity(connect: Callable[..., Canvas]) -> None:
    user = connect("push-token").get_current_user()

    with pytest.raises(UnprocessableEntity):
        user.create_communication_channel(communication_channel={"type": "push"})


def test_request_over_the_rate_limit_raises_rate_limit_exceeded(connect: Callable[..., Canvas]) -> None:
    canvas = connect("student-token", rate_limit=RateLimit(429, cost=600))
    canvas.get_current_user()

    with pytest.raises(RateLimitExceeded):
        canvas.get_current_user()
