"""Restoration of a test account: what its lists show at the end of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest

from contract_tests.account.opened import OpenedAccounts
from contract_tests.account.preflight import open_account
from contract_tests.account.restoration import LeftoverError, restore_account
from tests.contract_tests.account.fake_canvas import OTHER, OWNER, FakeCanvas
from tests.contract_tests.account.fake_runs import admin_of

if TYPE_CHECKING:
    from pathlib import Path

    from contract_tests.client.api_client import ApiClient

OWN = ("email", "sheldon@school.edu")


def opened_clients(canvas: FakeCanvas, folder: Path) -> list[ApiClient]:
    """Open the account of the test user, and that of the other user who is only read."""
    opened = OpenedAccounts()
    client = canvas.client(folder)
    open_account(client, opened)
    open_account(admin_of(client).for_user(OTHER), opened)
    return opened.clients


def shows_nothing(_canvas: FakeCanvas, request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, json=[], request=request)


@pytest.mark.parametrize("user", [OWNER, OTHER])
def test_list_that_once_lacks_a_channel_of_the_user_is_a_violation(user: int, tmp_path: Path) -> None:
    canvas = FakeCanvas()
    numbers = {each: canvas.add(each, *OWN) for each in (OWNER, OTHER)}
    client = next(each for each in opened_clients(canvas, tmp_path) if each.id == user)

    def lack_once(_canvas: FakeCanvas, request: httpx2.Request) -> httpx2.Response:
        canvas.fault = FakeCanvas.execute
        return shows_nothing(canvas, request)

    canvas.fault = lack_once

    assert [channel["id"] for channel in restore_account(client)] == [numbers[user]]
    [(_, message)] = client.transport.observation.noted
    assert message.startswith(f"The list of user {user} lacks {numbers[user]}, which existed before the run")


def test_list_that_always_lacks_a_channel_of_the_user_is_a_violation_too(tmp_path: Path) -> None:
    canvas = FakeCanvas()
    canvas.add(OWNER, *OWN)
    canvas.add(OTHER, *OWN)
    client, _ = opened_clients(canvas, tmp_path)
    canvas.fault = shows_nothing

    with pytest.raises(LeftoverError):
        restore_account(client)

    assert len(client.transport.observation.noted) == 1


def test_complete_list_is_no_violation(tmp_path: Path) -> None:
    canvas = FakeCanvas()
    canvas.add(OWNER, *OWN)
    canvas.add(OTHER, *OWN)
    client, _ = opened_clients(canvas, tmp_path)

    restore_account(client)

    assert not client.transport.observation.noted
