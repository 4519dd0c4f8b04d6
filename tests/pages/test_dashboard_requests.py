"""Recorded requests and faults in the dashboard."""

from __future__ import annotations

import re
import socket
import time
from threading import Thread
from typing import TYPE_CHECKING

import httpx2
import pytest

from mockserver import create_app
from tests.conftest import served_app
from tests.pages.actions import send
from tests.pages.conftest import CHANNELS, Dashboard
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def send_pipelined(url: str, paths: list[str]) -> None:
    """Send GET requests on one connection without waiting, which takes a fifth of the time of one after another."""
    host, port, prefix = re.fullmatch(r"http://([^:/]+):(\d+)(.*)", url).groups()  # type: ignore[union-attr]  # it matches
    head = f"Host: {host}:{port}\r\nAuthorization: Bearer student-token"
    requests = "".join(f"GET {prefix}{path} HTTP/1.1\r\n{head}\r\n\r\n" for path in paths[:-1])
    last = f"GET {prefix}{paths[-1]} HTTP/1.1\r\n{head}\r\nConnection: close\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=HANG_SECONDS) as connection:
        Thread(target=connection.sendall, args=((requests + last).encode(),)).start()
        while connection.recv(1_000_000):
            pass


class TestRequests:
    def test_request_shows_its_violation_with_a_link_to_the_contract(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page

        send(dashboard, params={"per_page": "many"})
        page.locator("#requests button").click()
        page.locator(".detail").wait_for()

        assert "1 violation" in page.inner_text("#requests")
        detail = page.inner_text(".detail")
        assert "query parameter per_page" in detail
        assert "authorization: Bearer TOKEN" in detail
        assert '"workflow_state": "active"' in detail
        assert f"curl '{dashboard.url}{CHANNELS}?per_page=many'" in detail
        assert "Set the shell variable TOKEN" in detail
        link = page.get_by_role("link", name="List a user's communication channels in the API reference")
        assert str(link.get_attribute("href")).endswith("list_communication_channels")

    def test_nearest_operation_of_an_unknown_path_is_shown(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page

        send(dashboard, "/api/v1/users/self/communication_channel")
        page.locator("#requests button").click()

        page.locator(".detail", has_text="communication_channels").wait_for()
        assert "no operation" in page.inner_text("#requests")

    def test_response_with_a_fault_shows_its_violation(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page
        effect = {"kind": "contract_violation", "violation": "missing_field"}
        dashboard.api("POST", "_mock/faults", json={"effect": effect})

        send(dashboard)
        page.locator("#requests button").click()

        detail = page.locator(".detail", has_text="The response violates the contract:")
        assert "'workflow_state' is a required property" in detail.inner_text()
        assert "The request does not violate the contract." in detail.inner_text()

    def test_1000_requests_are_shown_in_parts_and_found(self, dashboard: Dashboard) -> None:
        send_pipelined(dashboard.url, [f"{CHANNELS}?page={number}" for number in range(1, 1001)])
        page = dashboard.open().page
        page.wait_for_selector("#requests [data-request='1000']")
        assert page.locator("#requests > li").count() == 50

        start = time.monotonic()
        send(dashboard, params={"page": "last"})
        page.wait_for_selector("#requests [data-request='1001']")
        assert time.monotonic() - start < HANG_SECONDS / 10

        page.fill("#requests-contains", "page=17&")  # nothing follows the number in any URL
        page.get_by_text("No request matches.").wait_for()
        page.fill("#requests-contains", "page=999")
        page.wait_for_selector("#requests > li:only-child [class*=url]:has-text('page=999')")

        page.fill("#requests-contains", "")
        page.get_by_role("button", name="Clear requests").click()
        page.get_by_text("No requests yet.").wait_for()

    def test_double_click_leaves_a_request_closed(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page
        send(dashboard)

        row = page.locator("#requests button.row")
        row.evaluate("row => { row.click(); row.click(); }")
        assert row.get_attribute("aria-expanded") == "false"
        assert page.locator(".detail").count() == 0
        row.evaluate("row => { row.click(); row.click(); row.click(); }")
        page.locator(".detail").wait_for()
        assert page.locator(".detail").count() == 1

    def test_dropped_connection_has_its_operation(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page
        effect = {"kind": "dropped_connection", "time": "before_change"}
        dashboard.api("POST", "_mock/faults", json={"effect": effect})

        with pytest.raises(httpx2.TransportError):
            send(dashboard)

        page.get_by_text("fault 1: dropped_connection").wait_for()
        assert "no operation" not in page.inner_text("#requests")


def test_page_shows_that_the_mock_records_no_requests(page: Page) -> None:
    with served_app(create_app(journal_length=0)) as origin:
        dashboard = Dashboard(page, origin).open()

        send(dashboard)

        page.locator("#requests", has_text="started with --journal 0").wait_for()
        assert page.locator("#notices").inner_text() == ""
        page.goto("about:blank")  # leaves the mock before it stops


class TestFaults:
    def test_fault_is_added_applied_switched_off_and_deleted(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page

        page.select_option("#fault-operation", label="List a user's communication channels")
        page.select_option("#fault-effect", label="503 Service Unavailable")
        page.get_by_role("button", name="Add fault").click()
        page.wait_for_selector("[data-fault='1']")
        statuses = [send(dashboard).status_code for _ in range(2)]

        assert statuses == [503, 200]
        page.locator("[data-fault='1']", has_text="hit 1 of 2 requests").get_by_text("used up").wait_for()
        assert page.locator("#faults .grow").evaluate("node => node.offsetHeight") < 50  # no word is broken
        page.get_by_text("fault 1: server_error").wait_for()
        page.get_by_role("button", name="Switch off fault 1").click()
        page.get_by_role("button", name="Switch on fault 1").wait_for()
        page.get_by_role("button", name="Delete fault 1").click()
        page.get_by_text("No faults.").wait_for()

    def test_documented_error_is_offered_for_its_operation(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page

        page.select_option("#fault-operation", label="Delete a communication channel")
        page.locator("#fault-effect optgroup[label='Errors of the contract'] option").first.wait_for(state="attached")
        label = page.locator("#fault-effect option", has_text=re.compile("^404")).first.inner_text()
        page.select_option("#fault-effect", label=label)
        page.select_option("#fault-times", "always")
        page.get_by_role("button", name="Add fault").click()
        page.wait_for_selector("[data-fault='1']")

        assert send(dashboard, f"{CHANNELS}/1", "DELETE").status_code == 404

    def test_impossible_fault_is_an_error(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page

        page.select_option("#fault-effect", label="Only the delay")
        page.get_by_role("button", name="Add fault").click()

        page.get_by_text("needs a delay with min_seconds").wait_for()
