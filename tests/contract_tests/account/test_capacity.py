"""Free rows of the test accounts: the run passes if they suffice, and is inconclusive with the numbers otherwise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from contract_tests.account.baseline import record_baseline
from contract_tests.account.opened import OpenedAccounts
from contract_tests.account.permission import with_editor
from contract_tests.account.preflight import open_account
from contract_tests.client.api_client import ApiClient
from contract_tests.client.safety import addresses
from contract_tests.client.safety.journal import Journal
from contract_tests.client.settings import PROFILES, Inconclusive, Settings
from contract_tests.client.transport import Transport
from contract_tests.oracle.contract import Contract
from tests.contract_tests.suite_process import run_suite, running_mock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from contract_tests.account.baseline import Baseline

pytestmark = pytest.mark.slow

MAX_ROWS = 101
"""The number of rows that a user can have: Canvas rejects a new one if there are more than 100 (behaviour 5.6)."""
MOST_FREE_ROWS = 22
"""The largest tested number of free rows: as many as runs fill if the target rejects no address (POSSIBLE_KEYS)."""
REQUIRED = {"smoke": 5, "quick": 15, "default": 15, "thorough": 15}
"""The free rows that a new user needs before the first test, by profile.

They are the rows of the thirteen accepted addresses (in `smoke`, of four) and of the unknown type (not in `smoke`), and
one that remains free for invalid requests.
"""
POSITIONS: dict[str, Callable[[int, int], int]] = {
    "consecutive": lambda number, _: number,
    "gaps": lambda number, _: number * 3,
    "one gap before the last": lambda number, rows: number + 500 if number == rows else number,
    "equal": lambda _number, _rows: 1,
}
CASES = [
    *((free, "consecutive") for free in range(MOST_FREE_ROWS + 1)),
    *((free, layout) for layout in [*POSITIONS][1:] for free in (14, 15)),  # one too few, and enough
]
ADMIN_ID = 10_000


def user_number(free: int, layout: str) -> int:
    """Return the id of the user with this number of free rows and this layout of positions."""
    return 1 + free + 100 * list(POSITIONS).index(layout)


def full_user(free: int, layout: str = "consecutive") -> dict[str, Any]:
    """Return a user with this number of free rows: the first channel is active, and all others are retired."""
    number, rows = user_number(free, layout), MAX_ROWS - free
    channels = [
        {
            "id": number * 1000 + row,
            "type": "sms",
            "address": f"55501{row:02}",
            "position": POSITIONS[layout](row, rows),
            "state": "active" if row == 1 else "retired",
        }
        for row in range(1, rows + 1)
    ]
    return {
        "id": number,
        "name": "Ann",
        "login_id": f"ann-{number}",
        "tokens": [f"token-{number}"],
        "channels": channels,
    }


def admin() -> dict[str, Any]:
    return {
        "id": ADMIN_ID,
        "name": "Ada",
        "login_id": "ada",
        "admin_of": "root",
        "tokens": ["admin-token"],
        "channels": [{"id": 9_999_999, "type": "email", "address": "ada@school.example"}],
    }


def world_file(folder: Path, *users: dict[str, Any], **account: object) -> str:
    file = folder / "full.world.yaml"
    file.write_text(json.dumps({"account": account, "users": [*users, admin()]}, ensure_ascii=False), "utf-8")
    return str(file)


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A mock with a user for each number of free rows, and for each layout of positions."""
    with running_mock(
        "--world", world_file(tmp_path_factory.mktemp("world"), *(full_user(*case) for case in CASES))
    ) as url:
        yield url


@pytest.fixture(autouse=True)
def _reset(request: pytest.FixtureRequest) -> None:
    if "mock" in request.fixturenames:
        httpx2.post(f"{request.getfixturevalue('mock')}/_mock/reset").raise_for_status()


def open_user(folder: Path, url: str, number: int, profile: str = "default", *, is_other: bool = False) -> Baseline:
    """Run the preflight check of the first user, or as an admin that of the other one, and return the baseline."""
    tokens = {"CANVAS_TOKEN": f"token-{number}", "CANVAS_ADMIN_TOKEN": "admin-token"}
    transport = Transport(Settings(url, tokens, profile=profile), Journal(folder, url))
    try:
        return _open_user(transport, number, is_other=is_other)
    finally:
        transport.close()


