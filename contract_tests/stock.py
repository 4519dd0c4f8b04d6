"""Whose account it is, whether there is room in it, and that it is left as it was found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import cycle
from typing import TYPE_CHECKING

from contract_tests import pool
from contract_tests.account import MOST_ROWS, ask, channel_of, key_of, listed, object_of, sweep
from contract_tests.call import ENCODINGS
from contract_tests.caller import REFUSALS, local_id
from contract_tests.pool import Pair
from contract_tests.settings import NotJudged

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

    from contract_tests.caller import Caller, Channel

_ONE_RUN = timedelta(minutes=10)
"""Rows whose births lie further apart were not made by one taking of stock."""

SKIPPING = pool.PHONE
"""The pair that is first made with skip_confirmation."""

_LIMITED = frozenset({"user_id", "type"})


@dataclass(frozen=True)
class Stock:
    """One user's account when the run began, and what the first channels of the run were like."""

    caller: Caller
    before: list[Channel]
    answers: dict[tuple[Pair, str], httpx2.Response]
    """What a create of each accepted pair was answered, by its encoding, in order; every second was deleted at once."""
    known: frozenset[int]
    """The ids that were known before these were made."""
    mixed: list[Channel]
    """What was listed then: of the first channels some that were never deleted, and one that had come back."""
    unchecked: httpx2.Response | None
    """What the pair with an unknown type was answered; None where it is there already, or an earlier pair failed."""

    def compare(self) -> list[str]:
        """How the account differs from what was found: one line for each channel."""
        found = {channel["id"]: channel for channel in listed(self.caller)}
        wanted = {channel["id"]: channel for channel in self.before}
        return [
            f"channel {number}: was {wanted.get(number, 'absent')}, is {found.get(number, 'absent')}"
            for number in sorted(found.keys() | wanted.keys())
            if found.get(number) != wanted.get(number)
        ]

    @property
    def births(self) -> dict[int, object]:
        """When each of the first channels was made, by its id."""
        return {channel["id"]: channel.get("created_at") for channel in self._made()}

    def _made(self) -> Iterator[Channel]:
        return filter(None, map(channel_of, self.answers.values()))

    def new(self) -> list[Channel]:
        """The first channels in the order in which one run made them, be it an earlier one; none if several did."""
        highest = max(self.known, default=0)
        new = [channel for channel in self._made() if channel["id"] > highest]
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
    own = _own_id(caller, first)
    if not caller.id or local_id(own) == local_id(caller.id):
        caller = caller.about(own, caller.user)
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
        answers = _first_answers(caller, admin)
        unchecked = _unchecked(caller) if len(answers) == len(pool.ACCEPTED) else None
        ask(caller, "POST", body=caller.fields(pool.ACCEPTED[1]))
        mixed = listed(caller)
    finally:
        sweep(caller)
    return Stock(caller, before, answers, known, mixed, unchecked)


def _first_answers(caller: Caller, admin: Caller | None) -> dict[tuple[Pair, str], httpx2.Response]:
    """What is answered to the first create of each pair, up to one that makes no channel: a test says it better."""
    answers: dict[tuple[Pair, str], httpx2.Response] = {}
    for index, (pair, encoding) in enumerate(zip(pool.ACCEPTED, cycle(ENCODINGS), strict=False)):
        fields = (*caller.fields(pair), *((("skip_confirmation", "1"),) if pair == SKIPPING else ()))
        place = {"query": fields} if encoding == "query" else {"body": fields, "encoding": encoding}
        answer = answers[pair, encoding] = ask(caller, "POST", **place)
        _judge_room(caller, answer, len(pool.USUAL) - index - 1)
        is_self = caller.user == "self"  # a school may keep users from editing their channels, but not an admin
        if answer.status_code in REFUSALS and is_self and not (index or _may_delete(caller, admin)):
            raise NotJudged(
                f"User {caller.id} may not create channels with ${caller.token_name} ({answer.status_code}); "
                "allow users to edit their channels in the account's settings, or use another account."
            )
        channel = channel_of(answer)
        if channel is None:
            return answers
        if index % 2:
            ask(caller, "DELETE", tail=(str(channel["id"]),))
    return answers


def _unchecked(caller: Caller) -> httpx2.Response | None:
    """The answer to the pair of an unknown type, unless its row is there: some databases would take another."""
    if ask(caller, "POST", body=caller.fields(Pair("email", pool.UNCHECKED.address))).status_code == 200:
        return None
    answer = ask(caller, "POST", body=caller.fields(pool.UNCHECKED))
    _judge_room(caller, answer, 0)
    return answer


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
    if answer.status_code == 200 and isinstance(body, dict) and any(map(_is_list, body.values())):
        raise AssertionError("the list is wrapped in an object: an array of channels is due")
    if answer.status_code != 200 or not isinstance(body, list):
        raise NotJudged(
            f"The target answers {name} with {answer.status_code} where a list of channels is due; "
            "see that CANVAS_URL is a Canvas."
        )


def _is_list(value: object) -> bool:
    """Whether it is a list of things with an id, as channels are."""
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) and "id" in each for each in value)


def _knows_itself(caller: Caller) -> bool:
    """Whether the token is good for its own holder."""
    return ask(replace(caller, user="self"), "GET").status_code == 200


def _own_id(caller: Caller, first: httpx2.Response) -> int:
    """The id of the user: of a channel, or as given; of `self` also of a header, or of a channel that is made."""
    for channel in first.json():
        if isinstance(channel, dict) and isinstance(channel.get("user_id"), int):
            return int(channel["user_id"])
    if caller.id:
        return caller.id
    header = first.headers.get("x-canvas-user-id", "")
    if header.isdigit():
        return local_id(int(header))
    answer = ask(caller, "POST", body=caller.fields(pool.FIRST))
    channel = channel_of(answer)
    if channel is None:
        _judge_room(caller, answer, len(pool.USUAL) - 1)
        raise NotJudged(
            f"The target does not say who the user of ${caller.token_name} is; add an e-mail channel to that user."
        )
    ask(caller, "DELETE", tail=(str(channel["id"]),))
    _judge_room(caller, answer, len(pool.USUAL) - 1)
    return int(channel["user_id"])


def _adopt_leftovers(caller: Caller) -> None:
    """Take what a killed run's journal explains as ours; stop at what it does not."""
    journal = caller.wire.journal
    for channel in listed(caller):
        key = key_of(channel)
        if key == pool.PUSH.key:
            continue  # one that may be the user's own is ours by its id alone, and then the journal has it
        if (caller.id, *key) in journal.intents:
            journal.create(caller.id, channel["id"])
        elif key in pool.KEYS:
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


def _judge_room(caller: Caller, answer: httpx2.Response, more: int) -> None:
    """Go on only if so many more rows fit behind the one that this answer made."""
    body = object_of(answer)
    errors, position = body.get("errors"), body.get("position")
    is_full = answer.status_code == 400 and isinstance(errors, dict) and errors.keys() <= _LIMITED
    is_nearly_full = isinstance(position, int) and MOST_ROWS - more < position <= MOST_ROWS
    if is_full or (is_nearly_full and caller.wire.is_recent(body.get("created_at"))):
        raise NotJudged(
            f"User {caller.id} has no room for the suite's {len(pool.USUAL)} channels; use a fresh test user, "
            "for Canvas counts deleted channels too, or raise the account's limit."
        )


def room_left(channels: list[Channel]) -> int:
    """How many rows fit at the most: Canvas counts positions through all rows (behaviour 5.6)."""
    return MOST_ROWS - max((channel.get("position") or 0 for channel in channels), default=0)
