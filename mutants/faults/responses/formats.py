"""Faults of formats: times that are no RFC 3339 times, and ids that no 64-bit integer can represent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mutants.mutant import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.exchange import Request, Response
    from mutants.patching import PatchedMock

_ABOVE_64_BITS = 2**63  # as a signed integer


def _change_field(
    mock: PatchedMock, name: str, change: Callable[[Any], Any], when: Callable[[Request], bool] = lambda _: True
) -> None:
    """Change the value of a field, where a channel has it, in the responses to the requests that `when` selects."""

    def alter(request: Request, channel: dict[str, Any]) -> None:
        if name in channel and when(request):
            channel[name] = change(channel[name])

    mock.on_channel(alter)


def _change_errors(mock: PatchedMock, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the JSON object of every error response."""

    def alter(_request: Request, response: Response) -> None:
        body = response.json
        if response.status >= 400 and isinstance(body, dict):
            change(body)
            response.json = body

    mock.on_response(alter)


@fault
def created_at_starts_with_the_day(mock: PatchedMock) -> None:
    """`created_at` is a time such as `05/01/2026 08:00`."""
    _change_field(mock, "created_at", lambda time: f"{time[8:10]}/{time[5:7]}/{time[:4]} {time[11:16]}")


@fault
def created_at_is_a_date_in_lists(mock: PatchedMock) -> None:
    """`created_at` is a date without a time in lists."""
    _change_field(mock, "created_at", lambda time: time[:10], lambda request: request.is_list)


@fault
def created_at_has_an_impossible_month(mock: PatchedMock) -> None:
    """`created_at` has the month 13."""
    _change_field(mock, "created_at", lambda time: f"{time[:5]}13{time[7:]}")


@fault
def last_bounce_at_starts_with_the_day(mock: PatchedMock) -> None:
    """`last_bounce_at` is `30/05/2012 17:00`."""
    _change_field(mock, "last_bounce_at", lambda _: "30/05/2012 17:00")


@fault
def last_bounce_at_has_milliseconds(mock: PatchedMock) -> None:
    """`last_bounce_at` has milliseconds."""
    _change_field(mock, "last_bounce_at", lambda _: "2012-05-30T17:00:00.000Z")


@fault
def last_transient_bounce_at_is_a_date(mock: PatchedMock) -> None:
    """`last_transient_bounce_at` is a date without a time."""
    _change_field(mock, "last_transient_bounce_at", lambda _: "2012-05-30")


@fault
def last_suppression_bounce_at_has_no_zone(mock: PatchedMock) -> None:
    """`last_suppression_bounce_at` has no time zone."""
    _change_field(mock, "last_suppression_bounce_at", lambda _: "2012-05-30T17:00:00")


@fault
def last_suppression_bounce_at_has_an_offset(mock: PatchedMock) -> None:
    """`last_suppression_bounce_at` ends with an offset from UTC."""
    _change_field(mock, "last_suppression_bounce_at", lambda _: "2012-05-30T17:00:00+02:00")


@fault
def expired_at_has_a_space(mock: PatchedMock) -> None:
    """`expired_at` of an expired token has a space in place of its T."""

    def change(body: dict[str, Any]) -> None:
        for error in body["errors"] if isinstance(body.get("errors"), list) else []:
            if "expired_at" in error:
                error["expired_at"] = error["expired_at"].replace("T", " ")

    _change_errors(mock, change)


@fault
def id_has_65_bits_in_creates(mock: PatchedMock) -> None:
    """A create returns an id above 2^63-1."""
    _change_field(mock, "id", lambda _: _ABOVE_64_BITS, lambda request: request.is_create)


@fault
def user_id_has_65_bits_in_lists(mock: PatchedMock) -> None:
    """Lists return a user id above 2^63-1."""
    _change_field(mock, "user_id", lambda id_: _ABOVE_64_BITS + id_, lambda request: request.is_list)


@fault
def error_report_id_has_65_bits(mock: PatchedMock) -> None:
    """Errors have an `error_report_id` above 2^63-1."""
    _change_errors(mock, lambda body: body.update(error_report_id=_ABOVE_64_BITS))


@fault
def merged_into_user_id_has_65_bits(mock: PatchedMock) -> None:
    """The error of a denied masquerade has a `merged_into_user_id` above 2^63-1."""

    def change(body: dict[str, Any]) -> None:
        if isinstance(body.get("errors"), str):
            body["merged_into_user_id"] = _ABOVE_64_BITS

    _change_errors(mock, change)
