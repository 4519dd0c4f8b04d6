"""Fixtures of the contract tests: the target, a client for each actor, and the clean-up of their accounts."""

from __future__ import annotations

import copy
import os
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.account.baseline import Baseline, record_baseline
from contract_tests.account.clean_up import remove_created_channels, send_unvalidated
from contract_tests.account.credentials import check_admin_rights, check_credentials
from contract_tests.account.opened import OpenedAccounts, remaining_debts
from contract_tests.account.permission import with_editor
from contract_tests.account.preflight import check_is_another_user, check_user_exists, open_account
from contract_tests.account.restoration import LeftoverError
from contract_tests.client.api_client import TOKEN, TYPE, ApiClient
from contract_tests.client.run.lock import account_locks
from contract_tests.client.safety import addresses
from contract_tests.client.safety.journal import Journal
from contract_tests.client.settings import Settings, read_settings
from contract_tests.client.transport import Transport
from contract_tests.hooks import (
    pytest_addoption,
    pytest_cmdline_main,
    pytest_collection_modifyitems,
    pytest_configure,
)
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES, running_mock
from contract_tests.oracle.contract import Contract
from contract_tests.oracle.known_defects import known_defect_name
from contract_tests.report.names import REPORTER
from contract_tests.report.plugin import ReportPlugin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contract_tests.client.api_client import Channel

__all__ = ["pytest_addoption", "pytest_cmdline_main", "pytest_collection_modifyitems", "pytest_configure"]

_SCENARIOS = ("all_channels", "targets")
"""The fixtures whose channels several tests use, one after the other."""


@pytest.fixture(scope="session")
def settings(reporter: ReportPlugin) -> Iterator[Settings]:
    """The settings of the run; without CANVAS_URL, the target is a mock that the fixture starts."""
    with ExitStack() as stack:
        reporter.stop_own_mock = stack.close
        url = os.environ.get("CANVAS_URL", "").rstrip("/")
        yield (
            read_settings(url, {})
            if url
            else replace(read_settings(stack.enter_context(running_mock()), DEFAULT_WORLD_VARIABLES), is_own_mock=True)
        )


@pytest.fixture(scope="session")
def contract() -> Contract:
    """The contract openapi.yaml."""
    return Contract()


@pytest.fixture(scope="session")
def reporter(pytestconfig: pytest.Config) -> ReportPlugin:
    """The plugin that writes the reports."""
    plugin = pytestconfig.pluginmanager.get_plugin(REPORTER)
    assert isinstance(plugin, ReportPlugin)
    return plugin


@pytest.fixture(scope="session")
def opened_accounts() -> OpenedAccounts:
    """The accounts that the run opens, and cleans up at its end."""
    return OpenedAccounts()


@pytest.fixture(scope="session")
def transport(settings: Settings, reporter: ReportPlugin, opened_accounts: OpenedAccounts) -> Iterator[Transport]:
    """The transport that sends all requests; at the end of the run it cleans up all accounts."""
    directory = Path(os.environ.get("CANVAS_JOURNAL") or reporter.folder)
    locks = account_locks(settings)
    transport = Transport(settings, Journal(directory, settings.url), known_defect=known_defect_name, locks=locks)
    reporter.set_transport(transport)
    yield transport
    with reporter.tolerate_inconclusive(), reporter.interruption.ended_by_third_signal():
        opened_accounts.clean_up(transport.journal)
    if not transport.guard.is_read_only:
        reporter.add_note(remaining_debts(transport.journal, transport.journal.users))
        if reporter.has_cleaned_up:
            transport.journal.remove()
    transport.close()


@pytest.fixture(scope="session")
def admin_token(
    transport: Transport, contract: Contract, settings: Settings, opened_accounts: OpenedAccounts
) -> ApiClient | None:
    """A client with CANVAS_ADMIN_TOKEN; None if the variable is not set."""
    token = settings.tokens.get("CANVAS_ADMIN_TOKEN")
    if not token:
        return None
    admin = ApiClient(transport, contract, token, "CANVAS_ADMIN_TOKEN")
    opened_accounts.admin = admin
    return admin


@pytest.fixture(scope="session")
def owner_baseline(
    transport: Transport,
    contract: Contract,
    settings: Settings,
    admin_token: ApiClient | None,
    opened_accounts: OpenedAccounts,
    reporter: ReportPlugin,
    record_testsuite_property: Callable[[str, object], None],
) -> Iterator[Baseline]:
    """The baseline of the account of CANVAS_TOKEN; after the run, the account is compared with it."""
    client = ApiClient(transport, contract, settings.tokens["CANVAS_TOKEN"], "CANVAS_TOKEN")
    baseline = _open(client, admin_token, opened_accounts)
    for sentence in reporter.set_baseline(baseline):
        record_testsuite_property("limit", sentence)
    yield baseline
    _close(baseline, opened_accounts, reporter)


