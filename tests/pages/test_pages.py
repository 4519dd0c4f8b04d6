"""The pages, the files that they load, and the contract as the mock serves it."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from urllib.parse import urljoin

import pytest
import yaml
from starlette.testclient import TestClient

from mockserver import World, create_app
from mockserver.contract import contract_file
from tests.conftest import ORIGIN

ROOT = Path(__file__).parents[2]
VENDORED = ROOT / "mockserver" / "pages" / "vendor" / "swagger-ui", ROOT / "tests" / "pages" / "vendor"


@pytest.fixture
def browser(world: World) -> TestClient:
    """A client without a token, for paths outside the API."""
    return TestClient(create_app(world), base_url=ORIGIN)


class TestPages:
    @pytest.mark.parametrize("path", ["/", "/docs/"])
    def test_page_loads_everything_from_its_world(self, browser: TestClient, path: str) -> None:
        response = browser.get(f"/worlds/one{path}")

        assert "://" not in response.text
        base = re.search('<base href="([^"]+)">', response.text)
        files = re.findall(r'(?:src|href)="((?:\.\./)?(?:static|vendor)/[^"]+)"', response.text)
        assert files
        for file in files:
            address = urljoin(base.group(1) if base else f"/worlds/one{path}", file)
            assert re.match("/worlds/one/(static|vendor)/", address)
            assert browser.get(address).status_code == 200
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert "script-src 'self';" in response.headers["content-security-policy"]

    @pytest.mark.parametrize(
        ("file", "media_type"), [("dashboard.js", "text/javascript"), ("dashboard.css", "text/css")]
    )
    def test_files_have_their_media_types(self, browser: TestClient, file: str, media_type: str) -> None:
        assert browser.get(f"/static/{file}").headers["content-type"] == f"{media_type}; charset=utf-8"

    def test_vendored_files_are_the_ones_of_the_manifest(self) -> None:
        for folder in VENDORED:
            lines = (folder / "SHA256SUMS").read_text("utf-8").splitlines()
            sums = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}

            files = [path for path in folder.iterdir() if path.name != "SHA256SUMS"]
            assert {path.name: sha256(path.read_bytes()).hexdigest() for path in files} == sums


class TestContract:
    def test_is_served_unchanged_as_yaml_and_with_this_server_as_json(self, browser: TestClient) -> None:
        text = browser.get("/openapi.yaml").text
        document = browser.get("/openapi.json").json()

        assert text == contract_file().read_text("utf-8")
        assert document["servers"] == [{"url": f"{ORIGIN}/api/v1"}]
        assert document["paths"] == yaml.safe_load(text)["paths"]
