"""Channels at reserved addresses without a journal, and the command that deletes them."""

from __future__ import annotations

import io
import json
import os
import re
import threading
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unittest.mock import patch

import httpx2
import pytest

from contract_tests.__main__ import main
from contract_tests.account.opened import OpenedAccounts
from contract_tests.account.preflight import open_account
from contract_tests.client.api_client import ADDRESS, TYPE
from contract_tests.client.inconclusive import Inconclusive
from contract_tests.client.run.pacing import Clock
from contract_tests.client.safety import addresses
from contract_tests.client.safety.journal import Journal
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from tests.contract_tests.account.fake_canvas import OTHER, OWNER, FakeCanvas
from tests.contract_tests.account.fake_runs import admin_of
from tests.contract_tests.faulty_proxy import ProxiedRequest, ProxiedResponse, running_proxy
from tests.contract_tests.suite_process import (
    environment,
    list_body,
    running_mock,
    running_patched_mock,
)

if TYPE_CHECKING:
    from pathlib import Path

LEFT = (addresses.FIRST, addresses.PHONE, addresses.INVALID[0])
OWN = ("sms", "+12025550199")
STUDENT = "student-token"
PERSON = "ann.smith@school.edu"


def test_leftovers_of_both_users_are_named_in_one_sentence(tmp_path: Path) -> None:
    canvas = FakeCanvas()
    for user in (OWNER, OTHER):
        for pair in LEFT:
            canvas.add(user, *pair)
    client = canvas.client(tmp_path)

    with pytest.raises(Inconclusive) as error:
        open_account(client, OpenedAccounts(), admin_of(client))

    for number, row in enumerate(canvas.rows):
        assert f"{row['type']} {row['address']} (id {row['id']})" in str(error.value), number
    assert "user 1 has 3 channels" in str(error.value)
    assert "user 2 has 3 channels" in str(error.value)
    assert str(error.value).endswith("delete them with: canvas-contract clean-up.")
    assert {request.method for request in canvas.requests} == {"GET"}


def test_address_that_only_begins_like_a_reserved_one_is_the_users(tmp_path: Path) -> None:
    canvas = FakeCanvas()
    canvas.add(OWNER, "email", "canvas-contract-team@school.edu")

    open_account(canvas.client(tmp_path), opened := OpenedAccounts())

    assert opened.clients


def create(url: str, user: int, type_: str, address: str) -> int:
    """Create a channel of the user as an admin, and return its id."""
    response = httpx2.post(
        f"{url}/api/v1/users/{user}/communication_channels?access_token=admin-token",
        data={ADDRESS: address, TYPE: type_},
    )
    number: int = response.json()["id"]
    return number


def fill(url: str) -> None:
    """Create leftovers of both test users, and an own channel of the first."""
    for user in (1, 2):
        for pair in LEFT[:2]:  # the mock rejects the third, an invalid address
            create(url, user, *pair)
    create(url, 1, *OWN)


def addresses_of(url: str, user: int) -> set[str]:
    channels = httpx2.get(f"{url}/api/v1/users/{user}/communication_channels?access_token=admin-token").json()
    return {channel["address"] for channel in channels}


@dataclass(frozen=True)
class Run:
    """The exit status and the output of the command."""

    returncode: int
    stdout: str


class Terminal(io.StringIO):
    """A standard input at which somebody types."""

    def isatty(self) -> bool:
        return True


