"""Recovery of test accounts from intents alone, and the journal, which remains until each account is clean."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx2
import pytest

from contract_tests.account.opened import OpenedAccounts
from contract_tests.account.preflight import open_account
from contract_tests.client.inconclusive import Inconclusive
from tests.contract_tests.account.fake_canvas import OTHER, OWNER, SETTINGS, FakeCanvas
from tests.contract_tests.account.fake_runs import (
    EMAIL,
    OWN,
    PUSH,
    SMS,
    UNKNOWN,
    create,
    kill,
    lose,
    not_found,
    open_owner,
    respond,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FAULTS = {
    "killed": kill,
    "connection dropped": lose,
    "500": respond(500, json={"errors": [{"message": "An error occurred."}]}),
    "400": respond(400, json={"errors": {"address": [{"type": "invalid"}]}}),
    "unreadable": respond(200, content=b'{"id": 5', headers={"Content-Type": "application/json"}),
    "wrong id": respond(200, json={"id": 999, "user_id": OWNER, "type": "email", "address": "x"}),
    "id of the own channel": respond(200, json={"id": 50, "user_id": OWNER, "type": "email", "address": "x"}),
}


@pytest.mark.parametrize("fields", [EMAIL, SMS, UNKNOWN, PUSH], ids=["email", "sms", "unknown type", "push"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("is_same_run", [True, False], ids=["same run", "next run"])
def test_channel_is_removed_by_its_intent(
    tmp_path: Path, fields: tuple[tuple[str, str], ...], fault: str, *, is_same_run: bool
) -> None:
    canvas = FakeCanvas()
    canvas.add(OWNER, *OWN)
    client, opened = open_owner(canvas, tmp_path)
    canvas.fault = FAULTS[fault]
    create(client, fields)
    canvas.fault = FakeCanvas.execute
    assert len(canvas.active()) == 2

    if not is_same_run:
        client, opened = open_owner(canvas, tmp_path)
        assert canvas.active() == [OWN]
        assert canvas.devices == set()
    opened.clean_up(client.transport.journal)
    client.transport.journal.remove()

    assert canvas.active() == [OWN]
    assert canvas.devices == set()
    assert not list(tmp_path.glob("journal-*"))


def test_devices_are_unregistered_after_the_push_channel_was_deleted(tmp_path: Path) -> None:
    canvas = FakeCanvas()
    client, _ = open_owner(canvas, tmp_path)
    create(client, PUSH)
    canvas.rows[0]["workflow_state"] = "retired"
    assert canvas.devices

    open_owner(canvas, tmp_path)

    assert canvas.devices == set()
    assert canvas.active() == []


def test_token_of_another_user_registers_no_device_in_the_recovery(tmp_path: Path) -> None:
    """CANVAS_PUSH_TOKEN has changed since the killed run, and is now another user's."""
    canvas = FakeCanvas()
    canvas.add(OTHER, "email", "other@school.example.edu")
    client, _ = open_owner(canvas, tmp_path)
    create(client, PUSH)
    changed = replace(SETTINGS, tokens={**SETTINGS.tokens, "CANVAS_PUSH_TOKEN": "other-token"})

    client, _ = open_account(canvas.client(tmp_path, changed), OpenedAccounts())

    assert canvas.active() == []
    assert canvas.active(OTHER) == [("email", "other@school.example.edu")]
    assert canvas.devices == set()


def test_push_channel_of_the_user_is_never_deleted(tmp_path: Path) -> None:
    canvas = FakeCanvas()
    canvas.add(OWNER, "push", "For All Devices")
    for _ in range(2):
        client, opened = open_owner(canvas, tmp_path)
        with pytest.raises(Exception, match="was not sent"):
            client.transport.send(client.build_request("", "POST", body=PUSH))
        create(client, EMAIL)
    opened.clean_up(client.transport.journal)

    assert canvas.active() == [("push", "For All Devices")]


def test_channel_that_existed_before_the_killed_run_is_never_deleted(tmp_path: Path) -> None:
    """The address begins like those of the suite."""
    own = ("email", "canvas-contract-team@school.edu")
    canvas = FakeCanvas()
    canvas.add(OWNER, *own)
    client, _ = open_owner(canvas, tmp_path)
    create(client, EMAIL)

    client, opened = open_owner(canvas, tmp_path)
    opened.clean_up(client.transport.journal)

    assert canvas.active() == [own]


def test_channel_of_the_user_with_the_id_of_a_wrong_response_is_not_deleted(tmp_path: Path) -> None:
    """The response names 51 instead of 50; then the user creates a channel, which gets the id 51."""
    canvas = FakeCanvas()
    client, _ = open_owner(canvas, tmp_path)
    canvas.fault = respond(200, json={"id": 51, "user_id": OWNER, "type": "email", "address": "x"})
    create(client, EMAIL)
    canvas.fault = FakeCanvas.execute
    assert canvas.add(OWNER, *OWN) == 51

    open_owner(canvas, tmp_path)

    assert canvas.active() == [OWN]


def test_several_killed_runs_and_a_truncated_line_are_recovered(tmp_path: Path) -> None:
    canvas = FakeCanvas()
    client, _ = open_owner(canvas, tmp_path)
    for fields in (EMAIL, PUSH):
        create(client, fields)
    text = client.transport.journal.path.read_text("utf-8")
    client.transport.journal.path.write_text(text + '{"intent": [1, "sm', "utf-8")
    canvas.fault = lambda canvas, request: (
        httpx2.Response(500) if request.method == "DELETE" else canvas.execute(request)
    )
    with pytest.raises(Inconclusive, match="User 1 still has 2 channels of this suite: email canvas-contract-1@"):
        open_owner(canvas, tmp_path)
    canvas.fault = FakeCanvas.execute

    client, opened = open_owner(canvas, tmp_path)
    create(client, SMS)
    opened.clean_up(client.transport.journal)

    assert canvas.active() == []
    assert canvas.devices == set()


