"""Everyone at every door: who may do what to whose channels, and what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests import pool
from contract_tests.caller import REFUSALS, done, missing, refused

if TYPE_CHECKING:
    from contract_tests.caller import Caller

STRANGE_USERS = ("0", "9223372036854775808", "abc", "-1", "SELF", "sis_user_id:canvas-contract-nobody")


def test_a_user_cannot_list_another_s_channels(owner: Caller, other: Caller) -> None:
    """An unrelated user is refused."""
    refused(owner.page(str(other.id)))


def test_a_user_cannot_create_for_another(owner: Caller, other: Caller) -> None:
    """A create for an unrelated user is refused and makes nothing, for neither."""
    before, mine = other.channels(), owner.channels()

    refused(owner.create(pool.PLAIN[0], str(other.id), owner=other.id))

    assert other.channels() == before
    assert owner.channels() == mine


def test_a_user_cannot_delete_another_s_channel(owner: Caller, other: Caller) -> None:
    """A delete of an unrelated user's channel is refused, by id and by address, and deletes nothing."""
    channel = other.made(pool.PLAIN[0])
    own = owner.made(pool.PLAIN[0])

    refused(owner.delete(channel["id"], str(other.id)))
    refused(owner.delete_by_address(pool.PLAIN[0], str(other.id)))

    assert channel in other.channels()
    assert own in owner.channels()


def test_another_s_channel_is_missing_under_one_s_own_name(owner: Caller, other: Caller) -> None:
    """A channel id of another user is 404 under `self`, whoever asks."""
    channel = other.made(pool.PLAIN[0])

    missing(owner.delete(channel["id"]))
    missing(other.delete(channel["id"], str(owner.id)))

    assert channel in other.channels()


def test_a_missing_channel_of_another_is_missing(owner: Caller, other: Caller) -> None:
    """The channel is looked for before permission is asked, so a missing one is 404 for strangers too."""
    missing(owner.delete("0", str(other.id)))
    missing(owner.delete_by_address(pool.ABSENT, str(other.id)))


def test_users_do_not_share_addresses(owner: Caller, other: Caller) -> None:
    """Two users may have the same address; each has a channel of one's own."""
    mine, theirs = owner.made(pool.PLAIN[0]), other.made(pool.PLAIN[0])

    assert mine["id"] != theirs["id"]
    done(owner.delete_by_address(pool.PLAIN[0]))

    assert theirs in other.channels()
    assert mine not in owner.channels()


@pytest.mark.parametrize("user", STRANGE_USERS)
def test_an_unknown_user_is_missing(owner: Caller, user: str) -> None:
    """A user whom Canvas does not know is 404 at every door."""
    missing(owner.page(user))
    missing(owner.create(pool.PLAIN[0], user))
    missing(owner.delete("0", user))
    missing(owner.delete_by_address(pool.ABSENT, user))


def test_an_admin_sees_what_the_owner_sees(admin: Caller, owner: Caller) -> None:
    """A root-account admin lists another's channels with the same fields as their owner."""
    owner.made(pool.PLAIN[0])

    assert admin.channels() == owner.channels()


@pytest.mark.parametrize("way", ["id", "address"])
def test_an_admin_creates_and_deletes_for_others(admin: Caller, owner: Caller, way: str) -> None:
    """A root-account admin's create and delete change the other user's channels."""
    channel = admin.made(pool.PLAIN[2])
    assert channel["workflow_state"] == "unconfirmed"
    assert channel in owner.channels()

    done(admin.delete(channel["id"]) if way == "id" else admin.delete_by_address(pool.PLAIN[2]))

    assert channel not in owner.channels()


def test_a_site_admin_sees_bounces_and_nothing_less(site_admin: Caller, owner: Caller) -> None:
    """What a site admin sees, bounce fields left out, is what the owner sees."""
    owner.made(pool.PLAIN[0])
    seen = site_admin.channels()

    counts = [channel["bounce_count"] for channel in seen if "bounce_count" in channel]
    assert len(counts) in {0, len(seen)}, "bounce fields are shown for some channels and not for others"
    assert [{key: each[key] for key in each if "bounce" not in key} for each in seen] == owner.channels()


def test_a_masquerade_of_who_may_not_is_refused(owner: Caller, other: Caller) -> None:
    """as_user_id of somebody whom the caller cannot become is 401 with a string of errors."""
    answer = owner.page(query=(("as_user_id", str(other.id)),))

    assert answer.status_code in REFUSALS
    assert isinstance(answer.json()["errors"], str)
