"""The scenario with the client that OpenAPI Generator generates in Python."""

from collections.abc import Callable

import channels
from channels.exceptions import (
    ApiException,
    BadRequestException,
    ForbiddenException,
    NotFoundException,
    UnauthorizedException,
)
from scenarios.harness import ADDRESS, API_URL, MANY_CHANNEL_IDS, PUSH_TOKEN, run_scenario

EMAIL, SMS, PUSH = (
    channels.CommunicationChannelType.EMAIL,
    channels.CommunicationChannelType.SMS,
    channels.CommunicationChannelType.PUSH,
)


def api(token: str) -> channels.CommunicationChannelsApi:
    """Return the operations of a client that sends this token to the mock."""
    return channels.CommunicationChannelsApi(
        channels.ApiClient(channels.Configuration(host=API_URL, access_token=token))
    )


STUDENT = api("student-token")


def error_body(exception: type[ApiException], send_request: Callable[[], object]) -> object:
    """Return the body of the error response that the client raises as this exception."""
    try:
        send_request()
    except exception as error:
        return error.data
    raise AssertionError(f"the request succeeded, {exception.__name__} was expected")


def send_access_token() -> None:
    """Authenticate with the client's own setting for a token, which does not put the token into the URL."""
    response = STUDENT.list_communication_channels_without_preload_content("self")
    assert response.status == 200
    assert "token" not in str(response.geturl())


def list_channels() -> None:
    """List the three channels that the student has in the default world."""
    assert [channel.id for channel in STUDENT.list_communication_channels("self")] == [1, 2, 3]


def list_all_pages() -> None:
    """Follow the pagination until a response has no `next` link."""
    ids, page, more = [], 1, True
    while more:
        response = api("many-token").list_communication_channels_with_http_info("self", page=page, per_page=10)
        ids += [channel.id for channel in response.data]
        more = 'rel="next"' in (response.headers or {})["link"]
        page += 1
    assert ids == MANY_CHANNEL_IDS


def create_sms_channel() -> None:
    """Create an SMS channel whose address needs encoding, and read the address unchanged."""
    channel = STUDENT.create_communication_channel("self", SMS, communication_channel_address=ADDRESS)
    assert channel.address == ADDRESS


def delete_channel_by_id() -> None:
    """Delete a channel by its id, and read its state `retired`."""
    assert STUDENT.delete_communication_channel("self", 3).workflow_state == "retired"


def delete_channel_by_address() -> None:
    """Delete the new SMS channel by its type and address."""
    stored_type = channels.StoredCommunicationChannelType.SMS
    assert STUDENT.delete_communication_channel_by_address("self", stored_type, ADDRESS).address == ADDRESS


def delete_push_token() -> None:
    """Delete the push token of a device by a DELETE request with a body."""
    push_client = api("push-token")
    push_client.create_communication_channel("self", PUSH, communication_channel_token=PUSH_TOKEN)
    assert push_client.delete_push_token(PUSH_TOKEN).success


def create_duplicate_channel() -> None:
    """Create a second channel with the same address, and receive 400 with errors by attribute."""
    address = "student@school.example"
    body = error_body(
        BadRequestException,
        lambda: STUDENT.create_communication_channel("self", EMAIL, communication_channel_address=address),
    )
    assert isinstance(body, channels.ListCommunicationChannels400Response)
    assert isinstance(body.actual_instance, channels.ValidationErrors)


def send_unknown_token() -> None:
    """List channels with an unknown token, and receive 401."""
    body = error_body(UnauthorizedException, lambda: api("wrong").list_communication_channels("self"))
    assert isinstance(body, channels.ListCommunicationChannels401Response)
    assert isinstance(body.actual_instance, channels.ErrorResponse)


def list_channels_of_another_user() -> None:
    """List the channels of a student as a teacher, and receive 403."""
    body = error_body(ForbiddenException, lambda: api("teacher-token").list_communication_channels("1"))
    assert isinstance(body, channels.ErrorResponse)


def delete_unknown_channel() -> None:
    """Delete a channel that does not exist, and receive 404."""
    body = error_body(NotFoundException, lambda: STUDENT.delete_communication_channel("self", 999))
    assert isinstance(body, channels.ErrorResponse)


run_scenario(
    send_access_token,
    list_channels,
    list_all_pages,
    create_sms_channel,
    delete_channel_by_id,
    delete_channel_by_address,
    delete_push_token,
    create_duplicate_channel,
    send_unknown_token,
    list_channels_of_another_user,
    delete_unknown_channel,
)
