"""The story, told by the client that openapi-generator generates in Python."""

from collections.abc import Callable

import channels
from channels.exceptions import (
    ApiException,
    BadRequestException,
    ForbiddenException,
    NotFoundException,
    UnauthorizedException,
)
from stories.telling import ADDRESS, BASE, DEVICE, MANY, tell

EMAIL, SMS, PUSH = (
    channels.CommunicationChannelType.EMAIL,
    channels.CommunicationChannelType.SMS,
    channels.CommunicationChannelType.PUSH,
)


def api(token: str) -> channels.CommunicationChannelsApi:
    """The operations, with this token."""
    return channels.CommunicationChannelsApi(channels.ApiClient(channels.Configuration(host=BASE, access_token=token)))


STUDENT = api("student-token")


def refusal(kind: type[ApiException], call: Callable[[], object]) -> object:
    """What Canvas says of a call that it refuses with this kind of exception."""
    try:
        call()
    except kind as refused:
        return refused.data
    raise AssertionError("it was not refused")


def send_token() -> None:
    """The client's own setting for a token is enough, and does not put it into the URL."""
    answer = STUDENT.list_communication_channels_without_preload_content("self")
    assert answer.status == 200
    assert "token" not in str(answer.geturl())


def list_first_page() -> None:
    """The student has the three channels of the default world."""
    assert [channel.id for channel in STUDENT.list_communication_channels("self")] == [1, 2, 3]


def page_through_all() -> None:
    """Pages are asked for until one has no `next`."""
    ids, page, more = [], 1, True
    while more:
        answer = api("many-token").list_communication_channels_with_http_info("self", page=page, per_page=10)
        ids += [channel.id for channel in answer.data]
        more, page = 'rel="next"' in (answer.headers or {})["link"], page + 1
    assert ids == MANY


def create_by_form() -> None:
    """The address arrives as it was written."""
    channel = STUDENT.create_communication_channel("self", SMS, communication_channel_address=ADDRESS)
    assert channel.address == ADDRESS


def delete_by_id() -> None:
    """The channel comes back retired."""
    assert STUDENT.delete_communication_channel("self", 3).workflow_state == "retired"


def delete_by_address() -> None:
    """The channel that was created is found by its address."""
    assert STUDENT.delete_communication_channel_by_address("self", SMS, ADDRESS).address == ADDRESS


def delete_token() -> None:
    """The body of a DELETE arrives."""
    device = api("push-token")
    device.create_communication_channel("self", PUSH, communication_channel_token=DEVICE)
    assert device.delete_push_token(DEVICE).success


def error_400() -> None:
    """A second channel of the same address is refused with the attribute's errors."""
    again = "student@school.example"
    said = refusal(
        BadRequestException,
        lambda: STUDENT.create_communication_channel("self", EMAIL, communication_channel_address=again),
    )
    assert isinstance(said, channels.ListCommunicationChannels400Response)
    assert isinstance(said.actual_instance, channels.ValidationErrors)


def error_401() -> None:
    """An unknown token."""
    said = refusal(UnauthorizedException, lambda: api("wrong").list_communication_channels("self"))
    assert isinstance(said, channels.ListCommunicationChannels401Response)
    assert isinstance(said.actual_instance, channels.ErrorResponse)


def error_403() -> None:
    """A teacher may not see a student's channels."""
    said = refusal(ForbiddenException, lambda: api("teacher-token").list_communication_channels("1"))
    assert isinstance(said, channels.ErrorResponse)


def error_404() -> None:
    """An unknown channel."""
    said = refusal(NotFoundException, lambda: STUDENT.delete_communication_channel("self", 999))
    assert isinstance(said, channels.ErrorResponse)


tell(
    send_token, list_first_page, page_through_all, create_by_form, delete_by_id, delete_by_address,
    delete_token, error_400, error_401, error_403, error_404,
)  # fmt: skip