def failing(_canvas: FakeCanvas, _request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(500, json={"errors": []})


def unauthenticated(_canvas: FakeCanvas, _request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(401, json={"errors": [{"message": "Invalid access token."}]})


def empty_lists(canvas: FakeCanvas, request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, json=[]) if request.method == "GET" else canvas.execute(request)


def second_page_fails(canvas: FakeCanvas, request: httpx2.Request) -> httpx2.Response:
    if request.method != "GET":
        return not_found(canvas, request)
    if "page=2" in str(request.url):
        return httpx2.Response(500)
    channel = {"id": 50, "user_id": OWNER, "type": "email", "address": canvas.rows[0]["address"]}
    return httpx2.Response(200, json=[channel], headers={"Link": f'<{request.url}>; rel="next"'})


def lists_are_html(canvas: FakeCanvas, request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, content=b"<html>") if request.method == "GET" else canvas.execute(request)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (not_found, r"channels of user 1 cannot be listed \(the response is 404\).* such as 51"),
        (failing, r"channels of user 1 cannot be listed \(the response is 500\)"),
        (unauthenticated, "no longer accepts CANVAS_TOKEN"),
        (empty_lists, "The list of user 1 lacks 50, which existed before the run"),
        (second_page_fails, r"cannot be listed \(the response is 500\)"),
        (lists_are_html, r"cannot be listed \(the response is no list\)"),
    ],
    ids=["404", "500", "401", "empty lists", "second page", "HTML"],
)
def test_journal_remains_if_no_list_shows_a_clean_account(
    tmp_path: Path, fault: Callable[[FakeCanvas, httpx2.Request], httpx2.Response], sentence: str
) -> None:
    canvas = FakeCanvas()
    canvas.add(OWNER, *OWN)
    client, opened = open_owner(canvas, tmp_path)
    create(client, EMAIL)
    canvas.fault = fault

    with pytest.raises(Inconclusive, match=sentence):
        opened.clean_up(client.transport.journal)
    client.transport.journal.remove()

    assert list(tmp_path.glob("journal-*"))
    canvas.fault = FakeCanvas.execute
    open_owner(canvas, tmp_path)
    assert canvas.active() == [OWN]


@pytest.mark.parametrize("status", [429, 403])
def test_throttled_create_remains_an_open_intent(tmp_path: Path, status: int) -> None:
    canvas = FakeCanvas()
    client, _ = open_owner(canvas, tmp_path)
    statuses = iter([status])

    def fault(canvas: FakeCanvas, request: httpx2.Request) -> httpx2.Response:
        """Throttle the first create, and kill the run during its repetition."""
        if request.method == "POST" and (number := next(statuses, 0)):
            return httpx2.Response(number, json={"errors": [{"message": "Rate Limit Exceeded"}]})
        return kill(canvas, request)

    canvas.fault = fault
    create(client, PUSH)
    canvas.fault = FakeCanvas.execute
    assert canvas.active()

    open_owner(canvas, tmp_path)

    assert canvas.active() == []


@pytest.mark.parametrize("is_executed", [True, False], ids=["executed", "not executed"])
def test_recovery_succeeds_if_each_of_its_requests_is_lost_once(tmp_path: Path, *, is_executed: bool) -> None:
    canvas = FakeCanvas()
    canvas.add(OWNER, *OWN)
    client, _ = open_owner(canvas, tmp_path)
    for fields in (EMAIL, SMS, PUSH):
        create(client, fields)
    lost: set[bytes] = set()

    def fault(canvas: FakeCanvas, request: httpx2.Request) -> httpx2.Response:
        key = request.method.encode() + request.url.raw_path + request.content
        if key in lost:
            return canvas.execute(request)
        lost.add(key)
        if is_executed:
            canvas.execute(request)
        raise httpx2.RemoteProtocolError("dropped")

    canvas.fault = fault
    client, opened = open_owner(canvas, tmp_path)
    opened.clean_up(client.transport.journal)

    assert len(lost) > 6, "at least the lists, and the deletes of three channels and of their devices"
    assert canvas.active() == [OWN]
    assert canvas.devices == set()
    assert client.transport.journal.users_to_clean() == set()


def test_intent_that_cannot_be_written_is_not_sent(tmp_path: Path) -> None:
    canvas = FakeCanvas()
    client, _ = open_owner(canvas, tmp_path)
    client.transport.journal.path = tmp_path / "absent" / "journal.ndjson"

    with pytest.raises(Inconclusive, match=r"The journal .* cannot be written"):
        client.transport.send(client.build_request("", "POST", body=EMAIL))

    assert canvas.active() == []


def test_journal_has_no_token(tmp_path: Path) -> None:
    canvas = FakeCanvas()
    number = canvas.add(OWNER, *OWN)
    client, _ = open_owner(canvas, tmp_path)
    create(client, PUSH)

    lines = [json.loads(line) for line in client.transport.journal.path.read_text("utf-8").splitlines()]

    intent, device = {"intent": [1, "push", "push"]}, {"device": [1, "CANVAS_PUSH_TOKEN"]}
    assert lines[:3] == [{"opened": [1, [number]]}, intent, device]
    assert "push-token" not in str(lines)