def clean_up(folder: Path, *options: str, typed: str = "", **variables: str) -> Run:
    """Run the command in this process, with a terminal if something is `typed` at it."""
    output = io.StringIO()
    with (
        patch.dict(os.environ, environment(folder, **variables), clear=True),
        patch("sys.stdin", Terminal(typed) if typed else io.StringIO()),
        redirect_stdout(output),
    ):
        try:
            status = main(["clean-up", *options])
        except SystemExit as end:  # --help
            status = int(end.code or 0)
    return Run(status, output.getvalue())


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.slow
def test_clean_up_deletes_only_channels_at_reserved_addresses_of_both_users(tmp_path: Path) -> None:
    with running_mock() as url:
        before = {user: addresses_of(url, user) for user in (1, 2)}
        fill(url)

        listed = clean_up(tmp_path, "--url", url, **DEFAULT_WORLD_VARIABLES)
        assert addresses_of(url, 1) > before[1]
        deleted = clean_up(tmp_path, "--url", url, "--yes", **DEFAULT_WORLD_VARIABLES)
        repeated = clean_up(tmp_path, "--url", url, **DEFAULT_WORLD_VARIABLES)

        assert [addresses_of(url, user) for user in (1, 2)] == [before[1] | {OWN[1]}, before[2]]
    assert (listed.returncode, deleted.returncode, repeated.returncode) == (2, 0, 0)
    assert f"run: canvas-contract clean-up --url {url} --yes" in one_line(listed.stdout)
    assert re.search(
        r"user 1 has 2 channels \(email canvas-contract-1@example.com \(id \d+\), sms \+12025550171 \(id \d+\)\)",
        one_line(listed.stdout),
    )
    assert "user 2 has 2 channels" in one_line(listed.stdout)
    assert "Deleted 4 channels; none remains." in deleted.stdout
    assert "No channel of the contract suite is left." in repeated.stdout
    assert not any(token in listed.stdout + deleted.stdout for token in ("student-token", "admin-token"))
    assert OWN[1] not in listed.stdout + deleted.stdout
    assert not list(tmp_path.glob("journal-*"))


@pytest.mark.slow
@pytest.mark.parametrize(("typed", "status"), [("y\n", 0), ("\n", 2), ("n", 2)], ids=["yes", "nothing", "no"])
def test_clean_up_on_a_terminal_deletes_only_after_a_yes(tmp_path: Path, typed: str, status: int) -> None:
    with running_mock() as url:
        before = list_body(url)
        create(url, 1, *addresses.FIRST)

        run = clean_up(tmp_path, typed=typed, CANVAS_URL=url, CANVAS_TOKEN=STUDENT)

        assert run.returncode == status
        assert (list_body(url) == before) is (status == 0)
    assert "Delete this channel? [y/N]" in run.stdout
    assert ("Nothing was deleted." in run.stdout) is (status == 2)


@pytest.mark.slow
def test_clean_up_deletes_a_push_channel_of_the_journal_and_then_the_journal(tmp_path: Path) -> None:
    with running_mock() as url:
        before = list_body(url)
        journal = Journal(tmp_path, url)
        # of a run that was killed before it sent the second create
        journal.record_intents(1, {addresses.PUSH.key, addresses.FIRST.key})
        journal.record_device(1, "CANVAS_PUSH_TOKEN")
        data = {TYPE: "push", "communication_channel[token]": addresses.DEVICE}
        httpx2.post(f"{url}/api/v1/users/self/communication_channels?access_token=push-token", data=data)
        assert list_body(url) != before

        run = clean_up(tmp_path, "--yes", CANVAS_URL=url, **DEFAULT_WORLD_VARIABLES)

        assert run.returncode == 0, run.stdout
        assert list_body(url) == before
    assert not list(tmp_path.glob("journal-*"))


@pytest.mark.slow
def test_push_channel_of_unknown_origin_remains(tmp_path: Path) -> None:
    with running_mock() as url:
        data = {TYPE: "push", "communication_channel[token]": "a-phone"}
        httpx2.post(f"{url}/api/v1/users/self/communication_channels?access_token=push-token", data=data)
        before = list_body(url)

        run = clean_up(tmp_path, "--yes", CANVAS_URL=url, **DEFAULT_WORLD_VARIABLES)

        assert run.returncode == 0
        assert list_body(url) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "variables", "sentence"),
    [
        ((), {}, "CANVAS_URL is not set"),
        ((), {"CANVAS_URL": "http://127.0.0.1:9", "READ_ONLY": "1"}, "READ_ONLY is 1, and clean-up deletes channels"),
        ((), {"CANVAS_URL": "http://canvas.example.edu"}, "http, which sends tokens unencrypted"),
        (("--url", "x:y"), {}, "--url is not"),
        (("--force",), {}, "unrecognized arguments: --force; canvas-contract clean-up --help lists the options."),
        ((), {"CANVAS_URL": "http://127.0.0.1:9"}, "refuses the connection"),
        ((), {"CANVAS_URL": "http://127.0.0.1:9", "CANVAS_TOKEN": ""}, "CANVAS_TOKEN is not set"),
    ],
)
def test_clean_up_that_is_refused_states_the_reason(
    tmp_path: Path, options: tuple[str, ...], variables: dict[str, str], sentence: str
) -> None:
    run = clean_up(tmp_path, "--yes", *options, **{"CANVAS_TOKEN": STUDENT, **variables})

    assert run.returncode == 2, run.stdout
    assert run.stdout.startswith("Inconclusive: ")
    assert sentence in one_line(run.stdout)
    assert STUDENT not in run.stdout


