"""Faults of the order and the completeness of lists."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from mockserver.canvas.channels import ChannelList
from mutants.mutant import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.patching import PatchedMock


def _list_rows(mock: PatchedMock, change: Callable[[list[Any]], list[Any]]) -> None:
    """List the rows that `change` returns for all rows; the Link header still counts all rows."""
    mock.replace(ChannelList, "page", lambda self, rows: change(self.listed)[rows])


@fault
def newest_come_first(mock: PatchedMock) -> None:
    """Channels are listed in reverse order of position."""
    _list_rows(mock, lambda rows: rows[::-1])


@fault
def list_is_in_order_of_addresses(mock: PatchedMock) -> None:
    """The list is sorted by address instead of position."""
    _list_rows(mock, lambda rows: sorted(rows, key=attrgetter("address")))


@fault
def list_is_in_order_of_types(mock: PatchedMock) -> None:
    """Channels are listed by type, then by position."""
    _list_rows(mock, lambda rows: sorted(rows, key=attrgetter("type")))


@fault
def positions_are_ordered_as_text(mock: PatchedMock) -> None:
    """Positions are ordered as text, so 10 precedes 2."""
    _list_rows(mock, lambda rows: sorted(rows, key=lambda row: str(row.position)))


@fault
def unconfirmed_channels_are_not_listed(mock: PatchedMock) -> None:
    """Unconfirmed channels are not listed."""
    _list_rows(mock, lambda rows: [row for row in rows if row.workflow_state != "unconfirmed"])


@fault
def sms_channels_are_not_listed(mock: PatchedMock) -> None:
    """SMS channels are not listed."""
    _list_rows(mock, lambda rows: [row for row in rows if row.type != "sms"])


@fault
def push_channel_is_not_listed(mock: PatchedMock) -> None:
    """The push channel is not listed."""
    _list_rows(mock, lambda rows: [row for row in rows if row.type != "push"])


@fault
def same_address_is_listed_once(mock: PatchedMock) -> None:
    """Of two channels with the same address and different types, only the first is listed."""

    def change(rows: list[Any]) -> list[Any]:
        first: dict[str, Any] = {}
        for row in rows:
            first.setdefault(row.address.lower(), row)
        return list(first.values())

    _list_rows(mock, change)


@fault
def eleventh_channel_is_not_listed(mock: PatchedMock) -> None:
    """Channels after the tenth are not listed on any page."""
    _list_rows(mock, lambda rows: rows[:10])
