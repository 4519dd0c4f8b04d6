"""`make compare ARGS='--random N --seed S'`: differences from a mock, found with random requests."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
import yaml

from contract_tests.client.safety.addresses import POSSIBLE_KEYS
from contract_tests.comparison.compare import main
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from tests.contract_tests.suite_process import (
    environment,
    has_recorded_creation,
    list_body,
    running_mock,
    running_patched_mock,
)
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKENS = ("CANVAS_TOKEN", "CANVAS_PUSH_TOKEN", "CANVAS_EXPIRED_TOKEN", "CANVAS_REVOKED_TOKEN")
PRIVATE_ADDRESS = "sam.private@school.example"
WORLD = f"""
account: {{max_per_page: 50, shard: 3, tilde_user_ids: false}}
users:
  - id: 17
    name: Sam
    tokens: [private-token]
    channels:
      - {{id: 71, type: push}}
      - {{id: 72, type: email, address: {PRIVATE_ADDRESS}, position: 7}}
      - {{id: 75, type: sms, address: '+15551234567', position: 5, state: unconfirmed}}
      - {{id: 90, type: email, address: old@school.example, position: 9, state: retired}}
"""
LOCKED_WORLD = """
account: {users_can_edit_communication_channels: false}
users:
  - {id: 1, name: Sam, login_id: sam, tokens: [student-token], channels: [{id: 1, type: email, address: a@b.example}]}
