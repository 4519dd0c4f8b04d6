"""One story through every corner of the API, told the same way to any server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract_tests import pool
from contract_tests.call import ENCODINGS
from contract_tests.caller import ADDRESS, TOKEN, TYPE, Caller
from contract_tests.pool import Pair

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

_ALL = (("per_page", "100"),)
_STRINGS = (("Accept", "application/json+canvas-string-ids"),)
_STRANGERS = ("0", "abc", "-1", "SELF", "99999999999999999999", "sis_user_id:canvas-contract")
_PAGES = ("0", "-1", "abc", "", "1abc", "2.5", " 1 ", "100000")
_SIZES = ("0", "-5", "abc", "", "1000", "5abc")
_DOCUMENTS: tuple[object, ...] = ({}, {"communication_channel": None}, {"communication_channel": "email"}, [])


def story(owner: Caller, admin: Caller, other: int) -> Iterator[tuple[str, httpx2.Response]]:
    """Each step by its name, with its answer; an admin without a token and another user of id 0 have no steps."""
    yield from _reading(owner)
    yield from _creating(owner)
    yield from _refusals(owner)
    yield from _deleting(owner)
    yield from _push(owner)
    yield from _strangers(owner)
    if other:
        yield from _trespassing(owner.about(other))
    if admin.token is not None:
        yield from _administering(owner, admin)


def _send(caller: Caller, method: str, **parts: object) -> httpx2.Response:
    return caller.wire.send(caller.call("", method, **parts))


def _create(caller: Caller, pair: Pair, **parts: object) -> httpx2.Response:
    return _send(caller, "POST", body=caller.fields(pair), **parts)


def _reading(owner: Caller) -> Iterator[tuple[str, httpx2.Response]]:
    yield "list", _send(owner, "GET", query=_ALL)
    yield "list by number", _send(owner.about(owner.id), "GET", query=_ALL)
    yield "list, ids as strings", _send(owner, "GET", query=_ALL, headers=_STRINGS)
    yield "list, HEAD", _send(owner, "HEAD", query=_ALL)
    for page in _PAGES:
        yield f"list, page={page!r}", _send(owner, "GET", query=(("page", page), *_ALL))
    for size in _SIZES:
        yield f"list, per_page={size!r}", _send(owner, "GET", query=(("page", "99999"), ("per_page", size)))
    for method, tail in (("GET", ("0",)), ("PUT", ()), ("PATCH", ()), ("GET", ("push",))):
        yield f"{method} {'/'.join(tail)}, no route", _send(owner, method, tail=tail)


def _creating(owner: Caller) -> Iterator[tuple[str, httpx2.Response]]:
    for pair in pool.ACCEPTED:
        yield f"create {pair.type} {pair.address[:40]}", _create(owner, pair)
    yield "list what was created", _send(owner, "GET", query=_ALL)
    yield "create a duplicate", _create(owner, pool.FIRST)
    yield "create a duplicate in capitals", _create(owner, Pair("email", pool.FIRST.address.upper()))
    for pair in pool.ACCEPTED:
        yield f"delete {pair.type} {pair.address[:40]}", _send(owner, "DELETE", tail=tuple(pair))
    yield "list after deletion", _send(owner, "GET", query=_ALL)
    for encoding in ENCODINGS:
        place = {"query": owner.fields(pool.PLUS)} if encoding == "query" else {"body": owner.fields(pool.PLUS)}
        yield f"create as {encoding}", _send(owner, "POST", encoding=encoding, **place)
        yield f"delete what was {encoding}", _send(owner, "DELETE", tail=tuple(pool.PLUS))
    for word in ("1", "true", "0"):
        skip = ("skip_confirmation", word)
        yield f"create with skip_confirmation={word}", _send(owner, "POST", body=(*owner.fields(pool.FIRST), skip))
        yield f"delete after skip_confirmation={word}", _send(owner, "DELETE", tail=tuple(pool.FIRST))


def _refusals(owner: Caller) -> Iterator[tuple[str, httpx2.Response]]:
    for pair in pool.REFUSED:
        yield f"refuse {pair.address!r}", _create(owner, pair)
    for kind in ("email", "sms", ""):
        yield f"refuse a blank address, type {kind!r}", _send(owner, "POST", body=((ADDRESS, " "), (TYPE, kind)))
    yield "refuse a missing type", _send(owner, "POST", body=((ADDRESS, pool.FIRST.address),))
    for document in _DOCUMENTS:
        yield f"refuse {document}", _send(owner, "POST", document=document)
    yield "refuse an address too long", _create(owner, pool.TOO_LONG)
    yield "refuse what is not parsed", _create(owner, pool.FIRST, encoding="text")


def _deleting(owner: Caller) -> Iterator[tuple[str, httpx2.Response]]:
    made = _create(owner, pool.MIXED_CASE)
    yield "create for deletion", made
    number = str(made.json().get("id", 0)) if made.status_code == 200 else "0"
    for tail in (
        ("0",),
        ("abc",),
        ("PUSH",),
        (f"{number}abc",),
        ("EMAIL", pool.MIXED_CASE.address),
        tuple(pool.ABSENT),
    ):
        yield (
            f"delete {'/'.join(tail).replace(number, 'N') if number != '0' else tail}",
            _send(owner, "DELETE", tail=tail),
        )
    yield "delete in capitals", _send(owner, "DELETE", tail=("email", pool.MIXED_CASE.address.upper()))
    yield "delete again by id", _send(owner, "DELETE", tail=(number,))
    yield "revive in capitals", _create(owner, Pair("email", pool.MIXED_CASE.address.upper()))
    yield "delete by id", _send(owner, "DELETE", tail=(number,))


def _push(owner: Caller) -> Iterator[tuple[str, httpx2.Response]]:
    if owner.id in owner.wire.fence.foreign_push:
        return
    forget = (("push_token", pool.DEVICE),)
    yield "forget a device, no channel", _send(owner, "DELETE", tail=("push",), body=forget)
    yield "forget nothing, no channel", _send(owner, "DELETE", tail=("push",))
    yield "push of a number", _send(owner.about(owner.id), "DELETE", tail=("push",))
    yield "create push", _send(owner, "POST", body=((TYPE, "push"), (TOKEN, pool.DEVICE)))
    yield "forget a device", _send(owner, "DELETE", tail=("push",), body=forget)
    yield "delete push by address", _send(owner, "DELETE", tail=tuple(pool.PUSH))


def _strangers(owner: Caller) -> Iterator[tuple[str, httpx2.Response]]:
    for name, token in (("no token", None), ("a bad token", "canvas-contract-is-no-token")):
        stranger = Caller(owner.wire, owner.contract, token, "NO_SUCH_TOKEN", owner.id)
        yield f"list with {name}", _send(stranger, "GET")
        yield f"create with {name}", _create(stranger, pool.FIRST)
        yield f"delete with {name}", _send(stranger, "DELETE", tail=("0",))
    for user in _STRANGERS:
        yield f"list of user {user}", _send(owner.about(0, user), "GET")
        yield f"create for user {user}", _create(owner.about(0, user), pool.FIRST)
    yield "act as nobody", _send(owner.acting_as(0), "GET")


def _trespassing(owner: Caller) -> Iterator[tuple[str, httpx2.Response]]:
    yield "list of another user", _send(owner, "GET")
    yield "create for another user", _send(owner, "POST", body=((TYPE, "email"),))
    yield "delete another user's missing channel", _send(owner, "DELETE", tail=tuple(pool.ABSENT))
    yield "act as another user", _send(owner.acting_as(owner.id), "GET")


def _administering(owner: Caller, admin: Caller) -> Iterator[tuple[str, httpx2.Response]]:
    yield "list by an admin", _send(admin, "GET", query=_ALL)
    for word in ("1", "yes", "abc", "0", ""):
        skip = ("skip_confirmation", word)
        yield (
            f"create by an admin, skip_confirmation={word}",
            _send(admin, "POST", body=(*admin.fields(pool.SECOND), skip)),
        )
        yield f"delete by an admin, skip_confirmation={word}", _send(admin, "DELETE", tail=tuple(pool.SECOND))
    yield "list by an admin acting as the user", _send(admin.acting_as(owner.id), "GET", query=_ALL)
    yield "create by an admin acting as the user", _create(admin.acting_as(owner.id), pool.FIRST)
    yield "delete of an admin's by the user", _send(owner, "DELETE", tail=tuple(pool.FIRST))
