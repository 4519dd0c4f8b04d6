"""The story, told by the client that openapi-python-client generates: one line per step, on success."""

import sys

from generated.openapi_python_client import AuthenticatedClient
from generated.openapi_python_client.api.communication_channels import (
    create_communication_channel,
    delete_communication_channel,
    delete_communication_channel_by_address,
    delete_push_token,
    list_communication_channels,
)
from generated.openapi_python_client.models import (
    CommunicationChannel,
    CommunicationChannelType,
    CreateCommunicationChannelForm,
    DeletePushTokenForm,
    ErrorResponse,
    PushTokenDeletion,
    ValidationErrors,
)

ORIGIN = sys.argv[1]
ADDRESS = "a+b%é@example.com"
EMAIL, SMS, PUSH = CommunicationChannelType.EMAIL, CommunicationChannelType.SMS, CommunicationChannelType.PUSH


def client(token: str) -> AuthenticatedClient:
    """A client of the mock that sends this token."""
    return AuthenticatedClient(base_url=f"{ORIGIN}/api/v1", token=token)


def create(address: str, kind: CommunicationChannelType) -> object:
    """The student's new channel, or why there is none."""
    form = CreateCommunicationChannelForm(communication_channeltype=kind, communication_channeladdress=address)
    return create_communication_channel.sync("self", client=client("student-token"), body=form)


def list_first_page() -> None:
    """The student has the three channels of the default world."""
    channels = list_communication_channels.sync("self", client=client("student-token"))
    assert isinstance(channels, list)
    assert [channel.id for channel in channels] == [1, 2, 3]


def page_through_all() -> None:
    """Pages are asked for until one has no `next`."""
    ids, page, more = [], 1, True
    while more:
        answer = list_communication_channels.sync_detailed("self", client=client("many-token"), page=page, per_page=10)
        assert isinstance(answer.parsed, list)
        ids += [channel.id for channel in answer.parsed]
        more, page = 'rel="next"' in answer.headers["Link"], page + 1
    assert ids == list(range(9, 34))


def create_with_brackets() -> None:
    """The address arrives as it was written."""
    channel = create(ADDRESS, SMS)
    assert isinstance(channel, CommunicationChannel)
    assert channel.address == ADDRESS


def delete_by_id() -> None:
    """The channel comes back retired."""
    channel = delete_communication_channel.sync("self", 3, client=client("student-token"))
    assert isinstance(channel, CommunicationChannel)
    assert channel.workflow_state == "retired"


def delete_by_address() -> None:
    """The channel that was created is found by its address."""
    channel = delete_communication_channel_by_address.sync("self", SMS, ADDRESS, client=client("student-token"))
    assert isinstance(channel, CommunicationChannel)
    assert channel.address == ADDRESS


def delete_token() -> None:
    """The body of a DELETE arrives."""
    device = client("push-token")
    form = CreateCommunicationChannelForm(communication_channeltype=PUSH, communication_channeltoken="a+b/é")
    assert isinstance(create_communication_channel.sync("self", client=device, body=form), CommunicationChannel)
    answer = delete_push_token.sync(client=device, body=DeletePushTokenForm(push_token="a+b/é"))
    assert isinstance(answer, PushTokenDeletion)


def error_400() -> None:
    """A second channel of the same address is refused with the attribute's errors."""
    assert isinstance(create("student@school.example", EMAIL), ValidationErrors)


def error_401() -> None:
    """An unknown token."""
    assert isinstance(list_communication_channels.sync("self", client=client("wrong")), ErrorResponse)


def error_403() -> None:
    """A teacher may not see a student's channels."""
    assert isinstance(list_communication_channels.sync("1", client=client("teacher-token")), ErrorResponse)


def error_404() -> None:
    """An unknown channel."""
    assert isinstance(delete_communication_channel.sync("self", 999, client=client("student-token")), ErrorResponse)


for tell in (
    list_first_page, page_through_all, create_with_brackets, delete_by_id, delete_by_address,
    delete_token, error_400, error_401, error_403, error_404,
):  # fmt: skip
    try:
        tell()
        print(f"{tell.__name__}: yes")
    except Exception as failure:
        print(f"{tell.__name__}: no, {type(failure).__name__} {failure}")
