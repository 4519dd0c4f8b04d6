"""The files of `make dist`, used without the checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import httpx2
import pytest
from openapi_spec_validator import validate

from mockserver.contract import contract_file, read_contract
from tests.pages.conftest import CHROMIUM
from tests.reuse.conftest import ROOT
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.reuse

DIST = ROOT / "dist"
CLEAN_ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8"}


def run(*command: object, cwd: Path) -> str:
    """Run a command in a folder, without the environment of the tests, and return its output."""
    arguments = [str(argument) for argument in command]
    process = subprocess.run(  # noqa: S603  # our own commands
        arguments, cwd=cwd, env=CLEAN_ENVIRONMENT, check=True, capture_output=True, text=True, timeout=HANG_SECONDS
    )
    return process.stdout


class TestWheel:
    def test_contains_the_contract(self, wheel_environment: Path, tmp_path: Path) -> None:
        contract = "resources.files('mockserver').joinpath('openapi.yaml').read_text('utf-8')"
        program = f"from importlib import resources; print({contract}, end='')"

        contained = run(wheel_environment / "python", "-c", program, cwd=tmp_path)

        assert contained == contract_file().read_text("utf-8")

    def test_serves_the_mock(self, wheel_environment: Path, tmp_path: Path) -> None:
        command = [str(wheel_environment / "canvas-mock"), "--port", "0"]
        with subprocess.Popen(command, cwd=tmp_path, env=CLEAN_ENVIRONMENT, stderr=subprocess.PIPE, text=True) as mock:  # noqa: S603  # our own command
            try:
                assert mock.stderr
                origin = next(
                    found[0] for line in mock.stderr if (found := re.search(r"http://127\.0\.0\.1:\d+", line))
                )
                response = httpx2.get(
                    f"{origin}/api/v1/users/self/communication_channels",
                    headers={"Authorization": "Bearer student-token"},
                )
            finally:
                mock.terminate()

        assert [channel["id"] for channel in response.json()] == [1, 2, 3]

    def test_installs_the_contract_tests(self, wheel_environment: Path, tmp_path: Path) -> None:
        help_text = run(wheel_environment / "canvas-contract", "--help", cwd=tmp_path)

        assert help_text.startswith("usage: canvas-contract")


class TestDereferencedContract:
    def test_is_the_contract_without_references(self) -> None:
        text = (DIST / "openapi.json").read_text("utf-8")
        document = json.loads(text)

        validate(document)
        assert '"$ref"' not in text
        assert document["info"] == read_contract()["info"]
        assert list(document["paths"]) == list(read_contract()["paths"])


class Sources(HTMLParser):
    """A parser that collects every URL which a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name == "src" or (tag == "link" and name == "href")]


class TestOfflinePage:
    def test_loads_no_other_file(self) -> None:
        text = (DIST / "contract.html").read_text("utf-8")
        sources = Sources()

        sources.feed(text)

        assert sources.found == ["data:,"]  # an empty icon
        assert "default-src 'none'" in text

    @pytest.mark.skipif(CHROMIUM is None, reason="Chromium, which opens the page, was not found")
    def test_browser_shows_every_operation_and_blocks_no_request(self, tmp_path: Path) -> None:
        flags = "--headless --no-sandbox --disable-gpu --enable-logging=stderr --virtual-time-budget=10000 --dump-dom"
        offline = ["--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path}"]
        command = [str(CHROMIUM), *flags.split(), *offline, (DIST / "contract.html").as_uri()]

        shown = subprocess.run(command, capture_output=True, text=True, timeout=HANG_SECONDS, check=True)  # noqa: S603  # our own command

        for summary in ("List a user's communication channels", "Delete a push notification token"):
            assert summary in shown.stdout
        assert shown.stdout.count('class="opblock ') == 5
        assert "Content Security Policy" not in shown.stderr


class TestPostmanCollection:
    def test_every_request_gets_a_response_of_the_contract(self, served: str, tmp_path: Path) -> None:
        newman = ROOT / "readers" / "node_modules" / ".bin" / "newman"
        variables = ["--env-var", f"baseUrl={served}/api/v1", "--env-var", "bearerToken=student-token"]
        report = tmp_path / "report.json"

        run(
            newman,
            "run",
            DIST / "postman.json",
            *variables,
            "-r",
            "json",
            "--reporter-json-export",
            report,
            cwd=tmp_path,
        )

        executions = json.loads(report.read_text("utf-8"))["run"]["executions"]
        # The third is 404, because the student has no push channel; the last is 404, because the request before it
        # deleted the channel with this address.
        assert [execution["response"]["code"] for execution in executions] == [200, 200, 404, 200, 404]
        assert [execution["request"]["url"].get("query", []) for execution in executions] == [[]] * 5
