"""The target, the callers, and the promise that nothing is left behind."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from contract_tests import pool
from contract_tests.account import sweep, tidy
from contract_tests.caller import TOKEN, TYPE, Caller
from contract_tests.contract import Contract
from contract_tests.journal import Journal
from contract_tests.reporter import Reporter
from contract_tests.server import WORLD, running_mock
from contract_tests.settings import PROFILES, NotJudged, Settings, read_profile, read_settings
from contract_tests.stock import Stock, open_account, take_stock
from contract_tests.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


def pytest_configure(config: pytest.Config) -> None:
    """Draw as many examples as the profile says; clean up after any polite signal."""
    examples = PROFILES[read_profile()].examples
    checks = [
        hypothesis.HealthCheck.function_scoped_fixture,  # what they clean is the server's, between tests
        hypothesis.HealthCheck.too_slow,  # the network is
        hypothesis.HealthCheck.filter_too_much,  # what the fence refuses is filtered
    ]
    hypothesis.settings.register_profile(
        "contract", max_examples=examples, deadline=None, database=None, suppress_health_check=checks
    )
    hypothesis.settings.load_profile("contract")
    config.pluginmanager.register(Reporter(config), "canvas-contract-reporter")
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, _interrupt)


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    """Where the run is pointed; without CANVAS_URL, at a mock that it starts."""
    with ExitStack() as stack:
        url = os.environ.get("CANVAS_URL", "").rstrip("/")
        yield read_settings(url, {}) if url else read_settings(stack.enter_context(running_mock()), WORLD)


@pytest.fixture(scope="session")
def contract() -> Contract:
    """openapi.yaml."""
    return Contract()


@pytest.fixture(scope="session")
def reporter(pytestconfig: pytest.Config) -> Reporter:
    """What becomes of the run."""
    found = pytestconfig.pluginmanager.get_plugin("canvas-contract-reporter")
    assert isinstance(found, Reporter)
    return found


@pytest.fixture(scope="session")
def wire(settings: Settings, reporter: Reporter) -> Iterator[Wire]:
    """The gate that every request takes."""
    directory = Path(os.environ.get("CANVAS_JOURNAL") or reporter.folder)
    line = Wire(settings, Journal(directory, settings.url))
    reporter.watch(line)
    yield line
    with reporter.as_far_as_possible():
        for account in line.accounts:
            tidy(account)
        if line.strays is not None:
            for user in {*line.journal.live.values()} - {account.id for account in line.accounts}:
                sweep(line.strays.about(user))
    if not line.journal.live and reporter.is_tidy:
        line.journal.close()
    line.close()


@pytest.fixture(scope="session")
def admin_token(wire: Wire, contract: Contract, settings: Settings) -> Caller | None:
    """The holder of CANVAS_ADMIN_TOKEN, if there is one."""
    token = settings.tokens.get("CANVAS_ADMIN_TOKEN")
    if not token:
        return None
    admin = Caller(wire, contract, token, "CANVAS_ADMIN_TOKEN")
    wire.strays = admin
    return admin


@pytest.fixture(scope="session")
def owner_stock(
    wire: Wire, contract: Contract, settings: Settings, admin_token: Caller | None, reporter: Reporter
) -> Iterator[Stock]:
    """The account of CANVAS_TOKEN, which is the same after the run as before it."""
    caller = Caller(wire, contract, settings.tokens["CANVAS_TOKEN"], "CANVAS_TOKEN")
    stock = _opened(caller, admin_token)
    reporter.rows_of(stock)
    yield stock
    _closed(stock, reporter)


@pytest.fixture(scope="session")
def owner(owner_stock: Stock) -> Caller:
    """The user of CANVAS_TOKEN."""
    return owner_stock.caller


@pytest.fixture(scope="session")
def other_stock(settings: Settings, owner: Caller, admin_token: Caller | None, reporter: Reporter) -> Iterator[Stock]:
    """The account of CANVAS_OTHER_USER_ID."""
    if admin_token is None or not settings.other_user_id:
        pytest.skip("needs CANVAS_ADMIN_TOKEN and CANVAS_OTHER_USER_ID")
    if settings.other_user_id == owner.id:
        assert owner.about(owner.id).page().status_code == 200, "self shows the channels of another user"
        raise NotJudged("CANVAS_OTHER_USER_ID is the user of CANVAS_TOKEN; name another.")
    stock = _opened(admin_token.about(settings.other_user_id), None)
    yield stock
    _closed(stock, reporter)


@pytest.fixture(scope="session")
def other(other_stock: Stock) -> Caller:
    """The admin asking about CANVAS_OTHER_USER_ID, whom CANVAS_TOKEN must not manage."""
    return other_stock.caller


@pytest.fixture
def admin(owner: Caller, admin_token: Caller | None) -> Caller:
    """A root-account admin, asking about the owner."""
    if admin_token is None:
        pytest.skip("needs CANVAS_ADMIN_TOKEN")
    return admin_token.about(owner.id)


@pytest.fixture
def site_admin(owner: Caller, settings: Settings) -> Caller:
    """A site admin, asking about the owner."""
    name = "CANVAS_SITE_ADMIN_TOKEN"
    if name not in settings.tokens:
        pytest.skip(f"needs {name}")
    return Caller(owner.wire, owner.contract, settings.tokens[name], name).about(owner.id)


@pytest.fixture(scope="session")
def device(owner_stock: Stock, settings: Settings) -> Caller:
    """The owner with a token that can register devices; needs SNS, and a user without a push channel of one's own."""
    owner = owner_stock.caller
    if owner.id in owner.wire.fence.foreign_push:
        pytest.skip("needs a user who has no push channel")
    for name in ("CANVAS_PUSH_TOKEN", "CANVAS_TOKEN"):
        if name in settings.tokens:
            caller = Caller(owner.wire, owner.contract, settings.tokens[name], name, owner.id)
            if caller.post(((TYPE, "push"), (TOKEN, pool.DEVICE))).status_code == 200:
                sweep(owner)
                return caller
    pytest.skip("needs a token whose developer key can push (SNS), in CANVAS_PUSH_TOKEN or CANVAS_TOKEN")


@pytest.fixture(autouse=True)
def _clean(request: pytest.FixtureRequest) -> Iterator[None]:
    names = [name for name in ("owner_stock", "other_stock") if name in request.fixturenames]
    callers = [request.getfixturevalue(name).caller for name in names]
    for caller in callers:
        caller.wire.test = request.node.name
        caller.wire.begin()
    yield
    for caller in callers:
        sweep(caller)
        caller.wire.test = ""


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


def _opened(caller: Caller, admin: Caller | None) -> Stock:
    return take_stock(*open_account(caller), admin)


def _closed(stock: Stock, reporter: Reporter) -> None:
    """Remove what is left, and hold that nothing else has changed."""
    with reporter.as_far_as_possible():
        tidy(stock.caller)
        if differences := stock.compare():
            reporter.account_differs(stock.caller.id, differences)
