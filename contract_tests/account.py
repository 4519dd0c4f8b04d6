"""What is in a user's account, and taking out of it what the suite has put in. Nothing here judges the target."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from contract_tests import pool
from contract_tests.caller import TOKEN, TYPE

if TYPE_CHECKING:
    import httpx2

    from contract_tests.caller import Caller, Channel

MOST_ROWS = 101
"""How many rows Canvas lets a user have, deleted ones too (behaviour 5.6)."""


def listed(caller: Caller) -> list[Channel]:
    """Every channel that the target lists, whatever is wrong with its pages; a test judges those."""
    found: dict[int, Channel] = {}
    for page in range(1, MOST_ROWS + 1):
        answer = ask(caller, "GET", query=(("page", str(page)), ("per_page", "100")))
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
        if ask(caller, "DELETE", tail=(str(number),)).status_code in {200, 404}:
            journal.delete(number)


def tidy(caller: Caller) -> None:
    """Remove every channel at the pool's addresses that was not there before, whatever was said when it was made."""
    caller.wire.is_closing = True
    forget_devices(caller)
    for channel in listed(caller):
        if is_ours(caller, channel) and channel["id"] not in caller.wire.fence.foreign:
            caller.wire.journal.create(caller.id, channel["id"])
    sweep(caller)


def is_ours(caller: Caller, channel: Channel) -> bool:
    """Whether only the suite can have made it. The one push channel may be the user's own, but for a known id."""
    if channel.get("type") == "push":
        return channel["id"] in caller.wire.journal.live
    return key_of(channel) in pool.KEYS or pool.is_ours(str(channel.get("address")))


def forget_devices(caller: Caller) -> None:
    """Take back the device tokens that this run has registered for the user: they outlive the push channel."""
    name = caller.wire.pushers.get(caller.id)
    if name is None:
        return
    device = replace(caller, token=caller.wire.settings.tokens[name], token_name=name, user="self")
    ask(device, "POST", body=((TYPE, "push"), (TOKEN, pool.DEVICE)))
    caller.wire.pushers.pop(caller.id)
    for token in pool.DEVICES:
        ask(device, "DELETE", tail=("push",), body=(("push_token", token),))


def rows_used(caller: Caller) -> int:
    """How many rows of this user's the suite has made, in this run and those that its journal tells of."""
    return sum(user == caller.id for user in caller.wire.journal.made.values())


def ask(caller: Caller, method: str, **parts: Any) -> httpx2.Response:
    """The answer, whatever it is: here nothing is judged by the contract yet."""
    return caller.wire.send(caller.call("", method, **parts))


def channel_of(answer: httpx2.Response) -> Channel | None:
    """The channel that a create or a delete answers with, if it does."""
    channel = object_of(answer)
    return channel if answer.status_code == 200 and _is_channel(channel) else None


def _is_channel(value: object) -> bool:
    """Whether there is enough in it to know the channel again."""
    return isinstance(value, dict) and all(isinstance(value.get(name), int) for name in ("id", "user_id"))


def object_of(answer: httpx2.Response) -> dict[str, Any]:
    """The JSON object of the answer; an empty one for anything else."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def key_of(channel: Channel) -> tuple[str, str]:
    """The row of the pool that a listed channel would be."""
    return pool.Pair(str(channel.get("type")), str(channel.get("address"))).key
