"""Tokens: who is not known is told so, at every door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests import pool
from contract_tests.caller import (
    ADDRESS,
    CREATE,
    DELETE_BY_ADDRESS,
    TYPE,
    Caller,
    done,
    local_id,
    missing,
    unauthenticated,
    unsaved,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

UNKNOWN = "canvas-contract-is-no-token"

DOORS: dict[str, Callable[[Caller], httpx2.Response]] = {
    "list": lambda caller: caller.page(),
    "list by number": lambda caller: caller.about(caller.id).page(),
    "create": lambda caller: caller.create(pool.FIRST),
    "create sms": lambda caller: caller.create(pool.PHONE),
    "create push": lambda caller: caller.post(((TYPE, "push"),)),
    "create nothing": lambda caller: caller.post(((TYPE, "email"),)),
    "delete": lambda caller: caller.delete("0"),
    "delete by address": lambda caller: caller.delete_by_address(pool.ABSENT),
    "delete push token": lambda caller: caller.delete_push_token((("push_token", pool.DEVICE),)),
    "an unknown user": lambda caller: caller.about(0).page(),
    "create for an unknown user": lambda caller: caller.about(0).create(pool.FIRST),
    "delete from an unknown user": lambda caller: caller.about(0).delete("0"),
    "delete by address from an unknown user": lambda caller: caller.about(0).delete_by_address(pool.ABSENT),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("token", [None, UNKNOWN], ids=["without", "unknown"])
def test_every_operation_needs_a_token(owner: Caller, door: str, token: str | None) -> None:
    """Without a token that Canvas knows, every operation is 401 and changes nothing (behaviour 2)."""
    if door == "create push" and owner.id in owner.wire.fence.foreign_push:
        pytest.skip("needs a user who has no push channel")
    before = owner.channels()
    stranger = Caller(owner.wire, owner.contract, token, "NO_SUCH_TOKEN" if token else "", owner.id)

    answer = DOORS[door](stranger)

    unauthenticated(answer, known=token is not None)
    assert owner.channels() == before


@pytest.mark.parametrize("name", ["CANVAS_EXPIRED_TOKEN", "CANVAS_REVOKED_TOKEN"])
def test_a_token_that_was_good_once_is_refused(owner: Caller, name: str) -> None:
    """A token past its expiry, or revoked, is 401 and changes nothing (behaviour 2)."""
    if name not in owner.wire.settings.tokens:
        pytest.skip(f"needs {name}")
    before = owner.channels()
    former = Caller(owner.wire, owner.contract, owner.wire.settings.tokens[name], name, owner.id)

    for knock in (DOORS["list"], DOORS["list by number"], DOORS["create"], DOORS["delete by address"]):
        unauthenticated(knock(former), known=True)

    assert owner.channels() == before


@pytest.mark.parametrize("header", [f"bearer {UNKNOWN}", f"Basic {UNKNOWN}", "Bearer"])
def test_a_header_without_a_bearer_is_no_token(owner: Caller, header: str) -> None:
    """Another scheme, `bearer` in lower case, or `Bearer` alone is no token (behaviour 2)."""
    stranger = Caller(owner.wire, owner.contract, None, "", owner.id)

    unauthenticated(stranger.page(headers=(("Authorization", header),)), known=False)


def test_the_scheme_is_case_sensitive(owner: Caller) -> None:
    """A good token after `bearer` in lower case is not read (behaviour 2)."""
    stranger = Caller(owner.wire, owner.contract, None, "", owner.id)

    unauthenticated(stranger.page(headers=(("Authorization", f"bearer {owner.token}"),)), known=False)


def test_the_header_wins_over_the_parameter(owner: Caller) -> None:
    """A bad token in the header is not saved by a good one in a parameter (behaviour 2)."""
    stranger = Caller(owner.wire, owner.contract, UNKNOWN, "NO_SUCH_TOKEN", owner.id)

    unauthenticated(stranger.post(((TYPE, "email"), ("access_token", str(owner.token)))), known=True)


def test_a_token_may_be_a_parameter(owner: Caller) -> None:
    """Without a Bearer header the parameter access_token is the token (behaviour 2)."""
    stranger = Caller(owner.wire, owner.contract, None, "", owner.id)

    unsaved(stranger.post(((TYPE, "sms"), ("access_token", str(owner.token)))), path="blank")
    unauthenticated(stranger.post(((TYPE, "sms"), ("access_token", UNKNOWN))), known=True)
    unauthenticated(stranger.post(((TYPE, "sms"), ("access_token", ""))), known=False)


def test_a_token_may_be_a_parameter_of_a_delete(owner: Caller) -> None:
    """A DELETE reads access_token from its body like any other parameter (behaviour 2)."""
    stranger = Caller(owner.wire, owner.contract, None, "", owner.id)
    body = (("access_token", str(owner.token)),)

    missing(stranger.ask(DELETE_BY_ADDRESS, "DELETE", tail=tuple(pool.ABSENT), body=body))


def test_an_empty_bearer_is_not_saved_by_a_parameter(owner: Caller) -> None:
    """After `Bearer` alone, a good token in a parameter is not read (behaviour 2)."""
    stranger = Caller(owner.wire, owner.contract, None, "", owner.id)
    body = ((TYPE, "email"), ("access_token", str(owner.token)))
    headers = (("Authorization", "Bearer"),)

    unauthenticated(stranger.ask(CREATE, "POST", body=body, headers=headers), known=False)


@pytest.mark.parametrize("change", ["letter case", "shorter", "longer"])
def test_a_token_that_is_only_nearly_one_is_none(owner: Caller, change: str) -> None:
    """The token in other letter case, cut or with more behind it, is another token (behaviour 2)."""
    token = str(owner.token)
    changed = {"letter case": token.swapcase(), "shorter": token[:-1], "longer": f"{token}x"}[change]
    if changed == token:
        pytest.skip("needs a CANVAS_TOKEN with letters in it")

    unauthenticated(Caller(owner.wire, owner.contract, changed, "NO_SUCH_TOKEN", owner.id).page(), known=True)


def test_a_token_may_be_in_the_query(owner: Caller) -> None:
    """The parameter is read from the query too (behaviour 2)."""
    if not owner.wire.settings.is_local:
        pytest.skip("no token is ever put into a URL of a target that is not on this machine")
    stranger = Caller(owner.wire, owner.contract, None, "", owner.id)

    answer = stranger.page((("access_token", str(owner.token)),))

    assert done(answer) == owner.channels()[:10]
    assert str(owner.token) not in answer.headers.get("link", "")


def test_the_answer_says_who_was_asked(owner: Caller) -> None:
    """X-Canvas-User-Id, where it is sent, is the caller's id, the shard before it left out (behaviour 9)."""
    sent = owner.page().headers.get("x-canvas-user-id")
    if sent is None:
        pytest.skip("the target sends no X-Canvas-User-Id")

    assert local_id(int(sent)) == local_id(owner.id)


def test_a_token_is_looked_at_before_the_parameters(owner: Caller) -> None:
    """Without a token a faulty create is 401, not 400 (behaviour 2)."""
    stranger = Caller(owner.wire, owner.contract, None, "", owner.id)

    unauthenticated(stranger.post(((ADDRESS, pool.REFUSED[0].address), (TYPE, "email"))), known=False)
