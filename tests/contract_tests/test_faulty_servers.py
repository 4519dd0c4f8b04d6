"""Runs against faulty and unusual servers: formats, characters, leaks, conditional requests, uncertain creates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from tests.contract_tests.faulty_proxy import ProxiedRequest, ProxiedResponse, running_proxy
from tests.contract_tests.suite_process import QUICK, list_body, run_suite, running_mock, running_patched_mock

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow

BOUNCE_TESTS = "site_admin_receives_bounce_fields"
DUPLICATE = "unique!"
"""The error for a create of an address that a leftover channel already has."""


def run_with(
    folder: Path, change: Callable[[ProxiedRequest, ProxiedResponse], object], tests: str, **variables: str
) -> tuple[subprocess.CompletedProcess[str], bool]:
    """Run these tests against a proxy that changes responses; return the run, and whether the account is unchanged."""

    def fault(request: ProxiedRequest) -> ProxiedResponse:
        response = request.send()
        change(request, response)
        return response

    with running_mock() as url, running_proxy(url, fault) as proxy:
        before = list_body(url)
        run = run_suite(folder, "-k", tests, CANVAS_URL=proxy, **(QUICK | variables))
        return run, list_body(url) == before


def without_bounce_fields(_request: ProxiedRequest, response: ProxiedResponse) -> None:
    if b"bounce" in response.body:
        channels = json.loads(response.body)
        for channel in channels if isinstance(channels, list) else [channels]:
            for name in [name for name in channel if "bounce" in name]:
                del channel[name]
        response.body = json.dumps(channels).encode()


def created_with_201(request: ProxiedRequest, response: ProxiedResponse) -> None:
    if request.method == "POST" and response.status == 200:
        response.status = 201


def create_without_half_its_body(request: ProxiedRequest, response: ProxiedResponse) -> None:
    if request.method == "POST" and response.status == 200:
        response.body = response.body[: len(response.body) // 2]


def create_without_an_id(request: ProxiedRequest, response: ProxiedResponse) -> None:
    if request.method == "POST" and response.status == 200:
        response.body = json.dumps({k: v for k, v in json.loads(response.body).items() if k != "id"}).encode()


def create_as_a_failure(request: ProxiedRequest, response: ProxiedResponse) -> None:
    if request.method == "POST" and response.status == 200:
        response.status, response.body = 500, b'{"errors":[{"message":"An error occurred."}]}'


@pytest.mark.parametrize(
    ("fault", "tests", "profile"),
    [
        ("last-bounce-at-starts-with-the-day", BOUNCE_TESTS, "smoke"),
        ("id-has-65-bits-in-creates", "create_returns_the_new_channel", "smoke"),
        ("wide-characters-are-dropped", "create_returns_the_new_channel", "default"),
        ("spaces-are-trimmed", "differ_in_spaces", "smoke"),
        ("denied-deletes-show-the-channel", "permission_matrix", "smoke"),
        ("tokens-are-shown-in-a-header", "head_returns", "smoke"),
        ("changed-lists-are-304", "changed_list_has", "smoke"),
    ],
)
def test_fault_is_detected(tmp_path: Path, fault: str, tests: str, profile: str) -> None:
    with running_patched_mock(fault) as url:
        run = run_suite(tmp_path, "-k", tests, CANVAS_URL=url, PROFILE=profile, **DEFAULT_WORLD_VARIABLES)

    assert run.returncode == 1, run.stdout
    assert "student-token" not in run.stdout


@pytest.mark.parametrize("variant", ["etags-have-a-suffix", "if-none-match-is-ignored"])
def test_absence_of_304_is_a_note(tmp_path: Path, variant: str) -> None:
    with running_patched_mock(variant) as url:
        run = run_suite(tmp_path, "-k", "304 or etag", CANVAS_URL=url, **QUICK)

    assert run.returncode == 0, run.stdout
    assert "The target never returned 304" in " ".join((tmp_path / "report.html").read_text("utf-8").split())


def test_verdict_says_that_no_bounce_fields_were_seen(tmp_path: Path) -> None:
    run, _ = run_with(tmp_path, without_bounce_fields, f"{BOUNCE_TESTS} or head")  # a run needs a passed test

    assert run.returncode == 0, run.stdout
    assert "Bounce fields were not seen" in " ".join(run.stdout.split())


def test_required_bounce_fields_that_are_absent_are_a_failure(tmp_path: Path) -> None:
    run, _ = run_with(tmp_path, without_bounce_fields, BOUNCE_TESTS, REQUIRE_BOUNCE_FIELDS="1")

    assert run.returncode == 1, run.stdout


def test_required_bounce_fields_need_a_site_admin(tmp_path: Path) -> None:
    run = run_suite(
        tmp_path, "-k", "head", REQUIRE_BOUNCE_FIELDS="1", CANVAS_URL="http://127.0.0.1:9", CANVAS_TOKEN="some-token"
    )

    assert run.returncode == 2
    assert "CANVAS_SITE_ADMIN_TOKEN is not set; set it to a token of a site admin" in run.stdout


@pytest.mark.parametrize(
    "change",
    [created_with_201, create_without_half_its_body, create_without_an_id, create_as_a_failure],
    ids=lambda change: change.__name__,
)
def test_channel_of_an_uncertain_create_is_removed_before_the_next_test(
    tmp_path: Path, change: Callable[[ProxiedRequest, ProxiedResponse], object]
) -> None:
    run, is_unchanged = run_with(tmp_path, change, "stored_as_sent or differ_in_spaces")

    traffic = json.loads((tmp_path / "traffic.har").read_text("utf-8"))["log"]["entries"]
    duplicates = [entry for entry in traffic if DUPLICATE in entry["response"]["content"].get("text", "")]
    assert run.returncode == 1, run.stdout
    assert DUPLICATE not in run.stdout
    assert not duplicates
    assert is_unchanged
