"""Whose account it is, whether there is room in it, and that it is left as it was found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from contract_tests import pool
from contract_tests.caller import REFUSALS, TOKEN, TYPE
from contract_tests.settings import UnusableTargetError

if TYPE_CHECKING:
    import httpx2

    from contract_tests.caller import Caller, Channel

_MOST_ROWS = 101
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

    Raises UnusableTargetError where the target is no Canvas, or refuses the token.
    """
    first = _send(caller, "GET", query=(("per_page", "100"),))
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

    Raises UnusableTargetError where the user has no room, or may not edit channels.
    """
    caller.wire.begin()
    known = frozenset(channel["id"] for channel in before) | caller.wire.journal.made.keys()
    try:
        firsts, unchecked = _first_channels(caller, admin)
        _send(caller, "POST", body=caller.fields(pool.ACCEPTED[1]))
        mixed = listed(caller)
    finally:
        sweep(caller)
    return Stock(caller, before, firsts, known, mixed, unchecked)


def _first_channels(caller: Caller, admin: Caller | None) -> tuple[list[Channel], httpx2.Response | None]:
    firsts: list[Channel] = []
    for index, pair in enumerate(pool.ACCEPTED):
        answer = _send(caller, "POST", body=caller.fields(pair))
        _judge_room(caller, answer)
        is_self = caller.user == "self"  # a school may keep users from editing their channels, but not an admin
        if answer.status_code in REFUSALS and is_self and not (firsts or _may_delete(caller, admin)):
            raise UnusableTargetError(
                f"User {caller.id} may not create channels with ${caller.token_name} ({answer.status_code}); "
                "allow users to edit their channels in the account's settings, or use another account."
            )
        channel = _channel(answer)
        if channel is None:
            return firsts, None  # whatever it is, a test says it better
        firsts.append(channel)
        if index % 2:
            _send(caller, "DELETE", tail=(str(channel["id"]),))
    unchecked = _send(caller, "POST", body=caller.fields(pool.UNCHECKED))
    _judge_room(caller, unchecked)
    return firsts, unchecked


def listed(caller: Caller) -> list[Channel]:
    """Every channel that the target lists, whatever is wrong with its pages; a test judges those."""
    found: dict[int, Channel] = {}
    for page in range(1, _MOST_ROWS + 1):
        answer = _send(caller, "GET", query=(("page", str(page)), ("per_page", "100")))
        part = answer.json() if answer.status_code == 200 else []
        new = [channel for channel in part if _is_channel(channel) and channel["id"] not in found]
        found |= {channel["id"]: channel for channel in new}
        if not new:
            break
    return list(found.values())


def sweep(caller: Caller) -> None:
    """Remove every channel that the suite made for this user and has not removed."""
    journal = caller.wire.journal
    for number in [number for number, user in journal.live.items() if user == caller.id]:
        if _send(caller, "DELETE", tail=(str(number),)).status_code in {200, 404}:
            journal.delete(number)


def tidy(caller: Caller) -> None:
    """Remove every channel at the pool's addresses that was not there before, whatever was said when it was made."""
    caller.wire.is_closing = True
    forget_devices(caller)
    for channel in listed(caller):
        ours = _key(channel) in pool.KEYS or pool.is_ours(str(channel.get("address")))
        if ours and channel["id"] not in caller.wire.fence.foreign:
            caller.wire.journal.create(caller.id, channel["id"])
    sweep(caller)


def forget_devices(caller: Caller) -> None:
    """Take back the device tokens that this run has registered for the user: they outlive the push channel."""
    name = caller.wire.pushers.get(caller.id)
    if name is None:
        return
    device = replace(caller, token=caller.wire.settings.tokens[name], token_name=name, user="self")
    _send(device, "POST", body=((TYPE, "push"), (TOKEN, pool.DEVICE)))
    caller.wire.pushers.pop(caller.id)
    for token in pool.DEVICES:
        _send(device, "DELETE", tail=("push",), body=(("push_token", token),))


