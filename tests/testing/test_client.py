"""The client of the control API, and the server in a thread."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NotRequired, get_origin, get_type_hints

import httpx2
import pytest

from mockserver.control.access import ControlAccess
from mockserver.control.api import read_control_contract
from mockserver.testing import CanvasMock, ControlError, MockServer, documents

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

CHANNELS = "/users/self/communication_channels"
FORM = {"communication_channel[address]": "new@example.org", "communication_channel[type]": "email"}
LIST = "list_communication_channels"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with MockServer() as server:
        yield server.url


@pytest.fixture
def mock(server: str, request: pytest.FixtureRequest) -> Iterator[CanvasMock]:
    world = request.node.name.replace("[", "-").rstrip("]")  # the name of a world has no brackets
    with CanvasMock(server, world) as mock:
        yield mock
        mock.delete()


@pytest.fixture
def student(mock: CanvasMock) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=mock.api_url, headers={"Authorization": f"Bearer {mock.token(1)}"}) as client:
        yield client


def test_state_can_be_read_replaced_saved_and_restored(mock: CanvasMock, student: httpx2.Client) -> None:
    mock.save("start")
    mock.replace_state({"users": [{"id": 1, "name": "Ann", "tokens": ["student-token"]}]})
    assert student.get(CHANNELS).json() == []
    assert [user["name"] for user in mock.state()["users"]] == ["Ann"]

    mock.restore("start")
    assert len(student.get(CHANNELS).json()) == 3
    mock.replace_state(mock.state())
    mock.reset()
    assert len(student.get(CHANNELS).json()) == 3


def test_users_and_tokens_can_be_added_and_revoked(mock: CanvasMock, student: httpx2.Client) -> None:
    mock.add_user(100, "Nina", tokens=["nina-token"])
    token = mock.add_token(100, "second-token", sns=True)

    assert (token["user_id"], token["sns"]) == (100, True)
    assert [user["id"] for user in mock.users("nina")] == [100]
    mock.revoke_token("student-token")
    assert student.get(CHANNELS).status_code == 401
    with pytest.raises(LookupError, match="no token nothing"):
        mock.revoke_token("nothing")


def test_channels_can_be_confirmed_bounced_and_marked(mock: CanvasMock) -> None:
    assert mock.confirm(3).get("state") == "active"
    assert mock.bounce(1, "transient", "4.2.2").get("bounces", {})["last_transient_bounce_summary"] == "4.2.2"
    assert mock.update_channel(1, imported=True).get("imported") is True
    assert mock.update_account(max_per_page=5)["max_per_page"] == 5


def test_messages_can_be_waited_for_and_cleared(mock: CanvasMock, student: httpx2.Client) -> None:
    created = student.post(CHANNELS, data=FORM).json()

    message = mock.wait_for_message(to="new@example.org")

    assert message["channel_id"] == created["id"]
    assert mock.messages(kind="confirmation") == [message]
    assert httpx2.get(message.get("link", "")).status_code == 200
    mock.clear_messages()
    with pytest.raises(ControlError, match="no_message"):
        mock.wait_for_message(timeout=0.01)


@pytest.mark.parametrize("status", [404, 503])
def test_next_requests_can_fail(mock: CanvasMock, student: httpx2.Client, status: int) -> None:
    fault = mock.fail_next(status, LIST, times=2)

    assert [student.get(CHANNELS).status_code for _ in range(3)] == [status, status, 200]
    assert [(each["id"], each["hits"]) for each in mock.faults()] == [(fault["id"], 2)]
    mock.clear_faults()
    assert mock.faults() == []


def test_requests_can_be_counted_and_waited_for(mock: CanvasMock, student: httpx2.Client) -> None:
    student.get(CHANNELS)

    assert mock.wait_for_request(operation_id=LIST)["status"] == 200
    assert mock.count_requests(operation_id=LIST) == 1
    assert [request["method"] for request in mock.requests()] == ["GET"]
    mock.clear_requests()
    assert mock.count_requests() == 0


def test_clock_can_be_frozen_advanced_and_thawed(mock: CanvasMock, student: httpx2.Client) -> None:
    mock.freeze(datetime(2026, 3, 1, 12, tzinfo=UTC))
    mock.advance(60)

    assert student.post(CHANNELS, data=FORM).json()["created_at"] == "2026-03-01T12:01:00Z"
    assert mock.clock() == {"now": "2026-03-01T12:01:00Z", "frozen": True}
    assert mock.thaw()["frozen"] is False


def test_problem_is_an_error_with_its_code(mock: CanvasMock) -> None:
    with pytest.raises(ControlError, match=r"404 unknown_snapshot: World .* has no snapshot none") as error:
        mock.restore("none")

    assert (error.value.status, error.value.code) == (404, "unknown_snapshot")


def test_control_token_is_sent() -> None:
    with MockServer(control=ControlAccess("secret")) as server:
        with CanvasMock(server.url, control_token="secret") as mock:
            mock.reset()
        with CanvasMock(server.url) as mock, pytest.raises(ControlError, match="control_token"):
            mock.reset()


def test_error_without_a_problem_document_has_its_text(server: str) -> None:
    with CanvasMock(f"{server}/nowhere") as mock, pytest.raises(ControlError, match="404 : <!DOCTYPE html>"):
        mock.reset()


@pytest.mark.parametrize(
    "name", ["World", "Token", "UserSummary", "ChannelEntry", "Message", "Fault", "Header", "Request", "Clock"]
)
def test_documents_have_the_fields_of_the_control_contract(name: str) -> None:
    schema = read_control_contract()["components"]["schemas"][name]
    document: Any = getattr(documents, name)
    hints = get_type_hints(document, include_extras=True)

    assert hints.keys() == schema["properties"].keys()
    required = {field for field, hint in hints.items() if get_origin(hint) is not NotRequired}
    assert required == set(schema["required"])
