"""The target, the callers, and the promise that nothing is left behind."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from contract_tests import pool
from contract_tests.caller import Caller, done
from contract_tests.contract import Contract
from contract_tests.fence import Fence
from contract_tests.journal import Journal
from contract_tests.server import WORLD, running_mock
from contract_tests.settings import EXAMPLES, Settings, UnusableTargetError, read_settings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_TRACE = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Draw as many examples as the profile says, the same ones for the same seed."""
    examples = EXAMPLES.get(os.environ.get("PROFILE", "default"), 20)
    checks = list(hypothesis.HealthCheck)
    hypothesis.settings.register_profile(
        "contract", max_examples=examples, deadline=None, database=None, suppress_health_check=checks
    )
    hypothesis.settings.load_profile("contract")
    config.option.hypothesisseed = os.environ.get("SEED") or "1"


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    """Where the run is pointed; without CANVAS_URL, at a mock that it starts."""
    with ExitStack() as stack:
        try:
            url = os.environ.get("CANVAS_URL", "").rstrip("/")
            yield read_settings(url, {}) if url else read_settings(stack.enter_context(running_mock()), WORLD)
        except UnusableTargetError as error:
            pytest.exit(str(error), returncode=2)


@pytest.fixture(scope="session")
def contract() -> Contract:
    """openapi.yaml."""
    return Contract()


@pytest.fixture(scope="session")
def fence(settings: Settings, pytestconfig: pytest.Config) -> Iterator[Fence]:
    """The gate that every request takes."""
    directory = Path(os.environ.get("CANVAS_JOURNAL", pytestconfig.rootpath / "reports"))
    gate = Fence(settings, Journal(directory, settings.url))
    pytestconfig.stash[_TRACE] = gate.trace
    yield gate
    gate.close()


@pytest.fixture(scope="session")
def owner(fence: Fence, contract: Contract, settings: Settings) -> Iterator[Caller]:
    """The user of CANVAS_TOKEN, whose channels are the same after the run as before it."""
    caller = Caller(fence, contract, settings.token)
    before = _begin(caller)
    yield caller
    sweep(caller)
    after = caller.channels()
    assert after == before, "the user's own channels are not what they were before the run"
    if not fence.journal.live:
        fence.journal.close()


@pytest.fixture(scope="session")
def other(fence: Fence, contract: Contract, settings: Settings, owner: Caller) -> Iterator[Caller]:
    """The admin acting on CANVAS_OTHER_USER_ID, whom CANVAS_TOKEN must not manage."""
    if not (settings.admin_token and settings.other_user_id):
        pytest.skip("needs CANVAS_ADMIN_TOKEN and CANVAS_OTHER_USER_ID")
    number = int(settings.other_user_id)
    assert number != owner.id, "CANVAS_OTHER_USER_ID is the user of CANVAS_TOKEN"
    caller = Caller(fence, contract, settings.admin_token, "CANVAS_ADMIN_TOKEN", settings.other_user_id, number)
    before = _begin(caller)
    yield caller
    sweep(caller)
    assert caller.channels() == before, "the other user's channels are not what they were before the run"


@pytest.fixture
def admin(owner: Caller, settings: Settings) -> Caller:
    """A root-account admin, acting on the owner."""
    if not settings.admin_token:
        pytest.skip("needs CANVAS_ADMIN_TOKEN")
    return Caller(owner.fence, owner.contract, settings.admin_token, "CANVAS_ADMIN_TOKEN", str(owner.id), owner.id)


@pytest.fixture
def site_admin(owner: Caller, settings: Settings) -> Caller:
    """A site admin, acting on the owner."""
    if not settings.site_admin_token:
        pytest.skip("needs CANVAS_SITE_ADMIN_TOKEN")
    name = "CANVAS_SITE_ADMIN_TOKEN"
    return Caller(owner.fence, owner.contract, settings.site_admin_token, name, str(owner.id), owner.id)


@pytest.fixture(autouse=True)
def _clean(request: pytest.FixtureRequest) -> Iterator[None]:
    names = {"owner", "other"}.intersection(request.fixturenames)
    callers = [request.getfixturevalue(name) for name in sorted(names)]
    for caller in callers:
        caller.fence.trace.clear()
    yield
    for caller in callers:
        sweep(caller)


def sweep(caller: Caller) -> None:
    """Remove every channel that the suite made for this user and has not removed."""
    for number, user in list(caller.fence.journal.live.items()):
        if user == caller.id:
            caller.delete(number)
            caller.fence.journal.delete(number)


def _begin(caller: Caller) -> list[dict[str, object]]:
    try:
        first = caller.fence.send(caller.fence_call(()))
    except UnusableTargetError as error:
        pytest.exit(f"The target cannot be judged: {error}", returncode=2)
    if "json" not in first.headers.get("content-type", ""):
        pytest.exit(
            "The target cannot be judged: it does not answer JSON; see that CANVAS_URL is a Canvas.", returncode=2
        )
    if first.status_code != 200:
        pytest.exit(
            f"The target refuses ${caller.token_name} with {first.status_code}; see that the token is valid.",
            returncode=2,
        )
    found = caller.channels()
    if not caller.id:
        caller.id = int(found[0]["user_id"]) if found else _id_by_creation(caller)
    return _without_leftovers(caller, found)


def _without_leftovers(caller: Caller, found: list[dict[str, object]]) -> list[dict[str, object]]:
    journal = caller.fence.journal
    for channel in found:
        key = _key(channel)
        number = int(str(channel["id"]))
        if (caller.id, *key) in journal.intents and key in pool.KEYS:
            journal.create(caller.id, number)
        elif key in pool.KEYS - {pool.PUSH.key}:
            pytest.exit(f"Channel {number} has an address of the suite's and is not its own; remove it.", returncode=2)
        else:
            caller.fence.foreign.add(number)
            caller.fence.foreign_keys |= {key} & {pool.PUSH.key}
    sweep(caller)
    return caller.channels()


def _key(channel: dict[str, object]) -> tuple[str, str]:
    kind = str(channel["type"])
    return pool.PUSH.key if kind == "push" else (kind, str(channel["address"]).lower())


def _id_by_creation(caller: Caller) -> int:
    channel = done(caller.create(pool.PLAIN[0]))
    number = int(channel["user_id"])
    caller.delete(channel["id"])
    return number


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to each failure the promise that was broken and the calls that show it."""
    report = yield
    if call.excinfo is not None and isinstance(call.excinfo.value, UnusableTargetError):
        pytest.exit(str(call.excinfo.value), returncode=2)
    trace = item.config.stash.get(_TRACE, [])
    if report.failed and call.when == "call":
        report.sections.append(("Promise", (getattr(item, "obj", item).__doc__ or item.name).strip()))
        report.sections.append(("To repeat it", "\n".join(trace[-12:])))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was not checked, so that such a run never looks like a full pass."""
    skipped = terminalreporter.stats.get("skipped", [])
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        terminalreporter.write_line(f"not checked: {report.nodeid.rpartition('::')[2]} ({reason})")
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} promises were not checked: this is not a full pass.")
