"""Output and exit status of a run from the command line."""

from __future__ import annotations

import http.server
import json
import re
import subprocess
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import httpx2
import pytest

from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from mutants.suite import WITHOUT_SCHEMATHESIS
from tests.contract_tests.faulty_proxy import ProxiedRequest, ProxiedResponse, running_proxy
from tests.contract_tests.suite_process import (
    COMMAND,
    QUICK,
    environment,
    has_recorded_creation,
    run_command,
    run_suite,
    run_with_event,
    running_mock,
)
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

SECRET = "a-token-that-nobody-may-see"


def test_unreachable_target_is_inconclusive(tmp_path: Path) -> None:
    run = run_command(tmp_path, CANVAS_URL="http://127.0.0.1:9", CANVAS_TOKEN=SECRET)

    assert run.returncode == 2
    assert "The target http://127.0.0.1:9 refuses the connection" in " ".join(run.stdout.split())
    assert SECRET not in run.stdout + run.stderr


@pytest.mark.parametrize(("status", "message"), [(200, "response is not JSON"), (302, "redirects to another origin")])
def test_target_that_is_no_canvas_is_inconclusive(tmp_path: Path, status: int, message: str) -> None:
    with html_server(status) as url:
        run = run_suite(tmp_path, "-k", "head", CANVAS_URL=url, CANVAS_TOKEN=SECRET)

    assert run.returncode == 2
    assert message in run.stdout
    assert SECRET not in run.stdout + run.stderr


def test_rejected_token_is_inconclusive(tmp_path: Path) -> None:
    with running_mock() as url:
        run = run_suite(tmp_path, "-k", "head", CANVAS_URL=url, CANVAS_TOKEN=SECRET)

    assert run.returncode == 2
    assert "rejects $CANVAS_TOKEN with 401" in run.stdout
    assert SECRET not in run.stdout + run.stderr


def test_tests_without_their_token_are_reported_as_skipped(tmp_path: Path) -> None:
    with running_mock() as url:
        run = run_suite(
            tmp_path, "-k", "permissions or push", CANVAS_URL=url, CANVAS_TOKEN=DEFAULT_WORLD_VARIABLES["CANVAS_TOKEN"]
        )

    assert run.returncode == 0
    assert "Skipped: needs CANVAS_ADMIN_TOKEN and CANVAS_OTHER_USER_ID" in run.stdout
    assert "Passed, with skipped tests: " in run.stdout


def test_target_that_stops_during_the_run_is_inconclusive(tmp_path: Path) -> None:
    """The clean-up requests get no response, and the journal keeps the channels for the next run."""
    with ExitStack() as stack:
        url = stack.enter_context(running_mock())

        run = run_with_event(tmp_path, url, lambda _: stack.close())

    output = " ".join(run.stdout.split())
    assert run.returncode == 2
    assert re.search(r"Inconclusive: The target \S+ (refuses|resets|closes) the connection", output)
    assert "the next run deletes them" in output
    assert "Traceback" not in run.stdout + run.stderr
    assert has_recorded_creation(tmp_path)


def test_closed_output_pipe_is_inconclusive_without_a_traceback(tmp_path: Path) -> None:
    """The reader closes the pipe after the first line, as `| head -1` does."""
    command = [*COMMAND, "-k", "head", *WITHOUT_SCHEMATHESIS]  # few tests: a short run is enough
    with running_mock() as url:
        variables = environment(tmp_path, CANVAS_URL=url, **DEFAULT_WORLD_VARIABLES)
        with subprocess.Popen(  # noqa: S603  # constant command
            command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            process.stdout.close()
            _, stderr = process.communicate(timeout=HANG_SECONDS)
        assert not list(tmp_path.glob("journal-*"))

    assert first.startswith(b"Testing ")
    assert process.returncode == 2
    assert stderr == b""


def test_older_canvas_passes(tmp_path: Path) -> None:
    with running_mock("--unauthorized-status", "401", "--error-report-ids") as url:
        run = run_suite(tmp_path, CANVAS_URL=url, **QUICK)

    assert run.returncode == 0, run.stdout


def test_target_with_a_rate_limit_passes(tmp_path: Path) -> None:
    """Each request costs so much that these tests reach the limit.

    The clock of the mock is frozen, and the proxy advances it by 20 seconds at each rate-limited request.
    """

    def advance(request: ProxiedRequest) -> ProxiedResponse:
        response = request.send()
        if b"Rate Limit Exceeded" in response.body:
            httpx2.post(f"{url}/_mock/clock/advance", json={"seconds": 20})
        return response

    with running_mock("--rate-limit", "403", "--rate-limit-cost", "25") as url, running_proxy(url, advance) as proxy:
        httpx2.patch(f"{url}/_mock/clock", json={"frozen": True})
        run = run_suite(
            tmp_path,
            "-k",
            "second_delete or not_reused or extra_characters or altered_token",
            CANVAS_URL=proxy,
            **DEFAULT_WORLD_VARIABLES,
        )

    traffic = json.loads((tmp_path / "traffic.har").read_text("utf-8"))["log"]["entries"]
    assert run.returncode == 0, run.stdout
    assert any("Rate Limit Exceeded" in entry["response"]["content"]["text"] for entry in traffic)


@contextmanager
def html_server(status: int) -> Iterator[str]:
    """Serve an empty page of HTML with the Location of a redirect, until the context ends; yield its URL."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Location", "http://elsewhere.example/")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
