"""World files: the messages for their mistakes, and the worlds that they describe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from mockserver import World, create_app, read_world
from mockserver.__main__ import main
from tests.channel_requests import OWN_CHANNELS, channels_of, unregister_device
from tests.conftest import ORIGIN

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "message"),
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
def test_invalid_world_file_is_reported_in_one_line_with_its_line_number(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "invalid.world.yaml"
    file.write_text(text)

    status = main(["--world", str(file)])

    output = capsys.readouterr().err
    assert status == 2
    assert output.startswith(f"canvas-mock: {file}")
    assert message in output
    assert output.count("\n") == 1


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("max_per_page: 0", "0 is less than the minimum of 1"),
        ("max_per_page: '50'", "'50' is not of type 'integer'"),
        ("shard: 0", "0 is less than the minimum of 1"),
        ("shard: 900001", "900001 is greater than the maximum of 900000"),
        ("tilde_user_ids: 1", "1 is not of type 'boolean'"),
    ],
)
def test_invalid_setting_of_the_account_is_reported(
    setting: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "invalid.world.yaml"
    file.write_text(f"account:\n  {setting}\nusers: [{{id: 1, name: A}}]\n")

    status = main(["--world", str(file)])

    output = capsys.readouterr().err
    assert status == 2
    assert f", line 2: account.{setting.partition(':')[0]}: {message}" in output


def test_account_of_a_world_file_sets_page_size_shard_and_forms_of_user_ids(tmp_path: Path) -> None:
    file = tmp_path / "small.world.yaml"
    channels = ", ".join(f"{{id: {number}, type: sms, address: '{number}'}}" for number in (1, 2, 3))
    file.write_text(
        "account: {max_per_page: 2, shard: 900000, tilde_user_ids: false}\n"
        f"users: [{{id: 1, name: A, tokens: [t], channels: [{channels}]}}]\n"
    )
    app = create_app(World(read_world(file)))
    client = TestClient(app, base_url=f"{ORIGIN}/api/v1/", headers={"Authorization": "Bearer t"})

    listed = client.get(channels_of(900000 * 10**13 + 1))  # the global id of user 1
    with_tilde = client.get(channels_of("900000~1"))

    assert [channel["id"] for channel in listed.json()] == [1, 2]
    assert listed.headers["x-canvas-user-id"] == "9000000000000000001"
    assert with_tilde.status_code == 404


def test_unknown_world_file_is_reported_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--world", str(tmp_path / "none.yaml")])

    output = capsys.readouterr().err
    assert status == 2
    assert output.endswith("none.yaml cannot be read: No such file or directory\n")
    assert output.count("\n") == 1


@pytest.mark.parametrize("address", ["", ", address: For All Devices"])
def test_push_channel_of_a_world_file_is_found_with_any_address(address: str, tmp_path: Path) -> None:
    file = tmp_path / "push.world.yaml"
    file.write_text(f"users: [{{id: 1, name: A, tokens: [t], channels: [{{id: 1, type: push{address}}}]}}]")
    app = create_app(World(read_world(file)))
    client = TestClient(app, base_url=f"{ORIGIN}/api/v1/", headers={"Authorization": "Bearer t"})

    listed = client.get(OWN_CHANNELS).json()
    unregistered = unregister_device(client, "x")
    deleted = client.delete(f"{OWN_CHANNELS}/push/push")

    assert listed[0]["address"] == "For All Devices"
    assert [unregistered.status_code, deleted.status_code] == [200, 200]
