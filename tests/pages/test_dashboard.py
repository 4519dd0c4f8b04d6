"""The dashboard in a browser: what a person sees and does."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from threading import Thread
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from mockserver import Seed, World, create_app
from mockserver.control.access import ControlAccess
from tests.conftest import _served
from tests.pages.conftest import (
    CHANNELS,
    STUDENT,
    Dashboard,
    accessibility_violations,
    assert_fits,
    contrast_violations,
)
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = [pytest.mark.slow, pytest.mark.browser]

HOSTILE = "<script>document.title = 'run'</script><img src=x onerror=\"document.title='run'\">\u202e\u061c\u0007"


def send(dashboard: Dashboard, path: str = CHANNELS, method: str = "GET", **options: Any) -> httpx2.Response:
    return httpx2.request(method, f"{dashboard.url}{path}", headers=STUDENT, timeout=HANG_SECONDS, **options)


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


def create(dashboard: Dashboard, address: str) -> None:
    form = {"communication_channel[address]": address, "communication_channel[type]": "email"}
    send(dashboard, method="POST", data=form)


def set_hidden(page: Page, *, is_hidden: bool) -> None:
    """Do to the page what a browser does when its tab goes to the background, or comes back."""
    page.evaluate(
        "value => { Object.defineProperty(document, 'hidden', { value, configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        is_hidden,
    )


def add(dashboard: Dashboard, address: str, kind: str = "email") -> None:
    dashboard.page.select_option("#channel-type", kind)
    dashboard.page.fill("#channel-address", address)
    dashboard.page.click("#channel-form button")


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
        with _served(create_app(World(Seed({"users": users})))) as origin:
            self._search(Dashboard(dashboard.page, origin).open().page)
            dashboard.page.goto("about:blank")

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
        held: list[Route] = []
        page.route("**/_mock/users?search=S&*", lambda route: held.append(route))  # noqa: PLW0108  # Playwright needs a function of Python
        with page.expect_request("**/_mock/users?search=S&*"):
            page.fill("#search", "S")
        page.fill("#search", "Tessa")
        page.locator("#users > li:only-child", has_text="Tessa").wait_for()

        with page.expect_response("**/_mock/users?search=S&*"):
            held[0].continue_()
        page.unroute_all()
        page.wait_for_timeout(300)  # nothing shows that a result is dropped

        assert page.locator("#users > li").count() == 1


class TestChannels:
    def test_channel_is_added_confirmed_bounced_and_deleted(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page

        add(dashboard, "new@example.org")
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

        add(dashboard, "device-token", "push")

        dashboard.channel(34).wait_for()
        page.locator("#messages").get_by_text("push registration").wait_for()

    def test_refusal_of_canvas_and_a_change_by_another_client_are_shown(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page

        add(dashboard, "student@school.example")
        page.locator(".notice.error").wait_for()
        assert "400" in page.inner_text(".notice.error")

        create(dashboard, "other@example.org")
        dashboard.channel(34).get_by_text("other@example.org").wait_for()

    def test_channel_is_deleted_with_a_valid_token_although_another_one_is_selected(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page
        page.select_option("#channel-token", "expired-token")

        dashboard.channel(3).get_by_role("button", name="Delete").click()

        dashboard.channel(3).wait_for(state="detached")


class TestOutbox:
    def test_confirmation_link_confirms_the_channel(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page
        add(dashboard, "new@example.org")

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
        create(dashboard, "first@example.org")
        page.locator("#messages").get_by_text("first@example.org").wait_for()

        set_hidden(page, is_hidden=True)
        dashboard.api("POST", "_mock/reset")
        create(dashboard, "second@example.org")
        set_hidden(page, is_hidden=False)

        page.locator("#messages").get_by_text("second@example.org").wait_for()
        assert page.locator("#messages > li").count() == 1


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

        page.fill("#requests-contains", "page=17&")
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
        assert page.locator("#faults .grow").evaluate("node => node.offsetHeight") < 50  # no broken word
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
        add(dashboard, "new@example.org")
        dashboard.channel(34).wait_for()

        page.get_by_role("button", name="Restore snapshot before").click()

        dashboard.channel(34).wait_for(state="detached")
        page.get_by_role("button", name="Delete snapshot before").click()
        page.get_by_text("No snapshots.").wait_for()

    def test_reset_returns_to_the_start(self, dashboard: Dashboard) -> None:
        page = dashboard.open().page
        add(dashboard, "new@example.org")
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
        set_hidden(page, is_hidden=False)
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
    with _served(create_app(control=ControlAccess("secret", is_reachable=True))) as origin:
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
        page.goto("about:blank")


def test_page_shows_that_the_mock_records_no_requests(page: Page) -> None:
    with _served(create_app(journal_length=0)) as origin:
        dashboard = Dashboard(page, origin).open()

        send(dashboard)

        page.locator("#requests", has_text="started with --journal 0").wait_for()
        assert page.locator("#notices").inner_text() == ""
        page.goto("about:blank")


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

    with _served(create_app(), port):
        page.get_by_text("The mock was restarted.").wait_for()
        page.wait_for_selector("#connection:has-text('Live')")
        page.goto("about:blank")


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
    page.locator(".detail").nth(7).wait_for()

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
    page.locator("#search").focus()
    tab_to("[data-key='confirm 34']")
    page.keyboard.press("Enter")
    dashboard.channel(34).get_by_text("active").wait_for()

    # The button is gone: the focus goes to the user's name and not to the start of the page.
    assert page.evaluate("document.activeElement.id") == "user-name"


def test_page_has_no_accessibility_violation_and_fits(dashboard: Dashboard) -> None:
    for path in (CHANNELS, f"{CHANNELS}?per_page=many", "/api/v1/nowhere"):
        send(dashboard, path)
    create(dashboard, "new@example.org")
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