def _judge_first(caller: Caller, answer: httpx2.Response) -> None:
    name = f"${caller.token_name}"
    if caller.user != "self" and answer.status_code in REFUSALS and _knows_itself(caller):
        raise AssertionError(
            f"the holder of {name} may not list the channels of user {caller.id} ({answer.status_code}): "
            "a root-account admin who may manage user logins may"
        )
    if answer.status_code == 404 and caller.user != "self":
        raise UnusableTargetError(f"The target knows no user {caller.id}; set CANVAS_OTHER_USER_ID to one that it has.")
    if answer.status_code in {401, 403}:
        raise UnusableTargetError(f"The target refuses {name} with {answer.status_code}; see that the token is valid.")
    if "json" not in answer.headers.get("content-type", ""):
        raise UnusableTargetError("The target does not answer JSON; see that CANVAS_URL is a Canvas.")
    try:
        body = answer.json()
    except ValueError:
        raise UnusableTargetError("The target's JSON cannot be read; see that CANVAS_URL is a Canvas.") from None
    if answer.status_code != 200 or not isinstance(body, list):
        raise UnusableTargetError(
            f"The target answers {name} with {answer.status_code} where a list of channels is due; "
            "see that CANVAS_URL is a Canvas."
        )


def _knows_itself(caller: Caller) -> bool:
    """Whether the token is good for its own holder."""
    return _send(replace(caller, user="self"), "GET").status_code == 200


def _own_id(caller: Caller, first: httpx2.Response) -> int:
    """The id of `self`: of a channel, of a header, or of a channel that is made for it."""
    for channel in first.json():
        if isinstance(channel, dict) and isinstance(channel.get("user_id"), int):
            return int(channel["user_id"])
    header = first.headers.get("x-canvas-user-id", "")
    if header.isdigit():
        return int(header)
    answer = _send(caller, "POST", body=caller.fields(pool.FIRST))
    _judge_room(caller, answer)
    channel = _channel(answer)
    if channel is None:
        raise UnusableTargetError(
            f"The target does not say who the user of ${caller.token_name} is; add an e-mail channel to that user."
        )
    _send(caller, "DELETE", tail=(str(channel["id"]),))
    return int(channel["user_id"])


def _adopt_leftovers(caller: Caller) -> None:
    """Take what a killed run's journal explains as ours; stop at what it does not."""
    journal = caller.wire.journal
    for channel in listed(caller):
        key = _key(channel)
        if (caller.id, *key) in journal.intents:
            journal.create(caller.id, channel["id"])
        elif key in pool.KEYS - {pool.PUSH.key}:
            raise UnusableTargetError(
                f"Channel {channel['id']} of user {caller.id} has an address of this suite's ({channel['address']}), "
                "and no journal here says that it was made by it: wait if another run is going on, else delete it."
            )


def _may_delete(caller: Caller, admin: Caller | None) -> bool:
    """Whether the user may delete a channel that an admin made: then the school does let users edit (behaviour 3.2)."""
    if admin is None:
        return False
    admin = admin.about(caller.id)
    channel = _channel(_send(admin, "POST", body=admin.fields(pool.FIRST)))
    if channel is None:
        return False
    may = _send(caller, "DELETE", tail=(str(channel["id"]),)).status_code == 200
    sweep(admin)
    return may


def _judge_room(caller: Caller, answer: httpx2.Response) -> None:
    errors = _object(answer).get("errors")
    if answer.status_code == 400 and isinstance(errors, dict) and errors.keys() <= _LIMITED:
        raise UnusableTargetError(
            f"User {caller.id} has no room for the suite's {len(pool.KEYS)} channels; use a fresh test user, "
            "for Canvas counts deleted channels too, or raise the account's limit."
        )


def rows_used(caller: Caller) -> int:
    """How many rows of this user's the suite has made, in this run and those that its journal tells of."""
    return sum(user == caller.id for user in caller.wire.journal.made.values())


def room_left(channels: list[Channel]) -> int:
    """How many rows fit at the most: Canvas counts positions through all rows (behaviour 5.6)."""
    return _MOST_ROWS - max((channel.get("position") or 0 for channel in channels), default=0)


def _send(caller: Caller, method: str, **parts: Any) -> httpx2.Response:
    """The answer, whatever it is: here nothing is judged by the contract yet."""
    return caller.wire.send(caller.call("", method, **parts))


def _channel(answer: httpx2.Response) -> Channel | None:
    channel = _object(answer)
    return channel if answer.status_code == 200 and _is_channel(channel) else None


def _is_channel(value: object) -> bool:
    """Whether there is enough in it to know the channel again."""
    return isinstance(value, dict) and all(isinstance(value.get(name), int) for name in ("id", "user_id"))


def _object(answer: httpx2.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _key(channel: Channel) -> tuple[str, str]:
    return pool.Pair(str(channel.get("type")), str(channel.get("address"))).key
