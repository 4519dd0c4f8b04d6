"""Clock, snapshots and worlds in the dashboard, and its connection to the mock."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx2
import pytest

from mockserver import create_app
from mockserver.control.access import ControlAccess
from tests.conftest import served_app
from tests.pages.actions import add_channel, set_hidden
from tests.pages.conftest import Dashboard

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]


class TestState:
    def test_clock_is_frozen_and_advanced(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page

        page.get_by_role("button", name="Freeze").click()
        page.get_by_text("(frozen)").wait_for()
        page.fill("#clock-amount", "2")
        page.get_by_role("button", name="Advance").click()

        page.get_by_text("2026-03-02 12:15:00 UTC").wait_for()

    def test_snapshot_is_saved_and_restored(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page
        page.fill("#snapshot-name", "before")
        page.get_by_role("button", name="Save snapshot").click()
        page.get_by_role("button", name="Restore snapshot before").wait_for()
        add_channel(dashboard, "new@example.org")
        dashboard.channel(34).wait_for()

        page.get_by_role("button", name="Restore snapshot before").click()

        dashboard.channel(34).wait_for(state="detached")
        page.get_by_role("button", name="Delete snapshot before").click()
        page.get_by_text("No snapshots.").wait_for()

    def test_reset_returns_to_the_start(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page
        add_channel(dashboard, "new@example.org")
        dashboard.channel(34).wait_for()

        page.get_by_role("button", name="Reset this world").click()

        dashboard.channel(34).wait_for(state="detached")
        page.get_by_text("No messages yet.").wait_for()
        page.get_by_text("No requests yet.").wait_for()


class TestWorlds:
    def test_world_is_opened_by_name_and_deleted(self, dashboard: Dashboard, served: str) -> None:
        page = dashboard.page
        page.goto(served)
        page.wait_for_selector("#connection:has-text('Live')")

        page.locator("#world option", has_text="New world").wait_for(state="attached")
        page.select_option("#world", label="New world, or another name")
        page.fill("#world-name", "made-here")
        page.get_by_role("button", name="Open").click()
        page.wait_for_url("**/worlds/made-here/")
        page.wait_for_selector("#connection:has-text('Live')")

        assert page.input_value("#world") == "made-here"
        assert "X-Mock-World: made-here" in page.inner_text("#connect")
        page.get_by_role("button", name="Delete this world").click()
        page.wait_for_url(f"{served}/")
        assert "made-here" not in [world["name"] for world in httpx2.get(f"{served}/_mock/worlds").json()]

    def test_world_that_another_client_deletes_is_reported(self, dashboard: Dashboard, served: str) -> None:
        page = dashboard.open().page

        httpx2.delete(f"{served}/_mock/worlds/{dashboard.url.rpartition('/')[2]}")

        page.wait_for_selector("#connection:has-text('Deleted')")
        set_hidden(page, is_hidden=False)  # a page that comes back connects again, which would make the world
        assert page.inner_text("#connection") == "Deleted"
        assert page.evaluate("document.getElementById('main').inert")

    def test_replaced_world_shows_its_first_user_and_token(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page

        dashboard.api("PUT", "_mock/state", json={"users": [{"id": 50, "name": "Fifty", "tokens": ["fifty-token"]}]})

        page.wait_for_selector("#user-name:has-text('Fifty')")
        page.locator("#connect", has_text="Bearer fifty-token").wait_for()

    def test_base_url_and_curl_of_the_world_are_shown(self, dashboard: Dashboard) -> None:
        text = dashboard.open().page.inner_text("#connect")

        assert f"{dashboard.url}/api/v1" in text
        assert "curl -H 'Authorization: Bearer student-token'" in text


def test_page_prompts_for_the_control_token_and_stores_it(page: Page) -> None:
    with served_app(create_app(control=ControlAccess("secret", is_reachable=True))) as origin:
        Dashboard(page, origin).open()

        page.get_by_role("button", name="Freeze").click()
        page.fill("#control-token", "wrong")
        page.get_by_role("button", name="Use token").click()
        page.get_by_text("The mock does not accept this token.").wait_for()
        page.fill("#control-token", "secret")
        page.get_by_role("button", name="Use token").click()
        page.get_by_text("(frozen)").wait_for()
        page.get_by_role("button", name="Let it run").click()
        page.get_by_role("button", name="Freeze").wait_for()
        page.goto("about:blank")  # leaves the mock before it stops


def test_page_connects_again_after_a_restart(page: Page) -> None:
    """The mock is a process at first, which ends at once although the page listens to it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "mockserver", "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own command
        assert process.stderr is not None
        while "Ctrl-C" not in process.stderr.readline():
            pass
        Dashboard(page, f"http://127.0.0.1:{port}").open()
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == ""
    page.wait_for_selector("#connection:has-text('Connection lost')")

    with served_app(create_app(), port):
        page.get_by_text("The mock was restarted.").wait_for()
        page.wait_for_selector("#connection:has-text('Live')")
        page.goto("about:blank")  # leaves the mock before it stops
