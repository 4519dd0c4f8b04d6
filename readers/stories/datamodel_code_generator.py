"""The story, told by httpx with the models of datamodel-code-generator: they make the forms and read the answers."""

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
from stories.telling import ADDRESS, BASE, DEVICE, MANY, tell

CHANNELS = TypeAdapter(list[CommunicationChannel])
OWN = "users/self/communication_channels"


def canvas(token: str) -> httpx.Client:
    """A connection that sends this token."""
    return httpx.Client(base_url=BASE, headers={"Authorization": f"Bearer {token}"})


STUDENT = canvas("student-token")


def form(fields: CreateCommunicationChannelForm | DeletePushTokenForm) -> dict[str, str]:
    """What a model says, under the names that Canvas reads."""
    said: dict[str, str] = fields.model_dump(mode="json", by_alias=True, exclude_none=True)
    return said


def create(**fields: str) -> httpx.Response:
    """The answer to a form whose fields are named with brackets."""
    named = {f"communication_channel[{name}]": value for name, value in fields.items()}
    token = "push-token" if fields["type"] == "push" else "student-token"
    return canvas(token).post(OWN, data=form(CreateCommunicationChannelForm.model_validate(named)))


def send_token() -> None:
    """The models know nothing of tokens; the header is set by hand."""
    assert STUDENT.get(OWN).status_code == 200


def list_first_page() -> None:
    """The student has the three channels of the default world."""
    assert [channel.id for channel in CHANNELS.validate_json(STUDENT.get(OWN).content)] == [1, 2, 3]


def page_through_all() -> None:
    """The `next` of `Link` is followed until there is none."""
    many, ids, url = canvas("many-token"), list[int](), OWN
    while url:
        answer = many.get(url)
        ids += [channel.id for channel in CHANNELS.validate_json(answer.content)]
        url = answer.links.get("next", {}).get("url", "")
    assert ids == MANY


def create_by_form() -> None:
    """The address arrives as it was written."""
    assert CommunicationChannel.model_validate_json(create(type="sms", address=ADDRESS).content).address == ADDRESS


def delete_by_id() -> None:
    """The channel comes back retired."""
    channel = CommunicationChannel.model_validate_json(STUDENT.delete(f"{OWN}/3").content)
    assert channel.workflow_state == "retired"


def delete_by_address() -> None:
    """The channel that was created is found by its address."""
    path = f"{OWN}/{CommunicationChannelType.sms.value}/{quote(ADDRESS, safe='')}"
    assert CommunicationChannel.model_validate_json(STUDENT.delete(path).content).address == ADDRESS


def delete_token() -> None:
    """The body of a DELETE arrives."""
    CommunicationChannel.model_validate_json(create(type="push", token=DEVICE).content)
    answer = canvas("push-token").request("DELETE", f"{OWN}/push", data=form(DeletePushTokenForm(push_token=DEVICE)))
    assert PushTokenDeletion.model_validate_json(answer.content).success


def error_400() -> None:
    """A second channel of the same address is refused with the attribute's errors."""
    answer = create(type="email", address="student@school.example")
    assert answer.status_code == 400
    assert "path" in ValidationErrors.model_validate_json(answer.content).errors


def refused(answer: httpx.Response, status: int) -> None:
    """An answer of this status, in the shape that the contract names for it."""
    assert answer.status_code == status
    assert ErrorResponse.model_validate_json(answer.content).errors


def error_401() -> None:
    """An unknown token."""
    refused(canvas("wrong").get(OWN), 401)


def error_403() -> None:
    """A teacher may not see a student's channels."""
    refused(canvas("teacher-token").get("users/1/communication_channels"), 403)


def error_404() -> None:
    """An unknown channel."""
    refused(STUDENT.delete(f"{OWN}/999"), 404)


tell(
    send_token, list_first_page, page_through_all, create_by_form, delete_by_id, delete_by_address,
    delete_token, error_400, error_401, error_403, error_404,
)  # fmt: skip
