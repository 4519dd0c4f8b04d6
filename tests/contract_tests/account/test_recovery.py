"""Recovery of test accounts from intents alone, and the journal, which remains until each account is clean."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx2
import pytest

from contract_tests.account.clean_up import remove_created_channels
from contract_tests.account.opened import OpenedAccounts, remaining_journal_sentence
from contract_tests.account.preflight import open_account
from contract_tests.account.restoration import LeftoverError, clean_up
from contract_tests.client.api_client import ADDRESS, TOKEN, TYPE, ApiClient
from contract_tests.client.inconclusive import Inconclusive
from contract_tests.client.safety import addresses
from contract_tests.client.safety.journal import Journal
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from tests.contract_tests.account.fake_canvas import ADMIN, OTHER, OWNER, SETTINGS, FakeCanvas
from tests.contract_tests.faulty_proxy import ProxiedRequest, ProxiedResponse, running_proxy
from tests.contract_tests.suite_process import list_body, run_suite, running_mock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EMAIL = ((ADDRESS, addresses.FIRST.address), (TYPE, "email"))
SMS = ((ADDRESS, addresses.PHONE.address), (TYPE, "sms"))
UNKNOWN = ((ADDRESS, addresses.UNKNOWN_TYPE.address), (TYPE, addresses.UNKNOWN_TYPE.type))
PUSH = ((TYPE, "push"), (TOKEN, addresses.DEVICE))
OWN = ("email", "student@school.example.edu")


class Killed(BaseException):
    """The end of a killed run."""


def kill(canvas: FakeCanvas, request: httpx2.Request) -> httpx2.Response:
    """Execute the create, and kill the run before it has the response."""
    response = canvas.execute(request)
    if request.method == "POST":
        raise Killed
    return response


def lose(canvas: FakeCanvas, request: httpx2.Request) -> httpx2.Response:
    """Execute the create, and drop the connection."""
    response = canvas.execute(request)
    if request.method == "POST":
        raise httpx2.RemoteProtocolError("dropped")
    return response


def respond(status: int, **parts: object) -> Callable[[FakeCanvas, httpx2.Request], httpx2.Response]:
    """Return a fault that executes each create, and responds to it with this status and body."""

    def fault(canvas: FakeCanvas, request: httpx2.Request) -> httpx2.Response:
        response = canvas.execute(request)
        return httpx2.Response(status, **parts) if request.method == "POST" else response  # type: ignore[arg-type]

    return fault


def create(client: ApiClient, fields: tuple[tuple[str, str], ...]) -> None:
    """Send a create, with the token that can register devices for a push channel; ignore how it ends."""
    device = replace(client, token="push-token", token_name="CANVAS_PUSH_TOKEN") if fields == PUSH else client
    with suppress(Inconclusive, Killed):
        client.transport.send(device.build_request("", "POST", body=fields))


def open_owner(canvas: FakeCanvas, folder: Path) -> tuple[ApiClient, OpenedAccounts]:
    opened = OpenedAccounts()
    client, _ = open_account(canvas.client(folder), opened)
    return client, opened


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
    canvas.rows[0]["state"] = "retired"
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


def test_channel_that_the_user_created_with_a_wrong_id_of_the_journal_is_not_deleted(tmp_path: Path) -> None:
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


def test_journal_of_another_user_remains_until_their_account_is_clean(tmp_path: Path) -> None:
    canvas = FakeCanvas()
    first, _ = open_owner(canvas, tmp_path)
    create(first, EMAIL)
    other_settings = replace(SETTINGS, tokens={"CANVAS_TOKEN": "other-token"}, other_user_id=0)

    client, _ = open_account(canvas.client(tmp_path, other_settings), opened := OpenedAccounts())
    create(client, SMS)
    opened.clean_up(client.transport.journal)
    client.transport.journal.remove()

    assert canvas.active(OTHER) == []
    assert "left channels or push tokens of user 1" in remaining_journal_sentence(client.transport.journal, {OTHER})
    client, opened = open_owner(canvas, tmp_path)
    opened.clean_up(client.transport.journal)
    client.transport.journal.remove()
    assert canvas.active() == []
    assert not list(tmp_path.glob("journal-*"))


def test_admin_restores_the_account_of_the_journal(tmp_path: Path) -> None:
    canvas = FakeCanvas()
    canvas.add(ADMIN, "email", "admin@school.example.edu")
    first, _ = open_owner(canvas, tmp_path)
    create(first, EMAIL)
    client, opened = open_other(canvas, tmp_path)
    opened.admin = admin_of(client)

    opened.clean_up(client.transport.journal)

    assert canvas.active() == []
    assert client.transport.journal.users_to_clean() == set()


def test_deleted_user_of_an_earlier_run_does_not_prevent_a_result(tmp_path: Path) -> None:
    canvas = FakeCanvas()
    first, _ = open_owner(canvas, tmp_path)
    create(first, EMAIL)
    client, opened = open_other(canvas, tmp_path)
    opened.admin = admin_of(client)
    canvas.fault = lambda canvas, request: (
        not_found(canvas, request) if "/users/1/" in str(request.url) else canvas.execute(request)
    )

    opened.clean_up(client.transport.journal)
    client.transport.journal.remove()

    assert "of user 1" in remaining_journal_sentence(client.transport.journal, client.transport.journal.users)
    assert list(tmp_path.glob("journal-*"))


def not_found(_canvas: FakeCanvas, _request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(404, json={"errors": [{"message": "not found"}]})


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


def gone_lists(canvas: FakeCanvas, request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, content=b"<html>") if request.method == "GET" else canvas.execute(request)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (not_found, r"channels of user 1 cannot be listed \(the response is 404\).* such as 51"),
        (failing, r"channels of user 1 cannot be listed \(the response is 500\)"),
        (unauthenticated, "no longer accepts CANVAS_TOKEN"),
        (empty_lists, "The list of user 1 lacks 50, which existed before the run"),
        (second_page_fails, r"cannot be listed \(the response is 500\)"),
        (gone_lists, r"cannot be listed \(the response is no list\)"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
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


def test_target_that_confirms_deletes_and_does_not_execute_them_is_reported(tmp_path: Path) -> None:
    canvas = FakeCanvas()
    client, opened = open_owner(canvas, tmp_path)
    create(client, EMAIL)
    row = {**canvas.rows[0], "workflow_state": "retired"}
    canvas.fault = lambda canvas, request: (
        httpx2.Response(200, json=row) if request.method == "DELETE" else canvas.execute(request)
    )

    with pytest.raises(LeftoverError, match=r"User 1 still has 1 channel of this suite: email \S+ \(id 50\)") as error:
        clean_up(client)

    assert [channel["id"] for channel in error.value.channels or ()] == [50]
    assert opened.clients == [client]
    assert client.transport.journal.users_to_clean() == {OWNER}


def test_clean_up_ends_with_the_first_request_without_a_response(tmp_path: Path) -> None:
    canvas = FakeCanvas()
    client, opened = open_owner(canvas, tmp_path)
    other = admin_of(client).for_user(OTHER)
    open_account(other, opened)
    create(client, EMAIL)
    create(other, EMAIL)
    canvas.fault = lambda _canvas, _request: httpx2.Response(502)
    sent = len(canvas.requests)

    for each in (other, client):
        with pytest.raises(Inconclusive, match="gateway returns 502"):
            opened.clean_up_account(each)
    with pytest.raises(Inconclusive, match=r"^The target's gateway returns 502[^.]*available\.$"):
        opened.clean_up(client.transport.journal)

    assert len(canvas.requests) - sent == 4, "one list with its repetitions"
    assert client.transport.journal.users_to_clean() == {OWNER, OTHER}


def test_denied_creates_for_a_user_whom_nobody_can_list_need_no_clean_up(tmp_path: Path) -> None:
    canvas = FakeCanvas()
    client, opened = open_owner(canvas, tmp_path)
    create(client.for_user(ADMIN), EMAIL)
    create(client.for_user(ADMIN), EMAIL)

    opened.clean_up(client.transport.journal)

    assert client.transport.journal.users_to_clean() == set()


@pytest.mark.parametrize("status", [429, 403])
def test_throttled_create_remains_an_open_intent(tmp_path: Path, status: int) -> None:
    canvas = FakeCanvas()
    client, _ = open_owner(canvas, tmp_path)
    statuses = iter([status])

    def fault(canvas: FakeCanvas, request: httpx2.Request) -> httpx2.Response:
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
def test_every_request_of_the_recovery_may_be_lost(tmp_path: Path, *, is_executed: bool) -> None:
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

    assert len(lost) > 6
    assert canvas.active() == [OWN]
    assert canvas.devices == set()
    assert client.transport.journal.users_to_clean() == set()


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ([{"user_id": OWNER, "type": "email", "address": addresses.FIRST.address}], "without its id"),
        ([{"id": 50, "user_id": OWNER, "type": "email", "address": "x"}] * 100, "page 2 repeats another page"),
    ],
    ids=["no id", "repeated page"],
)
def test_list_that_does_not_show_every_channel_is_not_clean(
    tmp_path: Path, page: list[dict[str, object]], sentence: str
) -> None:
    canvas = FakeCanvas()
    canvas.add(OWNER, *OWN)
    client, opened = open_owner(canvas, tmp_path)
    create(client, EMAIL)
    link = {"Link": '<http://127.0.0.1:9/?page=2>; rel="next"'} if len(page) > 1 else {}
    own = {"id": 50, "user_id": OWNER, "type": OWN[0], "address": OWN[1]}
    canvas.fault = lambda canvas, request: (
        httpx2.Response(200, json=[own, *page], headers=link) if request.method == "GET" else canvas.execute(request)
    )

    with pytest.raises(Inconclusive, match=sentence):
        opened.clean_up(client.transport.journal)

    assert client.transport.journal.users_to_clean() == {OWNER}


def test_channel_that_a_delete_does_not_find_is_deleted_again_only_at_the_end(tmp_path: Path) -> None:
    canvas = FakeCanvas()
    canvas.add(OWNER, *OWN)
    client, opened = open_owner(canvas, tmp_path)
    create(client, EMAIL)
    canvas.fault = not_found
    for _ in range(3):
        remove_created_channels(client)
    assert [request.method for request in canvas.requests].count("DELETE") == 1
    canvas.fault = FakeCanvas.execute

    opened.clean_up(client.transport.journal)

    assert canvas.active() == [OWN]


def test_creation_reported_for_another_user_is_named(tmp_path: Path) -> None:
    canvas = FakeCanvas()
    client, opened = open_owner(canvas, tmp_path)
    canvas.fault = respond(200, json={"id": 77, "user_id": OTHER, "type": "email", "address": EMAIL[0][1]})
    create(client, EMAIL)
    canvas.fault = FakeCanvas.execute

    with pytest.raises(Inconclusive, match="Channels of this suite may remain for user 2"):
        opened.clean_up(client.transport.journal)

    assert canvas.active() == []


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


def admin_of(client: ApiClient) -> ApiClient:
    return ApiClient(client.transport, client.contract, "admin-token", "CANVAS_ADMIN_TOKEN")


def open_other(canvas: FakeCanvas, folder: Path) -> tuple[ApiClient, OpenedAccounts]:
    settings = replace(SETTINGS, tokens={"CANVAS_TOKEN": "other-token", "CANVAS_ADMIN_TOKEN": "admin-token"})
    opened = OpenedAccounts()
    client, _ = open_account(canvas.client(folder, replace(settings, other_user_id=0)), opened)
    return client, opened


def turns_to_404(request: ProxiedRequest) -> ProxiedResponse:
    return (
        request.send() if request.number < 50 else ProxiedResponse(404, [("Content-Type", "application/json")], b"{}")
    )


def deletes_nothing_and_confirms_it(request: ProxiedRequest) -> ProxiedResponse:
    is_delete = request.method == "DELETE" and request.target.rpartition("/")[2].isdigit() and request.number > 50
    body = b'{"id": 1, "user_id": 1, "workflow_state": "retired"}'
    return ProxiedResponse(200, [("Content-Type", "application/json")], body) if is_delete else request.send()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (turns_to_404, "The channels of user 1 cannot be listed (the response is 404)"),
        (deletes_nothing_and_confirms_it, "User 1 still has "),
    ],
    ids=["404", "delete"],
)
def test_run_names_what_remains_and_the_next_run_removes_it(
    tmp_path: Path, fault: Callable[[ProxiedRequest], ProxiedResponse], sentence: str
) -> None:
    with running_mock() as url:
        before = list_body(url)
        tests = ("-k", "create_returns_the_new_channel")
        with running_proxy(url, fault) as proxy:
            run = run_suite(tmp_path, *tests, CANVAS_URL=proxy, **DEFAULT_WORLD_VARIABLES)
        assert list_body(url) != before
        assert run.returncode in {1, 2}
        assert sentence in " ".join(run.stdout.split())
        assert "canvas-contract clean-up" in " ".join(run.stdout.split())
        (journal,) = tmp_path.glob("journal-*")
        journal.rename(Journal(tmp_path, url).path)

        clean = run_suite(tmp_path, *tests, CANVAS_URL=url, **DEFAULT_WORLD_VARIABLES)

        assert clean.returncode == 0, clean.stdout
        assert list_body(url) == before
    assert not list(tmp_path.glob("journal-*"))
