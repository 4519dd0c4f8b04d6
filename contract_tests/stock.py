"""Whose account it is, whether there is room in it, and that it is left as it was found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from contract_tests import pool
from contract_tests.account import MOST_ROWS, ask, channel_of, key_of, listed, object_of, sweep
from contract_tests.caller import REFUSALS
from contract_tests.settings import NotJudged

if TYPE_CHECKING:
    import httpx2

    from contract_tests.caller import Caller, Channel

_ONE_RUN = timedelta(minutes=10)
"""Rows whose births lie further apart were not made by one taking of stock."""

_LIMITED = frozenset({"user_id", "type"})


@dataclass(frozen=True)
class Stock:
    """One user's account when the run began, and what the first channels of the run were like."""

    caller: Caller
    before: list[Channel]
    firsts: list[Channel]
    """A channel of each accepted pair, in the order in which they were made; every second was deleted at once."""
    known: frozenset[int]
    """The ids that were known before these were made."""
    mixed: list[Channel]
    """What was listed then: of the first channels some that were never deleted, and one that had come back."""
    unchecked: httpx2.Response | None
    """What the pair with an unknown type was answered; None where an earlier pair failed."""

    def compare(self) -> list[str]:
        """How the account differs from what was found: one line for each channel."""
        found = {channel["id"]: channel for channel in listed(self.caller)}
        wanted = {channel["id"]: channel for channel in self.before}
        return [
            f"channel {number}: was {wanted.get(number, 'absent')}, is {found.get(number, 'absent')}"
            for number in sorted(found.keys() | wanted.keys())
            if found.get(number) != wanted.get(number)
        ]

    def new(self) -> list[Channel]:
        """The first channels in the order in which one run made them, be it an earlier one; none if several did."""
        highest = max(self.known, default=0)
        new = [channel for channel in self.firsts if channel["id"] > highest]
        births = [
            datetime.fromisoformat(str(channel.get("created_at"))) for channel in new if channel.get("created_at")
        ]
        return new if births and max(births) - min(births) < _ONE_RUN else []


def open_account(caller: Caller) -> tuple[Caller, list[Channel]]:
    """The caller with its id, and its channels after an earlier run's leftovers are gone.

    Raises NotJudged where the target is no Canvas, or refuses the token.
    """
    first = ask(caller, "GET", query=(("per_page", "100"),))
    _judge_first(caller, first)
    if not caller.id:
        caller = caller.about(_own_id(caller, first), caller.user)
    _adopt_leftovers(caller)
    sweep(caller)
    before = listed(caller)
    fence = caller.wire.fence
    fence.foreign |= {channel["id"] for channel in before}
    fence.foreign_addresses |= {(caller.id, str(channel.get("address")).strip().lower()) for channel in before}
    fence.foreign_push |= {caller.id for channel in before if channel.get("type") == "push"}
    caller.wire.accounts.append(caller)  # last: only what is known not to be there before may be tidied away
    return caller, before


def take_stock(caller: Caller, before: list[Channel], admin: Caller | None) -> Stock:
    """Make a channel of each accepted pair, so that a full account is found before anything is judged by it.

    Raises NotJudged where the user has no room, or may not edit channels.
    """
    caller.wire.begin()
    known = frozenset(channel["id"] for channel in before) | caller.wire.journal.made.keys()
    try:
        firsts, unchecked = _first_channels(caller, admin)
        ask(caller, "POST", body=caller.fields(pool.ACCEPTED[1]))
        mixed = listed(caller)
    finally:
        sweep(caller)
    return Stock(caller, before, firsts, known, mixed, unchecked)


def _first_channels(caller: Caller, admin: Caller | None) -> tuple[list[Channel], httpx2.Response | None]:
    firsts: list[Channel] = []
    for index, pair in enumerate(pool.ACCEPTED):
        answer = ask(caller, "POST", body=caller.fields(pair))
        _judge_room(caller, answer)
        is_self = caller.user == "self"  # a school may keep users from editing their channels, but not an admin
        if answer.status_code in REFUSALS and is_self and not (firsts or _may_delete(caller, admin)):
            raise NotJudged(
                f"User {caller.id} may not create channels with ${caller.token_name} ({answer.status_code}); "
                "allow users to edit their channels in the account's settings, or use another account."
            )
        channel = channel_of(answer)
        if channel is None:
            return firsts, None  # whatever it is, a test says it better
        firsts.append(channel)
        if index % 2:
            ask(caller, "DELETE", tail=(str(channel["id"]),))
    unchecked = ask(caller, "POST", body=caller.fields(pool.UNCHECKED))
    _judge_room(caller, unchecked)
    return firsts, unchecked


