"""How a server is asked on which side of a known difference it stands: as the page says, or as Canvas does.

Answers are not held against openapi.yaml here: a server that follows the page would break it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from contract_tests import pool
from contract_tests.caller import (
    ADDRESS,
    CREATE,
    DELETE,
    DELETE_BY_ADDRESS,
    DELETE_PUSH_TOKEN,
    LIST,
    REFUSALS,
    TOKEN,
    TYPE,
    Caller,
    done,
    said,
)
from contract_tests.pool import Pair

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from contract_tests.call import Fields
    from contract_tests.caller import Channel

SCOPED = "CANVAS_SCOPED_TOKEN"
"""A token whose only scope is deletion by id, of a developer key that enforces scopes."""

_NO_CHANNEL = str(2**63 - 1)
_UNKNOWN_DEVICE = f"{pool.DEVICE}-unknown"
_A_DEVICE = ((TYPE, "push"), (TOKEN, pool.DEVICE), (ADDRESS, pool.FIRST.address))
"""A push channel with an address, as the page wants it."""


class Seen(NamedTuple):
    """What came back, and whose way it is; where the page is silent nothing can be the page's."""

    what: str
    canvas: bool
    page: bool = False


def _object_bounces(owner: Caller, _: pytest.FixtureRequest) -> Seen:
    channel = _made(owner, pool.FIRST)
    bounces = {key for key in channel if "bounce" in key}
    return Seen(str([*channel]), not bounces, bounces >= {"bounce_count", "last_bounce_at"})


def _object_created_at(owner: Caller, _: pytest.FixtureRequest) -> Seen:
    channel = _made(owner, pool.FIRST)
    return Seen(str([*channel]), "created_at" in channel, "created_at" not in channel)


def _object_retired(owner: Caller, _: pytest.FixtureRequest) -> Seen:
    state = done(_delete(owner, _made(owner, pool.FIRST)["id"])).get("workflow_state")
    return Seen(f"a deleted channel is {state}", state == "retired", state in {"unconfirmed", "active"})


def _create_push_address(owner: Caller, _: pytest.FixtureRequest) -> Seen:
    """Whether the address is missed; a token that cannot push is refused for that alone."""
    if owner.id in owner.wire.fence.foreign_push:
        pytest.skip("needs a user who has no push channel")
    answer = _post(owner, ((TYPE, "push"), (TOKEN, pool.DEVICE)))
    if answer.status_code >= 500:
        pytest.skip("the push service takes no made-up device token here")
    errors = _errors(answer)
    return Seen(said(answer), answer.status_code == 200 or "type" in errors, bool({"path", "email"} & errors.keys()))


def _create_unknown_type(_: Caller, request: pytest.FixtureRequest) -> Seen:
    """Whether the type is refused as such; any other failure is Canvas's own, on an account that has the row."""
    answer: httpx2.Response | None = request.getfixturevalue("owner_stock").unchecked
    is_refused = answer is not None and "path_type" in _errors(answer)
    if answer is None or (answer.status_code >= 400 and not is_refused):
        pytest.skip("needs a user for whom the suite has never run: Canvas fails on it the second time")
    return Seen(said(answer), answer.status_code == 200 and _body(answer).get("type") == "email", is_refused)


def _create_skip_ignored(owner: Caller, _: pytest.FixtureRequest) -> Seen:
    """Whether an address that is taken without the parameter is refused with it."""
    done(_delete(owner, _made(owner, pool.FIRST)["id"]))
    answer = _post(owner, (*owner.fields(pool.FIRST), ("skip_confirmation", "1")))
    is_ignored = answer.status_code == 200 and _body(answer).get("workflow_state") == "unconfirmed"
    return Seen(said(answer), is_ignored, 400 <= answer.status_code < 500)


def _object_push_phrase(_: Caller, request: pytest.FixtureRequest) -> Seen:
    device: Caller = request.getfixturevalue("device")
    shown = str(done(_post(device, _A_DEVICE)).get("address", ""))
    return Seen(f"the address {shown!r}", bool(shown.strip()), shown in {pool.DEVICE, pool.FIRST.address})


def _list_largest_page(owner: Caller, _: pytest.FixtureRequest) -> Seen:
    answer = _page(owner, (("per_page", "1000"),))
    current = answer.links.get("current", {}).get("url", "")
    size = parse_qs(urlsplit(current).query).get("per_page")
    return Seen(f"{answer.status_code}, and a page of {size} for one of 1000", size == ["100"])


def _user_self_others(_: Caller, request: pytest.FixtureRequest) -> Seen:
    answer = _page(request.getfixturevalue("admin"))
    return Seen(f"{answer.status_code} for an admin", answer.status_code == 200, answer.status_code in REFUSALS)


def _forget_answer(owner: Caller, _: pytest.FixtureRequest) -> Seen:
    answer = _forget(owner, (("push_token", _UNKNOWN_DEVICE),))
    if owner.id in owner.wire.fence.foreign_push:
        return Seen(said(answer), answer.status_code == 200 and _body(answer).get("success") is True)
    return Seen(said(answer), answer.status_code == 404 and isinstance(_body(answer).get("errors"), list))


def _forget_token_needed(_: Caller, request: pytest.FixtureRequest) -> Seen:
    device: Caller = request.getfixturevalue("device")
    done(_post(device, _A_DEVICE))
    answer = _forget(device, ())
    return Seen(said(answer), answer.status_code >= 400 and answer.status_code != 404, answer.status_code == 200)


