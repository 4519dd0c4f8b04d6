"""Sizes of the profiles: the number of requests, the selected tests, and the remembered lists."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from contract_tests.client.api_client import ApiClient
from contract_tests.client.safety import addresses
from contract_tests.client.safety.journal import Journal
from contract_tests.client.settings import PROFILES, Settings
from contract_tests.client.transport import Transport
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from contract_tests.oracle.contract import Contract
from contract_tests.selection import MARKER, PREFERRED_MARKER, select_tests
from tests.contract_tests.suite_process import list_body, run_suite, running_mock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHANNEL = {
    "id": 1,
    "position": 1,
    "workflow_state": "active",
    "user_id": 1,
    "created_at": "2026-03-02T00:00:00Z",
    "address": addresses.FIRST.address,
    "type": "email",
}


@pytest.mark.slow
@pytest.mark.parametrize(("profile", "maximum"), [("smoke", 300), ("quick", 1_000), ("default", 3_000)])
def test_profile_sends_fewer_requests_than_its_limit(tmp_path: Path, profile: str, maximum: int) -> None:
    with running_mock() as url:
        before = list_body(url)
        run = run_suite(tmp_path, CANVAS_URL=url, PROFILE=profile, **DEFAULT_WORLD_VARIABLES)
        after = list_body(url)

    requests = len(json.loads((tmp_path / "traffic.har").read_text("utf-8"))["log"]["entries"])
    assert run.returncode == 0, run.stdout
    assert requests < maximum
    assert after == before
    assert re.search(r"Passed: \d+ properties in \d+ tests( \(profile \w+\))?\.", run.stdout)
    assert (f"(profile {profile})" in run.stdout) == (profile != "default")
    assert "deselected" not in run.stdout


@pytest.mark.slow
def test_options_that_leave_no_test_of_the_profile_apply_alone(tmp_path: Path) -> None:
    """The profile smoke has no case of the test, which has no marker `cases`."""
    with running_mock() as url:
        run = run_suite(
            tmp_path, "-k", "link_header_repeats", CANVAS_URL=url, PROFILE="smoke", **DEFAULT_WORLD_VARIABLES
        )

    assert run.returncode == 0, run.stdout
    assert "link header repeats" in (tmp_path / "report.html").read_text("utf-8")


def test_profile_has_evenly_spread_cases_of_each_test(request: pytest.FixtureRequest) -> None:
    """Of a test without a marker, the profile smoke has no case, and quick has two."""
    request.config.addinivalue_line("markers", MARKER)
    cases = [_item(request, f"test_a[{number}]") for number in range(10)]
    marked = [_item(request, f"test_b[{number}]", smoke=3, quick=5) for number in range(10)]
    single = [_item(request, "test_c")]

    selected = {
        name: [item.name for item in select_tests([*cases, *marked, *single], name, PROFILES[name])]
        for name in ("smoke", "quick")
    }
    everything = select_tests([*cases, *marked, *single], "default", PROFILES["default"])

    assert selected["smoke"] == ["test_b[0]", "test_b[3]", "test_b[6]"]
    assert selected["quick"] == [
        "test_a[0]",
        "test_a[5]",
        *(f"test_b[{number}]" for number in range(0, 10, 2)),
        "test_c",
    ]
    assert everything == [*cases, *marked, *single]


def test_preferred_cases_are_in_every_profile(request: pytest.FixtureRequest) -> None:
    for marker in (MARKER, PREFERRED_MARKER):
        request.config.addinivalue_line("markers", marker)
    cases = [_item(request, f"test_a[{number}]", smoke=3, quick=4) for number in range(10)]
    for number in (4, 9):
        cases[number].add_marker(pytest.mark.preferred)

    selected = {name: [item.name for item in select_tests(cases, name, PROFILES[name])] for name in ("smoke", "quick")}

    assert selected["smoke"] == ["test_a[0]", "test_a[4]", "test_a[9]"]
    assert selected["quick"] == ["test_a[0]", "test_a[4]", "test_a[5]", "test_a[9]"]


def test_list_is_read_again_only_after_another_request(tmp_path: Path) -> None:
    received: list[httpx2.Request] = []
    owner = _client(tmp_path, received)
    by_id = owner.for_user(1)

    lists = [owner.list_channels(), by_id.list_channels(), owner.list_channels(), by_id.list_channels()]
    assert lists == [[CHANNEL]] * 4
    assert len(received) == 2, "a list is remembered for each spelling of the user in the path"

    requests: tuple[Callable[[], httpx2.Response], ...] = (owner.list_page, lambda: owner.delete("0"))
    for send in requests:
        send()
        before = len(received)
        assert owner.list_channels() == owner.list_channels() == [CHANNEL]
        assert len(received) == before + 1

    before = len(received)
    owner.list_channels(fresh=True)
    assert len(received) == before + 1


def test_remembered_list_is_not_changed_by_its_reader(tmp_path: Path) -> None:
    owner = _client(tmp_path, [])

    owner.list_channels()[0]["address"] = "changed"

    assert owner.list_channels() == [CHANNEL]


def _client(folder: Path, received: list[httpx2.Request]) -> ApiClient:
    """Return a client of a server that lists one channel; every request is added to `received`."""

    def respond(request: httpx2.Request) -> httpx2.Response:
        received.append(request)
        if request.method == "DELETE":
            body: Any = {"errors": [{"message": "The specified resource does not exist."}]}
            return httpx2.Response(404, json=body, request=request)
        link = f'<{request.url}>; rel="current"'
        return httpx2.Response(200, json=[CHANNEL], headers={"link": link}, request=request)

    settings = Settings("http://127.0.0.1:3000", {"CANVAS_TOKEN": "a-token"})
    transport = Transport(settings, Journal(folder, settings.url), http_transport=httpx2.MockTransport(respond))
    return ApiClient(transport, _AcceptingValidator(), "a-token", "CANVAS_TOKEN", 1)


class _AcceptingValidator(Contract):
    """A validator that accepts every response."""

    def violations(self, operation: str, response: httpx2.Response, *, with_body: bool = True) -> list[str]:  # noqa: ARG002
        return []


def _item(request: pytest.FixtureRequest, name: str, **numbers: int) -> pytest.Item:
    """Return a test with this name, marked with these numbers of cases."""
    item = pytest.Function.from_parent(request.node.parent, name=name, callobj=lambda: None)
    if numbers:
        item.add_marker(pytest.mark.cases(**numbers))
    return item
