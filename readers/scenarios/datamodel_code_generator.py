"""The scenario with the models of datamodel-code-generator; httpx sends the forms that the models serialize."""

from urllib.parse import quote

import httpx
from generated.datamodel_code_generator import (
    CommunicationChannel,
    CommunicationChannelType,
    CreateCommunicationChannelForm,
    DeletePushTokenForm,
    ErrorResponse,
    PushTokenDeletion,
    ValidationErrors,
)
from pydantic import TypeAdapter
from scenarios.harness import ADDRESS, API_URL, MANY_CHANNEL_IDS, PUSH_TOKEN, run_scenario

CHANNELS = TypeAdapter(list[CommunicationChannel])
OWN_CHANNELS = "users/self/communication_channels"


def client(token: str) -> httpx.Client:
    """Return an HTTP client that sends this token to the mock."""
    return httpx.Client(base_url=API_URL, headers={"Authorization": f"Bearer {token}"})


STUDENT = client("student-token")


def form(fields: CreateCommunicationChannelForm | DeletePushTokenForm) -> dict[str, str]:
    """Return the fields of a model under their names in the contract."""
    named: dict[str, str] = fields.model_dump(mode="json", by_alias=True, exclude_none=True)
    return named


def create_channel(**fields: str) -> httpx.Response:
    """Send the form that creates a channel with these fields, and return the response."""
    named = {f"communication_channel[{name}]": value for name, value in fields.items()}
    token = "push-token" if fields["type"] == "push" else "student-token"
    return client(token).post(OWN_CHANNELS, data=form(CreateCommunicationChannelForm.model_validate(named)))


def send_access_token() -> None:
    """Authenticate with a header that the scenario sets; the generator makes models only."""
    assert STUDENT.get(OWN_CHANNELS).status_code == 200


def list_channels() -> None:
    """List the three channels that the student has in the default world."""
    assert [channel.id for channel in CHANNELS.validate_json(STUDENT.get(OWN_CHANNELS).content)] == [1, 2, 3]


def list_all_pages() -> None:
    """Follow the pagination until a response has no `next` link."""
    many_client, ids, url = client("many-token"), list[int](), OWN_CHANNELS
    while url:
        response = many_client.get(url)
        ids += [channel.id for channel in CHANNELS.validate_json(response.content)]
        url = response.links.get("next", {}).get("url", "")
    assert ids == MANY_CHANNEL_IDS


def create_sms_channel() -> None:
    """Create an SMS channel whose address needs encoding, and read the address unchanged."""
    response = create_channel(type="sms", address=ADDRESS)
    assert CommunicationChannel.model_validate_json(response.content).address == ADDRESS


def delete_channel_by_id() -> None:
    """Delete a channel by its id, and read its state `retired`."""
    channel = CommunicationChannel.model_validate_json(STUDENT.delete(f"{OWN_CHANNELS}/3").content)
    assert channel.workflow_state == "retired"


def delete_channel_by_address() -> None:
    """Delete the new SMS channel by its type and address."""
    path = f"{OWN_CHANNELS}/{CommunicationChannelType.sms.value}/{quote(ADDRESS, safe='')}"
    assert CommunicationChannel.model_validate_json(STUDENT.delete(path).content).address == ADDRESS


def delete_push_token() -> None:
    """Delete the push token of a device by a DELETE request with a body."""
    CommunicationChannel.model_validate_json(create_channel(type="push", token=PUSH_TOKEN).content)
    response = client("push-token").request(
        "DELETE", f"{OWN_CHANNELS}/push", data=form(DeletePushTokenForm(push_token=PUSH_TOKEN))
    )
    assert PushTokenDeletion.model_validate_json(response.content).success


def create_duplicate_channel() -> None:
    """Create a second channel with the same address, and receive 400 with errors by attribute."""
    response = create_channel(type="email", address="student@school.example")
    assert response.status_code == 400
    assert "path" in ValidationErrors.model_validate_json(response.content).errors


def assert_error(response: httpx.Response, status: int) -> None:
    """Assert the status of a response, and the type that the contract declares for its body."""
    assert response.status_code == status
    assert ErrorResponse.model_validate_json(response.content).errors


def send_unknown_token() -> None:
    """List channels with an unknown token, and receive 401."""
    assert_error(client("wrong").get(OWN_CHANNELS), 401)


def list_channels_of_another_user() -> None:
    """List the channels of a student as a teacher, and receive 403."""
    assert_error(client("teacher-token").get("users/1/communication_channels"), 403)


def delete_unknown_channel() -> None:
    """Delete a channel that does not exist, and receive 404."""
    assert_error(STUDENT.delete(f"{OWN_CHANNELS}/999"), 404)


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
