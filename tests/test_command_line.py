"""The mock's command line, as its user meets it: a process of its own."""

from __future__ import annotations

import gc
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx2
import pytest
from starlette.testclient import TestClient

from mockserver import World, create_app, read_world
from mockserver.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SELF = "/api/v1/users/self/communication_channels"
STUDENT = {"Authorization": "Bearer student-token"}

_PATIENCE = 120
"""Seconds after which a process is taken to hang, on the slowest of machines."""


@pytest.fixture
def start() -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Starts the mock with these options on a free port; gives the process and its address."""
    processes = []

    def run(*options: str) -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, "-m", "mockserver", "--port", "0", *options]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: S603  # our own command
        processes.append(process)
        assert process.stderr is not None
        said = ""
        while "Ctrl-C" not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found is not None
        return process, found[0]

    yield run
    for process in processes:
        process.kill()
        process.communicate()


def test_the_help_names_every_switch(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    said = capsys.readouterr().out
    assert ended.value.code == 0
    for switch in ("--host", "--port", "--world", "--strict", "--unauthorized-status", "--rate-limit", "--reload"):
        assert switch in said


@pytest.mark.parametrize(
    "options",
    [
        ["--port", "x"],
        ["--port", "65536"],
        ["--nonsense"],
        ["--rate-limit", "200"],
        ["--rate-limit-cost", "nan"],
        ["--relo"],
    ],
)
def test_a_bad_option_is_told_and_status_2(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(options)

    assert ended.value.code == 2
    assert options[-1].lstrip("-") in capsys.readouterr().err


def test_what_is_no_host_is_one_sentence_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--host", "a..b"])

    assert status == 2
    assert capsys.readouterr().err == "canvas-mock: a..b is not the name of a host. Choose another with --host.\n"


@pytest.mark.parametrize("more", [[], ["--reload"]])
def test_a_taken_port_is_one_sentence_and_status_2(more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        status = main(["--port", str(port), *more])

    assert status == 2
    said = capsys.readouterr().err
    assert (
        said
        == f"canvas-mock: 127.0.0.1:{port} cannot be listened on: Address already in use. Choose another with --port.\n"
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("users: }", ", line 1: "),
        (
            "users:\n  - id: 1\n    name: A\n    channels:\n      - {id: 1, type: fax, address: a}\n",
            ", line 5: users.0",
        ),
        ("users:\n  - {id: 1, name: A}\n  - {id: 1, name: B}\n", ", line 3: user id 1 is there twice"),
        (
            "users:\n  - {id: 1, name: A, tokens: [t]}\n  - {id: 2, name: B, tokens:\n    [{value: t}]}\n",
            ", line 4: token t",
        ),
        (
            "users:\n  - {id: 1, name: A, login_id: a@x.org}\n  - id: 2\n    name: B\n    login_id: A@x.org\n",
            ", line 5: login_id a@x.org is there twice",
        ),
        *(
            (
                f"users:\n  - {{id: 1, name: A, {kind}: {'s' * 36}}}\n  - {{id: 2, name: B, {kind}: {'s' * 36}}}\n",
                f", line 3: {kind} {'s' * 36} is there twice",
            )
            for kind in ("sis_user_id", "sis_integration_id", "lti_user_id", "uuid")
        ),
        ("users:\n  - id: 1\n    name: A\n    observes:\n      - 9\n", ", line 5: there is no user 9 to observe"),
        ("users:\n  - {id: 1}\n", "'name' is a required property"),
        ("", "line 1: the file: None is not of type 'object'"),
        (
            "users:\n  - {id: 1, name: A, channels: [{id: 1, type: sms, address: x}, {id: 2, type: sms, address: X}]}",
            "twice",
        ),
        (
            "users:\n  - {id: 1, name: A, channels: [{id: 1, type: push, address: x}, {id: 2, type: push}]}",
            "line 2: type and address ('push', 'push') is there twice",
        ),
        ("users:\n  - {id: 1, name: A, channels: [{id: 1, type: sms}]}", "'address' is a required property"),
    ],
)
def test_a_bad_world_file_is_one_sentence_that_names_the_line(
    text: str, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.world.yaml"
    file.write_text(text)

    status = main(["--world", str(file)])

    said = capsys.readouterr().err
    assert status == 2
    assert said.startswith(f"canvas-mock: {file}")
    assert complaint in said
    assert said.count("\n") == 1


def test_a_world_file_that_is_not_there_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--world", str(tmp_path / "none.yaml")])

    assert status == 2
    assert capsys.readouterr().err.endswith("none.yaml cannot be read: No such file or directory\n")


def test_the_mock_says_where_it_is_and_ends_cleanly_on_ctrl_c(
    start: Callable[..., tuple[subprocess.Popen[str], str]],
) -> None:
    process, url = start()
    assert httpx2.get(url + SELF, headers=STUDENT).status_code == 200

    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=_PATIENCE)

    assert process.returncode == 0
    assert said == ""


def test_every_answer_is_dated(start: Callable[..., tuple[subprocess.Popen[str], str]]) -> None:
    _, url = start()

    dates = [httpx2.get(url + path).headers["date"] for path in (SELF, "/_mock/health")]

    assert all(parsedate_to_datetime(date).tzinfo is UTC for date in dates)


def test_switches_reach_the_mock(start: Callable[..., tuple[subprocess.Popen[str], str]], tmp_path: Path) -> None:
    world = tmp_path / "small.world.yaml"
    world.write_text("users: [{id: 8, name: Ann, tokens: [a]}, {id: 9, name: Bo, tokens: [b]}]")
    options = ["--world", str(world), "--strict", "--unauthorized-status", "401", "--error-report-ids"]
    _, url = start(*options, "--rate-limit", "429", "--rate-limit-cost", "250")
    headers = {"Authorization": "Bearer a"}

    refused = httpx2.get(f"{url}/api/v1/users/9/communication_channels", headers=headers)
    missing = httpx2.get(f"{url}/api/v1/users/1/communication_channels", headers=headers)
    breach = httpx2.get(f"{url}{SELF}?page=x", headers=headers)
    limited = httpx2.get(url + SELF, headers=headers)

    assert [refused.status_code, missing.status_code, breach.status_code, limited.status_code] == [401, 404, 400, 429]
    assert missing.json()["error_report_id"] == 1


@pytest.mark.parametrize("address", ["", ", address: For All Devices"])
def test_a_push_channel_of_a_world_file_is_found_whatever_its_address(address: str, tmp_path: Path) -> None:
    file = tmp_path / "push.world.yaml"
    file.write_text(f"users: [{{id: 1, name: A, tokens: [t], channels: [{{id: 1, type: push{address}}}]}}]")
    app = create_app(World(read_world(file)))
    client = TestClient(app, base_url="http://canvas.test/api/v1/", headers={"Authorization": "Bearer t"})

    listed = client.get("users/self/communication_channels").json()
    forgotten = client.request("DELETE", "users/self/communication_channels/push", data={"push_token": "x"})
    deleted = client.delete("users/self/communication_channels/push/push")

    assert listed[0]["address"] == "For All Devices"
    assert [forgotten.status_code, deleted.status_code] == [200, 200]


def test_a_breach_of_the_contract_is_a_line_of_the_log(
    start: Callable[..., tuple[subprocess.Popen[str], str]],
) -> None:
    process, url = start()
    httpx2.post(url + SELF, headers=STUDENT, data={"communication_channel[type]": "fax"})

    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=_PATIENCE)

    assert said.startswith(
        "POST /api/v1/users/self/communication_channels breaks the contract: create_communication_channel"
    )
    assert "student-token" not in said


def test_a_change_of_the_world_restarts_the_mock(tmp_path: Path) -> None:
    world = tmp_path / "world.yaml"
    world.write_text("users: [{id: 8, name: Ann, tokens: [first]}]")
    command = [sys.executable, "-m", "mockserver", "--reload", "--world", str(world), "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)  # noqa: S603  # our own command

    def change() -> None:
        world.write_text("users: [{id: 8, name: Ann, tokens: [second]}]")

    try:
        _wait_for(process, "tokens    first")
        _wait_for(process, "Changed: world.yaml. Starting again.", on_silence=change)
        _wait_for(process, "tokens    second")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=_PATIENCE)


@pytest.mark.parametrize("options", [[], ["--reload"]])
def test_the_garbage_collector_rests_only_while_the_mock_starts(
    monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    working = []

    def go_on(*_: object, **__: object) -> None:
        working.append(gc.isenabled())

    monkeypatch.setattr("uvicorn.Server.run", go_on)
    monkeypatch.setattr("mockserver.serving.run_process", go_on)

    status = main(["--port", "0", *options])
    gc.unfreeze()

    assert status == 0
    assert working == [True]
    assert gc.isenabled()


def _wait_for(process: subprocess.Popen[bytes], wanted: str, on_silence: Callable[[], object] = lambda: None) -> None:
    """Read what the process says up to `wanted`, and nothing after it; do something in each second of silence.

    The mock begins to watch just after its first start and cannot say when, so a change may have to be made again.
    """
    assert process.stderr is not None
    said = b""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        ready, _, _ = select.select([process.stderr], [], [], 1)
        if not ready:
            on_silence()
            continue
        piece = os.read(process.stderr.fileno(), 1)
        assert piece, said
        said += piece
        if said.endswith(wanted.encode()):
            return
    raise AssertionError(said)