def _judge_first(caller: Caller, answer: httpx2.Response) -> None:
    name = f"${caller.token_name}"
    if caller.user != "self" and answer.status_code in REFUSALS and _knows_itself(caller):
        raise AssertionError(
            f"the holder of {name} may not list the channels of user {caller.id} ({answer.status_code}): "
            "a root-account admin who may manage user logins may"
        )
    if answer.status_code == 404 and caller.user != "self":
        raise NotJudged(f"The target knows no user {caller.id}; set CANVAS_OTHER_USER_ID to one that it has.")
    if answer.status_code in {401, 403}:
        raise NotJudged(f"The target refuses {name} with {answer.status_code}; see that the token is valid.")
    if "json" not in answer.headers.get("content-type", ""):
        raise NotJudged("The target does not answer JSON; see that CANVAS_URL is a Canvas.")
    try:
        body = answer.json()
    except ValueError:
        raise NotJudged("The target's JSON cannot be read; see that CANVAS_URL is a Canvas.") from None
    if answer.status_code != 200 or not isinstance(body, list):
        raise NotJudged(
            f"The target answers {name} with {answer.status_code} where a list of channels is due; "
            "see that CANVAS_URL is a Canvas."
        )


def _knows_itself(caller: Caller) -> bool:
    """Whether the token is good for its own holder."""
    return ask(replace(caller, user="self"), "GET").status_code == 200


def _own_id(caller: Caller, first: httpx2.Response) -> int:
    """The id of `self`: of a channel, of a header, or of a channel that is made for it."""
    for channel in first.json():
        if isinstance(channel, dict) and isinstance(channel.get("user_id"), int):
            return int(channel["user_id"])
    header = first.headers.get("x-canvas-user-id", "")
    if header.isdigit():
        return int(header)
    answer = ask(caller, "POST", body=caller.fields(pool.FIRST))
    _judge_room(caller, answer)
    channel = channel_of(answer)
    if channel is None:
        raise NotJudged(
            f"The target does not say who the user of ${caller.token_name} is; add an e-mail channel to that user."
        )
    ask(caller, "DELETE", tail=(str(channel["id"]),))
    return int(channel["user_id"])


def _adopt_leftovers(caller: Caller) -> None:
    """Take what a killed run's journal explains as ours; stop at what it does not."""
    journal = caller.wire.journal
    for channel in listed(caller):
        key = key_of(channel)
        if (caller.id, *key) in journal.intents:
            journal.create(caller.id, channel["id"])
        elif key in pool.KEYS - {pool.PUSH.key}:
            raise NotJudged(
                f"Channel {channel['id']} of user {caller.id} has an address of this suite's ({channel['address']}), "
                "and no journal here says that it was made by it: wait if another run is going on, else delete it."
            )


def _may_delete(caller: Caller, admin: Caller | None) -> bool:
    """Whether the user may delete a channel that an admin made: then the school does let users edit (behaviour 3.2)."""
    if admin is None:
        return False
    admin = admin.about(caller.id)
    channel = channel_of(ask(admin, "POST", body=admin.fields(pool.FIRST)))
    if channel is None:
        return False
    may = ask(caller, "DELETE", tail=(str(channel["id"]),)).status_code == 200
    sweep(admin)
    return may


def _judge_room(caller: Caller, answer: httpx2.Response) -> None:
    errors = object_of(answer).get("errors")
    if answer.status_code == 400 and isinstance(errors, dict) and errors.keys() <= _LIMITED:
        raise NotJudged(
            f"User {caller.id} has no room for the suite's {len(pool.KEYS)} channels; use a fresh test user, "
            "for Canvas counts deleted channels too, or raise the account's limit."
        )


def room_left(channels: list[Channel]) -> int:
    """How many rows fit at the most: Canvas counts positions through all rows (behaviour 5.6)."""
    return MOST_ROWS - max((channel.get("position") or 0 for channel in channels), default=0)
