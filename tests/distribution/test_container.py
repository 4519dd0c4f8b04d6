"""deploy/Dockerfile and deploy/compose.yaml. No container engine runs: the steps of the Dockerfile run in a chroot."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
import yaml

from tests.distribution.conftest import ROOT, TOOLS, run, served
from tests.distribution.image import Image, is_possible
from tests.distribution.test_python_packages import python
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.distribution

CHANNELS = "/api/v1/users/self/communication_channels"
STUDENT = {"Authorization": "Bearer student-token"}


def test_hadolint_accepts_the_dockerfile() -> None:
    assert run(TOOLS / "hadolint", "deploy/Dockerfile") == ""


def test_compose_file_is_valid_and_restricts_the_mock() -> None:
    checked = run(TOOLS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "deploy/compose.yaml")
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))["services"]

    assert "ok" in checked
    assert services["mock"]["read_only"] is True
    assert "--control-token" in services["mock"]["command"]
    assert services["front-end"]["depends_on"]["mock"]["condition"] == "service_healthy"
    page = services["front-end"]["volumes"][0].partition(":")[0]
    assert (ROOT / "deploy" / page).resolve().is_relative_to(ROOT)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The image that the Dockerfile builds."""
    interpreter = python("3.13") or python("3.12") or python("3.11")
    if not is_possible() or interpreter is None:
        pytest.skip("this needs root, unshare, and a Python from 3.11 to 3.13")
    root = tmp_path_factory.mktemp("image")
    built = Image(root, interpreter.resolve().parents[1])
    for folder in (root, *root.parents):  # other users pass through the folders of the tests
        if folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    built.build()
    return built


@pytest.fixture
def container(image: Image) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = image.command(*image.entrypoint, "--port", "0", "--allow-host", "mock", "--control-token", "secret")
    with served(*command) as started:
        child = child_of(started[0])
        yield started
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)  # the kernel forgets --kill-child when the user changes


def child_of(process: subprocess.Popen[str]) -> int:
    """Return the id of the mock's process, which `unshare` has started."""
    return int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])


def test_mock_runs_as_a_user_without_rights_on_a_read_only_file_system(
    image: Image, container: tuple[subprocess.Popen[str], str]
) -> None:
    process, url = container
    status = Path(f"/proc/{child_of(process)}/status").read_text()
    root = f"/proc/{child_of(process)}/root"
    written = subprocess.run(["touch", f"{root}/app/file"], capture_output=True, text=True, check=False)  # noqa: S603, S607  # our own command

    channels = httpx2.get(url.replace("0.0.0.0", "127.0.0.1") + CHANNELS, headers=STUDENT | {"Host": "mock:8000"})  # noqa: S104  # the address in the banner

    assert channels.status_code == 200
    assert re.search(r"^Uid:\t10001\t10001\t10001\t10001$", status, re.MULTILINE)
    assert re.search(r"^Gid:\t10001\t10001\t10001\t10001$", status, re.MULTILINE)
    assert re.search(r"^NSpid:\t\d+(\t\d+)*\t1$", status, re.MULTILINE)  # process 1 of its namespace
    assert "Read-only file system" in written.stderr
    assert image.user == "10001:10001"


def test_changes_need_the_control_token(container: tuple[subprocess.Popen[str], str]) -> None:
    url = container[1].replace("0.0.0.0", "127.0.0.1")  # noqa: S104  # the address in the banner

    without = httpx2.post(f"{url}/_mock/reset")
    with_token = httpx2.post(f"{url}/_mock/reset", headers={"X-Mock-Control-Token": "secret"})

    assert (without.status_code, with_token.is_success) == (403, True)


def test_health_check_reports_a_running_and_a_stopped_mock(
    image: Image, container: tuple[subprocess.Popen[str], str]
) -> None:
    process, url = container
    port = url.rpartition(":")[2]
    check = [argument.replace(":8000/", f":{port}/") for argument in image.healthcheck]

    running = run(*image.command(*check))
    os.kill(child_of(process), signal.SIGKILL)
    process.wait()

    assert running == ""
    assert "URLError" in run(*image.command(*check), status=1)


def test_sigterm_ends_process_1_at_once(container: tuple[subprocess.Popen[str], str]) -> None:
    process, _ = container
    begin = time.monotonic()

    subprocess.run(["kill", f"-{signal.SIGTERM}", str(child_of(process))], check=True)  # noqa: S603, S607  # our own command
    process.wait(timeout=HANG_SECONDS)

    assert time.monotonic() - begin < HANG_SECONDS / 4
