"""The home page, the API reference, and the contract as the mock serves it."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml
from starlette.testclient import TestClient

from mockserver import Seed, World, create_app
from mockserver.contract import contract_file
from tests.channel_requests import OWN_CHANNELS
from tests.conftest import ORIGIN

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture
def browser(world: World) -> TestClient:
    """A client without a token, for paths outside the API."""
    return TestClient(create_app(world), base_url=ORIGIN)


class TestHomePage:
    def test_has_the_tokens_and_the_url_of_a_first_request(self, browser: TestClient) -> None:
        page = browser.get("/").text

        assert "<code>site-admin-token</code>" in page
        assert f"{ORIGIN}/api/v1/{OWN_CHANNELS}" in page

    def test_escapes_names_of_a_world_file(self) -> None:
        seed = Seed({"users": [{"id": 1, "name": "<script>", "role": "&", "tokens": ["<t>"]}]})

        page = TestClient(create_app(World(seed))).get("/").text

        assert "<script>" not in page
        assert "&lt;script&gt;, &amp;" in page

    def test_lists_100_users_and_the_number_of_others(self) -> None:
        seed = Seed({"users": [{"id": number, "name": f"User {number}"} for number in range(1, 121)]})

        page = TestClient(create_app(World(seed))).get("/").text

        assert "User 100" in page
        assert "User 101" not in page
        assert "and 20 more" in page


class TestContract:
    def test_is_served_unchanged_as_yaml_and_with_this_server_as_json(self, browser: TestClient) -> None:
        text = browser.get("/openapi.yaml").text
        document = browser.get("/openapi.json").json()

        assert text == contract_file().read_text("utf-8")
        assert document["servers"] == [{"url": f"{ORIGIN}/api/v1"}]
        assert document["paths"] == yaml.safe_load(text)["paths"]


class TestReference:
    def test_loads_its_scripts_from_this_server(self, browser: TestClient) -> None:
        page = browser.get("/docs").text
        script = browser.get("/docs/swagger-ui-bundle.js")

        assert "swagger-ui-bundle.js" in page
        assert "://" not in page
        assert script.status_code == 200

    @pytest.mark.slow
    @pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
    def test_browser_shows_every_operation_without_access_to_other_hosts(self, served: str, tmp_path: Path) -> None:
        command = [
            str(CHROMIUM),
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-sync", "--virtual-time-budget=10000"),
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            f"--user-data-dir={tmp_path}",
            "--dump-dom",
            f"{served}/docs/",
        ]

        process = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)  # noqa: S603  # our own command

        for path_item in yaml.safe_load(contract_file().read_text("utf-8"))["paths"].values():
            for method in path_item.keys() - {"parameters"}:
                # Swagger UI ends the id of an operation's element with a hyphen and the operationId.
                assert f'-{path_item[method]["operationId"]}"' in process.stdout
