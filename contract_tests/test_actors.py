"""Everyone at every door: who may do what to whose channels, and what it changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from contract_tests import pool
from contract_tests.account import sweep
from contract_tests.actors import ALLOWED, BAD_TOKEN, DOORS, MISSING, NO_TOKEN, REFUSED, TABLE, WHOSE, cell
from contract_tests.caller import Caller, done, missing, refused, said, unauthenticated

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

UNKNOWN = "canvas-contract-is-no-token"
STRANGE_USERS = ("0", "9223372036854775808", "99999999999999999999", "abc", "-1", "SELF")
STRANGE_IDS = ("sis_user_id:canvas-contract", "sis_login_id:canvas-contract", "canvas_contract:1")
CELLS = [
    pytest.param(actor, whose, door, expected, id=cell(actor, whose, door))
    for actor, rows in TABLE.items()
    for whose, row in rows.items()
    for door, expected in zip(DOORS, row, strict=True)
]


@dataclass(frozen=True)
class Cast:
    """The callers by name, and the two accounts that they knock at."""

    owner: Caller
    other: Caller
    callers: dict[str, Caller]

    def about(self, actor: str, whose: str) -> tuple[Caller, Caller]:
        """The actor asking about those channels, and who sees them by right."""
        if actor not in self.callers:
            pytest.skip(f"needs a token for {actor}")
        rightful = self.owner if whose == WHOSE[0] else self.other
        return self.callers[actor].about(rightful.id), rightful


@pytest.fixture
def cast(owner: Caller, other: Caller, request: pytest.FixtureRequest) -> Cast:
    """Everybody for whom there is a token; the other user is the admin's masquerade."""
    settings = owner.wire.settings
    callers = {
        "nobody": Caller(owner.wire, owner.contract, None, ""),
        "a bad token": Caller(owner.wire, owner.contract, UNKNOWN, "NO_SUCH_TOKEN"),
        "the owner": owner,
        "the other user": other.acting_as(other.id),
        "an admin": other,
    }
    if "CANVAS_SITE_ADMIN_TOKEN" in settings.tokens:
        callers["a site admin"] = request.getfixturevalue("site_admin")
    return Cast(owner, other, callers)


@pytest.mark.parametrize(("actor", "whose", "door", "expected"), CELLS)
def test_everyone_at_every_door(cast: Cast, actor: str, whose: str, door: str, expected: str) -> None:
    """Each actor may do to each user's channels what Canvas lets such an actor do, and nothing else (behaviour 3.2)."""
    asking, rightful = cast.about(actor, whose)
    bystander = cast.other if rightful is cast.owner else cast.owner
    target = rightful.made(pool.FIRST)
    bystander.made(pool.FIRST)
    before, aside = rightful.channels(), bystander.channels()

    answer = _knock(asking, door, target["id"])

    _judge(answer, expected)
    after = rightful.channels()
    if expected == ALLOWED and door.startswith("delete"):
        assert after == [channel for channel in before if channel != target]
    elif expected == ALLOWED and door == "create":
        assert [channel["id"] for channel in after if channel not in before] == [answer.json()["id"]]
    else:
        assert after == before, "what was refused has changed something"
    assert bystander.channels() == aside, "it has changed the channels of somebody else"


def test_a_user_may_not_touch_an_admin(owner: Caller, admin_token: Caller | None) -> None:
    """A user cannot list an admin's channels, nor create one there (behaviour 3.2, 12)."""
    if admin_token is None:
        pytest.skip("needs CANVAS_ADMIN_TOKEN")
    own = done(admin_token.page())
    if not own:
        pytest.skip("needs an admin who has a channel, to learn the admin's id")
    number = own[0]["user_id"]

    refused(owner.about(number).page())
    answer = owner.about(number).create(pool.FIRST)
    sweep(admin_token.about(number))

    refused(answer)


def test_another_s_channel_is_missing_under_one_s_own_name(owner: Caller, other: Caller) -> None:
    """A channel id of another user is 404 under one's own, whoever asks (behaviour 3.5)."""
    channel = other.made(pool.FIRST)

    missing(owner.delete(channel["id"]))
    missing(owner.about(owner.id).delete(channel["id"]))
    missing(other.about(owner.id).delete(channel["id"]))

    assert channel in other.channels()


def test_no_list_shows_another_s_channel(owner: Caller, other: Caller) -> None:
    """A list holds channels of its own user only, whoever has the newest of all (behaviour 4)."""
    for asking, aside in ((owner, other), (other, owner)):
        asking.stocked()
        aside.stocked()
        aside.create(pool.Pair("email", pool.UNCHECKED.address))  # where a type that is not known has made its row

        assert {channel["user_id"] for channel in asking.channels()} == {asking.id}


def test_users_do_not_share_addresses(owner: Caller, other: Caller) -> None:
    """Two users may have the same address; each has a channel of one's own, and loses only that (behaviour 5.4)."""
    mine, theirs = owner.made(pool.FIRST), other.made(pool.FIRST)
    assert mine["id"] != theirs["id"]

    done(owner.delete_by_address(pool.FIRST))

    assert theirs in other.channels()
    assert mine not in owner.channels()


@pytest.mark.parametrize("user", [*STRANGE_USERS, *STRANGE_IDS])
def test_an_unknown_user_is_missing(owner: Caller, user: str) -> None:
    """A user whom Canvas does not know is 404 at every door (behaviour 3.4)."""
    nobody = owner.about(0, user)

    missing(nobody.page())
    missing(nobody.create(pool.FIRST))
    missing(nobody.delete("0"))
    missing(nobody.delete_by_address(pool.ABSENT))


