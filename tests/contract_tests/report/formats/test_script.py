"""Shell scripts that reproduce a failure."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from contract_tests.client.api_client import ADDRESS, TYPE
from contract_tests.client.request import Request
from contract_tests.client.safety import addresses
from contract_tests.client.safety.journal import Journal
from contract_tests.client.settings import Settings
from contract_tests.client.transport import Transport
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from contract_tests.report.record.script import shell_script
from tests.contract_tests.suite_process import running_mock

if TYPE_CHECKING:
    from pathlib import Path


def test_script_reproduces_the_requests_with_other_ids(tmp_path: Path) -> None:
    """The script runs against a mock that assigns other channel ids than the first."""
    if shutil.which("curl") is None:
        pytest.skip("needs curl")
    with running_mock() as url:
        transport = _send_sample_requests(tmp_path, url)
        steps = transport.steps
        script = shell_script(steps, transport.redactor)
    with running_mock("--world", str(_world_file(tmp_path))) as url:
        environment = {
            "CANVAS_URL": url,
            "CANVAS_TOKEN": DEFAULT_WORLD_VARIABLES["CANVAS_TOKEN"],
            "PATH": "/usr/bin:/bin",
        }
        run = subprocess.run(  # noqa: S603  # the script is what is tested
            ["/bin/bash", "-c", script], env=environment, capture_output=True, text=True, check=True
        )

    assert DEFAULT_WORLD_VARIABLES["CANVAS_TOKEN"] not in script
    assert str(steps[0].created_id) not in script
    assert run.stdout.count("The specified resource does not exist.") == 1, "the script puts the token into the body"
    assert run.stdout.count("user authorization required") == 1
    assert run.stdout.count('"workflow_state":"retired"') == 1
    assert run.stderr.count('"workflow_state":"unconfirmed"') == 1
    assert addresses.PLUS.address.replace("&", "\\u0026") in run.stderr


def _send_sample_requests(folder: Path, url: str) -> Transport:
    settings = Settings(url, {"CANVAS_TOKEN": DEFAULT_WORLD_VARIABLES["CANVAS_TOKEN"]})
    transport = Transport(settings, Journal(folder, url))
    test_user = {"user": "self", "owner": 1, "token": settings.tokens["CANVAS_TOKEN"], "token_name": "CANVAS_TOKEN"}
    fields = ((ADDRESS, addresses.PLUS.address), (TYPE, "email"))
    channel_id = transport.send(Request("POST", body=fields, encoding="multipart", **test_user)).json()["id"]  # type: ignore[arg-type]  # values of several types
    transport.send(Request("DELETE", tail=(str(channel_id),), **test_user))  # type: ignore[arg-type]  # values of several types
    transport.send(Request("GET", query=(("page", "1"),), **test_user))  # type: ignore[arg-type]  # values of several types
    without_token = {**test_user, "token": None, "token_name": ""}
    token = (("access_token", DEFAULT_WORLD_VARIABLES["CANVAS_TOKEN"]),)
    transport.send(Request("DELETE", tail=(str(channel_id),), body=token, **without_token))  # type: ignore[arg-type]  # values of several types
    transport.send(Request("GET", headers=(("Authorization", f"bearer {token[0][1]}"),), **without_token))  # type: ignore[arg-type]  # values of several types
    transport.close()
    return transport


def _world_file(folder: Path) -> Path:
    file = folder / "other.world.yaml"
    file.write_text(
        "users: [{id: 4, name: Ann, tokens: [student-token], channels: [{id: 900, type: sms, address: a}]}]"
    )
    return file
