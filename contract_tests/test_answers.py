"""Answers: their fields and to whom these are shown, ids as text, what is cached, and what has no route."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from contract_tests import pool
from contract_tests.caller import TYPE, Caller, done, said

if TYPE_CHECKING:
    from contract_tests.caller import Channel

ORDINARY_KEYS = {"id", "position", "workflow_state", "user_id", "created_at", "address", "type"}
BOUNCE_KEYS = {
    "last_bounce_at",
    "last_transient_bounce_at",
    "last_suppression_bounce_at",
    "last_bounce_summary",
    "last_transient_bounce_summary",
}
STRING_IDS = (("Accept", "application/json+canvas-string-ids"),)


def test_times_are_utc_to_the_second(owner: Caller) -> None:
    """created_at is in UTC, to the second, with a Z (behaviour 8)."""
    times = [channel["created_at"] for channel in owner.stocked() if channel["created_at"] is not None]

    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time) for time in times)


def test_string_ids_are_sent_to_who_asks(owner: Caller) -> None:
    """Accept: application/json+canvas-string-ids turns ids into strings and changes nothing else (behaviour 8)."""
    whole = owner.stocked()[:10]

    answer = owner.wire.send(owner.call("", "GET", headers=STRING_IDS))
    strings = done(answer)

    assert answer.headers["content-type"].partition(";")[0] == "application/json"
    assert strings == [_with_string_ids(each) for each in whole]


def test_string_ids_are_sent_with_every_answer(owner: Caller) -> None:
    """A create and a delete answer with ids as strings too where they are asked for (behaviour 8)."""
    post = owner.call("", "POST", body=owner.fields(pool.FIRST), headers=STRING_IDS)
    created = done(owner.wire.send(post))
    channel = next(each for each in owner.channels() if str(each["id"]) == created["id"])
    assert created == _with_string_ids(channel)

    deleted = done(owner.wire.send(owner.call("", "DELETE", tail=(created["id"],), headers=STRING_IDS)))

    assert deleted == {**created, "workflow_state": "retired"}


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*"])
def test_any_accept_is_answered_with_json(owner: Caller, accept: str) -> None:
    """Whatever Accept asks for, the answer is JSON (behaviour 8)."""
    assert done(owner.page(headers=(("Accept", accept),))) == owner.channels()[:10]


def test_an_unchanged_list_is_not_sent_again(owner: Caller) -> None:
    """If-None-Match with the list's ETag is 304 without a body, until the list changes (behaviour 9)."""
    whole = (("per_page", "100"),)
    first = owner.page(whole)
    etag = first.headers.get("etag")
    if etag is None:
        pytest.skip("the target sends no ETag; a proxy may take it away")

    same = owner.page(whole, (("If-None-Match", etag),))
    owner.made(pool.FIRST)
    changed = owner.page(whole, (("If-None-Match", etag),))

    assert same.status_code == 304, said(same)
    assert same.content == b""
    assert done(changed) == owner.channels()
    assert changed.headers.get("etag") != etag
    done(owner.delete_by_address(pool.FIRST))
    owner.made(pool.SECOND)
    assert owner.page(whole).headers.get("etag") != changed.headers.get("etag"), "as many channels, but others"


def test_ordinary_callers_see_no_bounces(owner: Caller) -> None:
    """The bounce fields are absent, not null, for callers other than site admins (behaviour 8)."""
    for channel in owner.stocked():
        assert channel.keys() >= ORDINARY_KEYS
        assert not [key for key in channel if "bounce" in key]


def test_a_site_admin_sees_bounces_and_nothing_less(site_admin: Caller, owner: Caller) -> None:
    """What a site admin sees, bounce fields left out, is what the owner sees (behaviour 8)."""
    owner.stocked()
    seen = site_admin.channels()

    shown = {frozenset(key for key in channel if "bounce" in key) for channel in seen}
    assert len(shown) == 1, "bounce fields are shown for some channels and not for others"
    assert [{key: each[key] for key in each if "bounce" not in key} for each in seen] == owner.channels()
    bounces = next(iter(shown))
    if not bounces:
        pytest.skip(
            "the holder of CANVAS_SITE_ADMIN_TOKEN is shown no bounce fields: an older Canvas, or a lesser right"
        )
    assert bounces >= BOUNCE_KEYS


@pytest.mark.parametrize(("method", "tail"), [("GET", ("0",)), ("GET", ("push",)), ("PUT", ()), ("PATCH", ())], ids=str)
def test_what_has_no_route_is_missing(owner: Caller, method: str, tail: tuple[str, ...]) -> None:
    """A method without a route is 404, not 405: nothing reads or changes a single channel (behaviour 1.3)."""
    before = owner.channels()

    nobody = Caller(owner.wire, owner.contract, None, "", owner.id)

    answers = [caller.wire.send(caller.call("", method, tail=tail)) for caller in (owner, nobody)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert owner.channels() == before


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
def test_a_single_channel_can_only_be_deleted(owner: Caller, method: str) -> None:
    """A channel of one's own cannot be read or changed under its id: 404 (behaviour 1.1, 1.3)."""
    channel = owner.made(pool.FIRST)

    answer = owner.wire.send(owner.call("", method, tail=(str(channel["id"]),)))

    assert answer.status_code == 404, said(answer)
    assert channel in owner.channels()


def test_answers_are_not_kept_by_others(owner: Caller) -> None:
    """No shared cache may keep a list, nor any cache a failure, where the answer says anything of it (behaviour 9)."""
    nobody = Caller(owner.wire, owner.contract, None, "", owner.id)
    lists, failures = [owner.page()], [nobody.page(), owner.delete("0"), owner.post(((TYPE, "email"),))]

    for kept, answers in ((("private", "no-store", "no-cache"), lists), (("no-store", "no-cache"), failures)):
        for answer in answers:
            rules = answer.headers.get("cache-control", "no-store").replace(",", " ").split()
            assert set(rules) & set(kept), f"{answer.status_code} may be kept: {' '.join(rules)}"


def test_every_request_has_a_name_of_its_own(owner: Caller) -> None:
    """X-Request-Context-Id, where it is sent, is a UUID, and another one for each request (behaviour 9)."""
    names = [owner.page().headers.get("x-request-context-id") for _ in range(3)]
    if None in names:
        pytest.skip("the target sends no X-Request-Context-Id")

    assert len({UUID(name) for name in names if name}) == 3


def _with_string_ids(channel: Channel) -> dict[str, Any]:
    return {**channel, "id": str(channel["id"]), "user_id": str(channel["user_id"])}