@pytest.mark.slow
def test_clean_up_reports_channels_that_the_target_does_not_delete(tmp_path: Path) -> None:
    def fault(request: ProxiedRequest) -> ProxiedResponse:
        return ProxiedResponse(404, [], b"{}") if request.method == "DELETE" else request.send()

    with running_mock() as url, running_proxy(url, fault) as proxy:
        create(url, 1, *addresses.FIRST)

        run = clean_up(tmp_path, "--yes", CANVAS_URL=proxy, **DEFAULT_WORLD_VARIABLES)

    assert run.returncode == 2, run.stdout
    assert "User 1 still has 1 channel of this suite: email canvas-contract-1@example.com" in one_line(run.stdout)


def test_sentence_on_channels_that_remain_is_redacted(tmp_path: Path) -> None:
    channel = {"id": 7, "user_id": 1, "type": f"email {PERSON}", "address": addresses.FIRST.address}
    headers = [("Content-Type", "application/json"), ("X-Canvas-User-Id", "1")]

    def fault(request: ProxiedRequest) -> ProxiedResponse:
        return ProxiedResponse(200 if request.method == "GET" else 404, headers, json.dumps([channel]).encode())

    with running_proxy("http://127.0.0.1:9", fault) as url:
        run = clean_up(tmp_path, "--yes", CANVAS_URL=url, CANVAS_TOKEN="a-token-of-nobody")

    assert run.returncode == 2, run.stdout
    assert "Inconclusive: User 1 still has 1 channel of this suite: email redacted-" in run.stdout
    assert addresses.FIRST.address in run.stdout
    assert PERSON not in run.stdout


@pytest.mark.slow
def test_admin_deletes_channels_of_users_who_may_not_edit_them(tmp_path: Path) -> None:
    with running_patched_mock(users_can_edit_communication_channels=False) as url:
        before = list_body(url)
        create(url, 1, *addresses.FIRST)
        alone = clean_up(tmp_path, "--yes", CANVAS_URL=url, CANVAS_TOKEN=STUDENT)
        run = clean_up(tmp_path, "--yes", CANVAS_URL=url, CANVAS_TOKEN=STUDENT, CANVAS_ADMIN_TOKEN="admin-token")

        assert (alone.returncode, run.returncode) == (2, 0), alone.stdout + run.stdout
        assert list_body(url) == before


@pytest.mark.slow
def test_help_of_the_command_is_named_by_the_help_of_the_suite(tmp_path: Path) -> None:
    with redirect_stdout(output := io.StringIO()), pytest.raises(SystemExit):
        main(["--help"])

    run = clean_up(tmp_path, "--help")

    assert "canvas-contract clean-up --help" in output.getvalue()
    assert run.returncode == 0
    assert "--yes" in run.stdout


def test_clean_up_that_does_not_end_is_interrupted(tmp_path: Path) -> None:
    passed = [0.0]

    def hang(*_: object) -> None:
        passed[0] += 31 * 60  # more than the limit of 30 minutes
        threading.Event().wait()

    with (
        patch("contract_tests.client.run.watchdog.Clock", lambda: Clock(lambda: passed[0])),
        patch("contract_tests.clean_up_command.LeftoverSearch.of", hang),
    ):
        run = clean_up(tmp_path, "--url", "http://127.0.0.1:1", **DEFAULT_WORLD_VARIABLES)

    assert run.returncode == 2
    assert "Inconclusive: The run has reached its limit of 30 minutes" in run.stdout
