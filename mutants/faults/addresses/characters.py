"""Faults of characters in addresses: beyond the basic multilingual plane, and spaces around an SMS address."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mockserver.canvas.world import World
from mutants.mutant import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.exchange import Request, Response
    from mutants.patching import PatchedMock

_LAST_OF_PLANE_0 = 0xFFFF


def _change_stored(mock: PatchedMock, change: Callable[[str, str], str]) -> None:
    """Replace the address of each create by `change(type, address)`, before it is validated and stored."""

    def create(original: Any, self: World, owner: Any, kind: Any, address: Any, state: str) -> Any:
        stored = change(str(kind), address) if isinstance(address, str) else address
        return original(self, owner, kind, stored, state)

    mock.wrap(World, "create_channel", create)


def _change_lookup(mock: PatchedMock, change: Callable[[str], str]) -> None:
    """Change the address of a delete by address before the channel is looked up."""

    def find(original: Any, self: World, owner: Any, kind: Any, address: Any) -> Any:
        return original(self, owner, kind, change(str(address)))

    mock.wrap(World, "find_channel_by_address", find)


def _change_returned(mock: PatchedMock, change: Callable[[str], str], *, in_lists_only: bool = False) -> None:
    """Change the addresses in responses."""

    def alter(request: Request, channel: dict[str, Any]) -> None:
        if request.is_list or not in_lists_only:
            channel["address"] = change(channel["address"])

    mock.on_channel(alter)


def _change_wide(text: str, change: Callable[[str], str]) -> str:
    """Return the text with each character beyond the basic multilingual plane replaced by `change(character)`."""
    return "".join(change(char) if ord(char) > _LAST_OF_PLANE_0 else char for char in text)


@fault
def wide_characters_are_stored_as_question_marks(mock: PatchedMock) -> None:
    """A character beyond the basic multilingual plane is stored as a question mark."""
    _change_stored(mock, lambda _kind, address: _change_wide(address, lambda _: "?"))


@fault
def wide_characters_are_dropped(mock: PatchedMock) -> None:
    """A character beyond the basic multilingual plane is dropped from the address."""
    _change_stored(mock, lambda _kind, address: _change_wide(address, lambda _: ""))


@fault
def addresses_end_before_a_wide_character(mock: PatchedMock) -> None:
    """An address with a character beyond the basic multilingual plane is returned up to that character."""

    def truncated(address: str) -> str:
        index = next((index for index, char in enumerate(address) if ord(char) > _LAST_OF_PLANE_0), len(address))
        return address[:index]

    _change_returned(mock, truncated)


@fault
def wide_characters_are_replaced_in_lists(mock: PatchedMock) -> None:
    """Lists show the replacement character in place of one beyond the basic multilingual plane."""
    _change_returned(mock, lambda address: _change_wide(address, lambda _: "\ufffd"), in_lists_only=True)


@fault
def wide_characters_are_two_characters(mock: PatchedMock) -> None:
    """A character beyond the basic multilingual plane is returned as its two surrogates, each encoded in UTF-8."""

    def as_surrogates(char: str) -> str:
        units = char.encode("utf-16-be")
        return "".join(chr(int.from_bytes(units[index : index + 2])) for index in (0, 2))

    def change(_request: Request, response: Response) -> None:
        if response.json is not None:
            text = _change_wide(response.body.decode(), as_surrogates)
            response.body = text.encode("utf-8", "surrogatepass")

    mock.on_response(change)


@fault
def wide_characters_lose_a_surrogate(mock: PatchedMock) -> None:
    """JSON has only the first of the two escapes of a character beyond the basic multilingual plane."""

    def change(_request: Request, response: Response) -> None:
        value = response.json
        if value is not None and any(ord(char) > _LAST_OF_PLANE_0 for char in response.body.decode()):
            # the JSON of a character is a string such as "\ud83d\ude00"
            escaped = _change_wide(json.dumps(value, ensure_ascii=False), lambda char: json.dumps(char)[1:7])
            response.body = escaped.encode()

    mock.on_response(change)


@fault
def wide_characters_are_invalid(mock: PatchedMock) -> None:
    """An address with a character beyond the basic multilingual plane is rejected, as an empty one is."""
    _change_stored(
        mock,
        lambda _kind, address: "" if any(ord(char) > _LAST_OF_PLANE_0 for char in address) else address,
    )


@fault
def wide_characters_are_not_found(mock: PatchedMock) -> None:
    """A delete by an address with a character beyond the basic multilingual plane returns 404."""
    _change_lookup(mock, lambda address: _change_wide(address, lambda _: "?"))


@fault
def spaces_are_trimmed(mock: PatchedMock) -> None:
    """Spaces around an SMS address are not stored."""
    _change_stored(mock, lambda kind, address: address.strip() if kind == "sms" else address)


@fault
def leading_spaces_are_trimmed(mock: PatchedMock) -> None:
    """Spaces before an SMS address are not stored."""
    _change_stored(mock, lambda kind, address: address.lstrip() if kind == "sms" else address)


@fault
def trailing_spaces_are_trimmed(mock: PatchedMock) -> None:
    """Spaces after an SMS address are not stored."""
    _change_stored(mock, lambda kind, address: address.rstrip() if kind == "sms" else address)


@fault
def repeated_spaces_are_one(mock: PatchedMock) -> None:
    """Two spaces in an SMS address are stored as one."""
    _change_stored(mock, lambda kind, address: address.replace("  ", " ") if kind == "sms" else address)


@fault
def spaces_are_trimmed_in_lists(mock: PatchedMock) -> None:
    """Lists show addresses without the spaces around them."""
    _change_returned(mock, str.strip, in_lists_only=True)


@fault
def deletes_by_address_trim_spaces(mock: PatchedMock) -> None:
    """A delete by address ignores spaces around the address."""
    _change_lookup(mock, str.strip)


@fault
def deletes_by_address_find_no_spaces(mock: PatchedMock) -> None:
    """A delete by address also finds a channel whose address has spaces around it."""

    def find(original: Any, self: World, owner: Any, kind: Any, address: Any) -> Any:
        match = (
            row for row in owner.channels.listed if row.type == kind and row.address.strip() == str(address).strip()
        )
        return next(match, None) or original(self, owner, kind, address)

    mock.wrap(World, "find_channel_by_address", find)
