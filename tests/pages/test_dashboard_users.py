"""Users, their channels and the outbox in the dashboard."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from mockserver import Seed, World, create_app
from tests.conftest import served_app
from tests.pages.actions import add_channel, create_channel, set_hidden
from tests.pages.conftest import Dashboard
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = [pytest.mark.slow, pytest.mark.browser]


class TestUsers:
    def test_first_user_is_shown_with_tokens_and_channels(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page

        assert page.locator("#users > li").count() == 7
        assert page.inner_text("#user-name") == "Sam Student"
        assert "student-token" in page.inner_text("#tokens")
        assert re.search(r"student\.home@example\.org\s+email\s+unconfirmed", page.inner_text("#channels"))

    def test_token_is_copied(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])

        page.get_by_role("button", name="Copy student-token").click()
        page.get_by_text("Copied student-token").wait_for()

        assert page.evaluate("navigator.clipboard.readText()") == "student-token"

    def test_search_finds_a_user_in_a_world_of_10_000(self, dashboard: Dashboard) -> None:
        users = [
            {"id": id_, "name": f"User {id_}", "tokens": [f"token-{id_}"], "channels": []} for id_ in range(1, 10_001)
        ]
        with served_app(create_app(World(Seed({"users": users})))) as origin:
            self._search(Dashboard(dashboard.page, origin).open().page)
            dashboard.page.goto("about:blank")  # leaves the mock before it stops

    def _search(self, page: Page) -> None:
        assert page.inner_text("#users-total") == "1 to 10 of 10000 users"

        start = time.monotonic()
        page.fill("#search", "token-9876")
        page.get_by_role("button", name=re.compile("^9876 User 9876")).click()
        page.wait_for_selector("#user-name:has-text('User 9876')")

        assert time.monotonic() - start < HANG_SECONDS / 10
        assert page.locator("#users > li").count() == 1
        page.fill("#search", "no such user")
        page.get_by_text("No user matches.").wait_for()

    def test_late_result_of_an_earlier_search_is_not_shown(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page
        delayed: list[Route] = []
        page.route("**/_mock/users?search=S&*", lambda route: delayed.append(route))  # noqa: PLW0108  # Playwright needs a function of Python
        with page.expect_request("**/_mock/users?search=S&*"):
            page.fill("#search", "S")
        page.fill("#search", "Tessa")
        page.locator("#users > li:only-child", has_text="Tessa").wait_for()

        with page.expect_response("**/_mock/users?search=S&*"):
            delayed[0].continue_()
        page.unroute_all()
        page.wait_for_timeout(300)  # nothing shows that a result is dropped

        assert page.locator("#users > li").count() == 1


class TestChannels:
    def test_channel_is_added_confirmed_bounced_and_deleted(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page

        add_channel(dashboard, "new@example.org")
        dashboard.channel(34).get_by_text("unconfirmed").wait_for()
        dashboard.channel(34).get_by_role("button", name="Confirm").click()
        dashboard.channel(34).get_by_text("active").wait_for()
        dashboard.channel(34).get_by_role("combobox").select_option("permanent")
        dashboard.channel(34).get_by_role("button", name="Bounce").click()
        dashboard.channel(34).get_by_text("bounces 1").wait_for()
        dashboard.channel(34).get_by_role("button", name="Delete").click()
        dashboard.channel(34).wait_for(state="detached")

        page.check("#retired")
        assert "deleted" in dashboard.channel(34).inner_text()
        methods = [entry["method"] for entry in dashboard.api("GET", "_mock/requests")]
        assert methods == ["DELETE", "POST"]

    def test_push_channel_is_sent_with_a_token_that_allows_it(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page

        add_channel(dashboard, "device-token", "push")

        dashboard.channel(34).wait_for()
        page.locator("#messages").get_by_text("push registration").wait_for()

    def test_refusal_of_canvas_and_a_change_by_another_client_are_shown(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page

        add_channel(dashboard, "student@school.example")
        page.locator(".notice.error").wait_for()
        assert "400" in page.inner_text(".notice.error")

        create_channel(dashboard, "other@example.org")
        dashboard.channel(34).get_by_text("other@example.org").wait_for()

    def test_channel_is_deleted_with_a_valid_token_although_another_one_is_selected(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page
        page.select_option("#channel-token", "expired-token")

        dashboard.channel(3).get_by_role("button", name="Delete").click()

        dashboard.channel(3).wait_for(state="detached")


class TestOutbox:
    def test_confirmation_link_confirms_the_channel(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page
        add_channel(dashboard, "new@example.org")

        with page.context.expect_page() as opened:
            page.get_by_role("link", name="Confirmation link for new@example.org").click()
        opened.value.get_by_text("new@example.org is confirmed.").wait_for()

        opened.value.get_by_role("link", name="Dashboard").click()
        opened.value.wait_for_url(f"{dashboard.url}/")
        opened.value.close()
        dashboard.channel(34).get_by_text("active").wait_for()

        page.get_by_role("button", name="Clear outbox").click()
        page.get_by_text("No messages yet.").wait_for()

    def test_messages_after_a_reset_replace_those_before_it(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page
        create_channel(dashboard, "first@example.org")
        page.locator("#messages").get_by_text("first@example.org").wait_for()

        set_hidden(page, is_hidden=True)
        dashboard.api("POST", "_mock/reset")
        create_channel(dashboard, "second@example.org")
        set_hidden(page, is_hidden=False)

        page.locator("#messages").get_by_text("second@example.org").wait_for()
        assert page.locator("#messages > li").count() == 1
