"""The outbox: confirmation messages, registrations of devices, waiting, and confirmation links."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from tests.control.conftest import CHANNELS, STUDENT
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from starlette.testclient import TestClient

ADDRESS = "New.Student@example.org"


def create(client: TestClient, kind: str = "email", address: str = ADDRESS, **more: str) -> Any:
    form = {"communication_channel[address]": address, "communication_channel[type]": kind, **more}
    return client.post(CHANNELS, headers=STUDENT, data=form).json()


def messages(client: TestClient, **filters: Any) -> list[Any]:
    body: list[Any] = client.get("/_mock/outbox", params=filters).json()
    return body


@pytest.mark.parametrize(("kind", "code"), [("email", r"[a-z0-9]{25}"), ("sms", r"[a-z]{4}")])
def test_unconfirmed_channel_has_a_confirmation_message(control: TestClient, kind: str, code: str) -> None:
    """25 letters and digits by e-mail, 4 letters by SMS (behaviour 14)."""
    channel = create(control, kind)

    [message] = messages(control)

    link = message.pop("link")
    assert link.endswith(f"/register/{message['code']}")
    assert re.fullmatch(code, message["code"])
    assert message == {
        "id": 1,
        "kind": "confirmation",
        "to": ADDRESS,
        "channel_id": channel["id"],
        "channel_type": kind,
        "user_id": 1,
        "sent_at": channel["created_at"],
        "code": message["code"],
    }


def test_link_confirms_the_channel_of_its_world_without_a_header(control: TestClient, world_name: str) -> None:
    channel = create(control)
    [message] = messages(control)
    assert f"/worlds/{world_name}/register/" in message["link"]

    page = control.get(message["link"], headers={"X-Mock-World": "default"})

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert f"{ADDRESS} is confirmed." in page.text
    states = {each["id"]: each["workflow_state"] for each in control.get(CHANNELS, headers=STUDENT).json()}
    assert states[channel["id"]] == "active"


def test_unknown_code_and_code_of_a_deleted_channel_are_404(control: TestClient) -> None:
    channel = create(control)
    [message] = messages(control)
    control.delete(f"{CHANNELS}/{channel['id']}", headers=STUDENT)

    assert [control.get(f"/register/{code}").status_code for code in ("unknown", message["code"])] == [404, 404]


def test_page_shows_the_address_as_text(control: TestClient) -> None:
    create(control, "sms", "<script>alert(1)</script>")
    [message] = messages(control)

    page = control.get(f"/register/{message['code']}").text

    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_channel_has_at_most_three_messages_even_if_it_is_restored(control: TestClient) -> None:
    for _ in range(5):
        channel = create(control)
        control.delete(f"{CHANNELS}/{channel['id']}", headers=STUDENT)

    assert len(messages(control)) == 3
    assert len({message["code"] for message in messages(control)}) == 3


def test_skipped_confirmation_and_channel_of_another_type_cause_no_message(control: TestClient) -> None:
    """Only unconfirmed e-mail and SMS channels have one; an admin may skip the confirmation (behaviour 5.8)."""
    form = {"communication_channel[address]": ADDRESS, "communication_channel[type]": "email"}
    control.post(CHANNELS, headers={"Authorization": "Bearer admin-token"}, data={**form, "skip_confirmation": "1"})
    control.post(CHANNELS, headers=STUDENT, data={**form, "communication_channel[type]": "twitter"})

    assert messages(control) == []


def test_skip_confirmation_of_a_student_is_ignored(control: TestClient) -> None:
    create(control, skip_confirmation="1")

    assert len(messages(control)) == 1


def test_registered_device_is_a_message_once(control: TestClient) -> None:
    form = {"communication_channel[token]": "Device", "communication_channel[type]": "push"}
    for _ in range(2):
        control.post(CHANNELS, headers={"Authorization": "Bearer push-token"}, data=form)

    [message] = messages(control, kind="push_registration")

    assert (message["to"], message["channel_type"], message.get("code"), message.get("link")) == (
        "Device",
        "push",
        None,
        None,
    )


def test_filters_select_messages(control: TestClient) -> None:
    for kind, address in (("email", ADDRESS), ("sms", "1"), ("sms", ADDRESS)):
        create(control, kind, address)

    assert [each["id"] for each in messages(control)] == [3, 2, 1]
    assert [each["id"] for each in messages(control, to=ADDRESS.upper())] == [3, 1]
    assert [each["id"] for each in messages(control, channel_id=35)] == [2]  # of the new channels 34 to 36
    assert [each["id"] for each in messages(control, after=1, limit=1)] == [3]
    assert messages(control, user_id=2) == []


def test_cleared_outbox_is_empty_and_ids_go_on(control: TestClient) -> None:
    create(control)

    assert control.delete("/_mock/outbox").status_code == 204
    assert messages(control) == []
    create(control, "sms")
    assert [each["id"] for each in messages(control)] == [2]


def test_wait_returns_the_first_message_at_once(control: TestClient) -> None:
    create(control)
    create(control, "sms")

    assert control.get("/_mock/outbox/next", params={"timeout": 60}).json()["id"] == 1


def test_wait_ends_with_404_after_its_time(control: TestClient) -> None:
    response = control.get("/_mock/outbox/next", params={"timeout": 0.01})

    assert (response.status_code, response.json()["code"]) == (404, "no_message")


@pytest.mark.slow
def test_wait_ends_when_another_client_causes_the_message(served: str) -> None:
    base = f"{served}/worlds/waiting"
    found: list[Any] = []

    def wait() -> None:
        found.append(httpx2.get(f"{base}/_mock/outbox/next", params={"to": "late@example.org", "timeout": 30}).json())

    thread = threading.Thread(target=wait)
    thread.start()
    form = {"communication_channel[address]": "late@example.org", "communication_channel[type]": "email"}
    httpx2.post(f"{base}{CHANNELS}", headers=STUDENT, data=form)
    thread.join(timeout=HANG_SECONDS)

    assert [message["to"] for message in found] == ["late@example.org"]
