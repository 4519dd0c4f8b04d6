"""Pages in a real browser: each worker has one mock, one Chromium and one page, and each test has its own world."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from mockserver import World, create_app, read_world
from tests.conftest import Clock, served_app
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
STUDENT = {"Authorization": "Bearer student-token"}
CHANNELS = "/api/v1/users/self/communication_channels"
AXE = Path(__file__).parent / "vendor" / "axe.min.js"


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium of the operating system; Playwright's own is not downloaded.

    As long as it runs, Playwright runs an event loop in the thread of the tests, which other tests do not expect.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=CHROMIUM,
            # Chromium's sandbox does not start as root; no host but that of the mock can be reached.
            args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        )
        yield chromium
        chromium.close()


class Dashboard:
    """The dashboard of one world in a browser, and the control API of this world."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def open(self) -> Dashboard:
        """Open the page and wait until it shows the world."""
        self.page.goto(f"{self.url}/")
        self.page.wait_for_selector("#connection:has-text('Live')")
        self.page.wait_for_selector("#channels > li")
        return self

    def api(self, method: str, path: str, **options: Any) -> Any:
        """Send a request that is not the page's."""
        response = httpx2.request(method, f"{self.url}/{path}", timeout=HANG_SECONDS, **options)
        return response.json() if response.content else None

    def channel(self, id_: int) -> Any:
        return self.page.locator(f"[data-channel='{id_}']")


@pytest.fixture(scope="session")
def served() -> Iterator[str]:
    """The origin of the mock, whose clock stands still."""
    with served_app(create_app(World(read_world(), Clock()))) as origin:
        yield origin


@pytest.fixture(scope="package")
def shared_page(browser: Browser) -> Iterator[Page]:
    """A page that stays open, with its cache; animations are off, since each costs processor time."""
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(HANG_SECONDS * 1000)
    yield page
    context.close()


@pytest.fixture
def page(shared_page: Page) -> Iterator[Page]:
    """The page; the test fails if a script of the page fails or violates the policy of its document."""
    errors: list[str] = []

    def add_error(error: object) -> None:
        errors.append(str(error))

    def add_violation(message: Any) -> None:
        if "Security Policy" in message.text:
            errors.append(message.text)

    shared_page.on("pageerror", add_error)
    shared_page.on("console", add_violation)
    shared_page.set_viewport_size({"width": 1280, "height": 900})
    shared_page.emulate_media(color_scheme="light")
    yield shared_page
    shared_page.goto("about:blank")
    shared_page.remove_listener("pageerror", add_error)
    shared_page.remove_listener("console", add_violation)
    assert errors == []


@pytest.fixture
def world_url(request: pytest.FixtureRequest, served: str) -> Iterator[str]:
    """The URL of a world that no other test uses."""
    name = "p-" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:20]
    yield f"{served}/worlds/{name}"
    httpx2.delete(f"{served}/_mock/worlds/{name}")


@pytest.fixture
def dashboard(page: Page, world_url: str) -> Dashboard:
    return Dashboard(page, world_url)


def accessibility_violations(page: Page, **options: Any) -> list[tuple[str, list[str]]]:
    """Return the rules of axe-core that the page violates, with the elements that violate them."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE.read_text("utf-8"))
    options = {"resultTypes": ["violations"], **options}
    violations = page.evaluate("options => axe.run(options).then(result => result.violations)", options)
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in violations]


def contrast_violations(page: Page) -> list[tuple[str, list[str]]]:
    """Return the violations of the rule that depends on the colour scheme."""
    return accessibility_violations(page, runOnly=["color-contrast"])


def assert_fits(page: Page, *widths: int) -> None:
    """Assert that the page has no horizontal scroll bar at these widths."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width