@pytest.fixture(scope="session")
def owner(owner_baseline: Baseline) -> ApiClient:
    """A client of the test user, with CANVAS_TOKEN, and with an editor if the user may not edit their channels."""
    return owner_baseline.client


@pytest.fixture(scope="session")
def editing_owner(owner: ApiClient) -> ApiClient:
    """A client of the test user, who may edit their own channels."""
    if owner.editor is not None:
        pytest.skip("needs users who may edit their own channels")
    return owner


@pytest.fixture(scope="session")
def owner_creations(owner_baseline: Baseline) -> Baseline:
    """The baseline of the account of CANVAS_TOKEN, in a run that can create channels."""
    owner_baseline.client.require_creation()
    return owner_baseline


@pytest.fixture(scope="session")
def page_limit(owner: ApiClient) -> int:
    """The number of rows to which the target limits a page: usually 100 (behaviour 4.1)."""
    return owner.find_page_limit()


@pytest.fixture(scope="session")
def other_user_id(settings: Settings, owner: ApiClient, request: pytest.FixtureRequest) -> int:
    """The id of the second test user, whose channels the first must not read."""
    if not settings.other_user_id:
        pytest.skip("needs CANVAS_OTHER_USER_ID")
    if "CANVAS_ADMIN_TOKEN" in settings.tokens:
        id_: int = request.getfixturevalue("other").id
        return id_
    check_is_another_user(owner, settings.other_user_id)
    check_user_exists(owner.for_user(settings.other_user_id))
    return settings.other_user_id


@pytest.fixture(scope="session")
def other_baseline(
    settings: Settings,
    owner: ApiClient,
    admin_token: ApiClient | None,
    opened_accounts: OpenedAccounts,
    reporter: ReportPlugin,
) -> Iterator[Baseline]:
    """The baseline of the account of CANVAS_OTHER_USER_ID; after the run, the account is compared with it."""
    if admin_token is None or not settings.other_user_id:
        pytest.skip("needs CANVAS_ADMIN_TOKEN and CANVAS_OTHER_USER_ID")
    check_is_another_user(owner, settings.other_user_id)
    baseline = _open(admin_token.for_user(settings.other_user_id), None, opened_accounts)
    yield baseline
    _close(baseline, opened_accounts, reporter)


@pytest.fixture(scope="session")
def other_creations(other_baseline: Baseline) -> Baseline:
    """The baseline of the account of CANVAS_OTHER_USER_ID, in a run that can create channels."""
    other_baseline.client.require_creation()
    return other_baseline


@pytest.fixture(scope="session")
def other(other_baseline: Baseline) -> ApiClient:
    """A client of the admin, for the channels of CANVAS_OTHER_USER_ID, whom CANVAS_TOKEN must not manage."""
    return other_baseline.client


@pytest.fixture
def admin(owner: ApiClient, admin_token: ApiClient | None) -> ApiClient:
    """A client of the root-account admin, for the channels of the test user."""
    if admin_token is None:
        pytest.skip("needs CANVAS_ADMIN_TOKEN")
    return admin_token.for_user(owner.id)


@pytest.fixture
def site_admin(owner: ApiClient, settings: Settings) -> ApiClient:
    """A client of a site admin, for the channels of the test user; it creates none that nobody can delete."""
    name = "CANVAS_SITE_ADMIN_TOKEN"
    if name not in settings.tokens:
        pytest.skip(f"needs {name}")
    client = ApiClient(owner.transport, owner.contract, settings.tokens[name], name).for_user(owner.id)
    return client if owner.can_create else replace(client, editor=owner.editor)


@pytest.fixture(scope="session")
def device(owner_baseline: Baseline, settings: Settings) -> ApiClient:
    """A client of the test user with a token that can register devices.

    It needs a push service (SNS), and a user who had no push channel before the run.
    """
    owner = owner_baseline.client
    owner.require_creation()
    if owner.id in owner.transport.guard.users_with_push_channel:
        pytest.skip("needs a user who has no push channel")
    for name in ("CANVAS_PUSH_TOKEN", "CANVAS_TOKEN"):
        if name in settings.tokens:
            client = replace(owner, token=settings.tokens[name], token_name=name)
            fields = ((TYPE, "push"), (TOKEN, addresses.DEVICE))
            if send_unvalidated(client, "POST", body=fields).status_code == 200:
                remove_created_channels(owner)
                return client
    pytest.skip("needs a token whose developer key can push (SNS), in CANVAS_PUSH_TOKEN or CANVAS_TOKEN")