"""


@pytest.fixture(autouse=True)
def _tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in DEFAULT_WORLD_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name in TOKENS:
        monkeypatch.setenv(name, DEFAULT_WORLD_VARIABLES[name])


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with running_mock() as url:
        yield url


def compare(url: str, folder: Path, *options: str) -> int:
    return main(["--url", url, "--reports", str(folder), *options])


def compare_with_fault(name: str, folder: Path, *options: str) -> int:
    with running_patched_mock(name) as url:
        return compare(url, folder, *options)


def headings(output: str) -> list[str]:
    """Return the headings of the groups without their numbers, each in one line."""
    text = re.sub(r"\n   (?=[^ ])", " ", output)
    return re.findall(r"^\d+\. (.*?) \(\d+ requests?\)", text, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "number"), [("1", 100), ("2", 40), ("3", 40)])
def test_mock_has_no_differences_from_itself(
    mock: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], seed: str, number: int
) -> None:
    before = list_body(mock)

    status = compare(mock, tmp_path, "--random", str(number), "--seed", seed)

    compared = number + 15  # the creates of all suite addresses come first, those of push channels for each token
    assert capsys.readouterr().out == (
        f"{compared} requests compared, seed {seed}: {compared} alike, 0 with known differences, 0 different.\n"
    )
    assert status == 0
    assert list_body(mock) == before
    left = [file.name for file in tmp_path.iterdir()]
    assert left == [".canvas-contract.lock"], "the comparison cleans up, and removes the journal"


@pytest.mark.slow
@pytest.mark.parametrize("world", [WORLD, LOCKED_WORLD], ids=["unusual account", "users may not edit"])
def test_mock_is_brought_into_the_state_of_the_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], world: str
) -> None:
    file = tmp_path / "target.yaml"
    file.write_text(world, "utf-8")
    monkeypatch.setenv("CANVAS_TOKEN", yaml.safe_load(world)["users"][0]["tokens"][0])
    for name in TOKENS[1:]:  # the worlds have no other token
        monkeypatch.delenv(name)

    with running_mock("--world", str(file)) as url:
        status = compare(url, tmp_path / "reports", "--random", "100", "--seed", "1")

    assert "0 with known differences, 0 different" in capsys.readouterr().out
    assert status == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "number", "expected"),
    [
        (
            "delete-returns-active",
            "120",
            {
                "delete_communication_channel /body/workflow_state": (
                    "'active' from the target, 'retired' from the mock"
                ),
                "delete_communication_channel_by_address /body/workflow_state": (
                    "'active' from the target, 'retired' from the mock"
                ),
            },
        ),
        (
            "new-channels-are-active",
            "40",
            {
                "create_communication_channel /body/workflow_state": (
                    "'active' from the target, 'unconfirmed' from the mock"
                ),
                "list_communication_channels /body/*/workflow_state": (
                    "'active' from the target, 'unconfirmed' from the mock"
                ),
            },
        ),
        (
            "delete-by-address-drops-json",
            "300",
            {"delete_communication_channel_by_address /status": "200 from the target, 404 from the mock"},
        ),
    ],
)
def test_faults_are_found_in_few_groups(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fault: str, number: str, expected: dict[str, str]
) -> None:
    """`number` is large enough for the fault to be found with seed 1."""
    status = compare_with_fault(fault, tmp_path, "--random", number, "--seed", "1")

    assert dict(heading.split(": ") for heading in headings(capsys.readouterr().out)) == expected
    assert status == 1


@pytest.mark.slow
def test_group_has_the_shortest_exchange_as_curl_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = compare_with_fault("per-page-of-zero-is-ten", tmp_path, "--random", "60", "--seed", "1")

    output = capsys.readouterr().out
    assert status == 1
    assert headings(output) == [
        "list_communication_channels /body: a longer list from the target, a list from the mock"
    ]
    commands = re.findall(r'"\$(CANVAS_URL|MOCK_URL)"\'([^\']*)\'', output)
    assert [name for name, _ in commands] == ["CANVAS_URL", "MOCK_URL"]
    assert commands[0][1] == commands[1][1]
    assert "# 200 OK [" in output
    assert "# /body: ids 1, 2" in output
    assert f"   make mock WORLD={tmp_path}/compare.world.yaml\n" in output


@pytest.mark.slow
def test_known_defects_are_listed_and_do_not_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = compare_with_fault("known-crashes", tmp_path, "--random", "70", "--seed", "1")

    output = capsys.readouterr().out
    assert "known defect: no communication_channel" in output
    assert "known defect: long address" in output
    assert " 0 with known differences" not in output
    assert output.endswith(" 0 different.\n")
    assert status == 0


@pytest.mark.slow
def test_comparison_ends_when_the_target_does_not_restore_the_account(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = compare_with_fault("delete-does-nothing", tmp_path, "--random", "300", "--seed", "1")

    output, errors = capsys.readouterr()
    assert status == 1
    assert "Stopped early. The target does not restore the account" in output
    assert "check the account by hand" in errors
    assert list(tmp_path.glob("journal-*")), "the journal stays for the next clean-up"


@pytest.mark.slow
def test_comparison_ends_when_the_target_does_not_restore_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = compare_with_fault("created-channels-are-not-stored", tmp_path, "--random", "300", "--seed", "1")

    assert status == 1
    assert f"Stopped early. The suite created {len(POSSIBLE_KEYS)} rows" in capsys.readouterr().out


@pytest.mark.slow
def test_output_and_files_have_no_token_and_no_address_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "target.yaml"
    file.write_text(WORLD, "utf-8")
    reports = tmp_path / "reports"
    monkeypatch.setenv("CANVAS_TOKEN", "private-token")

    with running_mock("--strict", "--world", str(file)) as url:  # strict, so that it differs
        status = compare(url, reports, "--random", "100", "--seed", "1")

    shown = "".join([*capsys.readouterr(), *(each.read_text("utf-8") for each in reports.iterdir())])
    assert status == 1
    assert "redacted-" in shown
    assert "$CANVAS_TOKEN" in shown
    assert not [secret for secret in (PRIVATE_ADDRESS, "5551234567", "private-token") if secret in shown]


@pytest.mark.slow
@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_interruption_restores_the_account(mock: str, tmp_path: Path, name: signal.Signals) -> None:
    before = list_body(mock)
    variables = environment(tmp_path, CANVAS_URL=mock, CANVAS_TOKEN=DEFAULT_WORLD_VARIABLES["CANVAS_TOKEN"])
    command = [sys.executable, "-m", "contract_tests.comparison", "--random", "300"]

    with subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603  # constant command
        while process.poll() is None and not has_recorded_creation(tmp_path):
            time.sleep(0.01)
        process.send_signal(name)
        _, errors = process.communicate(timeout=HANG_SECONDS)

    assert process.returncode == 2
    assert errors == "compare: Interrupted; run again for a result.\n"
    assert list_body(mock) == before
    assert not list(tmp_path.glob("journal-*"))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--random", "many"], "--random is 'many'; set it to a whole number."),
        (["--random", "-5"], "--random is '-5'; set it to a whole number."),
        (["--random", "0"], "--random is 0; set it to a number from 1 to 3000, or choose a larger PROFILE."),
        (["--random", "3001"], "--random is 3001; set it to a number from 1 to 3000, or choose a larger PROFILE."),
        (["--random", "5", "--seed", "x"], "--seed is 'x'; set it to a whole number."),
        (["--seed", "7"], "--seed has no effect without --random; add --random and a number of requests."),
    ],
)
def test_invalid_options_are_inconclusive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], expected: str
) -> None:
    status = compare("http://127.0.0.1:9", tmp_path, *options)

    assert status == 2
    assert capsys.readouterr() == ("", f"compare: {expected}\n")


def test_unreachable_target_is_inconclusive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = compare("http://127.0.0.1:9", tmp_path, "--random", "5")

    assert status == 2
    assert capsys.readouterr().err.startswith("compare: The target http://127.0.0.1:9 refuses the connection")


def test_read_only_run_is_inconclusive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("READ_ONLY", "1")

    status = compare("http://127.0.0.1:9", tmp_path, "--random", "5")

    assert status == 2
    assert capsys.readouterr().err.startswith("compare: READ_ONLY is 1")