@pytest.mark.parametrize("nearly", ["{}.5", "{}abc", "{}.0"])
def test_a_user_who_is_only_nearly_there_is_missing(owner: Caller, nearly: str) -> None:
    """What begins with the user's number is not that user (behaviour 3.4)."""
    missing(owner.about(owner.id, nearly.format(owner.id)).page())


def test_no_way_of_asking_opens_another_s_list(owner: Caller, other: Caller) -> None:
    """Another's list is refused on every page and under every spelling of the number (behaviour 3.2)."""
    for user, query in (
        (f"00{other.id}", ()),
        (str(other.id), (("page", "2"),)),
        (str(other.id), (("per_page", "1"),)),
    ):
        refused(owner.about(other.id, user).page(query))


def test_self_is_the_owner_of_the_token(owner: Caller) -> None:
    """`self` and the user's own id name the same channels, and leading zeros do not matter (behaviour 3.4)."""
    owner.made(pool.FIRST)
    whole = owner.channels()

    assert owner.about(owner.id).channels() == whole
    assert owner.about(owner.id, f"00{owner.id}").channels() == whole


@pytest.mark.parametrize("way", ["id", "address"])
def test_one_s_own_number_is_as_good_as_self(owner: Caller, way: str) -> None:
    """A create and a delete under the user's own id do what they do under self (behaviour 3.4)."""
    numbered = owner.about(owner.id)
    channel = numbered.made(pool.PLUS)
    assert channel in owner.channels()

    gone = done(numbered.delete(channel["id"]) if way == "id" else numbered.delete_by_address(pool.PLUS))

    assert gone == {**channel, "workflow_state": "retired"}
    assert channel not in owner.channels()


def test_an_admin_sees_what_the_owner_sees(admin: Caller, owner: Caller) -> None:
    """A root-account admin lists another's channels with the same fields as their owner (behaviour 8)."""
    owner.made(pool.FIRST)

    assert admin.channels() == owner.channels()


def test_an_admin_s_create_is_unconfirmed(admin: Caller, owner: Caller) -> None:
    """What an admin makes without skip_confirmation is unconfirmed, and is the owner's (behaviour 5.8)."""
    channel = admin.made(pool.MIXED_CASE)

    assert channel["workflow_state"] == "unconfirmed"
    assert channel["user_id"] == owner.id
    assert channel in owner.channels()


@pytest.mark.parametrize("pair", [pool.PLUS, pool.PERCENT, pool.NON_ASCII, pool.PHONE], ids=str)
def test_an_admin_deletes_for_others(admin: Caller, owner: Caller, pair: pool.Pair) -> None:
    """An admin's delete by address finds the owner's channel, whatever signs are in it (behaviour 6)."""
    channel = owner.made(pair)

    assert done(admin.delete_by_address(pair)) == {**channel, "workflow_state": "retired"}
    assert channel not in owner.channels()


def test_an_admin_s_duplicate_is_refused(admin: Caller, owner: Caller) -> None:
    """An address that the owner has is refused to an admin too, active or not (behaviour 5.5)."""
    admin.made(pool.FIRST, (("skip_confirmation", "1"),))
    before = owner.channels()

    answers = [admin.create(pool.FIRST), owner.create(pool.FIRST)]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert owner.channels() == before


def test_a_masquerade_is_the_user_in_everything(admin: Caller, owner: Caller) -> None:
    """An admin acting as a user sees, makes and deletes as that user; self is that user (behaviour 3.6)."""
    acting = admin.acting_as(owner.id)
    channel = acting.made(pool.SECOND, (("skip_confirmation", "1"),))

    assert channel["user_id"] == owner.id
    assert channel["workflow_state"] == "unconfirmed", "the right to skip is the admin's, not the user's"
    assert acting.channels() == owner.channels()
    assert done(acting.delete(channel["id"]))["id"] == channel["id"]
    assert channel not in owner.channels()


def test_a_masquerade_of_who_may_not_is_refused(owner: Caller, other: Caller) -> None:
    """as_user_id of somebody whom the caller cannot become is 401 with a string of errors (behaviour 3.6)."""
    channel = other.made(pool.FIRST)
    before = other.channels()
    acting = owner.acting_as(other.id)

    for answer in (
        acting.page(),
        acting.create(pool.SECOND),
        acting.delete(channel["id"]),
        acting.delete_by_address(pool.FIRST),
    ):
        assert answer.status_code == 401, said(answer)
        assert isinstance(answer.json()["errors"], str)
        assert "www-authenticate" not in answer.headers, "the token is good; another would not help"

    assert other.channels() == before


def test_a_masquerade_of_nobody_is_refused(owner: Caller) -> None:
    """as_user_id of nobody is 401 too, and as_user_id of oneself changes nothing (behaviour 3.6)."""
    assert owner.acting_as(0).page().status_code == 401
    assert owner.acting_as(owner.id).channels() == owner.channels()


def _knock(asking: Caller, door: str, channel: int) -> httpx2.Response:
    knocks: dict[str, Callable[[], httpx2.Response]] = {
        "list": asking.page,
        "create": lambda: asking.create(pool.SECOND),
        "delete": lambda: asking.delete(channel),
        "delete by address": lambda: asking.delete_by_address(pool.FIRST),
        "delete a missing one": lambda: asking.delete_by_address(pool.ABSENT),
    }
    return knocks[door]()


def _judge(answer: httpx2.Response, expected: str) -> None:
    judges: dict[str, Callable[[httpx2.Response], object]] = {
        ALLOWED: done,
        REFUSED: refused,
        MISSING: missing,
        NO_TOKEN: lambda answer: unauthenticated(answer, known=False),
        BAD_TOKEN: lambda answer: unauthenticated(answer, known=True),
    }
    judges[expected](answer)
