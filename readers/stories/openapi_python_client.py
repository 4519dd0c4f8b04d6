"""The story, told by the client that openapi-python-client generates."""

import httpx
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
from stories.telling import ADDRESS, BASE, DEVICE, MANY, tell

EMAIL, SMS, PUSH = CommunicationChannelType.EMAIL, CommunicationChannelType.SMS, CommunicationChannelType.PUSH


def client(token: str) -> AuthenticatedClient:
    """A client of the mock that sends this token."""
    return AuthenticatedClient(base_url=BASE, token=token)


STUDENT = client("student-token")


def create(address: str, kind: CommunicationChannelType) -> object:
    """The student's new channel, or why there is none."""
    form = CreateCommunicationChannelForm(communication_channeltype=kind, communication_channeladdress=address)
    return create_communication_channel.sync("self", client=STUDENT, body=form)


def send_token() -> None:
    """The client's own setting for a token is enough, and does not put it into the URL."""
    sent: list[httpx.Request] = []
    hooks = {"event_hooks": {"request": [sent.append]}}
    own = AuthenticatedClient(base_url=BASE, token="student-token", httpx_args=hooks)
    assert list_communication_channels.sync_detailed("self", client=own).status_code == 200
    assert "token" not in str(sent[0].url)


def list_first_page() -> None:
    """The student has the three channels of the default world."""
    channels = list_communication_channels.sync("self", client=STUDENT)
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
    assert ids == MANY


def create_by_form() -> None:
    """The address arrives as it was written."""
    channel = create(ADDRESS, SMS)
    assert isinstance(channel, CommunicationChannel)
    assert channel.address == ADDRESS


def delete_by_id() -> None:
    """The channel comes back retired."""
    channel = delete_communication_channel.sync("self", 3, client=STUDENT)
    assert isinstance(channel, CommunicationChannel)
    assert channel.workflow_state == "retired"


def delete_by_address() -> None:
    """The channel that was created is found by its address."""
    channel = delete_communication_channel_by_address.sync("self", SMS, ADDRESS, client=STUDENT)
    assert isinstance(channel, CommunicationChannel)
    assert channel.address == ADDRESS


def delete_token() -> None:
    """The body of a DELETE arrives."""
    device = client("push-token")
    form = CreateCommunicationChannelForm(communication_channeltype=PUSH, communication_channeltoken=DEVICE)
    assert isinstance(create_communication_channel.sync("self", client=device, body=form), CommunicationChannel)
    answer = delete_push_token.sync(client=device, body=DeletePushTokenForm(push_token=DEVICE))
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
    assert isinstance(delete_communication_channel.sync("self", 999, client=STUDENT), ErrorResponse)


tell(
    send_token, list_first_page, page_through_all, create_by_form, delete_by_id, delete_by_address,
    delete_token, error_400, error_401, error_403, error_404,
)  # fmt: skip