def _open_user(transport: Transport, number: int, *, is_other: bool) -> Baseline:
    tokens, profile = transport.settings.tokens, transport.settings.profile
    administrator = ApiClient(transport, Contract(), "admin-token", "CANVAS_ADMIN_TOKEN")
    first = ApiClient(transport, Contract(), tokens["CANVAS_TOKEN"], "CANVAS_TOKEN")
    client = administrator.for_user(number) if is_other else first
    client, before = open_account(client, OpenedAccounts(), administrator)
    return record_baseline(with_editor(client, administrator), before, PROFILES[profile].addresses)


def listed(url: str, number: int) -> Any:
    headers = {"Authorization": f"Bearer token-{number}"}
    return httpx2.get(f"{url}/api/v1/users/self/communication_channels", headers=headers).json()


@pytest.mark.parametrize(("free", "layout"), CASES)
def test_account_is_refused_only_if_its_free_rows_do_not_suffice(
    tmp_path: Path, mock: str, free: int, layout: str
) -> None:
    number = user_number(free, layout)
    before = listed(mock, number)

    if free >= REQUIRED["default"]:
        baseline = open_user(tmp_path, mock, number)
        assert {response.status_code for response in baseline.responses.values()} == {200}
    else:
        with pytest.raises(Inconclusive, match=f"User {number} has too few free rows .*: 15 needed, {free} available"):
            open_user(tmp_path, mock, number)

    assert listed(mock, number) == before


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("is_other", [False, True], ids=["first user", "second user"])
def test_every_profile_needs_exactly_the_rows_of_its_channels(
    tmp_path: Path, mock: str, profile: str, is_other: bool
) -> None:
    required = REQUIRED[profile]

    open_user(tmp_path / "1", mock, user_number(required, "consecutive"), profile, is_other=is_other)
    with pytest.raises(Inconclusive, match=f"needed, {required - 1} available"):
        open_user(tmp_path / "2", mock, user_number(required - 1, "consecutive"), profile, is_other=is_other)


def test_rows_of_an_earlier_run_are_not_needed_twice(tmp_path: Path, mock: str) -> None:
    number = user_number(15, "consecutive")

    for run in range(2):
        open_user(tmp_path / str(run), mock, number)


@pytest.mark.parametrize(("free", "is_enough"), [(14, False), (15, True)])
def test_rows_are_counted_if_an_admin_edits_the_channels(tmp_path: Path, free: int, is_enough: bool) -> None:
    user = full_user(free)
    file = world_file(tmp_path, user, users_can_edit_communication_channels=False)
    with running_mock("--world", file) as url:
        if is_enough:
            assert open_user(tmp_path, url, user["id"]).client.editor is not None
        else:
            with pytest.raises(Inconclusive, match="15 needed, 14 available"):
                open_user(tmp_path, url, user["id"])


@pytest.mark.parametrize("limit", [1, 2, 15, 16, 17])
def test_limit_of_the_account_is_exact(tmp_path: Path, limit: int) -> None:
    """Every channel of the run counts for an hour, even if it is deleted, and the user has one of their own."""
    user = {**full_user(0), "channels": [{"id": 1, "type": "sms", "address": "5550100"}]}
    file = world_file(tmp_path, user, max_communication_channels=limit)
    required = REQUIRED["default"]
    with running_mock("--world", file) as url:
        before = listed(url, 1)

        if limit - 1 >= required:
            open_user(tmp_path, url, 1)
        else:
            with pytest.raises(Inconclusive, match=f"free rows: {required} needed, {limit - 1} available; raise the"):
                open_user(tmp_path, url, 1)

        assert listed(url, 1) == before


def test_limit_of_the_account_counts_the_channels_of_the_admin_who_creates(tmp_path: Path) -> None:
    """The user has no channel; the admin, who creates for the user, has the one that the limit allows."""
    user = {**full_user(0), "channels": []}
    limits = {"max_communication_channels": 1, "users_can_edit_communication_channels": False}
    with (
        running_mock("--world", world_file(tmp_path, user, **limits)) as url,
        pytest.raises(Inconclusive, match="The account allows the user of CANVAS_ADMIN_TOKEN no further channel"),
    ):
        open_user(tmp_path, url, 1)


