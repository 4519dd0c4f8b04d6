"""Clean-up of the opened accounts at the end of a run, and of those that earlier runs have left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import httpx2
import pytest

from contract_tests.account.clean_up import remove_created_channels
from contract_tests.account.opened import OpenedAccounts, remaining_journal_sentence
from contract_tests.account.preflight import open_account
from contract_tests.account.restoration import LeftoverError, clean_up
from contract_tests.client.api_client import ApiClient
from contract_tests.client.inconclusive import Inconclusive
from contract_tests.client.safety import addresses
from contract_tests.client.safety.journal import Journal
from contract_tests.client.settings import Settings
from contract_tests.client.transport import Transport
from contract_tests.oracle.contract import Contract
from tests.contract_tests.account.fake_canvas import ADMIN, OTHER, OWNER, SETTINGS, FakeCanvas
from tests.contract_tests.account.fake_runs import (
    EMAIL,
    OWN,
    SMS,
    admin_of,
    create,
    not_found,
    open_other,
    open_owner,
    respond,
)

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "a-token-that-nobody-may-see"


def test_account_is_opened_only_when_its_channels_are_known(tmp_path: Path) -> None:
    """A run that is interrupted during the preflight check deletes nothing."""
    user_channel = {"id": 5, "user_id": 1, "type": "push", "address": "For All Devices"}
    sent: list[str] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        sent.append(request.method)
        if len(sent) > 1:
            raise KeyboardInterrupt
        return httpx2.Response(200, json=[user_channel], request=request)

    settings = Settings("http://127.0.0.1:9", {"CANVAS_TOKEN": SECRET})
    transport = Transport(settings, Journal(tmp_path, "origin"), http_transport=httpx2.MockTransport(handler))
    client = ApiClient(transport, Contract(), SECRET, "CANVAS_TOKEN")
    opened = OpenedAccounts()

    with pytest.raises(KeyboardInterrupt):
        open_account(client, opened)

    assert sent == ["GET"] * 2
    assert opened.clients == []


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
    create(client.for_user(ADMIN), EMAIL)  # opens the intent again, until it is denied as well

    opened.clean_up(client.transport.journal)

    assert client.transport.journal.users_to_clean() == set()


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ([{"user_id": OWNER, "type": "email", "address": addresses.FIRST.address}], "without its id"),
        ([{"id": 50, "user_id": OWNER, "type": "email", "address": "x"}] * 100, "page 2 repeats another page"),
    ],
    ids=["no id", "repeated page"],
)
def test_account_with_an_incomplete_list_is_not_clean(
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


def test_another_user_in_the_response_to_a_create_is_named(tmp_path: Path) -> None:
    canvas = FakeCanvas()
    client, opened = open_owner(canvas, tmp_path)
    canvas.fault = respond(200, json={"id": 77, "user_id": OTHER, "type": "email", "address": EMAIL[0][1]})
    create(client, EMAIL)
    canvas.fault = FakeCanvas.execute

    with pytest.raises(Inconclusive, match="Channels of this suite may remain for user 2"):
        opened.clean_up(client.transport.journal)

    assert canvas.active() == []


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
