"""Faults of the fields of channels: missing, renamed, null, or of another type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.api import response as api_response
from mockserver.canvas import permissions
from mockserver.canvas.accounts import IDS_PER_SHARD
from mutants.mutant import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.exchange import Request, Response
    from mutants.patching import PatchedMock

_BOUNCES = (
    "bounce_count",
    "last_bounce_at",
    "last_transient_bounce_at",
    "last_suppression_bounce_at",
    "last_bounce_summary",
    "last_transient_bounce_summary",
)


def _change_field(mock: PatchedMock, name: str, change: Callable[[Any], Any]) -> None:
    """Change the value of a field in every channel of a response."""

    def alter(_request: Request, channel: dict[str, Any]) -> None:
        channel[name] = change(channel[name])

    mock.on_channel(alter)


@fault
def address_is_missing(mock: PatchedMock) -> None:
    """Channels lack `address`."""
    mock.on_channel(lambda _request, channel: channel.pop("address"))


@fault
def user_id_is_missing(mock: PatchedMock) -> None:
    """Channels lack `user_id`."""
    mock.on_channel(lambda _request, channel: channel.pop("user_id"))


@fault
def created_at_is_missing(mock: PatchedMock) -> None:
    """Channels lack `created_at`."""
    mock.on_channel(lambda _request, channel: channel.pop("created_at"))


@fault
def position_is_missing_in_lists(mock: PatchedMock) -> None:
    """Channels lack `position` in lists, but not in the response of a create."""
    mock.on_channel(lambda request, channel: channel.pop("position") if request.is_list else None)


@fault
def type_is_missing_in_creates(mock: PatchedMock) -> None:
    """A created channel lacks `type` in the response of the create, but not in lists."""
    mock.on_channel(lambda request, channel: channel.pop("type") if request.is_create else None)


@fault
def state_is_missing_for_sms(mock: PatchedMock) -> None:
    """SMS channels lack `workflow_state`."""
    mock.on_channel(lambda _request, channel: channel.pop("workflow_state") if channel["type"] == "sms" else None)


@fault
def user_id_is_missing_for_push(mock: PatchedMock) -> None:
    """The push channel lacks `user_id`."""
    mock.on_channel(lambda _request, channel: channel.pop("user_id") if channel["type"] == "push" else None)


@fault
def created_at_is_missing_from_position_4(mock: PatchedMock) -> None:
    """Channels from position 4 on lack `created_at`."""
    mock.on_channel(lambda _request, channel: channel.pop("created_at") if channel["position"] > 3 else None)


@fault
def address_is_named_path(mock: PatchedMock) -> None:
    """`address` has the name of its database column, `path`."""

    def alter(_request: Request, channel: dict[str, Any]) -> None:
        channel["path"] = channel.pop("address")

    mock.on_channel(alter)


@fault
def type_is_named_path_type(mock: PatchedMock) -> None:
    """`type` has the name of its database column, `path_type`."""

    def alter(_request: Request, channel: dict[str, Any]) -> None:
        channel["path_type"] = channel.pop("type")

    mock.on_channel(alter)


@fault
def id_is_text(mock: PatchedMock) -> None:
    """`id` is a string in every response."""
    _change_field(mock, "id", str)


@fault
def user_id_is_text(mock: PatchedMock) -> None:
    """`user_id` is a string in every response."""
    _change_field(mock, "user_id", str)


@fault
def position_is_text(mock: PatchedMock) -> None:
    """`position` is a string."""
    _change_field(mock, "position", str)


@fault
def position_is_text_from_3(mock: PatchedMock) -> None:
    """`position` is a string from 3 on."""
    _change_field(mock, "position", lambda position: str(position) if position > 2 else position)


@fault
def address_is_null_for_sms(mock: PatchedMock) -> None:
    """The address of an SMS channel is null."""
    mock.on_channel(lambda _request, channel: channel.update(address=None) if channel["type"] == "sms" else None)


@fault
def user_id_is_null_in_lists(mock: PatchedMock) -> None:
    """`user_id` is null in lists."""
    mock.on_channel(lambda request, channel: channel.update(user_id=None) if request.is_list else None)


@fault
def position_is_null_in_creates(mock: PatchedMock) -> None:
    """The position of a created channel is null in the response of the create."""
    mock.on_channel(lambda request, channel: channel.update(position=None) if request.is_create else None)


@fault
def unconfirmed_is_called_pending(mock: PatchedMock) -> None:
    """The state `unconfirmed` is returned as `pending`."""
    _change_field(mock, "workflow_state", lambda state: "pending" if state == "unconfirmed" else state)


@fault
def type_is_capitalised(mock: PatchedMock) -> None:
    """`type` starts with a capital letter."""
    _change_field(mock, "type", str.capitalize)


@fault
def user_id_is_the_caller(mock: PatchedMock) -> None:
    """`user_id` is the id of the authenticated caller instead of the owner."""

    def change(_request: Request, response: Response) -> None:
        value = response.json
        objects = value if isinstance(value, list) else [value]
        channels = [each for each in objects if isinstance(each, dict) and "workflow_state" in each]
        for channel in channels:
            caller_id = int(response.headers["x-canvas-user-id"]) % IDS_PER_SHARD  # the header has the global id
            channel["user_id"] = type(channel["user_id"])(caller_id)  # a number or a string
        if channels:
            response.json = value

    mock.on_response(change)


@fault
def created_at_has_fractions(mock: PatchedMock) -> None:
    """`created_at` has milliseconds."""
    _change_field(mock, "created_at", lambda time: time.replace("Z", ".000Z"))


@fault
def created_at_has_an_offset(mock: PatchedMock) -> None:
    """`created_at` ends with +00:00 instead of Z."""
    _change_field(mock, "created_at", lambda time: time.replace("Z", "+00:00"))


@fault
def created_at_is_local(mock: PatchedMock) -> None:
    """`created_at` has no time zone."""
    _change_field(mock, "created_at", lambda time: time.replace("Z", ""))


@fault
def created_at_has_a_space(mock: PatchedMock) -> None:
    """`created_at` has a space in place of its T."""
    _change_field(mock, "created_at", lambda time: time.replace("T", " "))


@fault
def created_at_is_seconds(mock: PatchedMock) -> None:
    """`created_at` is a number of seconds."""
    _change_field(mock, "created_at", lambda _time: 1767600000)  # 2026-01-05T08:00:00Z


@fault
def created_at_is_the_hour_in_lists(mock: PatchedMock) -> None:
    """`created_at` is rounded down to the hour in lists, but not in the response of a create."""

    def alter(request: Request, channel: dict[str, Any]) -> None:
        if request.is_list:
            channel["created_at"] = channel["created_at"][:13] + ":00:00Z"

    mock.on_channel(alter)


@fault
def create_and_list_differ_in_state(mock: PatchedMock) -> None:
    """A create returns the state `active`, whatever state the list returns."""
    mock.on_channel(lambda request, channel: channel.update(workflow_state="active") if request.is_create else None)


@fault
def delete_returns_another_id(mock: PatchedMock) -> None:
    """A delete returns the channel with an id that is lower by 1."""
    mock.on_channel(lambda request, channel: channel.update(id=int(channel["id"]) - 1) if request.is_delete else None)


@fault
def delete_returns_null_position(mock: PatchedMock) -> None:
    """The position of a deleted channel is null in the response of the delete."""
    mock.on_channel(lambda request, channel: channel.update(position=None) if request.is_delete else None)


@fault
def string_ids_are_ignored(mock: PatchedMock) -> None:
    """A request that accepts string ids gets numbers."""
    mock.replace(api_response, "with_string_ids", lambda value: value)


@fault
def string_ids_leave_out_user_id(mock: PatchedMock) -> None:
    """A request that accepts string ids gets `id` as a string and `user_id` as a number."""

    def with_string_ids(value: Any) -> Any:
        if isinstance(value, list):
            return [with_string_ids(each) for each in value]
        return {key: str(inner) if key == "id" else inner for key, inner in value.items()}

    mock.replace(api_response, "with_string_ids", with_string_ids)


@fault
def string_ids_include_every_number(mock: PatchedMock) -> None:
    """A request that accepts string ids gets every number as a string, `position` too."""

    def with_string_ids(value: Any) -> Any:
        if isinstance(value, list):
            return [with_string_ids(each) for each in value]
        return {key: str(inner) if isinstance(inner, int) else inner for key, inner in value.items()}

    mock.replace(api_response, "with_string_ids", with_string_ids)


@fault
def string_ids_change_the_content_type(mock: PatchedMock) -> None:
    """A request that accepts string ids gets the Content-Type application/json+canvas-string-ids."""

    def change(request: Request, response: Response) -> None:
        if b"string-ids" in request.headers.get(b"accept", b"") and response.status == 200:
            response.headers["content-type"] = "application/json+canvas-string-ids"

    mock.on_response(change)


@fault
def string_ids_for_lists_only(mock: PatchedMock) -> None:
    """A request that accepts string ids gets numbers, except in lists."""

    def change(request: Request) -> None:
        if not request.is_list:
            request.headers.pop(b"accept", None)

    mock.on_request(change)


@fault
def bounces_are_shown_to_all(mock: PatchedMock) -> None:
    """Every caller gets the bounce fields."""
    mock.replace(permissions, "can_see_bounces", lambda caller: True)


@fault
def bounces_are_shown_to_account_admins(mock: PatchedMock) -> None:
    """Account admins get the bounce fields too."""
    mock.replace(permissions, "can_see_bounces", lambda caller: caller.admin_of is not None)


@fault
def bounces_are_null_for_others(mock: PatchedMock) -> None:
    """Callers without the permission get the bounce fields as null."""
    mock.on_channel(lambda _request, channel: channel.update({name: channel.get(name) for name in _BOUNCES}))


@fault
def bounce_count_is_shown_in_creates(mock: PatchedMock) -> None:
    """A create returns `bounce_count` to every caller."""
    mock.on_channel(lambda request, channel: channel.setdefault("bounce_count", 0) if request.is_create else None)


@fault
def bounce_count_is_text(mock: PatchedMock) -> None:
    """`bounce_count` is a string."""
    mock.on_channel(
        # The field is absent for ordinary users.
        lambda _request, channel: channel.update({k: str(v) for k, v in channel.items() if k == "bounce_count"})
    )


@fault
def bounces_of_the_first_channel_only(mock: PatchedMock) -> None:
    """Site admins get the bounce fields of the first channel only."""

    def alter(_request: Request, channel: dict[str, Any]) -> None:
        if channel["position"] != 1:
            for name in _BOUNCES:
                channel.pop(name, None)

    mock.on_channel(alter)


@fault
def responses_are_latin_1(mock: PatchedMock) -> None:
    """Responses are encoded in Latin-1, although their Content-Type states UTF-8."""

    def change(_request: Request, response: Response) -> None:
        if response.json is not None:
            response.body = response.body.decode().encode("latin-1", "replace")

    mock.on_response(change)


@fault
def addresses_are_percent_encoded(mock: PatchedMock) -> None:
    """The at sign of an address is percent-encoded in responses."""
    _change_field(mock, "address", lambda address: address.replace("@", "%40"))


@fault
def addresses_are_shown_in_lower_case(mock: PatchedMock) -> None:
    """Addresses are stored as sent and returned in lower case."""
    _change_field(mock, "address", lambda address: address if address == "For All Devices" else address.lower())


@fault
def plus_is_shown_as_a_space(mock: PatchedMock) -> None:
    """A plus sign in an address is returned as a space."""
    _change_field(mock, "address", lambda address: address.replace("+", " "))


@fault
def addresses_are_truncated_in_lists(mock: PatchedMock) -> None:
    """Lists truncate addresses to 30 characters."""

    def alter(request: Request, channel: dict[str, Any]) -> None:
        if request.is_list:
            channel["address"] = channel["address"][:30]

    mock.on_channel(alter)