@pytest.mark.parametrize("domain", ["example.com", "EXAMPLE.com", "invalid"])
def test_banned_reserved_domain_is_inconclusive(tmp_path: Path, domain: str) -> None:
    file = world_file(tmp_path, full_user(50), banned_email_domains=[domain.lower()])
    with (
        running_mock("--world", file) as url,
        pytest.raises(Inconclusive, match=f"bans e-mail addresses of the domain {domain.lower()}, which"),
    ):
        open_user(tmp_path, url, user_number(50, "consecutive"))


def test_banned_domain_of_restored_channels_is_inconclusive(tmp_path: Path) -> None:
    """Canvas restores a row with a banned domain, and rejects only new ones (behaviour 5.5)."""
    user = full_user(50)
    user["channels"] = [
        {"id": number, "type": pair[0], "address": pair[1], "state": "retired"}
        for number, pair in enumerate(addresses.ACCEPTED, start=1)
    ]
    file = world_file(tmp_path, user, banned_email_domains=["example.com"])
    with running_mock("--world", file) as url:
        variables = {"CANVAS_URL": url, "CANVAS_TOKEN": user["tokens"][0], "PROFILE": "default"}
        run = run_suite(tmp_path, "-k", "test_invalid_email_address_is_400", **variables)

    assert run.returncode == 2, run.stdout
    assert "bans e-mail addresses of the domain example.com" in " ".join(run.stdout.split())


@pytest.mark.parametrize(("free", "status"), [(3, 2), (14, 2), (15, 0)])
def test_run_ends_with_the_numbers_and_without_leftover_channels(tmp_path: Path, free: int, status: int) -> None:
    file = world_file(tmp_path, full_user(free))
    number = user_number(free, "consecutive")
    with running_mock("--world", file) as url:
        before = listed(url, number)
        run = run_suite(
            tmp_path,
            "-k",
            "invalid_email or blank_address",
            CANVAS_URL=url,
            CANVAS_TOKEN=f"token-{number}",
            PROFILE="quick",
        )

        assert listed(url, number) == before
    output = " ".join(run.stdout.split())
    assert run.returncode == status, run.stdout
    assert (f"15 needed, {free} available; use a new test user" in output) == (status == 2)
    assert not list(tmp_path.glob("journal-*"))


@pytest.mark.parametrize(("free", "status"), [(15, 2), (16, 0)])
def test_row_of_the_push_channel_is_counted(tmp_path: Path, free: int, status: int) -> None:
    user = full_user(free)
    user["tokens"] = [{"value": "token", "sns": True}]
    with running_mock("--world", world_file(tmp_path, user)) as url:
        run = run_suite(
            tmp_path,
            "-k",
            "test_push_channel_remains or test_cache_control_forbids_the_reuse_of_failed_edits",
            CANVAS_URL=url,
            CANVAS_TOKEN="token",  # a token of the mock
            PROFILE="default",
        )

    assert run.returncode == status, run.stdout
    assert ("16 needed, 15 available" in " ".join(run.stdout.split())) == (status == 2)


@pytest.mark.parametrize(("free", "status"), [(1, 2), (14, 2), (15, 0)])
def test_rows_of_the_second_user_are_counted(tmp_path: Path, free: int, status: int) -> None:
    first, second = full_user(50), full_user(free)
    variables = {"CANVAS_TOKEN": first["tokens"][0], "CANVAS_ADMIN_TOKEN": "admin-token", "PROFILE": "quick"}
    with running_mock("--world", world_file(tmp_path, first, second)) as url:
        run = run_suite(
            tmp_path,
            "-k",
            "test_two_users_may_share or test_channel_of_another_user",
            CANVAS_URL=url,
            CANVAS_OTHER_USER_ID=str(second["id"]),
            **variables,
        )

    assert run.returncode == status, run.stdout
    message = f"User {second['id']} has too few free rows for the channels of the suite: 15 needed, {free} available"
    assert (message in " ".join(run.stdout.split())) == (status == 2)
