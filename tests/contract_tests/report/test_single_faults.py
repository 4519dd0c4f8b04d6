"""Runs against a target with one fault: the first group names it, and the output fits a screen."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from contract_tests.oracle.outcome import Outcome
from contract_tests.report.record.groups import failure_groups
from tests.contract_tests.faulty_proxy import ProxiedRequest, ProxiedResponse, running_proxy
from tests.contract_tests.samples import CREATE
from tests.contract_tests.suite_process import list_body, run_suite, running_mock
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Fault = Callable[[ProxiedRequest], ProxiedResponse]

pytestmark = pytest.mark.slow

SCREEN = 40
"""The lines of a screen."""
ABSENT = object()
"""The new value of a field that is removed."""
SELECTION = "create_of_a_new_row or ordered_by_position or second_delete"


def with_field(name: str, change: Callable[[dict[str, Any]], object]) -> Fault:
    """Return the fault that changes this field of every channel, or removes it."""

    def change_channel(channel: object) -> None:
        if isinstance(channel, dict) and name in channel and "workflow_state" in channel:
            value = change(channel)
            channel.update({name: value})
            if value is ABSENT:
                del channel[name]

    def fault(request: ProxiedRequest) -> ProxiedResponse:
        response = request.send()
        body = json.loads(response.body) if response.status == 200 and response.body[:1] in {b"[", b"{"} else None
        for channel in body if isinstance(body, list) else [body]:
            change_channel(channel)
        if body is not None:
            response.body = json.dumps(body).encode()
        return response

    return fault


def with_repeated_rows(request: ProxiedRequest) -> ProxiedResponse:
    response = request.send()
    if response.status == 200 and response.body.startswith(b"["):
        response.body = json.dumps(json.loads(response.body) * 2).encode()
    return response


def with_content_type(media_type: str) -> Fault:
    """Return the fault that sends JSON under another content type."""

    def fault(request: ProxiedRequest) -> ProxiedResponse:
        response = request.send()
        others = [(name, value) for name, value in response.headers if name.lower() != "content-type"]
        response.headers = [*others, ("Content-Type", media_type)]
        return response

    return fault


def next_user(channel: dict[str, Any]) -> object:
    return int(channel["user_id"]) + 1


FAULTS: dict[str, tuple[Fault, str]] = {
    "position as text": (with_field("position", lambda channel: str(channel["position"])), "position: not an integer"),
    "position absent": (with_field("position", lambda _: ABSENT), "the required field position is absent"),
    "type in upper case": (
        with_field("type", lambda channel: channel["type"].upper()),
        "type: 'EMAIL' is not one of the documented values 'email', 'sms', 'push'",
    ),
    "type null": (with_field("type", lambda _: None), "type: null, which is not allowed"),
    "id true": (with_field("id", lambda _: True), "id: not an integer"),
    "id 1.5": (with_field("id", lambda _: 1.5), "id: not an integer"),
    "id null": (with_field("id", lambda _: None), "id: null, which is not allowed"),
    "id negative": (with_field("id", lambda channel: -channel["id"]), "id: the value is less than the minimum of 0"),
    "id above int64": (with_field("id", lambda _: 2**63 + 5), "id: not a int64"),
    "user of another id": (with_field("user_id", next_user), "user_id: 2 was received, and 1 is expected"),
    "created_at as a number": (with_field("created_at", lambda _: 5), "created_at: not text"),
    "rows repeated": (with_repeated_rows, "the list has the channel 1 twice"),
    "text/plain": (with_content_type("text/plain"), "content type 'text/plain' is not documented for status 200"),
    "text/html": (with_content_type("text/html"), "content type 'text/html' is not documented for status 200"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_first_group_names_the_fault(tmp_path: Path, name: str) -> None:
    fault, title = FAULTS[name]
    with running_mock() as url:
        before = list_body(url)
        with running_proxy(url, fault) as proxy:
            run = run_suite(
                tmp_path, "-k", SELECTION, **{**DEFAULT_WORLD_VARIABLES, "CANVAS_URL": proxy, "PROFILE": "smoke"}
            )
            received = run_script(run.stdout, proxy)
        after = list_body(url)

    groups = re.findall(r"\n\n\d\. (.*?)\n  [A-Z]", run.stdout, re.DOTALL)
    assert run.returncode == 1, run.stdout
    operations = [each.partition(":")[0] for each in groups]
    assert len(set(operations)) == len(operations), "each operation has one group"
    assert title in one_line(groups[0])
    assert "cannot be read" not in run.stdout
    assert "unique!" not in run.stdout
    assert ("were not run" in run.stdout) == name.startswith("id "), "without ids, the suite creates no channels"
    # On a terminal of 100 columns, without its empty lines.
    assert sum(1 + (len(line) - 1) // 100 for line in run.stdout.splitlines() if line) <= SCREEN
    assert re.search(r'"id"|\[\{', received), "the script shows the received channels"
    assert after == before


def test_creation_time_of_null_is_named_and_reproduced(tmp_path: Path) -> None:
    fault = with_field("created_at", lambda _: None)
    with running_mock() as url, running_proxy(url, fault) as proxy:
        run = run_suite(
            tmp_path, "-k", SELECTION, **{**DEFAULT_WORLD_VARIABLES, "CANVAS_URL": proxy, "PROFILE": "smoke"}
        )
        received = run_script(run.stdout, proxy)

    assert "1. create_communication_channel: created_at of a new channel: null was received" in one_line(run.stdout)
    assert re.search(r'Received +200 OK \{"id": \d+, [^}]*"created_at": null', one_line(run.stdout))
    assert '"created_at": null' in received


def test_page_of_html_is_inconclusive(tmp_path: Path) -> None:
    def fault(request: ProxiedRequest) -> ProxiedResponse:
        request.send()
        return ProxiedResponse(200, [("Content-Type", "text/html")], b"<html><p>Log in</p></html>")

    with running_mock() as url, running_proxy(url, fault) as proxy:
        run = run_suite(tmp_path, "-k", "second_delete", **{**DEFAULT_WORLD_VARIABLES, "CANVAS_URL": proxy})

    assert run.returncode == 2
    assert "Inconclusive: The target's response is not JSON" in one_line(run.stdout)


@pytest.mark.parametrize(
    ("last", "status", "sentence"),
    [
        (ProxiedResponse(500, [("Content-Type", "application/json")], b'{"errors":[]}'), 2, "(the response is 500)"),
        (ProxiedResponse(200, [("Content-Type", "text/html")], b"<html>"), 2, "(the response is no list)"),
        (ProxiedResponse(200, [("Content-Type", "application/json")], b"[]"), 1, "lacks 1, 2, 3, which existed"),
    ],
)
def test_last_response_of_the_run_decides_its_verdict(
    tmp_path: Path, last: ProxiedResponse, status: int, sentence: str
) -> None:
    """The clean-up ends with a list of the account, which shows whether it is as before the run."""
    variables = {"CANVAS_TOKEN": "student-token", "PROFILE": "smoke"}
    numbers: list[int] = []

    def record_number(request: ProxiedRequest) -> ProxiedResponse:
        numbers.append(request.number)
        return request.send()

    def replace_last(request: ProxiedRequest) -> ProxiedResponse:
        response = request.send()
        return last if request.number >= max(numbers) else response

    with running_mock() as url:
        with running_proxy(url, record_number) as proxy:
            counted = run_suite(tmp_path / "counted", "-k", "second_delete", CANVAS_URL=proxy, **variables)
        with running_proxy(url, replace_last) as proxy:
            run = run_suite(tmp_path / "replaced", "-k", "second_delete", CANVAS_URL=proxy, **variables)

    assert counted.returncode == 0, counted.stdout
    assert run.returncode == status, run.stdout
    assert sentence in one_line(run.stdout)
    assert "Leftover channels: unknown." in run.stdout


def test_violations_of_several_values_are_one_group() -> None:
    message = f"The 200 response of {CREATE} violates openapi.yaml: $.position: {{}} is not of type 'integer'"
    outcomes = [
        Outcome("p", f"m::{value}", "", "", (), "failed", operation=CREATE, steps=1, violation=message.format(value))
        for value in ("'1'", "[1]")
    ]

    groups = failure_groups(outcomes)

    assert [group.title for group in groups] == [
        "create_communication_channel: the 200 response violates openapi.yaml: position: not an integer"
    ]
    assert groups[0].expected.startswith("openapi.yaml describes the field position as an integer or null: ")


def run_script(stdout: str, url: str) -> str:
    """Run the script of the first group, and return its output."""
    found = re.search(r"To reproduce:\n(.*?)(?:\n\n|\Z)", stdout, re.DOTALL)
    assert found is not None, stdout
    variables = {**os.environ, **DEFAULT_WORLD_VARIABLES, "CANVAS_URL": url}
    script = subprocess.run(  # noqa: S603  # the script that the run printed
        ["/bin/bash", "-c", found[1]], env=variables, capture_output=True, text=True, timeout=HANG_SECONDS, check=True
    )
    return script.stdout + script.stderr


def one_line(text: str) -> str:
    return " ".join(text.split())
