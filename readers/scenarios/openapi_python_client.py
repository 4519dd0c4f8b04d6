"""The scenario with the client that openapi-python-client generates."""

import httpx
from generated.openapi_python_client import AuthenticatedClient
from generated.openapi_python_client.api.communication_channels import (
    create_communication_channel,
    delete_communication_channel,
    delete_communication_channel_by_address,
    list_communication_channels,
)
from generated.openapi_python_client.api.communication_channels import delete_push_token as push_token_deletion
from generated.openapi_python_client.models import (
    CommunicationChannel,
    CommunicationChannelType,
    CreateCommunicationChannelForm,
    DeletePushTokenForm,
    ErrorResponse,
    PushTokenDeletion,
    StoredCommunicationChannelType,
    ValidationErrors,
)
from scenarios.harness import ADDRESS, API_URL, MANY_CHANNEL_IDS, PUSH_TOKEN, run_scenario

EMAIL, SMS, PUSH = CommunicationChannelType.EMAIL, CommunicationChannelType.SMS, CommunicationChannelType.PUSH


def client(token: str) -> AuthenticatedClient:
    """Return a client that sends this token to the mock."""
    return AuthenticatedClient(base_url=API_URL, token=token)


STUDENT = client("student-token")


def create_channel(address: str, channel_type: CommunicationChannelType) -> object:
    """Create a channel for the student; return the channel, or the error."""
    form = CreateCommunicationChannelForm(communication_channeltype=channel_type, communication_channeladdress=address)
    return create_communication_channel.sync("self", client=STUDENT, body=form)


def send_access_token() -> None:
    """Authenticate with the client's own setting for a token, which does not put the token into the URL."""
    requests: list[httpx.Request] = []
    hooks = {"event_hooks": {"request": [requests.append]}}
    recorded = AuthenticatedClient(base_url=API_URL, token="student-token", httpx_args=hooks)
    assert list_communication_channels.sync_detailed("self", client=recorded).status_code == 200
    assert "token" not in str(requests[0].url)


def list_channels() -> None:
    """List the three channels that the student has in the default world."""
    channels = list_communication_channels.sync("self", client=STUDENT)
    assert isinstance(channels, list)
    assert [channel.id for channel in channels] == [1, 2, 3]


def list_all_pages() -> None:
    """Follow the pagination until a response has no `next` link."""
    ids, page, more = [], 1, True
    while more:
        response = list_communication_channels.sync_detailed(
            "self", client=client("many-token"), page=page, per_page=10
        )
        assert isinstance(response.parsed, list)
        ids += [channel.id for channel in response.parsed]
        more = 'rel="next"' in response.headers["Link"]
        page += 1
    assert ids == MANY_CHANNEL_IDS


def create_sms_channel() -> None:
    """Create an SMS channel whose address needs encoding, and read the address unchanged."""
    channel = create_channel(ADDRESS, SMS)
    assert isinstance(channel, CommunicationChannel)
    assert channel.address == ADDRESS


def delete_channel_by_id() -> None:
    """Delete a channel by its id, and read its state `retired`."""
    channel = delete_communication_channel.sync("self", 3, client=STUDENT)
    assert isinstance(channel, CommunicationChannel)
    assert channel.workflow_state == "retired"


def delete_channel_by_address() -> None:
    """Delete the new SMS channel by its type and address."""
    stored_type = StoredCommunicationChannelType.SMS
    channel = delete_communication_channel_by_address.sync("self", stored_type, ADDRESS, client=STUDENT)
    assert isinstance(channel, CommunicationChannel)
    assert channel.address == ADDRESS


def delete_push_token() -> None:
    """Delete the push token of a device by a DELETE request with a body."""
    push_client = client("push-token")
    form = CreateCommunicationChannelForm(communication_channeltype=PUSH, communication_channeltoken=PUSH_TOKEN)
    assert isinstance(create_communication_channel.sync("self", client=push_client, body=form), CommunicationChannel)
    deletion = push_token_deletion.sync(client=push_client, body=DeletePushTokenForm(push_token=PUSH_TOKEN))
    assert isinstance(deletion, PushTokenDeletion)


def create_duplicate_channel() -> None:
    """Create a second channel with the same address, and receive 400 with errors by attribute."""
    assert isinstance(create_channel("student@school.example", EMAIL), ValidationErrors)


def send_unknown_token() -> None:
    """List channels with an unknown token, and receive 401."""
    assert isinstance(list_communication_channels.sync("self", client=client("wrong")), ErrorResponse)


def list_channels_of_another_user() -> None:
    """List the channels of a student as a teacher, and receive 403."""
    assert isinstance(list_communication_channels.sync("1", client=client("teacher-token")), ErrorResponse)


def delete_unknown_channel() -> None:
    """Delete a channel that does not exist, and receive 404."""
    assert isinstance(delete_communication_channel.sync("self", 999, client=STUDENT), ErrorResponse)


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
