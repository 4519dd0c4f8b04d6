"""What stands beside the API: pages for people, the contract, reset, and who may call from a browser."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from mockserver import World, create_app, read_world
from mockserver.contract import contract_file
from mockserver.control import control_routes
from mockserver.worldfile import Seed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Login

SELF = "users/self/communication_channels"
PAGE = "http://localhost:3000"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture
def beside(world: World) -> TestClient:
    return TestClient(create_app(world), base_url="http://canvas.test")


def test_the_home_page_has_the_tokens_and_a_line_to_copy(beside: TestClient) -> None:
    page = beside.get("/").text

    assert "<code>site-admin-token</code>" in page
    assert "http://canvas.test/api/v1/users/self/communication_channels" in page


def test_names_from_a_world_file_are_escaped() -> None:
    seed = Seed({"users": [{"id": 1, "name": "<script>", "role": "&", "tokens": ["<t>"]}]})
    beside = TestClient(create_app(World(seed)))

    page = beside.get("/").text

    assert "<script>" not in page
    assert "&lt;script&gt;, &amp;" in page


def test_a_crowd_is_shown_in_part() -> None:
    seed = Seed({"users": [{"id": number, "name": f"User {number}"} for number in range(1, 121)]})

    page = TestClient(create_app(World(seed))).get("/").text

    assert "User 100" in page
    assert "User 101" not in page
    assert "and 20 more" in page


def test_the_contract_is_served_as_it_is_and_as_json_for_this_server(beside: TestClient) -> None:
    text = beside.get("/openapi.yaml").text
    document = beside.get("/openapi.json").json()

    assert text == contract_file().read_text("utf-8")
    assert document["servers"] == [{"url": "http://canvas.test/api/v1"}]
    assert document["paths"] == yaml.safe_load(text)["paths"]


def test_the_documentation_comes_from_this_server(beside: TestClient) -> None:
    page = beside.get("/docs").text

    assert "swagger-ui-bundle.js" in page
    assert "://" not in page
    assert beside.get("/docs/swagger-ui-bundle.js").status_code == 200


def test_health_counts_and_reset_puts_the_world_back(beside: TestClient, student: TestClient) -> None:
    student.delete(f"{SELF}/1")

    reset = beside.post("/_mock/reset")

    assert (reset.status_code, reset.content) == (204, b"")
    assert [channel["id"] for channel in student.get(SELF).json()] == [1, 2, 3]
    assert beside.get("/_mock/health").json() == {"status": "ready", "users": 7, "channels": 33}


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nowhere"), ("GET", "/_mock/reset"), ("GET", "/API/v1/users/self")]
)
def test_elsewhere_there_is_canvas_s_page_for_nothing(beside: TestClient, method: str, path: str) -> None:
    response = beside.request(method, path)

    assert (response.status_code, "Page Not Found" in response.text) == (404, True)


class TestCors:
    @pytest.mark.parametrize("origin", [PAGE, "http://127.0.0.1:5173", "https://app.localhost", "http://[::1]:8080"])
    def test_a_page_on_any_localhost_origin_may_call(self, login: Login, origin: str) -> None:
        asked = {"Access-Control-Request-Method": "DELETE", "Access-Control-Request-Headers": "authorization"}

        response = login().options(f"{SELF}/1", headers={"Origin": origin, **asked})

        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == origin
        assert response.headers["access-control-allow-credentials"] == "true"
        assert "DELETE" in response.headers["access-control-allow-methods"]
        assert "authorization" in response.headers["access-control-allow-headers"]

    @pytest.mark.parametrize("path", [SELF, "users/99", "nowhere"])
    def test_answers_and_errors_can_be_read_with_their_headers(self, student: TestClient, path: str) -> None:
        response = student.get(path, headers={"Origin": PAGE})

        assert response.headers["access-control-allow-origin"] == PAGE
        for header in ("Link", "X-Contract-Violation", "X-Rate-Limit-Remaining"):
            assert header in response.headers["access-control-expose-headers"]

    @pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil.example", "null"])
    def test_other_origins_are_not_let_in(self, student: TestClient, origin: str) -> None:
        response = student.get(SELF, headers={"Origin": origin})

        assert "access-control-allow-origin" not in response.headers


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine to open the page in")
def test_a_browser_shows_all_operations_without_any_other_host(served: str, tmp_path: Path) -> None:
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    resolver = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    more = [resolver, "--disable-sync", "--virtual-time-budget=10000", f"--user-data-dir={tmp_path}", "--dump-dom"]

    command = [str(CHROMIUM), *flags.split(), *more, f"{served}/docs/"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout  # noqa: S603  # our own

    for operation in yaml.safe_load(contract_file().read_text("utf-8"))["paths"].values():
        for method in operation.keys() - {"parameters"}:
            assert f'-{operation[method]["operationId"]}"' in shown


def test_what_stands_beside_the_api_has_the_world_of_its_request() -> None:
    worlds = {host: World(read_world()) for host in ("one.test", "other.test")}
    beside = Starlette(routes=control_routes(lambda scope: worlds[Request(scope).url.hostname or ""]))
    worlds["one.test"].users.clear()

    people = [TestClient(beside, base_url=f"http://{host}").get("/_mock/health").json()["users"] for host in worlds]
    TestClient(beside, base_url="http://one.test").post("/_mock/reset")

    assert people == [0, 7]
    assert len(worlds["one.test"].users) == 7