@pytest.fixture
def all_channels(owner: ApiClient, opened_accounts: OpenedAccounts) -> list[Channel]:
    """All channels of the test user, with one for each accepted address if the run can create them.

    They remain for the next test that uses this fixture; one that deletes a channel need not create it again.
    """
    if opened_accounts.writes != owner.transport.writes:
        opened_accounts.listed = owner.create_missing_channels()
        opened_accounts.writes = owner.transport.writes
        opened_accounts.keep_channels(owner)
        owner.transport.reset_steps()
    return copy.deepcopy(opened_accounts.listed)


@pytest.fixture
def targets(owner: ApiClient, other: ApiClient, opened_accounts: OpenedAccounts) -> dict[int, int]:
    """The id of a channel of each of the two users, by user id; 0 if the run cannot create channels.

    They remain for the next test that uses this fixture; one that deletes a channel need not create it again.
    """
    ids = {}
    for client in (owner, other):
        ids[client.id] = int(client.find_or_create(addresses.FIRST)["id"]) if client.can_create else 0
        opened_accounts.keep_channels(client)
    owner.transport.reset_steps()
    return ids


@pytest.fixture(autouse=True)
def _clean(request: pytest.FixtureRequest, opened_accounts: OpenedAccounts, reporter: ReportPlugin) -> Iterator[None]:
    """Start a new script before each test, and remove the channels that the test created after it.

    The channels of a fixture in _SCENARIOS remain as long as each next test uses the same fixture.
    """
    names = [name for name in ("owner_baseline", "other_baseline") if name in request.fixturenames]
    clients = [request.getfixturevalue(name).client for name in names]
    if clients:
        opened_accounts.start_scenario(next((name for name in _SCENARIOS if name in request.fixturenames), ""))
    for client in clients:
        client.transport.start_test(request.node.name)
    with _observing(request, clients):
        yield
    with reporter.tolerate_third_signal(), reporter.interruption.ended_by_third_signal():
        for client in clients:
            remove_created_channels(client, opened_accounts.kept)
    if clients:
        clients[0].transport.test = ""
        _report_leak(clients[0].transport)


def _report_leak(transport: Transport) -> None:
    """Fail if a response outside tests, such as one of the clean-up, has leaked and no test has reported this."""
    for message, leak in transport.leaks.items():
        if leak is not None:
            transport.leaks[message] = None
            raise leak


@contextmanager
def _observing(request: pytest.FixtureRequest, clients: list[ApiClient]) -> Iterator[None]:
    """Record the violations that a property-based test observes, also in examples that Hypothesis repeats later.

    `hypothesis.inner_test` is the function that Hypothesis calls for each example, and may be replaced.
    """
    handle = getattr(request.function, "hypothesis", None)
    if handle is None or not clients:
        yield
        return
    original = handle.inner_test

    @wraps(original)
    def observed(*arguments: Any, **values: Any) -> Any:
        with clients[0].transport.observing():
            return original(*arguments, **values)

    handle.inner_test = observed
    try:
        yield
    finally:
        handle.inner_test = original


def _open(client: ApiClient, admin: ApiClient | None, opened: OpenedAccounts) -> Baseline:
    client, channels_before = open_account(client, opened, admin)
    if client.user == "self":
        check_credentials(client)
    client = opened.clients[-1] = with_editor(client, admin)
    profile = client.transport.settings.limits
    needs_creations = client.user == "self" or profile.cases != 0
    baseline = record_baseline(client, channels_before, profile.addresses if needs_creations else ())
    if client.user == "self":
        check_admin_rights(client, admin)
    return baseline


def _close(baseline: Baseline, opened: OpenedAccounts, reporter: ReportPlugin) -> None:
    """Clean up the account, and report any difference from its baseline as a failure.

    A read-only run changes nothing, so any difference has another cause.
    """
    if baseline.client.transport.guard.is_read_only:
        return
    with reporter.tolerate_inconclusive(), reporter.interruption.ended_by_third_signal():
        try:
            channels = opened.clean_up_account(baseline.client)
        except LeftoverError as error:
            _report_differences(baseline, error.channels, reporter)
            raise
        _report_differences(baseline, channels, reporter)


def _report_differences(baseline: Baseline, channels: list[Channel] | None, reporter: ReportPlugin) -> None:
    """Report the differences of these channels from those before the run, if they are known."""
    differences = [] if channels is None else baseline.compare(channels)
    if differences:
        reporter.add_account_difference(baseline.client.id, differences)
