"""Requests that a client sends to the world of a dashboard, and actions in its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2

from tests.pages.conftest import CHANNELS, STUDENT, Dashboard
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from playwright.sync_api import Page


def send(dashboard: Dashboard, path: str = CHANNELS, method: str = "GET", **options: Any) -> httpx2.Response:
    return httpx2.request(method, f"{dashboard.url}{path}", headers=STUDENT, timeout=HANG_SECONDS, **options)


def create_channel(dashboard: Dashboard, address: str) -> None:
    form = {"communication_channel[address]": address, "communication_channel[type]": "email"}
    send(dashboard, method="POST", data=form)


def set_hidden(page: Page, *, is_hidden: bool) -> None:
    """Do to the page what a browser does when its tab goes to the background, or comes back."""
    page.evaluate(
        "value => { Object.defineProperty(document, 'hidden', { value, configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        is_hidden,
    )


def add_channel(dashboard: Dashboard, address: str, kind: str = "email") -> None:
    dashboard.page.select_option("#channel-type", kind)
    dashboard.page.fill("#channel-address", address)
    dashboard.page.click("#channel-form button")
