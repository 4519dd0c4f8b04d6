"""The whole page of the dashboard: text of clients, keyboard, accessibility and width."""

from __future__ import annotations

import re

import pytest

from tests.pages.actions import create_channel, send
from tests.pages.conftest import (
    CHANNELS,
    Dashboard,
    accessibility_violations,
    assert_fits,
    contrast_violations,
)

pytestmark = [pytest.mark.slow, pytest.mark.browser]

HOSTILE = "<script>document.title = 'run'</script><img src=x onerror=\"document.title='run'\">\u202e\u061c\u0007"


def test_text_is_shown_as_text_everywhere(dashboard: Dashboard) -> None:
    values = [HOSTILE, "x" * 255, "\u0000\u001b[31m", "💥" * 60]
    for id_, value in enumerate(values, 77):
        _use_everywhere(dashboard, id_, value)
    page = dashboard.open().page

    for id_, value in enumerate(values, 77):
        page.fill("#search", f"hostile{id_}")
        page.locator(f"[data-key='user {id_}']").click()
        page.wait_for_selector(f"#user-facts:has-text('id {id_}')")
        fill = "(node, value) => { node.value = value; node.dispatchEvent(new Event('input')); }"
        for field in ("#channel-address", "#requests-contains", "#snapshot-name", "#world-name"):
            page.locator(field).evaluate(fill, value)
        page.click("#channel-form button")
        page.fill("#requests-contains", "")
    page.focus("#requests-contains")
    page.keyboard.insert_text("y" * 70_000)  # longer than the head of a request may be
    page.get_by_text("No request matches.").wait_for()
    page.fill("#requests-contains", "")
    page.locator("#requests button").first.wait_for()
    page.locator("#requests button.row").evaluate_all("rows => rows.forEach(row => row.click())")
    page.locator(".detail").nth(7).wait_for()  # four texts, each sent by a client and by the form of the page

    assert page.title() == "Canvas Communication Channels mock"
    assert page.locator("script").count() == 1
    assert page.locator("img").count() == 0
    is_too_wide = "node => node.getBoundingClientRect().right > innerWidth"
    too_wide = f"[...document.querySelectorAll('body *')].filter({is_too_wide}).map(node => node.outerHTML)"
    assert page.evaluate(too_wide) == []
    assert not re.search(r"[\u0000-\u0008\u061c\u202e]", page.inner_text("main"))


def _use_everywhere(dashboard: Dashboard, id_: int, value: str) -> None:
    """Make a user, a channel, a fault and a request that contain the text."""
    text = value.replace("\0", "")
    user = {"id": id_, "name": text[:255], "role": text, "login_id": text[:255], "tokens": [f"hostile{id_}<b>"]}
    channel = {"id": 10 * id_, "type": "sms", "address": text[:255], "state": "unconfirmed"}
    dashboard.api("POST", "_mock/users", json={**user, "channels": [channel]})
    dashboard.api("POST", f"_mock/channels/{10 * id_}/bounces", json={"kind": "permanent", "summary": text})
    dashboard.api("POST", "_mock/faults", json={"description": text[:200], "effect": {"kind": "malformed_body"}})
    form = {"communication_channel[address]": value, "communication_channel[type]": "sms"}
    send(dashboard, method="POST", data=form, params={"a": value})


def test_channel_is_added_and_confirmed_with_the_keyboard_alone(dashboard: Dashboard) -> None:
    page = dashboard.open().page

    def tab_to(selector: str) -> None:
        for _ in range(120):
            if page.evaluate("selector => document.activeElement?.matches(selector)", selector):
                return
            page.keyboard.press("Tab")
        pytest.fail(f"Tab does not reach {selector}")

    tab_to(".skip")
    page.keyboard.press("Enter")
    tab_to("#channel-address")
    page.keyboard.type("keys@example.org")
    page.keyboard.press("Enter")
    dashboard.channel(34).wait_for()
    page.keyboard.press("Shift+Tab")
    page.locator("#search").focus()  # stands before the channels, which stand before their form
    tab_to("[data-key='confirm 34']")
    page.keyboard.press("Enter")
    dashboard.channel(34).get_by_text("active").wait_for()

    # The button is gone: the focus goes to the user's name and not to the start of the page.
    assert page.evaluate("document.activeElement.id") == "user-name"


def test_page_has_no_accessibility_violation_and_fits(dashboard: Dashboard) -> None:
    for path in (CHANNELS, f"{CHANNELS}?per_page=many", "/api/v1/nowhere"):
        send(dashboard, path)
    create_channel(dashboard, "new@example.org")
    dashboard.api("PUT", "_mock/snapshots/before")
    dashboard.api("POST", "_mock/faults", json={"effect": {"kind": "server_error", "status": 503}})
    page = dashboard.open().page
    page.locator("#requests button").first.click()
    page.locator(".detail").wait_for()

    assert_fits(page, 1280, 375, 1600)
    assert contrast_violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert_fits(page, 320)
    assert accessibility_violations(page) == []
