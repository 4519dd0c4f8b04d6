"""Tokens: who is not known is told so, at every door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests import pool
from contract_tests.caller import Caller, done
from contract_tests.fence import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

UNKNOWN = "canvas-contract-is-no-token"

DOORS: dict[str, Callable[[Caller], httpx2.Response]] = {
    "list": lambda caller: caller.page(),
    "create": lambda caller: caller.create(pool.PLAIN[0]),
    "delete": lambda caller: caller.delete("0"),
    "delete by address": lambda caller: caller.delete_by_address(pool.ABSENT),
    "delete push token": lambda caller: caller.delete_push_token("canvas-contract"),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("token", [None, UNKNOWN], ids=["without", "unknown"])
def test_every_operation_needs_a_token(owner: Caller, door: str, token: str | None) -> None:
    """Without a token that Canvas knows, every operation is 401 with WWW-Authenticate, and nothing changes."""
    before = owner.channels()
    stranger = Caller(owner.fence, owner.contract, token, "NO_SUCH_TOKEN", id=owner.id)

    answer = DOORS[door](stranger)

    assert answer.status_code == 401
    assert answer.headers.get("www-authenticate", "").startswith("Bearer")
    assert answer.json()["errors"][0]["message"]
    assert token is not None or answer.json().get("status") == "unauthenticated"
    assert owner.channels() == before


def test_a_strange_user_is_not_looked_up_without_a_token(owner: Caller) -> None:
    """A call without a token is 401 for an existing user too."""
    stranger = Caller(owner.fence, owner.contract, None, user=str(owner.id), id=owner.id)

    assert stranger.page().status_code == 401


def test_the_scheme_is_case_sensitive(owner: Caller) -> None:
    """`bearer` in lower case is no token."""
    header = (("Authorization", f"bearer {UNKNOWN}"),)

    answer = owner.fence.send(Call("GET", "self", headers=header))

    assert answer.status_code == 401
    assert answer.json()["status"] == "unauthenticated"


def test_self_is_the_owner_of_the_token(owner: Caller) -> None:
    """`self` and the user's own id name the same channels, and leading zeros do not matter."""
    whole = owner.channels()

    assert done(owner.page(str(owner.id))) == whole[:10]
    assert done(owner.page(f"00{owner.id}")) == whole[:10]
