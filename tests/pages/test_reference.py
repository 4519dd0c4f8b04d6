"""The API reference in a browser: both contracts, and requests that it sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx2
import pytest

from mockserver.contract import read_contract
from mockserver.control.api import read_control_contract
from tests.pages.conftest import CHANNELS, accessibility_violations, assert_fits, contrast_violations

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def operation_ids(contract: dict[str, Any]) -> list[str]:
    operations = [part for item in contract["paths"].values() for part in item.values() if isinstance(part, dict)]
    return [operation["operationId"] for operation in operations]


def execute(page: Page, url: str, operation_id: str) -> None:
    """Open an operation by its link, and send its request as it is filled in."""
    page.goto(f"{url}/docs/#/Communication%20Channels/{operation_id}")
    page.locator(".opblock.is-open .execute").click()
    page.locator(".opblock.is-open .live-responses-table").wait_for()


def last_request(url: str) -> Any:
    return httpx2.get(f"{url}/_mock/requests").json()[0]


def assert_shows(page: Page, contract: dict[str, Any]) -> None:
    for operation_id in operation_ids(contract):
        page.locator(f".opblock[id$='-{operation_id}']").wait_for()


def open_operations(page: Page, *operation_ids: str) -> None:
    for operation_id in operation_ids:
        page.locator(f".opblock[id$='-{operation_id}'] .opblock-summary-control").click()
        page.locator(f".opblock.is-open[id$='-{operation_id}'] .execute").wait_for()


def test_create_sends_the_bracketed_form_of_the_first_example_as_the_student(page: Page, world_url: str) -> None:
    execute(page, world_url, "create_communication_channel")

    request = last_request(world_url)
    assert page.input_value("#token") == "student-token"
    assert (request["url"], request["user_id"], request["status"]) == (CHANNELS, 1, 200)
    form = {"communication_channel[address]": "new@example.com", "communication_channel[type]": "email"}
    assert request["body"] == urlencode(form)
    assert request["violations"] == []


def test_list_is_sent_with_the_chosen_token_and_without_optional_parameters(page: Page, world_url: str) -> None:
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.partition("/worlds/")[0]))
    page.goto(f"{world_url}/docs/")
    assert_shows(page, read_contract())

    page.fill("#token", "teacher-token")
    page.keyboard.press("Tab")
    open_operations(page, "list_communication_channels")
    page.locator(".opblock.is-open .execute").click()
    page.locator(".opblock.is-open .live-responses-table").wait_for()

    request = last_request(world_url)
    assert (request["url"], request["user_id"]) == (CHANNELS, 3)
    page.reload()
    page.locator(".opblock.is-open[id$='-list_communication_channels']").wait_for()
    assert {host for host in hosts if not host.startswith("data:")} == {world_url.partition("/worlds/")[0]}


def test_reference_has_no_accessibility_violation_and_fits_in_light_and_dark(page: Page, world_url: str) -> None:
    page.goto(f"{world_url}/docs/")
    open_operations(page, "list_communication_channels", "create_communication_channel")
    page.locator(".opblock.is-open .execute").first.click()
    page.locator(".live-responses-table").wait_for()

    assert contrast_violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(28, 32, 34)"
    assert_fits(page, 1600, 320)
    assert accessibility_violations(page) == []

    page.get_by_role("link", name="Dashboard").click()
    page.wait_for_url(f"{world_url}/")


def test_control_contract_is_chosen_in_the_page(page: Page, world_url: str) -> None:
    page.goto(f"{world_url}/docs/")
    page.locator(".opblock").first.wait_for()

    page.select_option("#contract", "control")

    assert_shows(page, read_control_contract())
    open_operations(page, "create_fault")
    page.emulate_media(color_scheme="dark")
    assert_fits(page, 320)
    assert accessibility_violations(page) == []
