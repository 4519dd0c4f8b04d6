"""The pytest plugin, in runs of pytest in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mockserver.control.access import ControlAccess
from mockserver.testing import MockServer
from tests.time_limits import HANG_SECONDS

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "examples" / "pytest"
COMMAND = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis")
"""The command of each run, without the plugin that takes longest to import."""
PROBE = """
import httpx2, pytest

@pytest.mark.parametrize("number", range(3))
def test_world(canvas_mock, number):
    headers = {"Authorization": f"Bearer {canvas_mock.token(1)}"}
    path = f"{canvas_mock.api_url}/users/self/communication_channels"
    assert [each["id"] for each in httpx2.get(path, headers=headers).json()] == [1, 2, 3]
    assert httpx2.delete(f"{path}/{number + 1}", headers=headers).status_code == 200
    with open("urls.txt", "a") as file:
        file.write(canvas_mock.base_url + "\\n")
"""


def run_pytest(folder: Path, *options: str, tests: Path | None = None) -> str:
    """Run pytest in a folder, and return its output; it must pass."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COVERAGE"))}
    result = subprocess.run(  # noqa: S603  # constant command
        [*COMMAND, *options, str(tests or folder)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def servers_and_worlds(folder: Path) -> tuple[int, int]:
    """Return the numbers of servers and of worlds that the tests have used."""
    urls = (folder / "urls.txt").read_text("utf-8").split()
    return len({url.partition("/worlds/")[0] for url in urls}), len(set(urls))


@pytest.fixture
def probe(tmp_path: Path) -> Path:
    (tmp_path / "test_probe.py").write_text(PROBE, "utf-8")
    return tmp_path


def test_examples_pass() -> None:
    output = run_pytest(EXAMPLES)

    assert "6 passed" in output


def test_each_test_has_a_world_of_its_own_where_each_warning_is_an_error(probe: Path) -> None:
    (probe / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", "utf-8")

    run_pytest(probe)

    assert servers_and_worlds(probe) == (1, 3)


def test_each_worker_has_a_server_of_its_own(probe: Path) -> None:
    run_pytest(probe, "-n", "2")

    assert servers_and_worlds(probe) == (2, 3)


def test_workers_share_one_server_if_configured(probe: Path) -> None:
    (probe / "pytest.ini").write_text("[pytest]\ncanvas_mock_server = shared\n", "utf-8")

    run_pytest(probe, "-n", "2")

    assert servers_and_worlds(probe) == (1, 3)


def test_option_canvas_mock_url_selects_a_running_mock(probe: Path) -> None:
    with MockServer() as server:
        run_pytest(probe, "--canvas-mock-url", server.url)

        assert (probe / "urls.txt").read_text("utf-8").startswith(f"{server.url}/worlds/")


def test_running_mock_with_a_control_token_can_be_used(probe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANVAS_MOCK_CONTROL_TOKEN", "secret")
    (probe / "test_probe.py").write_text("def test_reset(canvas_mock):\n    canvas_mock.reset()\n", "utf-8")

    with MockServer(control=ControlAccess("secret", is_reachable=True)) as server:
        run_pytest(probe, "--canvas-mock-url", server.url)


def test_plugin_loads_no_server_where_no_test_uses_it(tmp_path: Path) -> None:
    (tmp_path / "test_nothing.py").write_text(
        "import sys\ndef test_nothing():\n    assert 'connexion' not in sys.modules\n", "utf-8"
    )

    run_pytest(tmp_path)
