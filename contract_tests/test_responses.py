"""Responses: fields, string ids, caching headers and unsupported methods."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from contract_tests.client.api_client import TYPE, ApiClient, describe, expect_ok
from contract_tests.client.safety import addresses

if TYPE_CHECKING:
    import httpx2

    from contract_tests.client.api_client import Channel
    from contract_tests.oracle.contract import Contract

ORDINARY_KEYS = {"id", "position", "workflow_state", "user_id", "created_at", "address", "type"}
BOUNCE_KEYS = {
    "last_bounce_at",
    "last_transient_bounce_at",
    "last_suppression_bounce_at",
    "last_bounce_summary",
    "last_transient_bounce_summary",
}
STRING_IDS = (("Accept", "application/json+canvas-string-ids"),)
"""A header for requests without an operation: the contract describes only the responses with numbers as ids."""
UNSUPPORTED_REQUESTS = (("GET", ("0",)), ("GET", ("push",)), ("PUT", ()), ("PATCH", ()))
"""Methods without a route, each with the path segments after `communication_channels`."""

UNSUPPORTED_CHANNEL_METHODS = ("GET", "PUT", "PATCH")
"""Methods without a route for one channel."""


@pytest.mark.cases(smoke=1)
def test_created_at_is_utc_in_whole_seconds(all_channels: list[Channel]) -> None:
    """created_at is a time in UTC, in whole seconds, with the suffix Z (behaviour 8)."""
    _check_times(all_channels)


@pytest.mark.cases(smoke=1)
def test_list_has_string_ids_on_request(owner: ApiClient, all_channels: list[Channel], page_limit: int) -> None:
    """With Accept: application/json+canvas-string-ids, the ids in a list are strings (behaviour 8).

    All other values are unchanged.
    """
    channels = all_channels[: min(10, page_limit)]

    response = owner.transport.send(owner.build_request("", "GET", headers=STRING_IDS))

    assert expect_ok(response) == [_with_string_ids(channel) for channel in channels]
    assert response.headers["content-type"].partition(";")[0] == "application/json"


@pytest.mark.cases(smoke=1)
def test_bounce_fields_are_absent_for_ordinary_users(all_channels: list[Channel]) -> None:
    """For users other than site admins, the bounce fields are absent, not null (behaviour 8)."""
    for channel in all_channels:
        assert channel.keys() >= ORDINARY_KEYS
        assert not [key for key in channel if "bounce" in key]


@pytest.mark.cases(smoke=1)
def test_site_admin_receives_bounce_fields_and_all_others(
    site_admin: ApiClient, owner: ApiClient, all_channels: list[Channel]
) -> None:
    """A site admin receives the bounce fields, and the same other fields as the owner (behaviour 8)."""
    if not all_channels:
        assert not owner.transport.settings.requires_bounce_fields, "the user has no channel with bounce fields"
        pytest.skip("needs a user who has a channel")

    channels = site_admin.list_channels()

    bounce_fields = {frozenset(key for key in channel if "bounce" in key) for channel in channels}
    assert len(bounce_fields) == 1, "the channels have different bounce fields"
    other_fields = [{key: channel[key] for key in channel if "bounce" not in key} for channel in channels]
    assert other_fields == owner.list_channels()
    received = next(iter(bounce_fields))
    if not received and not owner.transport.settings.requires_bounce_fields:
        pytest.skip("needs a newer Canvas, or a CANVAS_SITE_ADMIN_TOKEN with the permission read_messages")
    assert received >= BOUNCE_KEYS, "the site admin receives no bounce fields, and REQUIRE_BOUNCE_FIELDS is 1"
    _check_times(channels)


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*"])
def test_response_is_json_for_any_accept_header(
    owner: ApiClient, all_channels: list[Channel], page_limit: int, accept: str
) -> None:
    """The response is JSON for any Accept header (behaviour 8)."""
    response = owner.list_page(headers=(("Accept", accept),))

    assert expect_ok(response) == all_channels[: min(10, page_limit)]


@pytest.mark.usefixtures("all_channels")
def test_unchanged_list_is_304(owner: ApiClient, page_limit: int) -> None:
    """If-None-Match with the ETag of the unchanged list returns 304 without a body (behaviour 9).

    A web server before Canvas may change ETags, so a response 200 with the unchanged list is correct too, with a note.
    """
    query = (("per_page", "100"),)
    first, etag = owner.list_page(query), _etag(owner.list_page(query))

    unchanged = owner.list_page(query, (("If-None-Match", etag),))
    unmatched = owner.list_page(query, (("If-None-Match", 'W/"canvas-contract"'),))

    assert first.headers["etag"] == etag, "two responses with the same list have different ETags"
    if unchanged.status_code == 304:
        assert unchanged.content == b""
        assert _opaque_tag(unchanged.headers.get("etag", etag)) == _opaque_tag(etag), "a 304 has another ETag"
    else:
        assert expect_ok(unchanged) == expect_ok(first)
    assert expect_ok(unmatched) == expect_ok(first)[: min(100, page_limit)]


def test_create_and_delete_return_string_ids_on_request(owner: ApiClient) -> None:
    """With Accept: application/json+canvas-string-ids, a create and a delete return string ids (behaviour 8)."""
    create = owner.build_request("", "POST", body=owner.create_fields(addresses.FIRST), headers=STRING_IDS)

    created = expect_ok(owner.transport.send(create))

    listed = [_with_string_ids(each) for each in owner.list_channels()]
    assert created in listed

    delete = owner.build_request("", "DELETE", tail=(created["id"],), headers=STRING_IDS)

    deleted = expect_ok(owner.transport.send(delete))

    assert deleted == {**created, "workflow_state": "retired"}


def test_changed_list_has_another_etag(owner: ApiClient, page_limit: int) -> None:
    """After a change of the list, If-None-Match with its old ETag returns the list with another ETag (behaviour 9)."""
    query = (("per_page", "100"),)
    if len(owner.list_channels()) >= page_limit:
        pytest.skip("needs a user with fewer channels than the largest page has")
    etag = _etag(owner.list_page(query))

    owner.create_channel(addresses.FIRST)
    changed = owner.list_page(query, (("If-None-Match", etag),))

    assert expect_ok(changed) == owner.list_channels()
    assert changed.headers.get("etag") != etag

    expect_ok(owner.delete_by_address(addresses.FIRST))
    owner.create_channel(addresses.SECOND)
    replaced = owner.list_page(query)

    assert replaced.headers.get("etag") != changed.headers.get("etag"), "another list of this length has the same ETag"


@pytest.mark.parametrize(("method", "tail"), UNSUPPORTED_REQUESTS, ids=str)
@pytest.mark.cases(smoke=1)
def test_unsupported_method_is_404(owner: ApiClient, contract: Contract, method: str, tail: tuple[str, ...]) -> None:
    """A method without a route is 404, not 405, with and without a token, and changes nothing (behaviour 1.3)."""
    _check_unsupported(contract, method, tail, "UNSUPPORTED_REQUESTS")
    before = owner.list_channels()
    anonymous = ApiClient(owner.transport, owner.contract, None, "", owner.id)

    responses = [client.transport.send(client.build_request("", method, tail=tail)) for client in (owner, anonymous)]

    assert [response.status_code for response in responses] == [404, 404]
    assert owner.list_channels() == before


@pytest.mark.parametrize("method", UNSUPPORTED_CHANNEL_METHODS)
def test_single_channel_cannot_be_read_or_updated(owner: ApiClient, contract: Contract, method: str) -> None:
    """A read or an update of one channel by its id is 404 (behaviour 1.1, 1.3)."""
    _check_unsupported(contract, method, ("0",), "UNSUPPORTED_CHANNEL_METHODS")
    channel = owner.create_channel(addresses.FIRST)
    request = owner.build_request("", method, tail=(str(channel["id"]),))

    response = owner.transport.send(request)

    assert response.status_code == 404, describe(response)
    assert channel in owner.list_channels()


@pytest.mark.cases(smoke=1)
def test_cache_control_forbids_shared_caches(owner: ApiClient) -> None:
    """Cache-Control, if sent, forbids the reuse of lists by shared caches, and of errors by any (behaviour 9)."""
    anonymous = ApiClient(owner.transport, owner.contract, None, "", owner.id)

    _check_cache_control(owner.list_page(), "private", "no-store", "no-cache")
    _check_cache_control(anonymous.list_page(), "no-store", "no-cache")


def test_cache_control_forbids_the_reuse_of_failed_edits(owner: ApiClient) -> None:
    """Cache-Control, if sent, forbids caches to reuse the errors of creates and deletes unvalidated (behaviour 9)."""
    _check_cache_control(owner.own.delete("0"), "no-store", "no-cache")
    _check_cache_control(owner.own.create_with(((TYPE, "email"),)), "no-store", "no-cache")


@pytest.mark.cases(smoke=1)
def test_every_response_has_a_unique_request_id(owner: ApiClient) -> None:
    """X-Request-Context-Id, if sent, is a UUID, different for each request (behaviour 9)."""
    ids = [owner.list_page().headers.get("x-request-context-id") for _ in range(3)]
    if None in ids:
        pytest.skip("the target sends no X-Request-Context-Id")

    assert len({UUID(id_) for id_ in ids if id_}) == 3


def _check_times(channels: list[Channel]) -> None:
    """Check that every time is in UTC and in whole seconds."""
    for channel in channels:
        for name in (name for name in channel if name.endswith("_at") and channel[name] is not None):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", channel[name], re.ASCII), (
                f"{name} is not a time in UTC in whole seconds"
            )


def _opaque_tag(etag: str) -> str:
    """Return the ETag without the prefix of a weak one and the suffix of a web server that compresses the body."""
    return re.sub(r"(--?|;)(gzip|br|deflate|zstd|df)(?=\"$)", "", etag.removeprefix("W/"))


def _etag(response: httpx2.Response) -> str:
    """Return the ETag of a response; skip the current test if there is none."""
    etag: str | None = response.headers.get("etag")
    if etag is None:
        pytest.skip("the target, or a proxy before it, sends no ETag")
    return etag


def _check_cache_control(response: httpx2.Response, *expected: str) -> None:
    """Check that the header has one of the expected directives, if it is sent."""
    directives = response.headers.get("cache-control", "no-store").replace(",", " ").split()
    assert set(directives) & set(expected), (
        f"a response with status {response.status_code} has Cache-Control: {' '.join(directives)}"
    )


def _with_string_ids(channel: Channel) -> dict[str, Any]:
    return {**channel, "id": str(channel["id"]), "user_id": str(channel["user_id"])}


def _check_unsupported(contract: Contract, method: str, tail: tuple[str, ...], cases: str) -> None:
    """Check that the contract has no operation with this method and path, which the list named `cases` contains."""
    operation = _operation_id(contract, method, tail)

    assert not operation, (
        f"openapi.yaml has the operation {operation}; remove this case from {cases} in contract_tests/test_responses.py"
    )


def _operation_id(contract: Contract, method: str, tail: tuple[str, ...]) -> str:
    """Return the id of the operation with this method and these last path segments; empty if there is none."""
    for path, item in contract.document["paths"].items():
        segments = path.split("/")[4:]  # those after /users/{user_id}/communication_channels
        if method.lower() in item and _is_path_of(segments, tail):
            return str(item[method.lower()]["operationId"])
    return ""


def _is_path_of(segments: list[str], tail: tuple[str, ...]) -> bool:
    """Return whether `tail` matches the segments of a path, of which a parameter such as `{id}` matches any value."""
    return len(segments) == len(tail) and all(
        segment.startswith("{") or segment == value for segment, value in zip(segments, tail, strict=True)
    )