def _silent_failures(owner: Caller, _: pytest.FixtureRequest) -> Seen:
    nobody = Caller(owner.wire, owner.contract, None, "", owner.id)
    answers = [_page(nobody), _delete(owner, "0"), _post(owner, owner.fields(pool.REFUSED[0]))]
    shapes = [(answer.status_code, type(_body(answer).get("errors"))) for answer in answers]
    return Seen("; ".join(map(said, answers)), shapes == [(401, list), (404, list), (400, dict)])


def _create_status(owner: Caller, _: pytest.FixtureRequest) -> Seen:
    answer = _post(owner, owner.fields(pool.FIRST))
    return Seen(said(answer), answer.status_code == 200)


def _create_duplicates(owner: Caller, _: pytest.FixtureRequest) -> Seen:
    channel = _made(owner, pool.MIXED_CASE)
    again = _post(owner, owner.fields(Pair("email", pool.MIXED_CASE.address.upper())))
    done(_delete(owner, channel["id"]))
    back = _made(owner, pool.MIXED_CASE)
    what = f"a duplicate was answered {again.status_code}, and {channel['id']} came back as {back['id']}"
    return Seen(what, again.status_code == 400 and back["id"] == channel["id"])


def _create_limits(owner: Caller, _: pytest.FixtureRequest) -> Seen:
    """Only the length: an account is never filled."""
    longest, longer = (_post(owner, owner.fields(pair)) for pair in (pool.LONGEST, pool.TOO_LONG))
    what = f"{longest.status_code} for 255 characters, {longer.status_code} for one more"
    return Seen(what, longest.status_code == 200 and longer.status_code >= 400)


def _delete_address_encoding(owner: Caller, _: pytest.FixtureRequest) -> Seen:
    _made(owner, pool.PLUS)
    suffixed = _delete_at(owner, Pair("email", f"{pool.PLUS.address}.json"))
    plain = _delete_at(owner, pool.PLUS)
    what = f"{suffixed.status_code} for the address with .json, {plain.status_code} for the address"
    return Seen(what, (suffixed.status_code, plain.status_code) == (404, 200))


def _delete_other_parameters(owner: Caller, _: pytest.FixtureRequest) -> Seen:
    first, second = _made(owner, pool.FIRST), _made(owner, pool.SECOND)
    gone = done(_delete(owner, first["id"], (("type", "email"), ("address", pool.SECOND.address))))
    what = f"{gone.get('id')} was deleted, asked with the id {first['id']} and the address of {second['id']}"
    return Seen(what, gone.get("id") == second["id"])


def _list_odd_pages(owner: Caller, _: pytest.FixtureRequest) -> Seen:
    below, past = (_page(owner, (("page", page),)) for page in ("0", "100000"))
    is_empty = past.status_code == 200 and past.json() == []
    return Seen(f"{below.status_code} for page 0, {said(past)} past the end", below.status_code == 404 and is_empty)


def _scope_overlap(owner: Caller, _: pytest.FixtureRequest) -> Seen:
    token = owner.wire.settings.tokens.get(SCOPED)
    if token is None:
        pytest.skip(f"needs {SCOPED}, a token whose only scope is deletion by id")
    scoped = Caller(owner.wire, owner.contract, token, SCOPED, owner.id)
    if (_page(scoped).status_code, _delete(scoped, _NO_CHANNEL).status_code) != (401, 404):
        pytest.skip(f"needs a {SCOPED} that may delete by id and not list; see that its developer key enforces scopes")
    answer = _forget(scoped, (("push_token", _UNKNOWN_DEVICE),))
    return Seen(said(answer), answer.status_code in {200, 404}, answer.status_code == 401)


PROBES: dict[str, Callable[[Caller, pytest.FixtureRequest], Seen]] = {
    "object-bounces": _object_bounces,
    "object-created-at": _object_created_at,
    "object-retired": _object_retired,
    "create-push-address": _create_push_address,
    "create-unknown-type": _create_unknown_type,
    "create-skip-ignored": _create_skip_ignored,
    "object-push-phrase": _object_push_phrase,
    "list-largest-page": _list_largest_page,
    "user-self-others": _user_self_others,
    "forget-answer": _forget_answer,
    "forget-token-needed": _forget_token_needed,
    "silent-failures": _silent_failures,
    "create-status": _create_status,
    "create-duplicates": _create_duplicates,
    "create-limits": _create_limits,
    "delete-address-encoding": _delete_address_encoding,
    "delete-other-parameters": _delete_other_parameters,
    "list-odd-pages": _list_odd_pages,
    "scope-overlap": _scope_overlap,
}
"""How each difference of promises.yaml is asked about, by its id."""


def _page(caller: Caller, query: Fields = ()) -> httpx2.Response:
    return caller.wire.send(caller.call(LIST, "GET", query=query))


def _post(caller: Caller, fields: Fields) -> httpx2.Response:
    return caller.wire.send(caller.call(CREATE, "POST", body=fields))


def _made(caller: Caller, pair: Pair) -> Channel:
    channel: Channel = done(_post(caller, caller.fields(pair)))
    return channel


def _delete(caller: Caller, channel: int | str, query: Fields = ()) -> httpx2.Response:
    return caller.wire.send(caller.call(DELETE, "DELETE", tail=(str(channel),), query=query))


def _delete_at(caller: Caller, pair: Pair) -> httpx2.Response:
    return caller.wire.send(caller.call(DELETE_BY_ADDRESS, "DELETE", tail=tuple(pair)))


def _forget(caller: Caller, fields: Fields) -> httpx2.Response:
    return caller.wire.send(caller.call(DELETE_PUSH_TOKEN, "DELETE", user="self", tail=("push",), body=fields))


def _body(answer: httpx2.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _errors(answer: httpx2.Response) -> dict[str, Any]:
    errors = _body(answer).get("errors")
    return errors if isinstance(errors, dict) else {}
